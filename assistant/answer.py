"""The answer of one turn: what the chat, the terminal, the API and the evals all render."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A numbered reference to the exact sentence relied on, `[marker]` in the answer's text."""

    marker: int
    article: str
    title: str
    quote: str
    ref: str

    def to_json(self) -> dict[str, Any]:
        """The contract's citation object."""
        return {
            "marker": self.marker,
            "article": self.article,
            "title": self.title,
            "quote": self.quote,
            "ref": self.ref,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolUse:
    """One tool call of the turn; `ms` in milliseconds."""

    name: str
    ok: bool
    ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is said in one turn and what it rests on.

    `decisions`, `pending` and `handoff` are JSON-ready objects as the contract describes them. `model` names
    the engine that spoke; `fallback` says, in one word, why it was not the configured one. `suggestions` are
    short French messages the person may want to send next. `proposal` is the id of the pending change, for a
    click on Confirm. `ms` is the time of the whole turn in milliseconds.
    """

    conversation: str
    answer: str
    citations: tuple[Citation, ...] = ()
    decisions: tuple[dict[str, Any], ...] = ()
    pending: dict[str, Any] | None = None
    tools: tuple[ToolUse, ...] = ()
    handoff: dict[str, Any] | None = None
    model: str = "local"
    ms: int = 0
    fallback: str | None = None
    proposal: str | None = None
    suggestions: tuple[str, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """The object of `ask --json`, also carried as `puis_je` over HTTP."""
        return {
            "conversation": self.conversation,
            "answer": self.answer,
            "citations": [citation.to_json() for citation in self.citations],
            "decisions": list(self.decisions),
            "pending": self.pending,
            "tools": [{"name": use.name, "ok": use.ok, "ms": use.ms} for use in self.tools],
            "handoff": self.handoff,
            "model": self.model,
            "ms": self.ms,
            "fallback": self.fallback,
            "proposal": self.proposal,
            "suggestions": list(self.suggestions),
        }
