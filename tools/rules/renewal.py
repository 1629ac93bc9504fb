"""May this person renew this subscription today? Rules R0-R8: the first row that holds decides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from tools.rules.days import days_left, grace_ends_on, payment_problem, renews_itself, window_opens_on
from tools.rules.models import (
    RULES_VERSION,
    Change,
    Channel,
    Contact,
    Decision,
    Person,
    Record,
    RenewalMethod,
    Standing,
    SubscriptionId,
    SubscriptionKind,
)
from tools.rules.pricing import Estimate, estimate
from tools.rules.standing import named

RULE_OF = {
    Decision.NOT_FOUND: "R1",
    Decision.TRIAL: "R2",
    Decision.NOT_BUYER: "R3",
    Decision.TOO_EARLY: "R4",
    Decision.EXPIRED: "R5",
    Decision.CONTACT_SALES: "R6",
    Decision.LATE: "R7",
    Decision.ELIGIBLE: "R8",
}

RENEWABLE = frozenset({Decision.ELIGIBLE, Decision.LATE})
"""The decisions under which the person can renew by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalDecision:
    """One answer to "can this be renewed?", with what bounds it and what would change it.

    `possible_from`: the first day (too_early); `until`: the last day possible (eligible: expiry, late: last
    day of grace); `since`: the expiry date (expired). `reasons` and `changes` are codes; `payment_problem`
    says why the auto-renewal that is on will not work. A `not_found` holds nothing but the id asked for.
    """

    subscription: SubscriptionId
    decision: Decision
    rules: tuple[str, ...]
    facts: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    possible_from: date | None = None
    until: date | None = None
    since: date | None = None
    product: str | None = None
    expires_on: date | None = None
    days_left: int | None = None
    grace_days: int | None = None
    methods: tuple[RenewalMethod, ...] = ()
    auto_renew: bool | None = None
    renews_itself: bool = False
    payment_problem: str | None = None
    is_primary_admin: bool = False
    buyer: Person | None = None
    contact: Contact | None = None
    price: Estimate | None = None
    changes: tuple[Change, ...] = ()
    rules_version: str = RULES_VERSION


def contact_of(record: Record) -> Contact:
    """Whom to turn to: the partner if bought from one, else the sales team (F11)."""
    return Contact.PARTNER if record.order.channel is Channel.PARTNER else Contact.SALES


def ordered(methods: Iterable[RenewalMethod]) -> tuple[RenewalMethod, ...]:
    """The methods in the order they are always told in: auto, online, quote."""
    given = frozenset(methods)
    return tuple(method for method in RenewalMethod if method in given)


def _verdict(record: Record, standing: Standing, today: date) -> Decision:
    subscription = record.subscription
    left = days_left(subscription, today)
    rows = (
        (Decision.TRIAL, subscription.kind is SubscriptionKind.TRIAL),
        (Decision.NOT_BUYER, not standing.sees_private),
        (Decision.TOO_EARLY, today < window_opens_on(subscription)),
        (Decision.EXPIRED, -left > subscription.grace_days),
        (Decision.CONTACT_SALES, not subscription.methods),
        (Decision.LATE, left < 0),
    )
    return next((decision for decision, holds in rows if holds), Decision.ELIGIBLE)


def _changes(record: Record, standing: Standing, today: date, decision: Decision) -> tuple[Change, ...]:
    """What would make the decision another one: a day to wait for, someone to ask, something to do."""
    subscription = record.subscription
    expired = Change(what="expired_after", on=grace_ends_on(subscription))
    match decision:
        case Decision.TRIAL | Decision.EXPIRED:
            return (Change(what="buy_new_subscription"),)
        case Decision.NOT_BUYER:
            buyer = record.buyer.name if standing.sees_people else None
            theirs = _verdict(record, Standing(buyer=True), today)
            then = () if theirs in RENEWABLE else _changes(record, Standing(buyer=True), today, theirs)
            return (Change(what="ask_buyer", who=buyer), Change(what="open_order"), *then)
        case Decision.TOO_EARLY:
            return (Change(what="wait_until", on=window_opens_on(subscription)),)
        case Decision.CONTACT_SALES:
            return (Change(what=f"contact_{contact_of(record)}"), expired)
        case Decision.ELIGIBLE if subscription.grace_days:
            return (Change(what="late_after", on=subscription.expires_on), expired)
        case _:
            return (expired,)


def _auto_reasons(record: Record, today: date) -> tuple[str, ...]:
    """How auto-renewal stands, for a subscription that has not expired."""
    subscription = record.subscription
    if renews_itself(subscription, today):
        return ("renews_itself",)
    if subscription.auto_renew:
        return ("auto_renewal_will_fail", payment_problem(subscription) or "")
    return ("auto_renewal_off",) if RenewalMethod.AUTO in subscription.methods else ("manual_only",)


def _reasons(record: Record, standing: Standing, today: date, decision: Decision) -> tuple[str, ...]:
    subscription = record.subscription
    match decision:
        case Decision.TRIAL:
            return ("trial",)
        case Decision.NOT_BUYER:
            return ("not_the_buyer", *(("primary_admin_is_not_buyer",) if standing.primary_admin else ()))
        case Decision.TOO_EARLY:
            return ("window_not_open", *_auto_reasons(record, today))
        case Decision.EXPIRED:
            return ("grace_period_over" if subscription.grace_days else "no_grace_period",)
        case Decision.CONTACT_SALES:
            late = ("in_grace_period",) if today > record.subscription.expires_on else ()
            return ("no_self_service_method", f"contact_{contact_of(record)}", *late)
        case Decision.LATE:
            return ("in_grace_period", "no_renewal_price")
        case _:
            return ("in_window", *_auto_reasons(record, today))


def _facts(record: Record, standing: Standing, today: date, decision: Decision) -> tuple[str, ...]:
    """The facts this very decision rests on, a part of its rule's (`facts.FACTS_OF_RULE`)."""
    automatic = ("F18",) if record.subscription.auto_renew else ()
    after_expiry = ("F08", "F09") if today > record.subscription.expires_on else ()
    return {
        Decision.TRIAL: ("F16",),
        Decision.NOT_BUYER: ("F01", "F05") if standing.primary_admin else ("F01",),
        Decision.TOO_EARLY: ("F07", *automatic),
        Decision.EXPIRED: ("F08", "F09"),
        Decision.CONTACT_SALES: ("F11", *after_expiry),
        Decision.LATE: ("F08", "F09", "F06", "F10"),
        Decision.ELIGIBLE: ("F07", "F06", "F10", *automatic),
    }[decision]


def decide_renewal(
    record: Record | None, standing: Standing, today: date, *, asked: SubscriptionId
) -> RenewalDecision:
    """Decide by R0-R8 for a record (None: no such subscription) on a day of its organisation.

    `asked` is the id the person named, which is all that an unknown or a stranger's subscription is answered
    with. Staff are decided for as the buyer, read-only (R0).
    """
    staff = ("R0",) if standing.staff else ()
    if record is None or not standing.knows:
        return RenewalDecision(subscription=asked, decision=Decision.NOT_FOUND, rules=(*staff, "R1"))
    subscription = record.subscription
    decision = _verdict(record, standing, today)
    alive = decision in (Decision.TOO_EARLY, Decision.ELIGIBLE, Decision.CONTACT_SALES)
    failing = alive and subscription.auto_renew and today <= subscription.expires_on
    told_buyer = decision is Decision.NOT_BUYER and standing.sees_people
    until = {Decision.ELIGIBLE: subscription.expires_on, Decision.LATE: grace_ends_on(subscription)}
    return RenewalDecision(
        subscription=subscription.id,
        decision=decision,
        rules=(*staff, RULE_OF[decision]),
        facts=_facts(record, standing, today, decision),
        reasons=_reasons(record, standing, today, decision),
        possible_from=window_opens_on(subscription) if decision is Decision.TOO_EARLY else None,
        until=until.get(decision),
        since=subscription.expires_on if decision is Decision.EXPIRED else None,
        product=subscription.product,
        expires_on=subscription.expires_on,
        days_left=days_left(subscription, today),
        grace_days=subscription.grace_days,
        methods=ordered(subscription.methods),
        auto_renew=subscription.auto_renew,
        renews_itself=alive and renews_itself(subscription, today),
        payment_problem=payment_problem(subscription) if failing else None,
        is_primary_admin=standing.primary_admin,
        buyer=named(record.buyer) if told_buyer else None,
        contact=contact_of(record) if decision is Decision.CONTACT_SALES else None,
        price=estimate(record, standing, today, asked=asked) if decision in RENEWABLE else None,
        changes=_changes(record, standing, today, decision),
    )
