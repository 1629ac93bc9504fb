"""Every figure, date, amount, percentage, link, address and code of a draft stands in a source of this turn.

Sources are the turn's tool results; numbers are compared by value and by what they count, so that 3 seats do
not support « 3 jours ». What the person typed may be said back in a sentence that plainly says it back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from assistant.checks.draft import Draft, Problem, Result
from assistant.checks.quantities import ANY, Figure, data, digits, flat, read


@dataclass(slots=True)
class Evidence:
    """The figures a draft may state; a number with a unit stands here with that unit, or with `any`."""

    numbers: set[tuple[Decimal, str | None]] = field(default_factory=set)
    sums: set[tuple[Decimal, str]] = field(default_factory=set)
    dates: set[tuple[int | None, int, int | None]] = field(default_factory=set)
    times: set[tuple[int, int]] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    longest: int = 1

    def add_text(self, text: str) -> None:
        """Take in the figures of a text."""
        self.texts.add(flat(text))
        for figure in read(text):
            self.add_figure(figure)

    def add_figure(self, figure: Figure) -> None:
        """Take in one figure."""
        if figure.kind == "date":
            year, month, day = figure.parts
            if month is not None:
                self.dates.add((year, month, day))
        elif figure.kind == "time":
            hour, minute = figure.parts
            if hour is not None and minute is not None:
                self.times.add((hour, minute))
        for value in figure.values:
            self.add_number(value, figure.unit)
            self.sums.update((value, currency) for currency in figure.currencies)

    def add_number(self, value: Decimal, unit: str | None) -> None:
        """Take in one number, also in the smaller unit it makes up."""
        self.numbers.add((value, unit))
        if unit in data()["multiples"]:
            factor, smaller = data()["multiples"][unit]
            self.numbers.add((value * factor, smaller))

    def supports(self, figure: Figure) -> bool:
        """Whether a figure of a draft stands here."""
        if figure.kind == "date":
            return self._has_date(figure)
        if figure.kind == "time":
            hour, minute = figure.parts
            # Instants are kept in UTC and said in the reader's time zone: the minutes mostly stay.
            return any(minute == known or (minute or 0) == (known + 30) % 60 for _, known in self.times) or (
                (Decimal(hour or 0), "hour") in self.numbers and not minute
            )
        if figure.kind == "phone":
            return any(figure.key in digits(text) for text in self.texts)
        if figure.kind in ("link", "email", "code"):
            return any(_stands_in(figure.key, text) for text in self.texts)
        if figure.kind == "money":
            return any(
                (value, currency) in self.sums for value in figure.values for currency in figure.currencies
            )
        return any(self._has_number(value, figure) for value in figure.values)

    def _has_date(self, figure: Figure) -> bool:
        year, month, day = figure.parts
        return any(
            month == known_month
            and (year is None or year == known_year)
            and (day is None or day == known_day)
            for known_year, known_month, known_day in self.dates
        )

    def _has_number(self, value: Decimal, figure: Figure) -> bool:
        unit = figure.unit
        if unit is None:
            return (
                any(value == known for known, _ in self.numbers)
                or any(value in (year, day) for year, _, day in self.dates)
                or self._counts_something(value, figure)
            )
        if {(value, unit), (value, ANY)} & self.numbers:
            return True
        if unit in data()["multiples"]:
            factor, smaller = data()["multiples"][unit]
            return (value * factor, smaller) in self.numbers
        return False

    def _counts_something(self, value: Decimal, figure: Figure) -> bool:
        if value <= self.longest and value == value.to_integral_value():
            return True
        noun = figure.after.split(" ")[0] if figure.after else ""
        structural = noun in data()["structural_nouns"] or (figure.spelled and not noun)
        return structural and value <= data()["structural_limit"]


def evidence(results: tuple[Result, ...], days: frozenset[date]) -> Evidence:
    """What a turn's results support."""
    found = Evidence()
    for today in days:
        found.dates.add((today.year, today.month, today.day))
    for result in results:
        _walk(result.payload, None, found)
        for number, unit in data()["tool_figures"].get(result.tool, ()):
            found.add_number(Decimal(number), unit)
    return found


def _walk(value: Any, key: str | None, found: Evidence) -> None:
    if key in data()["ignored_keys"]:
        return
    if isinstance(value, Mapping):
        if {"amount", "currency"} <= value.keys():
            amount = Decimal(str(value["amount"])).normalize()
            found.sums.add((amount, str(value["currency"])))
            found.numbers.add((amount, None))
            return
        for name, inner in value.items():
            _walk(inner, name, found)
    elif isinstance(value, (list, tuple)):
        if key in data()["counted_keys"]:
            found.longest = max(found.longest, len(value))
        for inner in value:
            _walk(inner, key, found)
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, (int, float, Decimal)):
        found.add_number(Decimal(str(value)).normalize(), data()["keys"].get(key, ANY))
    else:
        for number, unit in data()["values"].get(value, ()):
            found.add_number(Decimal(number), unit)
        found.add_text(str(value))


def _stands_in(key: str, text: str) -> bool:
    at = text.find(key)
    while at >= 0:
        before, after = text[at - 1 : at], text[at + len(key) : at + len(key) + 1]
        if not (before.isalnum() or after.isalnum()):
            return True
        at = text.find(key, at + 1)
    return False


def _echoes(sentence: str, figure: Figure) -> bool:
    if figure.kind in ("code", "email"):
        return True
    if figure.kind == "link":
        return False
    folded = flat(sentence).replace("'", " ")
    return "?" in sentence or any(marker in folded for marker in data()["echo_markers"])


def check(draft: Draft) -> Iterator[Problem]:
    """The figures of the draft that no source supports."""
    stated = evidence(draft.results, draft.days)
    typed = Evidence()
    typed.add_text(draft.typed)
    for sentence in draft.sentences:
        for figure in read(sentence):
            echoed = _echoes(sentence, figure) and typed.supports(figure)
            if not stated.supports(figure) and not echoed:
                yield Problem("figure" if figure.kind != "link" else "link", figure.raw)
