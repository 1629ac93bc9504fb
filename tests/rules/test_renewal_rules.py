"""R0-R8 at every bound, and what each decision says."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from rule_records import (
    ADMIN,
    AGENT,
    ANNE,
    ASKED,
    BUYER,
    COLLEAGUE,
    EXPIRY,
    HOME,
    OPENER,
    OUTSIDE_ADMIN,
    PAUL,
    STAFF,
    STRANGER,
    record_of,
)

from tools.clock import Clock
from tools.rules.days import shifted
from tools.rules.models import (
    Change,
    Channel,
    Contact,
    OrganizationId,
    Payment,
    PaymentMethod,
    Record,
    RenewalMethod,
    Standing,
    SubscriptionKind,
    Term,
    User,
    UserId,
    UserKind,
)
from tools.rules.renewal import RenewalDecision, decide_renewal
from tools.rules.standing import masked_email, standing_of


def decide(record: Record | None, standing: Standing, today: date) -> RenewalDecision:
    return decide_renewal(record, standing, today, asked=ASKED)


@pytest.mark.parametrize(
    "expiry", [EXPIRY, date(2024, 2, 29), date(2025, 12, 31), date(2026, 1, 1), date(2026, 3, 1)]
)
@pytest.mark.parametrize(
    ("days", "grace", "expected"),
    [
        (-91, 30, "too_early"),
        (-90, 30, "eligible"),
        (-89, 30, "eligible"),
        (-1, 30, "eligible"),
        (0, 0, "eligible"),
        (0, 45, "eligible"),
        (1, 0, "expired"),
        (1, 30, "late"),
        (30, 30, "late"),
        (31, 30, "expired"),
        (31, 45, "late"),
        (45, 45, "late"),
        (46, 45, "expired"),
    ],
)
def test_bounds_are_inclusive(expiry: date, days: int, grace: int, expected: str) -> None:
    record = record_of(expires_on=expiry, grace_days=grace)
    found = decide(record, BUYER, expiry + timedelta(days))
    assert found.decision == expected
    assert found.days_left == -days
    assert found.possible_from == (expiry - timedelta(90) if expected == "too_early" else None)
    until = {"eligible": expiry, "late": expiry + timedelta(grace)}
    assert found.until == until.get(expected)
    assert found.since == (expiry if expected == "expired" else None)


def test_the_window_before_a_leap_day_counts_calendar_days() -> None:
    record = record_of(expires_on=date(2024, 2, 29))
    assert decide(record, BUYER, date(2023, 11, 30)).decision == "too_early"
    assert decide(record, BUYER, date(2023, 12, 1)).decision == "eligible"
    assert decide(record, BUYER, date(2024, 3, 30)).decision == "late"
    assert decide(record, BUYER, date(2024, 3, 31)).decision == "expired"


@pytest.mark.parametrize("expiry", [date.min, date.max])
def test_the_ends_of_the_calendar_are_no_trouble(expiry: date) -> None:
    record = record_of(expires_on=expiry, grace_days=45)
    assert decide(record, BUYER, expiry).decision == "eligible"
    assert shifted(expiry, -90) <= expiry <= shifted(expiry, 45)


@pytest.mark.parametrize(
    ("standing", "changed", "day", "expected", "rules"),
    [
        (STRANGER, {}, EXPIRY, "not_found", ("R1",)),
        (STRANGER, {"kind": SubscriptionKind.TRIAL}, EXPIRY, "not_found", ("R1",)),
        (COLLEAGUE, {"kind": SubscriptionKind.TRIAL}, EXPIRY, "trial", ("R2",)),
        (BUYER, {"kind": SubscriptionKind.TRIAL}, date(2020, 1, 1), "trial", ("R2",)),
        (COLLEAGUE, {}, date(2020, 1, 1), "not_buyer", ("R3",)),
        (ADMIN, {}, date(2030, 1, 1), "not_buyer", ("R3",)),
        (OUTSIDE_ADMIN, {}, EXPIRY, "not_buyer", ("R3",)),
        (OPENER, {}, EXPIRY, "eligible", ("R8",)),
        (BUYER, {"methods": frozenset()}, EXPIRY - timedelta(91), "too_early", ("R4",)),
        (BUYER, {"methods": frozenset()}, EXPIRY + timedelta(31), "expired", ("R5",)),
        (BUYER, {"methods": frozenset()}, EXPIRY + timedelta(30), "contact_sales", ("R6",)),
        (BUYER, {"methods": frozenset()}, EXPIRY, "contact_sales", ("R6",)),
        (BUYER, {"methods": frozenset([RenewalMethod.QUOTE])}, EXPIRY + timedelta(1), "late", ("R7",)),
        (BUYER, {"term": Term.MONTHLY}, EXPIRY, "eligible", ("R8",)),
        (STAFF, {}, EXPIRY, "eligible", ("R0", "R8")),
        (STAFF, {"kind": SubscriptionKind.TRIAL}, EXPIRY, "trial", ("R0", "R2")),
        (STAFF, {}, EXPIRY - timedelta(91), "too_early", ("R0", "R4")),
    ],
)
def test_the_first_row_that_holds_decides(
    standing: Standing, changed: dict[str, object], day: date, expected: str, rules: tuple[str, ...]
) -> None:
    found = decide(record_of(**changed), standing, day)
    assert (found.decision, found.rules) == (expected, rules)


def test_nothing_there_and_not_yours_are_one_answer() -> None:
    for today in (date(2020, 1, 1), EXPIRY, date(2030, 1, 1)):
        assert decide(None, STRANGER, today) == decide(record_of(), STRANGER, today)
        assert decide(None, STRANGER, today) == decide(record_of(auto_renew=True, seats=9), STRANGER, today)


def test_an_unknown_subscription_is_not_found_for_staff_too() -> None:
    assert decide(None, STAFF, EXPIRY).rules == ("R0", "R1")


def test_a_colleague_is_told_who_the_buyer_is_with_a_masked_address() -> None:
    found = decide(record_of(), COLLEAGUE, EXPIRY)
    assert found.buyer is not None
    assert (found.buyer.name, found.buyer.email) == ("Anne Roy", "a***@o.example")
    assert found.changes[0] == Change(what="ask_buyer", who="Anne Roy")
    assert found.price is None
    assert found.facts == ("F01",)


def test_an_admin_from_elsewhere_is_told_no_name() -> None:
    found = decide(record_of(), OUTSIDE_ADMIN, EXPIRY)
    assert found.buyer is None
    assert found.changes[0] == Change(what="ask_buyer")


def test_a_primary_admin_who_is_not_the_buyer_hears_both_articles() -> None:
    found = decide(record_of(admin=PAUL), ADMIN, EXPIRY)
    assert found.facts == ("F01", "F05")
    assert "primary_admin_is_not_buyer" in found.reasons


def test_a_colleague_also_learns_what_the_buyer_would_have_to_wait_for() -> None:
    found = decide(record_of(), COLLEAGUE, EXPIRY - timedelta(100))
    assert Change(what="wait_until", on=EXPIRY - timedelta(90)) in found.changes


@pytest.mark.parametrize(
    ("channel", "contact", "what"),
    [
        (Channel.PARTNER, Contact.PARTNER, "contact_partner"),
        (Channel.SALES, Contact.SALES, "contact_sales"),
        (Channel.ONLINE, Contact.SALES, "contact_sales"),
    ],
)
def test_without_a_method_the_partner_or_the_sales_team_is_named(
    channel: Channel, contact: Contact, what: str
) -> None:
    found = decide(record_of(channel=channel, methods=frozenset()), BUYER, EXPIRY)
    assert found.contact == contact
    assert found.changes[0].what == what


def test_the_partner_or_sales_team_after_expiry_brings_both_articles_on_how_long() -> None:
    record = record_of(methods=frozenset(), grace_days=45)
    before, after = (decide(record, BUYER, EXPIRY + timedelta(days)) for days in (0, 45))
    assert before.facts == ("F11",)
    assert after.facts == ("F11", "F08", "F09")
    assert "in_grace_period" in after.reasons


CARD_OUT = Payment(method=PaymentMethod.CARD, valid_until=EXPIRY - timedelta(1))
CARD_LAST_DAY = Payment(method=PaymentMethod.CARD, valid_until=EXPIRY)
WIRE = Payment(method=PaymentMethod.BANK_TRANSFER)


@pytest.mark.parametrize("day", [EXPIRY - timedelta(91), EXPIRY - timedelta(3), EXPIRY])
@pytest.mark.parametrize(
    ("on", "payment", "itself", "problem"),
    [
        (True, Payment(method=PaymentMethod.PAYPAL), True, None),
        (True, CARD_LAST_DAY, True, None),
        (True, CARD_OUT, False, "payment_out_of_date"),
        (True, WIRE, False, "payment_not_recurring"),
        (True, Payment(method=PaymentMethod.NONE), False, "payment_not_recurring"),
        (False, Payment(method=PaymentMethod.CARD), False, None),
        (False, CARD_OUT, False, None),
    ],
)
def test_auto_renewal_counts_only_when_it_can_be_paid(
    day: date, on: bool, payment: Payment, itself: bool, problem: str | None
) -> None:
    found = decide(record_of(auto_renew=on, payment=payment), BUYER, day)
    assert (found.renews_itself, found.payment_problem) == (itself, problem)


def test_after_expiry_nothing_renews_itself_and_the_special_price_is_gone() -> None:
    found = decide(record_of(auto_renew=True), BUYER, EXPIRY + timedelta(1))
    assert not found.renews_itself
    assert found.price is not None
    assert (found.price.special, found.price.code) == (False, "after_expiry")
    assert found.price.estimate == found.price.full


def test_the_same_instant_is_another_day_in_another_organisation() -> None:
    clock = Clock(instant=lambda: datetime(2026, 2, 11, 3, 0, tzinfo=UTC))
    paris = record_of(grace_days=0)
    montreal = record_of(grace_days=0, zone="America/Montreal")
    assert decide(paris, BUYER, clock.today(paris.organization.time_zone)).decision == "expired"
    assert decide(montreal, BUYER, clock.today(montreal.organization.time_zone)).decision == "eligible"


def test_a_frozen_day_holds_in_every_zone() -> None:
    clock = Clock(frozen=EXPIRY)
    assert clock.today("Pacific/Kiritimati") == clock.today("Pacific/Pago_Pago") == EXPIRY


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("claire.martin@boreal.example", "c***@boreal.example"),
        ("x@y.example", "***@y.example"),
        ("é.a@y.example", "é***@y.example"),
        ("nothing", "***"),
        ("", "***"),
    ],
)
def test_addresses_are_masked(address: str, shown: str) -> None:
    assert masked_email(address) == shown


OUTSIDER = User(
    id=UserId("u-out"),
    name="Ida",
    email="ida@x.example",
    kind=UserKind.CUSTOMER,
    organization=OrganizationId("o-2"),
)


@pytest.mark.parametrize(
    ("person", "record", "opened", "tied", "expected"),
    [
        (None, record_of(), False, frozenset(), STRANGER),
        (None, record_of(), True, frozenset(), OPENER),
        (None, None, False, frozenset(), STRANGER),
        (ANNE, record_of(admin=PAUL), False, frozenset(), BUYER),
        (PAUL, record_of(admin=PAUL), False, frozenset(), ADMIN),
        (PAUL, record_of(), False, frozenset(), COLLEAGUE),
        (PAUL, None, False, frozenset(), STRANGER),
        (OUTSIDER, record_of(), False, frozenset(), STRANGER),
        (OUTSIDER, record_of(), False, frozenset({HOME}), Standing(tied=True)),
        (OUTSIDER, record_of(admin=OUTSIDER), False, frozenset(), OUTSIDE_ADMIN),
        (AGENT, None, False, frozenset(), STAFF),
        (AGENT, record_of(), False, frozenset(), STAFF),
    ],
)
def test_standing(
    person: User | None,
    record: Record | None,
    opened: bool,
    tied: frozenset[OrganizationId],
    expected: Standing,
) -> None:
    assert standing_of(person, record, opened=opened, tied_organizations=tied) == expected
