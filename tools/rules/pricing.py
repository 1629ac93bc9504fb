"""The renewal price (F15, F25, F26): when the special price applies, and at most how much it comes to.

Amounts are excluding tax, `Decimal`, rounded half up to the currency's minor unit.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache

from tools.rules.models import Money, Record, Standing, Subscription, SubscriptionId, SubscriptionKind, Term

SPECIAL_SHARE = Decimal("0.95")
"""The special renewal price is at least 5 % below that of a new subscription (F25)."""

EXCLUDED_PRODUCTS = (
    "Arnold",
    "Assemble",
    "AutoCAD Inventor LT Suite",
    "AutoCAD LT with CALS Tools",
    "AutoCAD Web",
    "Build",
    "Fusion 360 with EAGLE Standard",
    "Flow Production Tracking",
    "Takeoff",
)
"""The products named as excluded from the special renewal price (F26)."""

ZERO_DECIMALS = frozenset(
    {
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    }
)
THREE_DECIMALS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
"""ISO 4217 currencies whose minor unit is not the hundredth."""

_GLUE = frozenset({"autodesk", "with", "avec", "la", "le", "les", "l"})
_ENGLISH = {"outils": "tools", "outil": "tools", "tool": "tools", "norme": "standard"}
_MARKS = str.maketrans("", "", "®™©")


def product_key(product: str) -> frozenset[str]:
    """What makes two spellings one product: its words without case, accents, vendor, year, French or English
    glue.
    """
    plain = unicodedata.normalize("NFKD", product.translate(_MARKS))
    folded = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    words = (_ENGLISH.get(word, word) for word in re.findall(r"[^\W_]+", folded))
    return frozenset(word for word in words if word not in _GLUE and not re.fullmatch(r"20\d\d", word))


@cache
def _excluded_keys() -> frozenset[frozenset[str]]:
    return frozenset(map(product_key, EXCLUDED_PRODUCTS))


def is_excluded(product: str) -> bool:
    """Whether the product is one of those named as excluded from the special renewal price (F26)."""
    return product_key(product) in _excluded_keys()


def minor_unit(currency: str) -> Decimal:
    """The smallest amount of an ISO 4217 currency."""
    places = 0 if currency in ZERO_DECIMALS else 3 if currency in THREE_DECIMALS else 2
    return Decimal(1).scaleb(-places)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a renewal costs at most, excluding tax.

    `code`: `applies`, or why there is no special price or no estimate (`not_found`, `trial`, `not_buyer`,
    `monthly`, `excluded_product`, `after_expiry`, `no_price`). `reasons`: all that stands against the special
    price. Amounts are None where they may not be told or where no unit price is known.
    """

    subscription: SubscriptionId
    code: str
    special: bool = False
    reasons: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    product: str | None = None
    seats: int | None = None
    term: Term | None = None
    unit_price: Money | None = None
    full: Money | None = None
    estimate: Money | None = None


def against_special(subscription: Subscription, today: date) -> tuple[str, ...]:
    """All that stands against the special renewal price of a subscription on a day (F15, F16, F26); empty: it
    applies.
    """
    found = {
        "trial": subscription.kind is SubscriptionKind.TRIAL,
        "monthly": subscription.term is Term.MONTHLY,
        "excluded_product": is_excluded(subscription.product),
        "after_expiry": today > subscription.expires_on,
    }
    return tuple(code for code, holds in found.items() if holds)


_FACTS = {
    "applies": ("F15", "F25", "F26", "F10"),
    "trial": ("F16",),
    "monthly": ("F15", "F26"),
    "excluded_product": ("F26", "F25"),
    "after_expiry": ("F10", "F15"),
}


def _facts(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fact for code in codes for fact in _FACTS[code]))


def times(price: Money, seats: int, share: Decimal = Decimal(1)) -> Money:
    """The price of so many seats at a share of the unit price, rounded half up to the minor unit."""
    digits = len(price.amount.as_tuple().digits) + len(str(seats)) + 12
    exact = Context(prec=digits, rounding=ROUND_HALF_UP)
    amount = exact.multiply(exact.multiply(price.amount, Decimal(seats)), share)
    return Money(amount=exact.quantize(amount, minor_unit(price.currency)), currency=price.currency)


def estimate(
    record: Record | None, standing: Standing, today: date, *, asked: SubscriptionId, seats: int | None = None
) -> Estimate:
    """What renewing costs at most, for so many seats (None: those it has). Shown to the buyer, openers and
    staff only.

    `asked` is the id the person named. Raises ValueError for fewer than one seat.
    """
    if seats is not None and seats < 1:
        raise ValueError("at least one seat")
    if record is None or not standing.knows:
        return Estimate(subscription=asked, code="not_found")
    subscription = record.subscription
    if not standing.sees_private:
        is_trial = subscription.kind is SubscriptionKind.TRIAL
        return Estimate(
            subscription=subscription.id,
            product=subscription.product,
            term=subscription.term,
            code="trial" if is_trial else "not_buyer",
            facts=("F16",) if is_trial else ("F01",),
        )
    reasons = against_special(subscription, today)
    count = seats or subscription.seats
    unit = subscription.unit_price
    full = times(unit, count) if unit else None
    special = not reasons
    reached = times(unit, count, SPECIAL_SHARE) if unit and special else full
    return Estimate(
        subscription=subscription.id,
        product=subscription.product,
        term=subscription.term,
        code="no_price" if unit is None else reasons[0] if reasons else "applies",
        special=special,
        reasons=reasons,
        facts=_facts(reasons or ("applies",)),
        seats=count,
        unit_price=unit,
        full=full,
        estimate=reached,
    )
