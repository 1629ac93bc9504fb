"""What one caller can reach: the subscriptions, how the caller stands towards each, and the day there.

Everything is read through one engine or connection, so that the same judgement can be passed inside a
transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, Engine

from knowledge.text import fold, words
from tools.caller import Caller
from tools.clock import Clock
from tools.rules.models import Record, Standing, SubscriptionId, User
from tools.rules.renewal import RenewalDecision, decide_renewal
from tools.rules.standing import standing_of
from tools.store.accounts import Accounts
from tools.store.orders import Orders


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One subscription asked about: the id as asked, the record if there is one, the caller's standing, the
    day.
    """

    asked: SubscriptionId
    record: Record | None
    standing: Standing
    today: date

    def decide(self) -> RenewalDecision:
        """The renewal decision (R0-R8)."""
        return decide_renewal(self.record, self.standing, self.today, asked=self.asked)


class Reach:
    """One caller, as the accounts know them at this instant."""

    def __init__(self, bind: Engine | Connection, caller: Caller, clock: Clock) -> None:
        self.accounts = Accounts(bind)
        self._clock = clock
        self.person = self.accounts.user(caller.person) if caller.person is not None else None
        self._tied = self.accounts.tied_organizations(self.person.id) if self.person else frozenset()
        self.opened = frozenset(Orders(bind).opened_orders(caller.conversation, clock.now()))

    @property
    def is_staff(self) -> bool:
        """Whether the caller is of the support team (R0)."""
        return self.person is not None and self.person.is_staff

    @property
    def signed_out(self) -> bool:
        """Whether the caller is an anonymous visitor who has opened no order: nothing can be theirs."""
        return self.person is None and not self.opened

    @property
    def today(self) -> date:
        """The day in the person's own organisation, or in the product's home time zone."""
        home = self.person.organization if self.person else None
        organization = self.accounts.organization(home) if home is not None else None
        return self._clock.today(organization.time_zone) if organization else self._clock.today()

    def asked(self, ids: Iterable[str]) -> list[Case]:
        """The cases of these ids, each once, in that order; an unknown id gives a case without a record."""
        wanted = list(dict.fromkeys(ids))
        found = {record.subscription.id: record for record in self.accounts.records(wanted)}
        return [self._case(SubscriptionId(id), found.get(SubscriptionId(id))) for id in wanted]

    def own(self) -> list[Case]:
        """All that is the caller's to see: of the organisations they are tied to, and of the orders opened
        here.

        Soonest expiry first. The support team has nothing of its own.
        """
        if self.is_staff:
            return []
        records = self.accounts.records_for(self.person.id) if self.person else []
        for number in sorted(self.opened):
            records.extend(self.accounts.records_of_order(number))
        return self.cases(records)

    def cases(self, records: Iterable[Record]) -> list[Case]:
        """The cases of these records, each once, soonest expiry first."""
        each = {record.subscription.id: record for record in records}
        ordered = sorted(each.values(), key=lambda it: (it.subscription.expires_on, it.subscription.id))
        return [self._case(record.subscription.id, record) for record in ordered]

    def _case(self, asked: SubscriptionId, record: Record | None) -> Case:
        opened = record is not None and record.order.number in self.opened
        standing = standing_of(self.person, record, opened=opened, tied_organizations=self._tied)
        zone = record.organization.time_zone if record else "Europe/Paris"
        return Case(asked=asked, record=record, standing=standing, today=self._clock.today(zone))


def people_matching(text: str, people: Iterable[User]) -> list[User]:
    """The people a text may mean: by id or e-mail, else by whole name, else by some words of the name."""
    known = list(people)
    wanted, spoken = fold(text), set(words(text))
    ways = (
        [it for it in known if text.strip() == it.id or wanted == fold(it.email)],
        [it for it in known if spoken and spoken == set(words(it.name))],
        [it for it in known if spoken and spoken <= set(words(it.name))],
    )
    return next(filter(None, ways), [])
