"""May auto-renewal be switched on or off (F18, F19, F23)? The first row that holds decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from tools.rules.changes import ChangeVerdict, not_buyer, not_found, read_only
from tools.rules.days import payment_problem
from tools.rules.models import Change, Record, RenewalMethod, Standing, SubscriptionId, SubscriptionKind

_REMEDIES = {
    "payment_not_recurring": ("save_recurring_payment", "renew_manually"),
    "payment_out_of_date": ("update_payment",),
    "manual_only": ("renew_manually",),
}


def decide_auto_renewal(
    record: Record | None, standing: Standing, today: date, wanted: bool, *, asked: SubscriptionId
) -> ChangeVerdict:
    """May the subscription's auto-renewal be put in the wanted state today?

    Refused, in this order, with `read_only` (staff), `not_found`, `trial`, `not_buyer`, `after_expiry`,
    `already_on` or `already_off` (an auto-renewal that is on but will fail comes with the warning why), then,
    to switch on, `manual_only`, `payment_not_recurring` or `payment_out_of_date`.
    """
    if standing.staff:
        return read_only(asked)
    if record is None or not standing.knows:
        return not_found(asked)
    subscription = record.subscription
    verdict = ChangeVerdict(subscription=subscription.id, product=subscription.product, code="allowed")
    if subscription.kind is SubscriptionKind.TRIAL:
        remedy = (Change(what="buy_new_subscription"),)
        return replace(verdict, code="trial", facts=("F16",), changes=remedy)
    if not standing.acts_as_buyer:
        return not_buyer(record, standing)
    if today > subscription.expires_on:
        return replace(verdict, code="after_expiry", facts=("F08", "F09"), since=subscription.expires_on)
    problem = payment_problem(subscription)
    if subscription.auto_renew == wanted:
        warnings = (problem,) if wanted and problem else ()
        code = "already_on" if wanted else "already_off"
        return replace(verdict, code=code, facts=("F18",), warnings=warnings)
    if not wanted:
        return replace(verdict, facts=("F19",))
    if RenewalMethod.AUTO not in subscription.methods:
        problem = "manual_only"
    if problem:
        remedies = tuple(Change(what=what) for what in _REMEDIES[problem])
        return replace(verdict, code=problem, facts=("F18", "F23"), changes=remedies)
    return replace(verdict, facts=("F18", "F19"))
