"""Where the loaded articles disagree with each other, with the rules, or leave a fact unsaid.

Pure: the same evidence, register and articles give the same conflicts. French wording comes from the
register's data file. A real help centre contradicts itself; this is how the product finds it and shows it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from knowledge.facts import NUMERIC, Evidence, Register, Support, best, supports
from knowledge.models import Article
from knowledge.quantities import Value


class ConflictKind(StrEnum):
    """Known disagreement of two facts; two values of one fact; a value other than the rules'; no source."""

    DISAGREEMENT = "disagreement"
    VALUES = "values"
    DRIFT = "drift"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one article says in a conflict: `quote` is its exact sentence, `start` and `end` its place."""

    fact: str
    article: str
    title: str
    date: date | None
    quote: str
    start: int
    end: int
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A disagreement, what each side says, the reading chosen and why, as data and as plain French lines.

    `resolved` is False where no side can be preferred: an answer that touches it stays conditional.
    `preferred` is the article whose word is taken (None: none, or the rules' own value).
    """

    kind: ConflictKind
    facts: tuple[str, ...]
    label: str
    sides: tuple[Side, ...]
    resolved: bool
    preferred: str | None
    reading: str
    why: str
    lines: tuple[str, ...]


def find_conflicts(
    evidence: Iterable[Evidence], register: Register, articles: Iterable[Article]
) -> list[Conflict]:
    """All conflicts: declared disagreements first, then differing values, drift, facts nobody states."""
    found = list(evidence)
    finder = _Finder(found, register, {article.id: article for article in articles})
    return [*finder.disagreements(), *finder.values(), *finder.drift(), *finder.unsupported()]


def support(evidence: Iterable[Evidence], register: Register) -> dict[str, Support]:
    """For each fact whether the loaded articles agree with the value the rules go by.

    One article that differs is enough for `DIFFERS`: an answer resting on the fact is then conditional.
    `SILENT`: no article states it, or none with a value.
    """
    stated: dict[str, list[Support]] = defaultdict(list)
    for one in evidence:
        stated[one.fact].append(supports(register.facts[one.fact], one.values))
    order = (Support.DIFFERS, Support.AGREES, Support.SILENT)
    return {
        id: next((verdict for verdict in order if verdict in stated[id]), Support.SILENT)
        for id in register.facts
    }


class _Finder:
    def __init__(
        self, evidence: Sequence[Evidence], register: Register, articles: Mapping[str, Article]
    ) -> None:
        self._evidence = [one for one in evidence if one.article in articles and one.fact in register.facts]
        self._register = register
        self._articles = articles
        self._texts = register.conflicts.texts

    def disagreements(self) -> list[Conflict]:
        found = []
        for pair in self._register.conflicts.declared:
            main = [one for one in self._evidence if one.rank == 0]
            quotes = best(main, pair.facts)
            if not all(quotes[fact] for fact in pair.facts):
                continue
            sides = tuple(self._side(one) for fact in pair.facts for one in quotes[fact])
            resolved, why = self._weigh(sides, pair.preferred)
            followed = [side for side in sides if side.fact == pair.preferred]
            preferred = max(followed, key=lambda side: side.date or date.min).article
            found.append(
                self._conflict(
                    ConflictKind.DISAGREEMENT,
                    pair.facts,
                    sides,
                    resolved=resolved,
                    preferred=preferred if resolved else None,
                    reading=pair.reading,
                    why=why,
                )
            )
        return found

    def _weigh(self, sides: Sequence[Side], preferred: str) -> tuple[bool, str]:
        ours = [side for side in sides if side.fact == preferred]
        theirs = [side for side in sides if side.fact != preferred]
        if {side.article for side in ours} & {side.article for side in theirs}:
            return True, self._texts["why_explained"]
        newest, other = _newest(side.date for side in ours), _newest(side.date for side in theirs)
        if other and (newest is None or other > newest):
            return False, self._texts["why_other_newer"].format(date=french_date(other))
        if newest and (other is None or newest > other):
            return True, self._texts["why_newer"].format(date=french_date(newest))
        return True, self._texts["why_more_specific"]

    def values(self) -> list[Conflict]:
        found = []
        for fact, stated in self._numbers().items():
            if len({numbers for numbers, _ in stated.values()}) < 2:
                continue
            sides = tuple(self._side(one) for _, one in stated.values())
            newest = _newest(side.date for side in sides)
            latest = {stated[side.article][0] for side in sides if newest and side.date == newest}
            resolved = len(latest) == 1
            chosen = next((side for side in sides if resolved and side.date == newest), None)
            if chosen and newest:
                reading = self._texts["values_newest"].format(values=self._spoken(chosen.values))
                why = self._texts["why_newer"].format(date=french_date(newest))
            else:
                reading, why = self._texts["values_unresolved"], self._texts["why_no_date"]
            found.append(
                self._conflict(
                    ConflictKind.VALUES,
                    (fact,),
                    sides,
                    resolved=resolved,
                    preferred=chosen.article if chosen else None,
                    reading=reading,
                    why=why,
                )
            )
        return found

    def drift(self) -> list[Conflict]:
        found = []
        for fact, stated in self._numbers().items():
            rule = self._register.facts[fact]
            sides = tuple(
                self._side(one)
                for numbers, one in stated.values()
                if supports(rule, numbers) is Support.DIFFERS
            )
            if sides:
                own = self._spoken(tuple(sorted(rule.values)))
                found.append(
                    self._conflict(
                        ConflictKind.DRIFT,
                        (fact,),
                        sides,
                        resolved=False,
                        preferred=None,
                        reading=self._texts["drift_reading"].format(values=own),
                        why=self._texts["drift_why"],
                    )
                )
        return found

    def unsupported(self) -> list[Conflict]:
        stated = {one.fact for one in self._evidence}
        missing = tuple(id for id in self._register.facts if id not in stated)
        if not missing:
            return []
        text = self._texts
        lines = [text["unsupported_title"]]
        lines += [
            text["unsupported_line"].format(fact=id, statement=self._register.facts[id].statement)
            for id in missing
        ]
        return [
            Conflict(
                kind=ConflictKind.UNSUPPORTED,
                facts=missing,
                label=text["unsupported_label"],
                sides=(),
                resolved=False,
                preferred=None,
                reading=text["unsupported_reading"],
                why="",
                lines=(*lines, text["reading_line"].format(reading=text["unsupported_reading"])),
            )
        ]

    def _numbers(self) -> dict[str, dict[str, tuple[frozenset[Value], Evidence]]]:
        """For each fact with a number, each article's numbers and the best sentence stating them."""
        found: dict[str, dict[str, tuple[frozenset[Value], Evidence]]] = {}
        for fact in self._register.facts.values():
            if not any(value.kind in NUMERIC for value in fact.values):
                continue
            stating = [
                one
                for one in self._evidence
                if one.fact == fact.id and any(value.kind in NUMERIC for value in one.values)
            ]
            found[fact.id] = {
                one.article: (frozenset(value for value in one.values if value.kind in NUMERIC), one)
                for one in best(stating, [fact.id])[fact.id]
            }
        return found

    def _side(self, one: Evidence) -> Side:
        article = self._articles[one.article]
        return Side(
            fact=one.fact,
            article=article.id,
            title=article.title,
            date=article.date,
            quote=article.text[one.start : one.end],
            start=one.start,
            end=one.end,
            values=one.values,
        )

    def _conflict(
        self,
        kind: ConflictKind,
        facts: tuple[str, ...],
        sides: tuple[Side, ...],
        *,
        resolved: bool,
        preferred: str | None,
        reading: str,
        why: str,
    ) -> Conflict:
        text = self._texts
        label = self._register.facts[facts[0]].label
        lines = [text[f"{kind}_title"].format(label=label, facts=", ".join(facts))]
        for side in sides:
            dated = text["dated"].format(date=french_date(side.date)) if side.date else text["undated"]
            lines.append(
                text["side_line"].format(title=side.title, dated=dated, quote=" ".join(side.quote.split()))
            )
        verdict = "reading_line" if resolved else f"{kind}_open_line"
        lines.append(text[verdict].format(reading=reading))
        lines.append(text["why_line"].format(why=why))
        return Conflict(
            kind=kind,
            facts=facts,
            label=label,
            sides=sides,
            resolved=resolved,
            preferred=preferred,
            reading=reading,
            why=why,
            lines=tuple(lines),
        )

    def _spoken(self, values: Iterable[Value]) -> str:
        by_kind: dict[str, list[str]] = defaultdict(list)
        for value in sorted(values, key=lambda one: (one.kind, len(one.value), one.value)):
            if value.kind in NUMERIC:
                by_kind[value.kind].append(value.value.replace(".", ","))
        units, last = self._texts["units"], self._texts["or"]
        return str(last).join(f"{last.join(amounts)}{units[kind]}" for kind, amounts in by_kind.items())


def _newest(dates: Iterable[date | None]) -> date | None:
    return max((day for day in dates if day), default=None)


def french_date(day: date) -> str:
    """A date as French writes it: « 29 décembre 2025 », « 1er mars 2026 »."""
    from babel.dates import format_date

    month_and_year = str(format_date(day, "MMMM y", locale="fr"))
    return f"{day.day}{'er' if day.day == 1 else ''} {month_and_year}"
