"""The calendar of a subscription: when its renewal window opens (F07) and its grace period ends (F08)."""

from __future__ import annotations

from datetime import date

from tools.rules.models import RECURRING_METHODS, Subscription, SubscriptionKind

WINDOW_DAYS = 90
"""Renewal is possible from this many days before the expiry date (F07)."""


def shifted(day: date, days: int) -> date:
    """The day so many days later; the calendar's own first or last day where there is none."""
    ordinal = day.toordinal() + days
    return date.fromordinal(min(max(ordinal, date.min.toordinal()), date.max.toordinal()))


def window_opens_on(subscription: Subscription) -> date:
    """The first day on which the subscription can be renewed (F07)."""
    return shifted(subscription.expires_on, -WINDOW_DAYS)


def grace_ends_on(subscription: Subscription) -> date:
    """The last day of a late renewal (F08): the expiry date itself where there is no grace period."""
    return shifted(subscription.expires_on, subscription.grace_days)


def days_left(subscription: Subscription, today: date) -> int:
    """Days from today to the expiry date; negative once it has passed."""
    return (subscription.expires_on - today).days


def payment_problem(subscription: Subscription) -> str | None:
    """Why auto-renewal could not draw on the saved payment method on the expiry date (F18, F23).

    None: it could. Else `payment_not_recurring` or `payment_out_of_date`.
    """
    payment = subscription.payment
    if payment.method not in RECURRING_METHODS:
        return "payment_not_recurring"
    if payment.valid_until is not None and payment.valid_until < subscription.expires_on:
        return "payment_out_of_date"
    return None


def renews_itself(subscription: Subscription, today: date) -> bool:
    """Whether auto-renewal will do it on the expiry date: paid, on, payable and that day not past (F18)."""
    return (
        subscription.kind is SubscriptionKind.PAID
        and subscription.auto_renew
        and payment_problem(subscription) is None
        and today <= subscription.expires_on
    )
