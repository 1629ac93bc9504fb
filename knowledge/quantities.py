"""Typed values read from French text: durations, percentages, and who or what is named.

Standard library only. Numbers may be in digits or words ("quatre-vingt-dix jours"); weeks count as days,
months and years stay what they are (three months are not 90 days).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from knowledge.text import words


@dataclass(frozen=True, slots=True, order=True)
class Value:
    """A typed value: `kind` is days, months, years, percent, or a vocabulary of the register (who …)."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Reading:
    """The folded words of a text, each duration and percentage as one numbered word (`duree0`, `taux1`)."""

    text: str
    quantities: Mapping[str, tuple[Value, ...]]

    def within(self, piece: str) -> tuple[Value, ...]:
        """The values of the numbered words in a piece of `text`."""
        return tuple(value for word in piece.split() for value in self.quantities.get(word, ()))


_UNITS = ("", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf")
_TEENS = ("dix", "onze", "douze", "treize", "quatorze", "quinze", "seize", "dix sept", "dix huit", "dix neuf")
_TENS = {2: "vingt", 3: "trente", 4: "quarante", 5: "cinquante", 6: "soixante", 8: "quatre vingt"}
_REGIONAL_TENS = {70: "septante", 80: "huitante", 90: "nonante"}


def _below_hundred() -> Iterator[tuple[str, int]]:
    for unit, name in enumerate(_UNITS[1:], 1):
        yield name, unit
    for unit, name in enumerate(_TEENS, 10):
        yield name, unit
    for ten, name in _TENS.items():
        yield from _decade(name, ten * 10)
        if ten in (6, 8):
            for unit, teen in enumerate(_TEENS):
                yield f"{name} {teen}", ten * 10 + 10 + unit
                yield f"{name} et {teen}", ten * 10 + 10 + unit
    for base, name in _REGIONAL_TENS.items():
        yield from _decade(name, base)
    yield "quatre vingts", 80


def _decade(name: str, base: int) -> Iterator[tuple[str, int]]:
    yield name, base
    for unit, digit in enumerate(_UNITS[1:], 1):
        yield f"{name} {digit}", base + unit
        yield f"{name} et {digit}", base + unit


@lru_cache(maxsize=1)
def _numbers() -> dict[str, int]:
    small = {**dict(_below_hundred()), "une": 1}
    hundreds = {"cent": 100} | {f"cent {name}": 100 + number for name, number in small.items()}
    return small | hundreds


@lru_cache(maxsize=1)
def _number() -> re.Pattern[str]:
    # The longest first, so that "vingt et un" is one number and not two.
    spelled = "|".join(sorted(_numbers(), key=len, reverse=True))
    return re.compile(rf"(?<!\S)(?:\d+|{spelled})(?!\S)")


@lru_cache(maxsize=1)
def _quantity() -> re.Pattern[str]:
    number = _number().pattern
    listed = rf"{number}(?: (?:jours? )?(?:ou|a|et) {number})*"
    return re.compile(
        rf"(?<!\S)(?:(?P<span>{listed}) (?:jours? |derniers? |premiers? |prochains? )?"
        rf"(?P<unit>jours?|semaines?|mois|ans?|annees?)"
        rf"(?P<late> ou {number}(?! (?:postes?|licences?|utilisateurs?|abonnements?)))?"
        rf"|(?P<rate>{number}(?: \d+)?) (?:pourcent|pour cent)|j (?P<count>\d+))(?!\S)"
    )


_UNIT = re.compile(r"\b(?:jour|semaine|mois|an|annee|pourcent|pour cent|j \d)")
_UNIT_KINDS = {"j": "days", "s": "days", "m": "months", "a": "years"}
_DAYS_IN = {"j": 1, "s": 7, "m": 1, "a": 1}


def _amounts(span: str) -> Iterator[int]:
    known = _numbers()
    for match in _number().finditer(span):
        yield int(match.group()) if match.group().isdigit() else known[match.group()]


def _values(match: re.Match[str]) -> tuple[Value, ...]:
    if match["count"]:
        return (Value("days", match["count"]),)
    if match["rate"]:
        whole, _, part = match["rate"].partition(" ")
        if whole.isdigit():
            return (Value("percent", f"{whole}.{part}" if part else whole),)
        return (Value("percent", str(_numbers()[match["rate"]])),)
    unit = match["unit"][0]
    span = match["span"] + (match["late"] or "")
    return tuple(Value(_UNIT_KINDS[unit], str(amount * _DAYS_IN[unit])) for amount in _amounts(span))


def read(text: str) -> Reading:
    """Fold a text for matching, with its durations and percentages as typed values."""
    folded = " ".join(words(text.replace("%", " pourcent ")))
    if not _UNIT.search(folded):
        return Reading(folded, {})
    quantities: dict[str, tuple[Value, ...]] = {}

    def number(match: re.Match[str]) -> str:
        name = f"{'taux' if match['rate'] else 'duree'}{len(quantities)}"
        quantities[name] = _values(match)
        return name

    return Reading(_quantity().sub(number, folded), quantities)
