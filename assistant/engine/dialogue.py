"""What the conversation so far says: the state of the dialogue, read off the messages.

Nothing is remembered anywhere else. The engine's own messages carry `additional_kwargs["puis_je"]`; a turn
spoken by another model carries none, and is read from its tool calls and their results.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

KEY = "puis_je"
"""Where an AI message's `additional_kwargs` hold the engine's own notes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolUse:
    """One finished tool call; `result` is the tool's object, `{"ok": False, "status": "error"}` when it
    gave none.
    """

    tool: str
    args: Mapping[str, Any]
    result: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Equal for equal calls."""
        return call_key(self.tool, self.args)


SkillOf = Callable[[ToolUse], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question the engine put: the slot it waits for, for which skill, with what was already known.

    `slot` is a skill's slot, or `offer` (may I do `skill`?), or `meaning` (`choices` are skills). `choices`
    are the ids or skills that were listed, in the order shown.
    """

    slot: str
    skill: str
    choices: tuple[str, ...] = ()
    slots: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where the dialogue stands before the last human message.

    `skills`: what the last answer was about; `focus`: the subscriptions it was about, empty for all;
    `shown`: the subscriptions last listed, in the order shown; `unsure`: how many messages in a row were
    not understood; `said`: digests of the last answer's paragraphs; `slots`: what else it was given;
    `known`: the person's subscriptions as last listed; `told`: the points already told on which the articles
    disagree; `unanswered`: nothing was found for the last message; `next`: what was said of changes that wait
    for the one proposed; `pending`: a change stated last waits for its yes; `changed`: one was proposed
    before and waits no more.
    """

    skills: tuple[str, ...] = ()
    focus: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    asked: Asked | None = None
    unsure: int = 0
    said: tuple[str, ...] = ()
    slots: Mapping[str, Any] = field(default_factory=dict)
    customer: str | None = None
    told: tuple[str, ...] = ()
    unanswered: bool = False
    next: tuple[str, ...] = ()
    pending: bool = False
    changed: bool = False
    known: tuple[Mapping[str, Any], ...] = ()
    today: str | None = None
    turns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The last human message, the tool calls finished since, the state before it, and what the person said
    earlier, oldest first.
    """

    text: str
    state: State
    uses: tuple[ToolUse, ...] = ()
    earlier: tuple[str, ...] = ()

    def result(self, tool: str) -> Mapping[str, Any] | None:
        """The last result of a tool in this turn."""
        return next((use.result for use in reversed(self.uses) if use.tool == tool), None)


def call_key(tool: str, args: Mapping[str, Any]) -> str:
    """A text that is equal for equal calls."""
    return f"{tool} {json.dumps(args, sort_keys=True, ensure_ascii=False, default=str)}"


def text_of(message: BaseMessage) -> str:
    """The words of a message, whatever blocks it is made of."""
    if isinstance(message.content, str):
        return message.content
    parts = (block if isinstance(block, str) else block.get("text", "") for block in message.content)
    return " ".join(part for part in parts if isinstance(part, str))


def _result(message: ToolMessage) -> Mapping[str, Any]:
    failed = {"ok": False, "status": "error"}
    if message.status == "error":
        return failed
    try:
        result = json.loads(text_of(message))
    except ValueError:
        return failed
    return result if isinstance(result, dict) else failed


def tool_uses(messages: Iterable[BaseMessage]) -> tuple[ToolUse, ...]:
    """The tool calls of some messages that have their result, in the order of the results."""
    calls: dict[str | None, tuple[str, Mapping[str, Any]]] = {}
    uses = []
    for message in messages:
        if isinstance(message, AIMessage):
            calls |= {call["id"]: (call["name"], call["args"]) for call in message.tool_calls}
        elif isinstance(message, ToolMessage) and message.tool_call_id in calls:
            tool, args = calls[message.tool_call_id]
            uses.append(ToolUse(tool=tool, args=args, result=_result(message)))
    return tuple(uses)


def _strings(value: Any) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, (list, tuple)) else ()


def _asked(value: Any) -> Asked | None:
    if not isinstance(value, dict) or not isinstance(value.get("slot"), str):
        return None
    slots = value.get("slots")
    return Asked(
        slot=value["slot"],
        skill=str(value.get("skill", "")),
        choices=_strings(value.get("choices")),
        slots=slots if isinstance(slots, dict) else {},
    )


def _subscriptions(uses: Iterable[ToolUse]) -> tuple[Mapping[str, Any], ...] | None:
    """The subscriptions some calls listed; None where none listed any."""
    listed: dict[str, Mapping[str, Any]] = {}
    asked = False
    for use in uses:
        items = use.result.get("subscriptions")
        if use.tool in ("list_subscriptions", "look_up_order") and isinstance(items, list):
            asked = True
            listed |= {str(item["id"]): item for item in items if isinstance(item, dict) and "id" in item}
    return tuple(listed.values()) if asked else None


def _mentioned(use: ToolUse) -> tuple[str, ...]:
    """The subscriptions a call was about: those it was given, else those it answered for."""
    given = use.args.get("subscriptions") or use.args.get("subscription") or ()
    if given:
        return _strings([given] if isinstance(given, str) else given)
    for payload in ("decisions", "options", "estimates", "subscriptions"):
        items = use.result.get(payload)
        if isinstance(items, list):
            found = (item.get("subscription") or item.get("id") for item in items if isinstance(item, dict))
            return tuple(id for id in found if isinstance(id, str))
    return ()


def _from_notes(notes: Mapping[str, Any]) -> dict[str, Any]:
    unsure = notes.get("unsure", 0)
    customer = notes.get("customer")
    slots = notes.get("slots")
    return {
        "skills": _strings(notes.get("skills")),
        "focus": _strings(notes.get("focus")),
        "shown": _strings(notes.get("shown")),
        "asked": _asked(notes.get("asked")),
        "unsure": unsure if isinstance(unsure, int) else 0,
        "said": _strings(notes.get("said")),
        "slots": slots if isinstance(slots, dict) else {},
        "customer": customer if isinstance(customer, str) else None,
        "told": _strings(notes.get("told")),
        "unanswered": notes.get("unanswered") is True,
        "next": _strings(notes.get("next")),
    }


def _from_calls(uses: Sequence[ToolUse], skill_of: SkillOf) -> dict[str, Any]:
    """What a turn without notes was about: its last call that a skill stands for."""
    about = [(skill, use) for use in uses if (skill := skill_of(use))]
    if not about:
        return {}
    skill, use = about[-1]
    shown = _mentioned(use)
    given = bool(use.args.get("subscriptions") or use.args.get("subscription"))
    return {"skills": (skill,), "focus": shown if given else (), "shown": shown}


def read_turn(messages: Sequence[BaseMessage], skill_of: SkillOf) -> Turn:
    """The turn to answer. `skill_of` names the skill a tool call of another model stands for, if any."""
    humans = [index for index, message in enumerate(messages) if isinstance(message, HumanMessage)]
    if not humans:
        return Turn(text="", state=State())
    last = humans[-1]
    notes: dict[str, Any] = {}
    for start, end in pairwise(humans):
        stretch = messages[start:end]
        spoken = [m for m in stretch if isinstance(m, AIMessage) and not m.tool_calls]
        own = spoken[-1].additional_kwargs.get(KEY) if spoken else None
        if isinstance(own, dict):
            notes = _from_notes(own)
        else:
            notes = {**_kept(notes), **_from_calls(tool_uses(stretch), skill_of)}
    earlier = tool_uses(messages[:last])
    known = _subscriptions(earlier) or ()
    today = next((use.result["today"] for use in reversed(earlier) if use.result.get("today")), None)
    pending = len(humans) > 1 and _waits(messages[humans[-2] : last])
    changed = not pending and any(use.result.get("status") == "proposed" for use in earlier)
    return Turn(
        text=text_of(messages[last]),
        state=State(
            **notes, known=known, today=today, turns=len(humans) - 1, pending=pending, changed=changed
        ),
        uses=tool_uses(messages[last:]),
        earlier=tuple(text_of(messages[index]) for index in humans[:-1]),
    )


def _waits(stretch: Sequence[BaseMessage]) -> bool:
    """Whether a turn ended with a change that waits: proposed in it, or stated again at its end."""
    from assistant.wording.texts import load, render

    asks = load("changes.fr.yaml")
    said = next((text_of(m) for m in reversed(stretch) if isinstance(m, AIMessage)), "")
    stated = any(render(str(asks[name])) in said for name in ("question", "question_beside"))
    return stated or any(use.result.get("status") == "proposed" for use in tool_uses(stretch))


def _kept(notes: Mapping[str, Any]) -> dict[str, Any]:
    """What outlives a turn that the engine did not speak (a receipt, another model)."""
    return {key: notes[key] for key in ("skills", "focus", "shown", "customer", "told") if key in notes}


def subscriptions_of(turn: Turn) -> tuple[Mapping[str, Any], ...] | None:
    """The subscriptions listed in this turn; None while none were."""
    return _subscriptions(turn.uses)
