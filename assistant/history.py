"""The messages of a conversation as they are stored, and as the agent reads them.

Stored compactly: who spoke, the text, the engine's own notes, tool calls and what later turns need of their
results.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from assistant.checks.draft import markers
from assistant.masking import MASK, mask

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

MOST_MESSAGES = 60
"""How far back the agent reads, in stored messages."""

_NOTES = "puis_je"
_FORGOTTEN = ("sources", "passages")

Stored = dict[str, Any]


def spoken(role: str, text: str, notes: Mapping[str, Any] | None = None) -> Stored:
    """A text said aloud, ready to be stored; `role` is user or assistant."""
    message: Stored = {"role": role, "text": text}
    if notes:
        message["notes"] = dict(notes)
    return message


def tool_traffic(messages: Sequence[BaseMessage], secrets: set[str]) -> list[Stored]:
    """The tool calls and results among a run's messages, ready to be stored; order passwords are masked."""
    from langchain_core.messages import AIMessage, ToolMessage

    stored: list[Stored] = []
    for message in messages:
        if isinstance(message, AIMessage) and message.tool_calls:
            calls = [
                {"id": call["id"], "name": call["name"], "args": _masked(call["args"], secrets)}
                for call in message.tool_calls
            ]
            stored.append({"role": "assistant", "text": "", "calls": calls})
        elif isinstance(message, ToolMessage):
            stored.append(
                {
                    "role": "tool",
                    "text": mask(_shortened(message.text), secrets),
                    "name": message.name,
                    "call": message.tool_call_id,
                    "status": message.status,
                }
            )
    return stored


def notes_of(message: BaseMessage) -> Mapping[str, Any] | None:
    """What the embedded engine noted on its own message."""
    notes = message.additional_kwargs.get(_NOTES)
    return notes if isinstance(notes, dict) else None


def messages_from(stored: Sequence[Stored], *, with_tools: bool) -> list[BaseMessage]:
    """The conversation so far as LangChain messages.

    `with_tools`: with earlier tool calls and the engine's notes, from which it reads the state of the
    dialogue. Language models get what was said aloud alone: what they know of records must be read anew in
    each turn.
    """
    from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

    recent = list(stored[-MOST_MESSAGES:])
    while recent and recent[0]["role"] != "user":
        recent.pop(0)
    messages: list[BaseMessage] = []
    for entry in recent:
        if entry["role"] == "user":
            messages.append(HumanMessage(entry["text"]))
        elif entry["role"] == "tool":
            if with_tools:
                messages.append(
                    ToolMessage(
                        entry["text"], tool_call_id=entry["call"], name=entry["name"], status=entry["status"]
                    )
                )
        elif entry.get("calls"):
            if with_tools:
                messages.append(AIMessage("", tool_calls=entry["calls"]))
        elif with_tools:
            messages.append(
                AIMessage(
                    entry["text"], additional_kwargs={_NOTES: entry["notes"]} if "notes" in entry else {}
                )
            )
        else:
            messages.append(AIMessage(_without_markers(entry["text"])))
    return messages


def _without_markers(text: str) -> str:
    for marker, _ in list(markers(text)):
        text = text.replace(f" {marker}", "").replace(marker, "")
    return text


def _masked(args: Mapping[str, Any], secrets: set[str]) -> dict[str, Any]:
    return {
        name: MASK
        if name == "password" and value
        else mask(value, secrets)
        if isinstance(value, str)
        else value
        for name, value in args.items()
    }


def _shortened(text: str) -> str:
    """A result without the sentences and passages it quoted: they are read anew when they are needed."""
    try:
        payload = json.loads(text)
    except ValueError:
        return text[:2000]
    if not isinstance(payload, dict):
        return text[:2000]
    kept = {name: value for name, value in payload.items() if name not in _FORGOTTEN}
    return json.dumps(kept, ensure_ascii=False)
