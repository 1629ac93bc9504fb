"""A conversation with the engine, tool by tool, for the tests."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from assistant.agent import Agent, TurnContext
from assistant.checks.draft import Draft, Problem
from assistant.checks.review import review
from assistant.engine.chat_model import EmbeddedEngine
from tools.agent_tools import make_tools
from tools.desk import Desk
from tools.rules.models import UserId

TODAY = date(2026, 3, 1)
_numbers = itertools.count(1)
_DEEDS = {"hand_off": "handoff", "send_order_password_reset": "reset", "look_up_order": "order"}


@dataclass(frozen=True)
class Reply:
    """One answer: its text, the calls made for it, their results, what the checks say."""

    text: str
    calls: list[tuple[str, dict[str, Any]]]
    results: dict[str, dict[str, Any]]
    problems: tuple[Problem, ...]
    notes: dict[str, Any]

    @property
    def tools(self) -> list[str]:
        return [name for name, _ in self.calls]

    @property
    def pending(self) -> dict[str, Any] | None:
        found = [result.get("proposal") for result in self.results.values()]
        return next((proposal for proposal in found if proposal), None)

    def cited(self) -> set[str]:
        """The facts that the sentences cited in the text state."""
        sources = [source for result in self.results.values() for source in result.get("sources", ())]
        return {fact for s in sources if f"[{s['ref']}]" in self.text for fact in s["facts"]}


class Talk:
    """A conversation of one person; each `say` is a turn of the agent over the embedded engine."""

    def __init__(self, desk: Desk, person: str | None) -> None:
        self.person = UserId(person) if person else None
        self.conversation = f"c-{next(_numbers)}"
        self.messages: list[BaseMessage] = []
        self._agent = Agent(EmbeddedEngine(), make_tools(desk))

    def say(self, text: str) -> Reply:
        context = TurnContext(person=self.person, conversation=self.conversation)
        self.messages.append(HumanMessage(text))
        added = self._agent.run(self.messages, context)
        self.messages += added
        done = {_DEEDS[r.tool] for r in context.log.results if r.tool in _DEEDS and r.payload["ok"]}
        draft = Draft(
            text=added[-1].text,
            typed=text,
            results=tuple(context.log.results),
            done=frozenset(done),
            days=frozenset({TODAY}),
        )
        return Reply(
            text=added[-1].text,
            calls=[(c["name"], c["args"]) for m in added if isinstance(m, AIMessage) for c in m.tool_calls],
            results={result.tool: dict(result.payload) for result in context.log.results},
            problems=review(draft),
            notes=added[-1].additional_kwargs["puis_je"],
        )
