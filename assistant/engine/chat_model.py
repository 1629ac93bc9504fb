"""The embedded engine as a LangChain chat model: no network, no clock, no chance.

What it says is a function of the messages and of the tools it is offered. It asks for tools through
ordinary tool calls and notes the state of the dialogue on its messages (`dialogue.KEY`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.tool import ToolCall, tool_call
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import Field

from assistant.engine.dialogue import KEY, ToolUse, call_key, read_turn
from assistant.engine.interpretation import Interpreter, Reading
from assistant.engine.planning import Known, expression, narrowed, next_calls
from assistant.engine.pointing import context_of, product_refs
from assistant.engine.rendering import Renderer, Said
from assistant.engine.skills import load_skills
from assistant.engine.understanding.understand import Understander, shipped


class EmbeddedEngine(BaseChatModel):
    """Answers within its domain from declared skills; offered no tool, it still answers, without data or
    articles.

    `reader` gives what reads messages, once it is needed; without one, the shipped weights do.
    """

    model_name: str = "local"
    reader: Callable[[], Understander] = Field(default=shipped, exclude=True, repr=False)

    @property
    def _llm_type(self) -> str:
        return "puis-je-embedded"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": self.model_name}

    @cached_property
    def _understander(self) -> Understander:
        return self.reader()

    @cached_property
    def _interpreter(self) -> Interpreter:
        return Interpreter(load_skills())

    @cached_property
    def _renderer(self) -> Renderer:
        return Renderer(load_skills())

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The engine, offered these tools. Unless `tool_choice` is "none", the choice is the engine's."""
        names = [
            tool.name if isinstance(tool, BaseTool) else convert_to_openai_tool(tool)["function"]["name"]
            for tool in tools
        ]
        return self.bind(offered=() if tool_choice == "none" else tuple(sorted(names)), **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        *,
        offered: Sequence[str] = (),
        **kwargs: Any,  # noqa: ARG002
    ) -> ChatResult:
        message = self.reply(messages, frozenset(offered))
        return ChatResult(generations=[ChatGeneration(message=message)])

    def reply(self, messages: Sequence[BaseMessage], offered: frozenset[str]) -> AIMessage:
        """The next message: tool calls while something is still to be known, else the answer."""
        turn = read_turn(messages, skill_of)
        known = Known(turn=turn, offered=offered)
        reading = self._read(known)
        known = Known(turn=turn, offered=offered, customer=reading.customer)
        tasks = [narrowed(task, known) for task in reading.tasks]
        if calls := next_calls(tasks, known):
            return AIMessage(
                content="",
                tool_calls=[_tool_call(len(turn.uses) + n, *call) for n, call in enumerate(calls)],
                response_metadata={"model_name": self.model_name, "model_provider": "puis-je"},
            )
        said = self._renderer.say(
            tasks, known, openers=_openers(reading), later=reading.later, simpler=reading.simpler
        )
        return _spoken(said, self.model_name)

    def _read(self, known: Known) -> Reading:
        understood = self._understander.understand(
            known.turn.text, products=product_refs(known.subscriptions), context=context_of(known.turn)
        )
        return self._interpreter.read(understood, known)


def skill_of(use: ToolUse) -> str | None:
    """The skill a tool call of another model stands for."""
    names = {"args": dict(use.args)}
    for skill in load_skills().values():
        call = skill.stands_for
        if call and call.tool == use.tool and (call.when is None or expression(call.when)(**names)):
            return skill.name
    return None


def _openers(reading: Reading) -> list[str]:
    told = {"greeting": reading.greeted, "thanks": reading.thanked, "frustration": reading.frustrated}
    return [
        name for name, holds in told.items() if holds and all(t.skill.name != name for t in reading.tasks)
    ]


def _tool_call(place: int, tool: str, args: dict[str, Any]) -> ToolCall:
    mark = hashlib.sha256(call_key(tool, args).encode()).hexdigest()[:12]
    return tool_call(name=tool, args=args, id=f"call_{place}_{mark}")


def _spoken(said: Said, model: str) -> AIMessage:
    return AIMessage(
        content=said.text,
        additional_kwargs={KEY: said.notes},
        response_metadata={"model_name": model, "model_provider": "puis-je", "finish_reason": "stop"},
    )
