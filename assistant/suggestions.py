"""Short messages the person may want to send next; the texts are in `wording/suggestions.fr.yaml`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from assistant.answer import Answer
from assistant.checks.draft import Result
from assistant.wording.texts import load, render

MOST = 3


def suggestions(answer: Answer, results: Iterable[Result], *, signed_in: bool) -> tuple[str, ...]:
    """At most three, none where a change waits for the person's word (its buttons are there for that)."""
    if answer.pending is not None:
        return ()
    known = load("suggestions.fr.yaml")
    found: dict[str, None] = {}
    for situation in _situations(answer, tuple(results), signed_in=signed_in):
        for suggestion in known.get(situation, ()):
            found.setdefault(render(suggestion))
    return tuple(found)[:MOST]


def _situations(answer: Answer, results: tuple[Result, ...], *, signed_in: bool) -> Iterator[str]:
    """The names of what holds, the most telling first."""
    if answer.handoff is not None:
        yield "handed_off"
    states = [str(decision["decision"]) for decision in answer.decisions]
    yield from dict.fromkeys(states)
    for use in reversed(answer.tools):
        yield f"after_{use.name}"
    if any(result.payload.get("status") == "not_in_articles" for result in results):
        yield "unanswered"
    yield "signed_in" if signed_in else "visitor"
