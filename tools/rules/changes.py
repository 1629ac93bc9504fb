"""What each change needs: who may ask for it, when, and by which method (F04, F06, F11, F12, F13, F24).

A change allowed here is still only prepared: it happens on the person's own word, elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from tools.rules.models import (
    Change,
    Contact,
    Decision,
    Person,
    Record,
    RenewalMethod,
    Standing,
    SubscriptionId,
    Term,
    User,
    UserKind,
)
from tools.rules.renewal import RENEWABLE, RenewalDecision, contact_of, decide_renewal
from tools.rules.standing import named

PAID_TERMS = frozenset({Term.MONTHLY, Term.ANNUAL, Term.THREE_YEAR})
"""The terms a quote can be asked for (F12, F17)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeVerdict:
    """Whether a change may be prepared for one subscription.

    `code`: `allowed`, or why not: a renewal decision's code, `read_only` (staff), or one of the change's own.
    `warnings` go with an allowed one. `to`: who would make a quote, unless the person says otherwise. The
    rest is what bounds the change and what would make it possible, as in a renewal decision.
    """

    subscription: SubscriptionId
    code: str
    facts: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    product: str | None = None
    possible_from: date | None = None
    until: date | None = None
    since: date | None = None
    buyer: Person | None = None
    contact: Contact | None = None
    changes: tuple[Change, ...] = ()
    to: Contact | None = None

    @property
    def allowed(self) -> bool:
        """Whether the change may be prepared."""
        return self.code == "allowed"


def read_only(asked: SubscriptionId) -> ChangeVerdict:
    """The support team changes nothing in a chat of its own (R0)."""
    return ChangeVerdict(subscription=asked, code="read_only")


def not_found(asked: SubscriptionId) -> ChangeVerdict:
    """The one verdict on what is not there and on what is somebody else's (R1)."""
    return ChangeVerdict(subscription=asked, code=Decision.NOT_FOUND.value)


def not_buyer(record: Record, standing: Standing) -> ChangeVerdict:
    """The refusal of a colleague: who the buyer is, where that may be told (R3)."""
    known = standing.sees_people
    return ChangeVerdict(
        subscription=record.subscription.id,
        code=Decision.NOT_BUYER.value,
        facts=("F01", "F05") if standing.primary_admin else ("F01",),
        product=record.subscription.product,
        buyer=named(record.buyer) if known else None,
        changes=(Change(what="ask_buyer", who=record.buyer.name if known else None),),
    )


def _from_renewal(decision: RenewalDecision, code: str, facts: tuple[str, ...]) -> ChangeVerdict:
    return ChangeVerdict(
        subscription=decision.subscription,
        code=code,
        facts=tuple(dict.fromkeys((*facts, *decision.facts))),
        product=decision.product,
        possible_from=decision.possible_from,
        until=decision.until,
        since=decision.since,
        buyer=decision.buyer,
        contact=decision.contact,
        changes=decision.changes,
    )


def decide_cart(
    record: Record | None, standing: Standing, today: date, *, asked: SubscriptionId
) -> ChangeVerdict:
    """May the renewal be put in the online cart (F06, F24)? For who acts as buyer, while it can be renewed
    online.

    Refused with the renewal decision's code, or `no_online` where online is not among the methods (F13).
    """
    if standing.staff:
        return read_only(asked)
    decision = decide_renewal(record, standing, today, asked=asked)
    if decision.decision not in RENEWABLE:
        return _from_renewal(decision, decision.decision.value, ())
    if RenewalMethod.ONLINE not in decision.methods:
        other = tuple(Change(what=f"use_{method}") for method in decision.methods)
        return replace(_from_renewal(decision, "no_online", ("F13",)), changes=other)
    warnings = ("renews_itself",) if decision.renews_itself else ()
    return replace(_from_renewal(decision, "allowed", ("F24",)), warnings=warnings)


def decide_quote(
    record: Record | None,
    standing: Standing,
    today: date,
    *,
    asked: SubscriptionId,
    seats: int | None = None,
    term: Term | None = None,
) -> ChangeVerdict:
    """May a quote be asked for, from the partner or the sales team (F06, F11, F12)?

    For who acts as buyer, while it can be renewed by quote or where the account offers nothing. Refused with
    the renewal decision's code, `no_quote`, `invalid_seats` (fewer than one) or `invalid_term` (not a paid
    term).
    """
    if standing.staff:
        return read_only(asked)
    decision = decide_renewal(record, standing, today, asked=asked)
    if record is None or decision.decision not in RENEWABLE | {Decision.CONTACT_SALES}:
        return _from_renewal(decision, decision.decision.value, ())
    if decision.decision in RENEWABLE and RenewalMethod.QUOTE not in decision.methods:
        other = tuple(Change(what=f"use_{method}") for method in decision.methods)
        return replace(_from_renewal(decision, "no_quote", ("F13",)), changes=other)
    if seats is not None and seats < 1:
        return _from_renewal(decision, "invalid_seats", ("F12",))
    if term is not None and term not in PAID_TERMS:
        return _from_renewal(decision, "invalid_term", ("F12",))
    warnings = ("renews_itself",) if decision.renews_itself else ()
    allowed = _from_renewal(decision, "allowed", ("F12",))
    return replace(allowed, warnings=warnings, to=contact_of(record))


def decide_primary_admin(
    record: Record | None, standing: Standing, *, asked: SubscriptionId, successor: User | None
) -> ChangeVerdict:
    """May the primary admin's role be given to `successor` (F04)? By the signed-in buyer, to another member.

    Refused with `read_only`, `not_found`, `not_buyer`, `not_member` (unknown, or not of the organisation: one
    code for both) or `already_primary_admin`.
    """
    if standing.staff:
        return read_only(asked)
    if record is None or not standing.knows:
        return not_found(asked)
    if not standing.buyer:
        return not_buyer(record, standing)
    code = "allowed"
    if successor is None or not _is_member(successor, record):
        code = "not_member"
    elif successor.id == record.primary_admin.id:
        code = "already_primary_admin"
    return ChangeVerdict(
        subscription=record.subscription.id, code=code, facts=("F04",), product=record.subscription.product
    )


def _is_member(person: User, record: Record) -> bool:
    return person.kind is UserKind.CUSTOMER and person.organization == record.organization.id
