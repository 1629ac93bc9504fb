"""Short messages the person may want to send next; the texts are in `wording/suggestions.fr.yaml`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from assistant.answer import Answer
from assistant.checks.draft import Result, decisions_in
from assistant.wording.texts import load, render
from knowledge.text import fold

MOST = 4
"""Suggestions beside one answer."""
USUAL = 3
"""How many there are where those that fit best are fewer."""


def suggestions(
    answer: Answer,
    results: Iterable[Result],
    *,
    signed_in: bool,
    typed: str = "",
    own: Iterable[str] = (),
) -> tuple[str, ...]:
    """At most four, never what was just `typed`; none where a change waits, which has its buttons.

    `own`: those of the skill that answered, which come first; the general ones fill up to three.
    """
    if answer.pending is not None:
        return ()
    known = load("suggestions.fr.yaml")
    barred = {fold(each) for each in (typed, *(() if signed_in else known["needs_sign_in"]))}
    found: dict[str, None] = {render(each): None for each in own if fold(each) not in barred}
    first = len(found)
    for situation in _situations(answer, tuple(results), signed_in=signed_in):
        for suggestion in known.get(situation, ()):
            if fold(suggestion) not in barred:
                found.setdefault(render(suggestion))
    return tuple(found)[: max(USUAL, min(first, MOST))]


def _situations(answer: Answer, results: tuple[Result, ...], *, signed_in: bool) -> Iterator[str]:
    """The names of what holds, the most telling first."""
    if answer.handoff is not None:
        yield "handed_off"
    decisions = [decision for result in results for decision in decisions_in(result.payload)]
    yield from dict.fromkeys(str(decision["decision"]) for decision in decisions)
    own = [decision for decision in decisions if "R0" not in (decision.get("rules") or ())]
    for decision in own:
        yield from (f"{decision['decision']}_{method}" for method in decision.get("methods") or ())
    if signed_in:
        yield from (f"after_{use.name}" for use in reversed(answer.tools))
    if any(result.payload.get("status") == "not_in_articles" for result in results):
        yield "unanswered"
    yield "signed_in" if signed_in else "visitor"
