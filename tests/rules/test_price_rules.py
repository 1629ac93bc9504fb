"""The renewal price: when the special one applies, and to the last minor unit."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from rule_records import ASKED, BUYER, COLLEAGUE, EXPIRY, OPENER, STAFF, STRANGER, record_of

from tools.rules.models import Money, Standing, SubscriptionKind, Term
from tools.rules.pricing import estimate, is_excluded


@pytest.mark.parametrize(
    ("product", "excluded"),
    [
        ("Arnold", True),
        ("ARNOLD", True),
        ("Autodesk Arnold", True),
        ("Arnold 2026", True),
        ("Assemble", True),
        ("Autodesk Build", True),
        ("Build", True),
        ("Takeoff", True),
        ("autocad  web", True),
        ("AutoCAD® Web", True),
        ("AutoCAD Inventor LT™ Suite", True),
        ("AutoCAD LT with CALS Tools", True),
        ("AutoCAD LT avec outils CALS", True),
        ("AutoCAD LT avec les outils CALS", True),
        ("autocad lt AVEC OUTILS cals", True),
        ("Fusion 360 with EAGLE Standard", True),
        ("Fusion 360 avec la norme EAGLE", True),
        ("Fusion 360 avec EAGLE Standard", True),
        ("Flow\u00a0Production\u00a0Tracking", True),
        ("AutoCAD", False),
        ("AutoCAD LT", False),
        ("Inventor LT", False),
        ("Fusion 360", False),
        ("Fusion 360 with EAGLE Premium", False),
        ("BIM Collaborate", False),
        ("BIM Collaborate Pro", False),
        ("Build Pro", False),
        ("Flow Capture", False),
        ("Revit", False),
        ("", False),
        ("2026", False),
    ],
)
def test_excluded_products_are_exactly_those_named(product: str, excluded: bool) -> None:
    assert is_excluded(product) == excluded


@pytest.mark.parametrize(
    ("unit", "currency", "seats", "full", "special"),
    [
        ("2233.00", "EUR", 3, "6699.00", "6364.05"),
        ("0.10", "EUR", 1, "0.10", "0.10"),
        ("0.30", "EUR", 1, "0.30", "0.29"),
        ("1.10", "EUR", 1, "1.10", "1.05"),
        ("110", "JPY", 1, "110", "105"),
        ("1000.50", "JPY", 1, "1001", "950"),
        ("333", "XOF", 1, "333", "316"),
        ("1.01", "KWD", 1, "1.010", "0.960"),
        ("0", "EUR", 5, "0.00", "0.00"),
        ("9" * 40, "EUR", 2, str(2 * int("9" * 40)) + ".00", "1" + "8" + "9" * 38 + "8.10"),
    ],
)
def test_amounts_are_rounded_half_up_to_the_minor_unit(
    unit: str, currency: str, seats: int, full: str, special: str
) -> None:
    record = record_of(unit_price=Money(amount=Decimal(unit), currency=currency))
    found = estimate(record, BUYER, EXPIRY, asked=ASKED, seats=seats)
    assert found.full is not None
    assert found.estimate is not None
    assert str(found.full.amount) == full
    assert str(found.estimate.amount) == special


@pytest.mark.parametrize(
    ("changed", "after", "code", "reasons"),
    [
        ({}, 0, "applies", ()),
        ({}, 1, "after_expiry", ("after_expiry",)),
        ({}, -200, "applies", ()),
        ({"term": Term.MONTHLY}, 0, "monthly", ("monthly",)),
        ({"product": "Takeoff"}, 0, "excluded_product", ("excluded_product",)),
        ({"kind": SubscriptionKind.TRIAL}, 0, "trial", ("trial",)),
        (
            {"term": Term.MONTHLY, "product": "Build"},
            3,
            "monthly",
            ("monthly", "excluded_product", "after_expiry"),
        ),
        ({"unit_price": None}, 0, "no_price", ()),
        ({"unit_price": None, "term": Term.MONTHLY}, 0, "no_price", ("monthly",)),
    ],
)
def test_the_reason_for_or_against_the_special_price(
    changed: dict[str, object], after: int, code: str, reasons: tuple[str, ...]
) -> None:
    found = estimate(record_of(**changed), BUYER, EXPIRY + timedelta(after), asked=ASKED)
    assert (found.code, found.reasons, found.special) == (code, reasons, not reasons)
    assert (found.full is None) == (code == "no_price")


@pytest.mark.parametrize(
    ("standing", "code"),
    [
        (BUYER, "applies"),
        (OPENER, "applies"),
        (STAFF, "applies"),
        (COLLEAGUE, "not_buyer"),
        (STRANGER, "not_found"),
    ],
)
def test_prices_are_for_the_buyer_who_opened_the_order_and_staff(standing: Standing, code: str) -> None:
    found = estimate(record_of(), standing, EXPIRY, asked=ASKED)
    assert found.code == code
    assert (found.estimate is not None) == (code == "applies")


def test_fewer_than_one_seat_is_an_error() -> None:
    with pytest.raises(ValueError, match="seat"):
        estimate(record_of(), BUYER, EXPIRY, asked=ASKED, seats=0)
