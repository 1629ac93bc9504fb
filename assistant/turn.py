"""What one turn comes to: the answer that is sent, the record that is stored, the report that is counted."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from assistant.answer import Answer
from assistant.checks.draft import Draft, Result, decisions_in
from assistant.citing import numbered
from assistant.drafting import Drafted
from assistant.history import spoken
from assistant.masking import mask
from assistant.speech import without_closing_questions
from assistant.suggestions import suggestions
from assistant.wording import changes
from assistant.wording.texts import text
from tools.store.conversations import Conversation

ANALYSED = 8_000
"""A message longer than this, in characters, is politely declined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one turn was like, for counters: no text of it."""

    model: str
    fallback: str | None
    refused: tuple[str, ...]
    seconds: float
    committed: bool
    handed_off: bool


@dataclass(slots=True, kw_only=True)
class Outcome:
    """A turn in the making: what code says, what was drafted, what was done."""

    parts: list[str]
    drafted: Drafted | None = None
    committed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A finished turn: what is sent, stored (arguments of `Conversations.append_turn`) and counted."""

    answer: Answer
    stored: dict[str, Any]
    report: Report


def stated_in(stored: Conversation) -> Mapping[str, Any] | None:
    """The change that the conversation's last answer stated."""
    found: Mapping[str, Any] | None = stored.answers[-1]["stated"] if stored.answers else None
    return found


def compose(
    stored: Conversation,
    typed: str,
    outcome: Outcome,
    *,
    pending: dict[str, Any] | None,
    handoff: dict[str, Any] | None,
    now: datetime,
    started: float,
) -> Record:
    """Put a turn together. `pending`: the PROPOSAL that waits; `started`: `time.perf_counter()` then."""
    drafted = outcome.drafted
    already = stated_in(stored)
    recalled = pending is not None and already is not None and already["id"] == pending["id"]
    results = drafted.results if drafted else ()
    said = drafted.text if drafted else ""
    if pending is not None and not recalled:
        said = without_closing_questions(said)
    asks = "?" in said
    shown, citations = numbered(said, Draft(text="", results=results).sources)
    parts = [*outcome.parts, shown]
    if drafted and drafted.fallback and not drafted.fallback.startswith("engine"):
        parts.append(text("fallback_note"))
    if pending is not None:
        parts.append(changes.statement(pending, recalled=recalled, asked_beside=asks))
    answer = Answer(
        conversation=stored.id,
        answer="\n\n".join(part for part in parts if part),
        citations=citations,
        decisions=tuple(_decisions(results)),
        pending=_contract_pending(pending),
        tools=drafted.uses if drafted else (),
        handoff=handoff,
        model=drafted.model if drafted else "local",
        fallback=drafted.fallback if drafted else None,
        proposal=pending["id"] if pending else None,
    )
    answer = replace(
        answer,
        suggestions=suggestions(
            answer,
            results,
            signed_in=stored.person is not None,
            typed=typed,
            own=((drafted.notes or {}).get("suggestions") or ()) if drafted else (),
        ),
    )
    answer = replace(answer, ms=round((time.perf_counter() - started) * 1000))
    return Record(
        answer=answer,
        stored=_stored(typed, answer, drafted, stated=pending, asks=asks, now=now),
        report=_report(answer, outcome),
    )


def _stored(
    typed: str,
    answer: Answer,
    drafted: Drafted | None,
    *,
    stated: dict[str, Any] | None,
    asks: bool,
    now: datetime,
) -> dict[str, Any]:
    kept = mask(typed[: ANALYSED * 2], drafted.secrets if drafted else ())
    return {
        # The transcript is stored as a keyed hash alone: it is of what was really typed.
        "spoken": [("user", typed), ("assistant", answer.answer)],
        "messages_added": [
            spoken("user", kept),
            *(drafted.traffic if drafted else ()),
            spoken("assistant", answer.answer, drafted.notes if drafted else None),
        ],
        "answer": {
            "typed": kept,
            "answer": answer.to_json(),
            "stated": stated,
            "asked_beside": asks,
            "at": now.isoformat(),
        },
    }


def _report(answer: Answer, outcome: Outcome) -> Report:
    return Report(
        model=answer.model,
        fallback=answer.fallback,
        refused=outcome.drafted.refused if outcome.drafted else (),
        seconds=answer.ms / 1000,
        committed=outcome.committed,
        handed_off=any(use.name == "hand_off" and use.ok for use in answer.tools),
    )


_DECISION_KEYS = ("subscription", "product", "decision", "rules", "until", "from", "since")


def _decisions(results: tuple[Result, ...]) -> Iterator[dict[str, Any]]:
    """The turn's decisions in the contract's form, the last for each subscription."""
    found = {
        str(decision["subscription"]): decision
        for result in results
        for decision in decisions_in(result.payload)
    }
    for decision in found.values():
        yield {name: decision[name] for name in _DECISION_KEYS if decision.get(name) is not None}


_NOT_IN_PENDING = ("id", "items", "expires_at")


def _contract_pending(pending: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if pending is None:
        return None
    return {name: value for name, value in pending.items() if name not in _NOT_IN_PENDING}
