"""The JSON shapes of the desk's results. Days are ISO, money is text with its currency; None is null.

Nothing here decides; but nothing here shows what the standing does not allow either.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from unicodedata import category

from tools.desk_reach import Case
from tools.rules.auto_renewal import decide_auto_renewal
from tools.rules.changes import ChangeVerdict
from tools.rules.days import grace_ends_on, payment_problem, renews_itself, window_opens_on
from tools.rules.models import (
    Change,
    Decision,
    Money,
    Order,
    Person,
    Record,
    RenewalMethod,
    User,
)
from tools.rules.pricing import Estimate
from tools.rules.renewal import RenewalDecision, contact_of, ordered
from tools.rules.standing import named
from tools.store.proposals import Proposal
from tools.store.requests import Request
from tools.store.schema import Action

JSON = dict[str, Any]

LONGEST_LABEL = 200
_BRACKETS = str.maketrans("<>[]{}", "‹›()()")

_ROLES = ("buyer", "primary_admin", "member", "opened", "staff")


def day(value: date | None) -> str | None:
    """A day as ISO text."""
    return value.isoformat() if value else None


def money(value: Money | None) -> JSON | None:
    """An amount as plain digits with its currency."""
    return {"amount": f"{value.amount:f}", "currency": value.currency} if value else None


def label(name: str) -> str:
    """A name out of the accounts as it may stand in an answer: one short line of plain characters.

    Whoever named it, nothing in it can be markup, hide or turn round what is shown: brackets become round,
    characters that are not seen go.
    """
    shown = "".join(
        " " if char in "\t\n\r\v\f" else char for char in name if char in "\t\n\r\v\f" or _is_seen(char)
    ).translate(_BRACKETS)
    return shown if len(shown) <= LONGEST_LABEL else f"{shown[: LONGEST_LABEL - 1]}…"


def _is_seen(char: str) -> bool:
    return category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def person(value: Person | None) -> JSON | None:
    """A person as a colleague may be told of them."""
    return {"name": label(value.name), "email": value.email} if value else None


def user(value: User, organization: str | None) -> JSON:
    """The signed-in person, to themselves; `organization` is its name."""
    return {"id": value.id, "name": value.name, "kind": value.kind.value, "organization": organization}


def order(value: Order) -> JSON:
    """An order, to who may see it."""
    return {"number": value.number, "placed_on": day(value.placed_on), "channel": value.channel.value}


def subscription(case: Case, record: Record) -> JSON:
    """A subscription as this caller may see it: order, payment and people only where the standing allows."""
    its, standing = record.subscription, case.standing
    private, people = standing.sees_private, standing.sees_people
    payment = {"method": its.payment.method.value, "valid_until": day(its.payment.valid_until)}
    return {
        "id": its.id,
        "product": label(its.product),
        "kind": its.kind.value,
        "term": its.term.value,
        "seats": its.seats,
        "starts_on": day(its.starts_on),
        "expires_on": day(its.expires_on),
        "window_opens_on": day(window_opens_on(its)),
        "grace_ends_on": day(grace_ends_on(its)),
        "grace_days": its.grace_days,
        "auto_renew": its.auto_renew,
        "methods": [method.value for method in ordered(its.methods)],
        "term_change": its.term_change.value,
        "your_roles": [role for role in _ROLES if getattr(standing, role)],
        "buyer": person(named(record.buyer)) if people else None,
        "primary_admin": {"name": label(record.primary_admin.name)} if people else None,
        "organization": label(record.organization.name),
        "order": record.order.number if private else None,
        "payment": payment if private else None,
        "renews_itself": renews_itself(its, case.today) if private else None,
        "payment_problem": payment_problem(its) if private and its.auto_renew else None,
        "state": case.decide().decision.value,
    }


def change(value: Change) -> JSON:
    """What would make a decision another one."""
    return {"what": value.what, "on": day(value.on), "who": value.who}


def estimate(value: Estimate) -> JSON:
    """A price estimate."""
    return {
        "subscription": value.subscription,
        "product": value.product and label(value.product),
        "seats": value.seats,
        "term": value.term.value if value.term else None,
        "unit_price": money(value.unit_price),
        "full": money(value.full),
        "estimate": money(value.estimate),
        "special": value.special,
        "code": value.code,
        "reasons": list(value.reasons),
    }


def _bounds(value: RenewalDecision | ChangeVerdict) -> JSON:
    """The days that bound a decision, each only where it applies."""
    known = {"from": value.possible_from, "until": value.until, "since": value.since}
    return {name: day(bound) for name, bound in known.items() if bound is not None}


def decision(value: RenewalDecision) -> JSON:
    """A renewal decision; a `not_found` holds nothing but the id asked for."""
    return {
        "subscription": value.subscription,
        "product": value.product and label(value.product),
        "decision": value.decision.value,
        "rules": list(value.rules),
        "facts": list(value.facts),
        "reasons": list(value.reasons),
        **_bounds(value),
        "expires_on": day(value.expires_on),
        "days_left": value.days_left,
        "days_since_expiry": max(-value.days_left, 0) if value.days_left is not None else None,
        "grace_days": value.grace_days,
        "methods": [method.value for method in value.methods],
        "auto_renew": value.auto_renew,
        "renews_itself": value.renews_itself,
        "payment_problem": value.payment_problem,
        "is_primary_admin": value.is_primary_admin,
        "buyer": person(value.buyer),
        "contact": value.contact.value if value.contact else None,
        "price": estimate(value.price) if value.price else None,
        "changes": [change(each) for each in value.changes],
        "rules_version": value.rules_version,
    }


def option(case: Case) -> JSON:
    """How a subscription can be renewed: the ways, its auto-renewal, whom to turn to, where its term is
    changed.
    """
    made = case.decide()
    if case.record is None or made.decision is Decision.NOT_FOUND:
        return {
            "subscription": case.asked,
            "product": None,
            "decision": decision(made),
            "methods": [],
            "auto_renew": None,
            "contact": None,
            "term_change": None,
        }
    its = case.record.subscription
    return {
        "subscription": its.id,
        "product": label(its.product),
        "decision": decision(made),
        "methods": [method.value for method in ordered(its.methods)],
        "auto_renew": _auto_renewal(case, case.record),
        "contact": contact_of(case.record).value,
        "term_change": its.term_change.value,
    }


def _auto_renewal(case: Case, record: Record) -> JSON:
    its = record.subscription
    switch = decide_auto_renewal(record, case.standing, case.today, True, asked=case.asked)
    no_method = RenewalMethod.AUTO not in its.methods and not its.auto_renew
    problem = "no_method" if no_method else payment_problem(its)
    private = case.standing.sees_private
    return {
        "on": its.auto_renew,
        "works": private and renews_itself(its, case.today),
        "problem": problem if private else None,
        "can_turn_on": switch.allowed,
        "code": switch.code,
    }


def refusal(value: ChangeVerdict) -> JSON:
    """Why a change was not prepared for one subscription, with what would make it possible."""
    return {
        "subscription": value.subscription,
        "product": value.product and label(value.product),
        "code": value.code,
        **_bounds(value),
        "buyer": person(value.buyer),
        "contact": value.contact.value if value.contact else None,
        "warnings": list(value.warnings),
        "changes": [change(each) for each in value.changes],
    }


def proposal(value: Proposal) -> JSON:
    """A pending change, with the fields the contract gives its action."""
    alone = value.action in (Action.SET_AUTO_RENEW, Action.REASSIGN_PRIMARY_ADMIN)
    one = alone and len(value.subscriptions) == 1
    what = {"subscription": value.subscriptions[0]} if one else {"subscriptions": list(value.subscriptions)}
    return {
        "id": value.id,
        "action": value.action.value,
        **what,
        **value.arguments,
        "items": [dict(item) for item in value.items],
        "expires_at": value.expires_at.isoformat(),
    }


def request(value: Request) -> JSON:
    """A confirmed change: what, when (an instant), for which subscriptions, before and after."""
    return {
        "action": value.action.value,
        **value.arguments,
        "items": list(value.items),
        "at": value.at.isoformat(),
        "reference": value.reference,
    }
