"""The desk: one use case behind each tool, for any caller, over the accounts, the rules and the articles.

Every method takes the caller first and gives a JSON-ready object: `ok`, a `status` code, the payload, and
`sources`, the sentences of the loaded articles its decisions rest on. Nothing that is asked for raises: what
is unknown and what is somebody else's is `not_found`, in the same words. Reading and proposing only; a change
is made by the confirm handler.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine

from tools import desk_views as views
from tools.caller import Caller
from tools.clock import Clock
from tools.desk_changes import Changes
from tools.desk_reach import Case, Reach, people_matching
from tools.desk_sources import Articles, as_json, evidence_for, sources_for, steps_of
from tools.rules.changes import not_buyer
from tools.rules.facts import DISAGREEMENTS
from tools.rules.models import Decision, Order, RenewalMethod, User, UserKind
from tools.rules.pricing import estimate
from tools.store import audit, requests
from tools.store.effects import cart_of
from tools.store.handoffs import Handoffs
from tools.store.orders import Check, Orders
from tools.store.proposals import Proposal

JSON = dict[str, Any]

ANSWERABLE = 0.45
"""Below this likelihood the articles are said not to answer a query.

Of unseen examples it keeps nine in ten that the shipped articles answer and turns three in four of the
others away (docs/decisions/retrieval-fusion.md). A question turned away in error is lost, while a sentence
quoted beside the point is still a true one: hence a bar below the middle.
"""

_EMAIL = re.compile(r"[^@\s<>\"']+@[^@\s<>\"']+\.[^@\s<>\"']+")
_LONGEST_TEXT = 2000
_HANDOFF_SUBSCRIPTIONS = 50

_FACTS_OF_METHOD = {
    RenewalMethod.AUTO: ("F18", "F19"),
    RenewalMethod.ONLINE: ("F24",),
    RenewalMethod.QUOTE: ("F12",),
}


class Desk:
    """The use cases. `articles` is the library; `clock` says the instant and the day of each organisation."""

    def __init__(self, engine: Engine, articles: Articles, clock: Clock) -> None:
        self._engine = engine
        self._articles = articles
        self._clock = clock
        self._changes = Changes(engine, articles, clock)

    def list_subscriptions(self, caller: Caller, customer: str | None = None) -> JSON:
        """The caller's subscriptions and those of orders opened here; for the support team, a customer's.

        Status `ok`, `signed_out`; for the support team `customer_needed`, `unknown_person` or
        `ambiguous_person` (with `candidates`); `not_found` for anyone else who names another person.
        """
        reach = self._reach(caller)
        about = reach.person
        candidates: list[User] = []
        status = "signed_out" if reach.signed_out else "ok"
        cases = reach.own()
        if customer is not None and reach.is_staff:
            customers = [user for user in reach.accounts.users() if user.kind is UserKind.CUSTOMER]
            candidates = people_matching(customer, customers)
            status = "ok" if len(candidates) == 1 else "ambiguous_person" if candidates else "unknown_person"
            if status == "ok":
                about = candidates[0]
                cases = reach.cases(reach.accounts.records_for(about.id))
                self._audit(caller, "list_subscriptions", cases, subject=about.id)
        elif reach.is_staff:
            status = "customer_needed"
        elif customer is not None and not (reach.person and people_matching(customer, [reach.person])):
            status, cases = "not_found", []
        shown = [(case, case.record) for case in cases if case.record]
        return {
            "ok": status in ("ok", "signed_out"),
            "status": status,
            "person": self._person(reach, about),
            "today": views.day(reach.today),
            "subscriptions": [views.subscription(case, record) for case, record in shown],
            "candidates": [{"id": each.id, "name": each.name} for each in candidates[:20]],
            "sources": self._sources(fact for case in cases for fact in case.decide().facts),
        }

    def check_renewal_eligibility(self, caller: Caller, subscriptions: Sequence[str] | None = None) -> JSON:
        """The renewal decision (R0-R8) for some subscriptions; None: for all that are the caller's."""
        cases, result = self._read(caller, "check_renewal_eligibility", subscriptions)
        decisions = [case.decide() for case in cases]
        facts = [fact for each in decisions for fact in each.facts]
        facts += [fact for each in decisions if each.price for fact in each.price.facts]
        return {
            **result,
            "decisions": [views.decision(each) for each in decisions],
            "sources": self._sources(facts),
        }

    def renewal_options(self, caller: Caller, subscriptions: Sequence[str] | None = None) -> JSON:
        """The ways to renew each subscription, how its auto-renewal stands, and whom to turn to."""
        cases, result = self._read(caller, "renewal_options", subscriptions)
        return {
            **result,
            "options": [views.option(case) for case in cases],
            "sources": self._sources(fact for case in cases for fact in _facts_of_options(case)),
        }

    def estimate_renewal_price(
        self, caller: Caller, subscriptions: Sequence[str] | None = None, seats: int | None = None
    ) -> JSON:
        """What each renewal costs at most, for so many seats (None: those it has). A colleague is told the
        buyer.
        """
        cases, result = self._read(caller, "estimate_renewal_price", subscriptions)
        if seats is not None and seats < 1:
            return {**result, "ok": False, "status": "invalid_seats", "estimates": [], "sources": []}
        estimates = [
            (case, estimate(case.record, case.standing, case.today, asked=case.asked, seats=seats))
            for case in cases
        ]
        return {
            **result,
            "estimates": [
                {**views.estimate(each), "buyer": _buyer_to_ask(case, each.code)} for case, each in estimates
            ],
            "sources": self._sources(fact for _, each in estimates for fact in each.facts),
        }

    def look_up_order(self, caller: Caller, number: str, password: str | None = None) -> JSON:
        """Open an order for this conversation with its number and password (30 minutes).

        Its buyer, signed in, and the support team need no password. Status `opened`, `password_needed`,
        `refused` (wrong number or wrong password, alike) or `locked`.
        """
        reach = self._reach(caller)
        order = reach.accounts.order(number)
        now = self._clock.now()
        if order is not None and self._reads_without_password(reach, order):
            return self._opened(caller, reach, order)
        if password is None:
            if order is not None and order.number in reach.opened:
                return self._opened(caller, reach, order)
            return self._closed("password_needed")
        check = Orders(self._engine).check_password(number, password, now)
        if check is not Check.RIGHT or order is None:
            return self._closed("locked" if check is Check.LOCKED else "refused")
        Orders(self._engine).open_order(caller.conversation, order.number, now)
        return self._opened(caller, self._reach(caller), order)

    def send_order_password_reset(self, caller: Caller, number: str) -> JSON:
        """Mail a reset code to the buyer's own address; the same result whether there is such an order or
        not.
        """
        status = "read_only" if self._reach(caller).is_staff else "sent_if_known"
        if status == "sent_if_known":
            Orders(self._engine).request_password_reset(number, self._clock.now())
        return {"ok": status == "sent_if_known", "status": status, "sources": self._sources(("F21",))}

    def propose_auto_renewal(self, caller: Caller, subscriptions: Sequence[str], enabled: bool) -> JSON:
        """Prepare switching auto-renewal on or off."""
        return self._changes.auto_renewal(caller, subscriptions, enabled)

    def propose_cart(self, caller: Caller, subscriptions: Sequence[str]) -> JSON:
        """Prepare putting renewals in the online cart, one or in bulk."""
        return self._changes.cart(caller, subscriptions)

    def propose_quote(
        self,
        caller: Caller,
        subscriptions: Sequence[str],
        seats: int | None = None,
        term: str | None = None,
        to: str | None = None,
    ) -> JSON:
        """Prepare a request for a quote. `term`: a paid term; `to`: partner or sales (None: as it was
        bought).
        """
        return self._changes.quote(caller, subscriptions, seats, term, to)

    def propose_primary_admin(self, caller: Caller, subscription: str, user: str) -> JSON:
        """Prepare giving the primary admin's role to a colleague, named by id, e-mail address or name."""
        return self._changes.primary_admin(caller, subscription, user)

    def allows(self, connection: Connection, proposal: Proposal) -> bool:
        """Whether the rules still allow a proposal: what `Proposals.commit` asks, in its transaction."""
        return self._changes.allows(connection, proposal)

    def list_requests(self, caller: Caller) -> JSON:
        """What the caller asked for: the cart, the last confirmed changes (newest first), hand-offs."""
        accounts = self._reach(caller).accounts
        in_cart = accounts.records(sorted(cart_of(self._engine, caller)))
        return {
            "ok": True,
            "status": "ok",
            "cart": [
                {"subscription": each.subscription.id, "product": views.label(each.subscription.product)}
                for each in in_cart
            ],
            "changes": [
                views.request(each) | ({"at": self._clock.today().isoformat()} if self._clock.frozen else {})
                for each in requests.confirmed(self._engine, caller)
            ],
            "handoffs": requests.handed_off(self._engine, caller),
            "sources": [],
        }

    def search_articles(self, _caller: Caller, query: str, k: int = 6) -> JSON:
        """The passages of the articles found for a query, with the sentences that answer best."""
        found = self._articles.search(query[:_LONGEST_TEXT], k=k)
        sentences = [each for hit in found.hits for each in hit.sentences]
        disputed = {fact for pair in DISAGREEMENTS for fact in pair}
        touched = [fact for each in sentences for fact in each.facts if fact in disputed]
        both = [each for group in evidence_for(self._articles, touched).values() for each in group]
        answered = bool(found.hits) and found.answerable >= ANSWERABLE
        return {
            "ok": answered,
            "status": "ok" if answered else "not_in_articles",
            "answerable": round(found.answerable, 3),
            "passages": [
                {
                    "article": hit.passage.article,
                    "title": hit.title,
                    "heading": " > ".join(hit.passage.heading_path),
                    "text": hit.passage.text,
                    "score": round(hit.score, 4),
                }
                for hit in found.hits
            ],
            "sources": as_json([*sentences, *both]),
        }

    def read_facts(self, _caller: Caller, facts: Sequence[str]) -> JSON:
        """The loaded articles' own sentences for known facts (F01-F27), and where they disagree."""
        found = evidence_for(self._articles, facts)
        steps = {fact: steps_of(self._articles, fact, found[fact][0]) for fact in found}
        return {
            "ok": bool(found),
            "status": "ok" if found else "not_in_articles",
            "facts": [
                {
                    "id": fact,
                    "refs": [each.ref for each in found[fact]],
                    "steps": [each.ref for each in steps[fact]],
                }
                for fact in found
            ],
            "disagreements": [list(pair) for pair in DISAGREEMENTS if all(side in found for side in pair)],
            "sources": as_json(each for fact in found for each in (*found[fact], *steps[fact])),
        }

    def hand_off(
        self,
        caller: Caller,
        reason: str,
        email: str | None = None,
        transcript: Sequence[tuple[str, str]] = (),
    ) -> JSON:
        """Bring in a human: one open hand-off for each conversation, with what was said and what it is about.

        An anonymous visitor is asked for an e-mail address first (`email_needed`).
        """
        handoffs = Handoffs(self._engine)
        reach = self._reach(caller)
        current = handoffs.current(caller)
        address = email.strip() if email and _EMAIL.fullmatch(email.strip()) else None
        sources = self._sources(("F27",))
        if current is None and reach.person is None and address is None:
            return {"ok": False, "status": "email_needed", "handoff": None, "sources": sources}
        stored, created = handoffs.open(
            caller,
            reason=reason.strip()[:_LONGEST_TEXT],
            now=self._clock.now(),
            email=address,
            transcript=transcript,
            context={
                "today": views.day(reach.today),
                "subscriptions": [
                    {"id": case.asked, "state": case.decide().decision.value}
                    for case in reach.own()[:_HANDOFF_SUBSCRIPTIONS]
                ],
                "opened_orders": sorted(reach.opened),
            },
        )
        return {
            "ok": True,
            "status": "created" if created else "already_open",
            "handoff": stored.to_json(),
            "sources": sources,
        }

    def _reach(self, caller: Caller) -> Reach:
        return Reach(self._engine, caller, self._clock)

    def _sources(self, facts: Any) -> list[JSON]:
        return sources_for(self._articles, facts)

    def _read(self, caller: Caller, tool: str, ids: Sequence[str] | None) -> tuple[list[Case], JSON]:
        """What a reading tool is about, and the beginning of its result."""
        reach = self._reach(caller)
        cases = reach.asked(ids) if ids else reach.own()
        status = "signed_out" if reach.signed_out else "ok"
        if reach.is_staff:
            self._audit(caller, tool, cases)
            status = "ok" if ids else "customer_needed"
        return cases, {"ok": status != "customer_needed", "status": status, "today": views.day(reach.today)}

    def _audit(self, caller: Caller, tool: str, cases: Sequence[Case], subject: str | None = None) -> None:
        """Every look of the support team into an account leaves a line."""
        seen = [case.asked for case in cases if case.record]
        if not seen and subject is None:
            return
        audit.record(
            self._engine,
            now=self._clock.now(),
            action="account_read",
            caller=caller,
            subject=subject or " ".join(seen),
            detail={"tool": tool, "subscriptions": seen},
        )

    def _person(self, reach: Reach, person: User | None) -> JSON | None:
        if person is None:
            return None
        home = reach.accounts.organization(person.organization) if person.organization else None
        return views.user(person, home.name if home else None)

    @staticmethod
    def _reads_without_password(reach: Reach, order: Order) -> bool:
        return reach.person is not None and (reach.is_staff or order.buyer == reach.person.id)

    def _opened(self, caller: Caller, reach: Reach, order: Order) -> JSON:
        cases = reach.cases(reach.accounts.records_of_order(order.number))
        if reach.is_staff:
            self._audit(caller, "look_up_order", cases, subject=order.number)
        until = Orders(self._engine).opened_orders(caller.conversation, self._clock.now()).get(order.number)
        shown = [(case, case.record) for case in cases if case.record]
        return {
            "ok": True,
            "status": "opened",
            "order": views.order(order),
            "subscriptions": [views.subscription(case, record) for case, record in shown],
            "until": until.isoformat() if until else None,
            "sources": self._sources(fact for case in cases for fact in case.decide().facts),
        }

    def _closed(self, status: str) -> JSON:
        """The one answer to whatever stays closed, for the same status the same whether there is an order or
        not.
        """
        return {
            "ok": False,
            "status": status,
            "order": None,
            "subscriptions": [],
            "until": None,
            "sources": self._sources(("F20", "F21")),
        }


def _facts_of_options(case: Case) -> list[str]:
    """The facts on the ways to renew this subscription (F06, F11-F13, F17-F19, F23, F24), those of its
    decision first.
    """
    made = case.decide()
    if case.record is None or made.decision is Decision.NOT_FOUND:
        return []
    its = case.record.subscription
    manual = RenewalMethod.AUTO not in its.methods
    return [
        *made.facts,
        *("F06", "F13"),
        *(fact for method in made.methods for fact in _FACTS_OF_METHOD[method]),
        *(("F23",) if manual else ()),
        *(("F11",) if not its.methods else ()),
        "F17",
    ]


def _buyer_to_ask(case: Case, code: str) -> JSON | None:
    """Whom a colleague is told to ask for a price, where they may be told."""
    if code != "not_buyer" or case.record is None:
        return None
    return views.person(not_buyer(case.record, case.standing).buyer)
