"""Short messages the person may want to send next; the texts are in `wording/suggestions.fr.yaml`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from assistant.answer import Answer
from assistant.checks.draft import Result, decisions_in
from assistant.wording.texts import load, render
from knowledge.text import fold

MOST = 3


def suggestions(
    answer: Answer, results: Iterable[Result], *, signed_in: bool, typed: str = ""
) -> tuple[str, ...]:
    """At most three, never what was just `typed`; none where a change waits, which has its buttons."""
    if answer.pending is not None:
        return ()
    known = load("suggestions.fr.yaml")
    found: dict[str, None] = {}
    for situation in _situations(answer, tuple(results), signed_in=signed_in):
        for suggestion in known.get(situation, ()):
            if fold(suggestion) != fold(typed):
                found.setdefault(render(suggestion))
    return tuple(found)[:MOST]


def _situations(answer: Answer, results: tuple[Result, ...], *, signed_in: bool) -> Iterator[str]:
    """The names of what holds, the most telling first."""
    if answer.handoff is not None:
        yield "handed_off"
    decisions = [decision for result in results for decision in decisions_in(result.payload)]
    yield from dict.fromkeys(str(decision["decision"]) for decision in decisions)
    for decision in decisions:
        yield from (f"{decision['decision']}_{method}" for method in decision.get("methods") or ())
    if signed_in:
        yield from (f"after_{use.name}" for use in reversed(answer.tools))
    if any(result.payload.get("status") == "not_in_articles" for result in results):
        yield "unanswered"
    yield "signed_in" if signed_in else "visitor"
