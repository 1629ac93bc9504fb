"""What a check looks at: the text about to be sent and what this turn's tools found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from assistant.checks.quantities import flat

_REF = re.compile(r"\[([^\[\]\n]{1,60})\](?!\()")
_HEX = re.compile(r"[0-9a-f]{8}")
_SENTENCE = re.compile(r"(?<=[.!?…])[»\")*_]*(?:\s*\[[^\[\]\n]{1,60}\])*\s+|\n+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one tool call of the turn gave: the tool's name and its payload."""

    tool: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a draft may not leave: a code of `prompts/problems.fr.yaml` and the piece of the draft at fault."""

    code: str
    found: str = ""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A text about to be sent.

    `typed`: the person's message of this turn, the only one whose figures may be echoed. `results`: this
    turn's tool results, the sources. `done`: what this turn really did (`change`, `proposal`, `handoff`,
    `reset`, `order`). `days`: calendar days that need no source (today). `secrets`: texts that must not be
    said back.
    """

    text: str
    typed: str = ""
    results: tuple[Result, ...] = ()
    done: frozenset[str] = frozenset()
    days: frozenset[date] = frozenset()
    secrets: frozenset[str] = field(default=frozenset(), repr=False)

    @cached_property
    def sources(self) -> dict[str, Mapping[str, Any]]:
        """The citable sentences of this turn by ref."""
        found: dict[str, Mapping[str, Any]] = {}
        for result in self.results:
            for source in result.payload.get("sources") or ():
                found.setdefault(source["ref"], source)
        return found

    @cached_property
    def decisions(self) -> tuple[Mapping[str, Any], ...]:
        """The renewal decisions of this turn's results, the last for each subscription."""
        found: dict[str, Mapping[str, Any]] = {}
        for result in self.results:
            for decision in decisions_in(result.payload):
                found[decision["subscription"]] = decision
        return tuple(found.values())

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """The sentences of the text, markers included."""
        return tuple(piece.strip() for piece in _SENTENCE.split(self.text) if piece.strip())

    @cached_property
    def flat_sentences(self) -> tuple[str, ...]:
        """The sentences folded for matching, without markers."""
        return tuple(" ".join(flat(_REF.sub("", piece)).split()) for piece in self.sentences)


def decisions_in(payload: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The DECISION objects of a tool result, wherever its shape puts them."""
    yield from payload.get("decisions") or ()
    for option in payload.get("options") or ():
        if isinstance(option.get("decision"), Mapping):
            yield option["decision"]


def markers(text: str) -> Iterator[tuple[str, str]]:
    """Every bracketed marker of a text that can be a citation, with each ref in it: (marker, ref).

    « [a1b2c3d4] », « [ref: a1b2c3d4] » and « [a1b2c3d4, e5f6a7b8] » name refs; « [1] » is a marker
    without one (ref "").
    """
    for match in _REF.finditer(text):
        inner = match[1].strip().lower()
        refs = _HEX.findall(inner)
        if refs and re.fullmatch(
            r"(?:refs?\s*:?\s*)?[0-9a-f]{8}(?:\s*[,;]?\s*(?:ref\s*:?\s*)?[0-9a-f]{8})*", inner
        ):
            for ref in refs:
                yield match.group(), ref
        elif re.fullmatch(r"(?:refs?\s*:?\s*)?[\w.:-]{1,40}", inner):
            yield match.group(), ""
