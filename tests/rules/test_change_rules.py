"""Auto-renewal, cart, quote and primary admin: who, when, and in which order a refusal comes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from rule_records import (
    ADMIN,
    AGENT,
    ANNE,
    ASKED,
    BUYER,
    COLLEAGUE,
    EXPIRY,
    OPENER,
    PAUL,
    STAFF,
    STRANGER,
    record_of,
)

from tools.rules.auto_renewal import decide_auto_renewal
from tools.rules.changes import decide_cart, decide_primary_admin, decide_quote
from tools.rules.models import (
    Channel,
    OrganizationId,
    Payment,
    PaymentMethod,
    RenewalMethod,
    Standing,
    SubscriptionKind,
    Term,
    User,
    UserId,
    UserKind,
)

TRIAL = {"kind": SubscriptionKind.TRIAL}
MANUAL = {"methods": frozenset([RenewalMethod.ONLINE])}
OLD_CARD = {"payment": Payment(method=PaymentMethod.CARD, valid_until=EXPIRY - timedelta(1))}
KONBINI = {"payment": Payment(method=PaymentMethod.KONBINI)}
AFTER = EXPIRY + timedelta(1)


@pytest.mark.parametrize(
    ("standing", "changed", "day", "wanted", "code"),
    [
        (STAFF, {}, EXPIRY, True, "read_only"),
        (STAFF, TRIAL, AFTER, False, "read_only"),
        (STRANGER, TRIAL, AFTER, True, "not_found"),
        (COLLEAGUE, TRIAL, AFTER, True, "trial"),
        (BUYER, TRIAL, EXPIRY, False, "trial"),
        (COLLEAGUE, {}, AFTER, True, "not_buyer"),
        (ADMIN, {}, EXPIRY, True, "not_buyer"),
        (BUYER, {"auto_renew": True}, AFTER, True, "after_expiry"),
        (BUYER, MANUAL, AFTER, True, "after_expiry"),
        (BUYER, {}, AFTER, False, "after_expiry"),
        (BUYER, {"auto_renew": True, **MANUAL}, EXPIRY, True, "already_on"),
        (BUYER, {"auto_renew": False}, EXPIRY, False, "already_off"),
        (BUYER, {**MANUAL, **KONBINI}, EXPIRY, True, "manual_only"),
        (BUYER, KONBINI, EXPIRY, True, "payment_not_recurring"),
        (BUYER, {"payment": Payment(method=PaymentMethod.ALIPAY)}, EXPIRY, True, "payment_not_recurring"),
        (BUYER, {"payment": Payment(method=PaymentMethod.NONE)}, EXPIRY, True, "payment_not_recurring"),
        (BUYER, OLD_CARD, EXPIRY, True, "payment_out_of_date"),
        (
            BUYER,
            {"payment": Payment(method=PaymentMethod.CARD, valid_until=EXPIRY)},
            EXPIRY,
            True,
            "allowed",
        ),
        (BUYER, {"payment": Payment(method=PaymentMethod.DIRECT_DEBIT)}, EXPIRY, True, "allowed"),
        (BUYER, {"payment": Payment(method=PaymentMethod.PAYPAL)}, EXPIRY - timedelta(300), True, "allowed"),
        (OPENER, {}, EXPIRY, True, "allowed"),
        (BUYER, {"auto_renew": True, **MANUAL, **KONBINI}, EXPIRY, False, "allowed"),
        (BUYER, {"auto_renew": True, "methods": frozenset()}, EXPIRY, False, "allowed"),
    ],
)
def test_auto_renewal(
    standing: Standing, changed: dict[str, object], day: date, wanted: bool, code: str
) -> None:
    assert decide_auto_renewal(record_of(**changed), standing, day, wanted, asked=ASKED).code == code


def test_auto_renewal_that_is_on_but_cannot_be_paid_comes_with_a_warning() -> None:
    record = record_of(auto_renew=True, **OLD_CARD)
    found = decide_auto_renewal(record, BUYER, EXPIRY, True, asked=ASKED)
    assert (found.code, found.warnings) == ("already_on", ("payment_out_of_date",))


def test_a_refusal_says_what_would_change_it() -> None:
    found = decide_auto_renewal(record_of(**OLD_CARD), BUYER, EXPIRY, True, asked=ASKED)
    assert [change.what for change in found.changes] == ["update_payment"]


@pytest.mark.parametrize(
    ("standing", "changed", "day", "code"),
    [
        (STAFF, {}, EXPIRY, "read_only"),
        (STRANGER, {}, EXPIRY, "not_found"),
        (COLLEAGUE, TRIAL, EXPIRY, "trial"),
        (COLLEAGUE, {}, EXPIRY, "not_buyer"),
        (BUYER, {}, EXPIRY - timedelta(91), "too_early"),
        (BUYER, {}, EXPIRY - timedelta(90), "allowed"),
        (BUYER, {}, EXPIRY, "allowed"),
        (OPENER, {}, EXPIRY + timedelta(30), "allowed"),
        (BUYER, {}, EXPIRY + timedelta(31), "expired"),
        (BUYER, {"methods": frozenset()}, EXPIRY, "contact_sales"),
        (BUYER, {"methods": frozenset([RenewalMethod.QUOTE])}, EXPIRY, "no_online"),
    ],
)
def test_cart(standing: Standing, changed: dict[str, object], day: date, code: str) -> None:
    assert decide_cart(record_of(**changed), standing, day, asked=ASKED).code == code


def test_the_cart_warns_of_an_auto_renewal_that_already_does_it() -> None:
    assert decide_cart(record_of(auto_renew=True), BUYER, EXPIRY, asked=ASKED).warnings == ("renews_itself",)


@pytest.mark.parametrize(
    ("standing", "changed", "day", "asks", "code", "to"),
    [
        (STAFF, {}, EXPIRY, {}, "read_only", None),
        (STRANGER, {}, EXPIRY, {"seats": 0}, "not_found", None),
        (COLLEAGUE, {}, EXPIRY, {}, "not_buyer", None),
        (BUYER, {}, EXPIRY, {}, "allowed", "sales"),
        (BUYER, {"channel": Channel.PARTNER}, EXPIRY, {}, "allowed", "partner"),
        (
            BUYER,
            {"channel": Channel.SALES},
            EXPIRY,
            {"seats": 1, "term": Term.THREE_YEAR},
            "allowed",
            "sales",
        ),
        (OPENER, {}, EXPIRY + timedelta(30), {}, "allowed", "sales"),
        (BUYER, {}, EXPIRY + timedelta(31), {}, "expired", None),
        (BUYER, {}, EXPIRY - timedelta(91), {}, "too_early", None),
        (BUYER, {"methods": frozenset([RenewalMethod.AUTO])}, EXPIRY, {}, "no_quote", None),
        (BUYER, {"methods": frozenset(), "channel": Channel.PARTNER}, EXPIRY, {}, "allowed", "partner"),
        (BUYER, {"methods": frozenset()}, EXPIRY + timedelta(30), {}, "allowed", "sales"),
        (BUYER, {}, EXPIRY, {"seats": 0}, "invalid_seats", None),
        (BUYER, {}, EXPIRY, {"term": Term.TRIAL}, "invalid_term", None),
    ],
)
def test_quote(
    standing: Standing,
    changed: dict[str, object],
    day: date,
    asks: dict[str, object],
    code: str,
    to: str | None,
) -> None:
    found = decide_quote(record_of(**changed), standing, day, asked=ASKED, **asks)  # type: ignore[arg-type]
    assert (found.code, found.to) == (code, to)


OUTSIDER = User(
    id=UserId("u-out"),
    name="Ida",
    email="ida@x.example",
    kind=UserKind.CUSTOMER,
    organization=OrganizationId("o-2"),
)


@pytest.mark.parametrize(
    ("standing", "admin", "successor", "code"),
    [
        (STAFF, None, PAUL, "read_only"),
        (STRANGER, None, PAUL, "not_found"),
        (COLLEAGUE, None, PAUL, "not_buyer"),
        (ADMIN, PAUL, PAUL, "not_buyer"),
        (OPENER, None, PAUL, "not_buyer"),
        (BUYER, None, PAUL, "allowed"),
        (BUYER, PAUL, ANNE, "allowed"),
        (BUYER, PAUL, PAUL, "already_primary_admin"),
        (BUYER, None, ANNE, "already_primary_admin"),
        (BUYER, None, OUTSIDER, "not_member"),
        (BUYER, None, None, "not_member"),
        (BUYER, None, AGENT, "not_member"),
    ],
)
def test_primary_admin(standing: Standing, admin: User | None, successor: User | None, code: str) -> None:
    found = decide_primary_admin(record_of(admin=admin), standing, asked=ASKED, successor=successor)
    assert found.code == code
