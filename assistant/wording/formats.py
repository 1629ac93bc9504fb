"""Dates, money, numbers and lists as French writes them.

Spaces inside a figure are no-break spaces, so that « 10 février 2026 » never breaks over two lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

NBSP = "\u00a0"
_MONTHS = (
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()  # noqa: SIM905
)


def day(value: date | str) -> str:
    """A day: « 10 février 2026 », « 1er mars 2026 ». Takes a date or an ISO text."""
    value = date.fromisoformat(value[:10]) if isinstance(value, str) else value
    number = "1er" if value.day == 1 else str(value.day)
    return f"{number}{NBSP}{_MONTHS[value.month - 1]}{NBSP}{value.year}"


def hour(value: datetime | str, time_zone: str = "Europe/Paris") -> str:
    """A time of day: « 14 h 05 », in a time zone. Takes an aware datetime or an ISO text."""
    value = datetime.fromisoformat(value) if isinstance(value, str) else value
    local = value.astimezone(ZoneInfo(time_zone))
    return f"{local.hour}{NBSP}h{NBSP}{local.minute:02d}"


def money(value: Mapping[str, str]) -> str:
    """An amount from `{"amount", "currency"}`: « 6 364,05 € », « 3 600,00 $CA », « 12 000 F CFA »."""
    from babel.numbers import format_currency

    return str(format_currency(Decimal(value["amount"]), value["currency"], locale="fr_FR"))


def number(value: int | str | Decimal) -> str:
    """A number with French separators: « 1 234 », « 12,5 »."""
    from babel.numbers import format_decimal

    return str(format_decimal(Decimal(str(value)), locale="fr_FR"))


def counted(count: int, one: str, many: str | None = None) -> str:
    """A count and its noun: « 1 poste », « 0 poste », « 3 postes »; `many` defaults to `one` with an s."""
    noun = one if abs(count) < 2 else (many or f"{one}s")
    return f"{number(count)}{NBSP}{noun}"


def listed(items: Sequence[str], word: str = "et") -> str:
    """An enumeration: « a », « a et b », « a, b et c »."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {word} {items[-1]}"


def of(name: str) -> str:
    """« de Revit », « d'AutoCAD »: the preposition elided before a vowel or a mute h."""
    return f"d’{name}" if _elides(name) else f"de {name}"


def _elides(name: str) -> bool:
    from unicodedata import normalize

    first = normalize("NFD", name[:1]).lower()[:1]
    return first in "aeiou"


def spaced(text: str) -> str:
    """No-break spaces before « : ; ? ! » and inside guillemets, where a plain space stands."""
    for mark in (":", ";", "?", "!", "»"):
        text = text.replace(f" {mark}", f"{NBSP}{mark}")
    return text.replace("« ", f"«{NBSP}")
