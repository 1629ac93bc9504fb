"""The fact register (F01-F27), and the locator that finds the sentences of any article stating each fact.

The register is data (`facts.yaml`): what each fact says, its typed values, and the rules its sentences are
found by. The locator is pure: the same article, sentences and register give the same evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from knowledge.models import Article
from knowledge.patterns import Group, compile_group
from knowledge.quantities import Reading, Value, read
from knowledge.text import Sentence, words

if TYPE_CHECKING:
    import numpy as np

    Encode = Callable[[Sequence[str]], np.ndarray]

_REGISTER = Path(__file__).with_name("facts.yaml")
NUMERIC = frozenset({"days", "months", "years", "percent"})
"""The kinds of value that are numbers."""

_CONTEXT_SENTENCES = 3
_LONGEST = 1500  # characters: beyond that nobody can quote it
_STEP_REACH = 8
_LIST_REACH = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing a fact says, and how a sentence saying it is told.

    `every`: groups the sentence itself must meet; `near`: groups it may also meet through its title, heading
    or the sentences just before; `some`: groups that make it a better quote; `never`: what it must not hold.
    `many`: a list of which several sentences are kept. `whole`: the sentence is the term and nothing else.
    `beside`: counts only close to a sentence that states another part of the fact. A part of the same name as
    an earlier one is another way of saying it, looked for where the earlier one is not found.
    """

    name: str
    says: str
    every: tuple[Group, ...]
    near: tuple[Group, ...]
    some: tuple[Group, ...]
    never: Group | None
    many: bool = False
    whole: bool = False
    beside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A fact of the register: its French statement, typed values, origin, and the facts it disagrees with."""

    id: str
    label: str
    statement: str
    kind: str
    values: frozenset[Value]
    sources: tuple[str, ...]
    disagrees_with: tuple[str, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """Facts known to disagree, the one the rules prefer, and how they read the two together."""

    facts: tuple[str, ...]
    preferred: str
    reading: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictWording:
    """The declared disagreements and the French texts conflicts are put in."""

    declared: tuple[Disagreement, ...]
    texts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """All facts by id, the vocabularies values are read by, and what makes an article worth reading."""

    facts: Mapping[str, Fact]
    vocabularies: Mapping[str, Mapping[str, Group]]
    subject: tuple[Group, ...]
    similarity: float
    conflicts: ConflictWording


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A sentence that states (a part of) a fact: `article.text[start:end]` is the sentence, byte for byte.

    `parts` are the things the sentence says of the fact, `rank` the place of the first in the register (0:
    the fact's main statement). `score` is 0..1. `values` are those read where the fact is stated.
    """

    fact: str
    article: str
    start: int
    end: int
    score: float
    parts: tuple[str, ...]
    rank: int
    values: tuple[Value, ...] = ()


class Support(StrEnum):
    """Whether what an article states agrees with the register's own value."""

    AGREES = "agrees"
    DIFFERS = "differs"
    SILENT = "silent"


def supports(fact: Fact, values: Iterable[Value]) -> Support:
    """Tell whether the values an article states are those the rules go by (drift).

    Numbers must be the same set, units included; named things (who, payment) must share one. Without a value
    of a kind the fact has, the article is silent on it.
    """
    stated = frozenset(values)
    numbers = {value for value in stated if value.kind in NUMERIC}
    own = {value for value in fact.values if value.kind in NUMERIC}
    if own and numbers:
        return Support.AGREES if numbers == own else Support.DIFFERS
    kinds = {value.kind for value in fact.values} - NUMERIC
    named = {value for value in stated if value.kind in kinds}
    if own or not named:
        return Support.SILENT
    return Support.AGREES if named & fact.values else Support.DIFFERS


@lru_cache(maxsize=4)
def load_register(path: Path | None = None) -> Register:
    """Read the register (the shipped `facts.yaml` by default); it is immutable and read once.

    Raises `ValueError` for a rule that names an unknown concept, `KeyError` for a missing field.
    """
    data = yaml.safe_load((path or _REGISTER).read_text(encoding="utf-8"))
    concepts: dict[str, list[str]] = data["concepts"]

    def group(terms: str | list[str]) -> Group:
        return compile_group(terms, concepts)

    def groups(rules: Mapping[str, Any], key: str) -> tuple[Group, ...]:
        return tuple(group(terms) for terms in rules.get(key, ()))

    def part(rules: Mapping[str, Any]) -> Part:
        return Part(
            name=rules["name"],
            says=rules["says"],
            every=groups(rules, "every"),
            near=groups(rules, "near"),
            some=groups(rules, "some"),
            never=group(rules["never"]) if "never" in rules else None,
            many=rules.get("many", False),
            whole=rules.get("whole", False),
            beside=rules.get("beside", False),
        )

    facts = {
        id: Fact(
            id=id,
            label=rules["label"],
            statement=rules["statement"],
            kind=rules["kind"],
            values=frozenset(
                Value(kind, str(value))
                for kind, values in rules.get("values", {}).items()
                for value in values
            ),
            sources=tuple(rules["sources"]),
            disagrees_with=tuple(rules.get("disagrees_with", ())),
            parts=tuple(part(entry) for entry in rules["parts"]),
        )
        for id, rules in data["facts"].items()
    }
    vocabularies = {
        kind: {name: group(terms) for name, terms in entries.items()}
        for kind, entries in data["vocabularies"].items()
    }
    return Register(
        facts=facts,
        vocabularies=vocabularies,
        subject=tuple(group(terms) for terms in data["subject"]),
        similarity=float(data["similarity"]),
        conflicts=ConflictWording(
            declared=tuple(
                Disagreement(facts=tuple(one["facts"]), preferred=one["preferred"], reading=one["reading"])
                for one in data["conflicts"]["declared"]
            ),
            texts=data["conflicts"]["texts"],
        ),
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """A sentence ready for matching, with what surrounds it."""

    sentence: Sentence
    reading: Reading
    context: str


def _told(article: Article, sentences: Sequence[Sentence]) -> list[_Told]:
    title = read(article.title).text
    heading = ""
    before: list[str] = []
    found: list[_Told] = []
    for sentence in sentences:
        if sentence.end - sentence.start > _LONGEST:
            continue
        reading = read(article.text[sentence.start : sentence.end])
        if sentence.kind == "heading":
            heading, before = reading.text, []
            continue
        intro = read(article.text[slice(*sentence.intro)]).text if sentence.intro else ""
        found.append(_Told(sentence, reading, " . ".join([title, heading, intro, *before, reading.text])))
        before = [*before, reading.text][-_CONTEXT_SENTENCES:]
    return found


def locate(
    article: Article, sentences: Sequence[Sentence], register: Register, encode: Encode | None = None
) -> list[Evidence]:
    """The sentences of an article that state facts of the register, by fact, then part, then place.

    `sentences` are those of `knowledge.text.sentences(article.text)`. Where the article declares `facts`, no
    others are looked for. `encode` (texts -> (n, d) normalised vectors), where given, orders equally good
    sentences by likeness and admits one that lacks a required group but says nearly the same as the part.
    """
    whole = " ".join(words(f"{article.title} {article.text}"))
    if not article.facts and not all(group.find(whole) for group in register.subject):
        return []
    told = _told(article, sentences)
    wanted = [fact for id, fact in register.facts.items() if not article.facts or id in article.facts]
    likeness = _likeness(article, told, wanted, encode)
    found: list[Evidence] = []
    for fact in wanted:
        found += _evidence(article, told, fact, register, likeness)
    return found


Likeness = Callable[[int, Part], float | None]


def _likeness(
    article: Article, told: Sequence[_Told], facts: Sequence[Fact], encode: Encode | None
) -> Likeness:
    if encode is None or not told:
        return lambda _at, _part: None
    parts = [part for fact in facts for part in fact.parts]
    place = {id(part): at for at, part in enumerate(parts)}
    texts = [article.text[one.sentence.start : one.sentence.end] for one in told]
    table = encode(texts) @ encode([part.says for part in parts]).T
    return lambda at, part: float(table[at, place[id(part)]])


@dataclass(frozen=True, slots=True)
class _Match:
    at: int
    score: float
    pieces: tuple[str, ...]


def _match(at: int, one: _Told, part: Part, similarity: float, like: float | None) -> _Match | None:
    text = one.reading.text
    spare = 1 if like is not None and like >= similarity and len(part.every) > 1 else 0
    met: list[str] = []
    for group in part.every:
        piece = group.find(text)
        if piece is not None:
            met.append(piece)
        elif spare == 0:
            return None
        else:
            spare -= 1
    missing = len(part.every) - len(met)
    if part.never and part.never.find(text):
        return None
    if part.whole and not all(group.pattern.fullmatch(text) for group in part.every):
        return None
    if not all(group.find(one.context) for group in part.near):
        return None
    better = [group.find(text) for group in (*part.some, *part.near)]
    bonus = sum(piece is not None for piece in better) / len(better) if better else 1.0
    score = 0.6 + 0.3 * bonus - 0.2 * missing
    # A sentence that says little else is the better quote; likeness only orders what the rules let through.
    score += 0.1 * (like if like is not None else min(1.0, 14 / max(len(text.split()), 1)))
    return _Match(at, score, (*met, *(piece for piece in better if piece)))


def _evidence(
    article: Article, told: Sequence[_Told], fact: Fact, register: Register, likeness: Likeness
) -> list[Evidence]:
    kept: dict[int, tuple[float, list[int], list[str]]] = {}
    anchors: list[int] = []
    names = list(dict.fromkeys(part.name for part in fact.parts))
    seen: set[str] = set()
    for part in fact.parts:
        if part.name in seen:
            continue
        matches = [
            match
            for at, one in enumerate(told)
            if (match := _match(at, one, part, register.similarity, likeness(at, part)))
        ]
        if part.beside:
            reach = _LIST_REACH if part.many else _STEP_REACH
            matches = [match for match in matches if _distance(match.at, anchors) <= reach]
            matches.sort(key=lambda match: _distance(match.at, anchors))
        best = max((match.score for match in matches), default=0.0)
        chosen = matches if part.many else [match for match in matches if match.score == best][:1]
        if not part.beside:
            anchors += [match.at for match in chosen]
        if chosen:
            seen.add(part.name)
        rank = names.index(part.name)
        for match in chosen:
            score, ranks, pieces = kept.setdefault(match.at, (0.0, [], []))
            kept[match.at] = (max(score, match.score), [*ranks, rank], [*pieces, *match.pieces])
    found = []
    for at, (score, ranks, pieces) in kept.items():
        one = told[at]
        found.append(
            Evidence(
                fact=fact.id,
                article=article.id,
                start=one.sentence.start,
                end=one.sentence.end,
                score=round(min(score, 1.0), 4),
                parts=tuple(names[rank] for rank in ranks),
                rank=min(ranks),
                values=_values(fact, one.reading, pieces, register),
            )
        )
    return sorted(found, key=lambda evidence: (evidence.rank, evidence.start))


def _distance(at: int, anchors: Sequence[int]) -> float:
    return min((abs(at - anchor) for anchor in anchors), default=float("inf"))


def _values(fact: Fact, reading: Reading, pieces: Sequence[str], register: Register) -> tuple[Value, ...]:
    kinds = {value.kind for value in fact.values}
    numbers = {
        value
        for piece in pieces
        for value in reading.within(piece)
        if kinds & NUMERIC and value.kind in NUMERIC
    }
    named = {
        Value(kind, name)
        for kind in kinds - NUMERIC
        for name, group in register.vocabularies[kind].items()
        if group.find(reading.text)
    }
    return tuple(sorted(numbers | named))


def best(evidence: Iterable[Evidence], facts: Iterable[str]) -> dict[str, tuple[Evidence, ...]]:
    """For each fact the one sentence of each article to quote, the main statement first, then by score."""
    wanted: dict[str, dict[str, Evidence]] = {fact: {} for fact in facts}
    for one in sorted(evidence, key=_preference):
        if one.fact in wanted:
            wanted[one.fact].setdefault(one.article, one)
    return {fact: tuple(sorted(found.values(), key=_preference)) for fact, found in wanted.items()}


def _preference(evidence: Evidence) -> tuple[int, float, str, int]:
    return (evidence.rank, -evidence.score, evidence.article, evidence.start)


def in_order(evidence: Iterable[Evidence], fact: str, article: str) -> tuple[Evidence, ...]:
    """All sentences of one article stating a fact, in the order of the text: steps, items of a list."""
    found = (one for one in evidence if one.fact == fact and one.article == article)
    return tuple(sorted(found, key=lambda one: one.start))
