"""The agent: `create_agent` over a chat model and the desk's tools, with limits, a gate and a log of the
turn.

Identity is the runtime context, never a message. A tool that raises is a bug: it ends the run, and the turn
is answered another way; only what the model itself got wrong (arguments, an unknown tool) goes back to it.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.answer import ToolUse
from assistant.checks import claims
from assistant.checks.draft import Draft, Result
from assistant.masking import mask
from tools.caller import Caller

if TYPE_CHECKING:
    from langchain.agents.middleware import AgentMiddleware
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from langchain_core.tools import BaseTool

MOST_MODEL_CALLS = 12
MOST_TOOL_CALLS = 40
_STEPS = 2 * (MOST_MODEL_CALLS + MOST_TOOL_CALLS)
_PROMPTS = Path(__file__).with_name("prompts")


class TurnLimitError(Exception):
    """The model called itself or the tools too often in one turn."""


class TurnClosedError(Exception):
    """The turn is over (its time is up): nothing of it may act any more."""


@dataclass(slots=True)
class TurnLog:
    """What happened in one run: tool uses, results, secrets that were typed; whether it may still act."""

    uses: list[ToolUse] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)
    model_calls: int = 0
    tool_calls: int = 0
    closed: bool = False
    lock: threading.RLock = field(default_factory=threading.RLock)

    def close(self) -> None:
        """Let nothing act any more; waits for a tool that is at work."""
        with self.lock:
            self.closed = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnContext(Caller):
    """The runtime context of one run: who it is for, and its log."""

    log: TurnLog = field(default_factory=TurnLog, compare=False, repr=False)


class Agent:
    """One model with the desk's tools. `prompt` is for language models; the embedded engine needs none."""

    def __init__(self, model: BaseChatModel, tools: Sequence[BaseTool], *, prompt: str | None = None) -> None:
        from langchain.agents import create_agent

        self._model = model
        self._graph: Any = create_agent(
            model,
            list(tools),
            system_prompt=prompt,
            middleware=[_gate()],
            context_schema=TurnContext,
        )

    def warm(self) -> None:
        """Have the model say something to nobody, so that it loads what it needs."""
        self._model.invoke("Bonjour")

    def run(self, messages: Sequence[BaseMessage], context: TurnContext) -> list[BaseMessage]:
        """The messages the model and the tools added, the answer last.

        Raises `TurnLimitError`, `TurnClosedError`, whatever the provider raises, and bugs of tools.
        """
        state = self._graph.invoke(
            {"messages": list(messages)}, context=context, config={"recursion_limit": _STEPS}
        )
        added: list[BaseMessage] = state["messages"][len(messages) :]
        return added


def system_prompt() -> str:
    """What a language model is told of its task: no personal data, no secret."""
    return (_PROMPTS / "system.fr.md").read_text("utf-8")


def _gate() -> AgentMiddleware[Any, Any, Any]:
    """Counts calls against the limits, lets nothing act in a closed turn, and logs each tool's result."""
    from langchain.agents.middleware import AgentMiddleware

    class Gate(AgentMiddleware[Any, Any, Any]):
        def wrap_model_call(self, request: Any, handler: Any) -> Any:
            log: TurnLog = request.runtime.context.log
            log.model_calls += 1
            if log.model_calls > MOST_MODEL_CALLS:
                raise TurnLimitError("model calls")
            if log.closed:
                raise TurnClosedError
            return handler(request)

        def wrap_tool_call(self, request: Any, handler: Any) -> Any:
            log: TurnLog = request.runtime.context.log
            with log.lock:
                log.tool_calls += 1
                if log.tool_calls > MOST_TOOL_CALLS:
                    raise TurnLimitError("tool calls")
                if log.closed:
                    raise TurnClosedError
                password = (request.tool_call.get("args") or {}).get("password")
                if isinstance(password, str) and len(password) >= 4:
                    log.secrets.add(password)
                if request.tool_call["name"] == "hand_off":
                    request = _fit_for_a_colleague(request, log.secrets)
                started = time.perf_counter()
                message = handler(request)
                _note(log, message, round((time.perf_counter() - started) * 1000))
                return message

    return Gate()


def _fit_for_a_colleague(request: Any, secrets: set[str]) -> Any:
    """A hand-off whose reason and transcript hold no order password that was typed just now.

    A reason that attests or promises something (« identité vérifiée », « remboursement accordé ») is no
    model's to give: the person's own words take its place.
    """
    call, runtime = request.tool_call, request.runtime
    args = {
        name: mask(value, secrets) if isinstance(value, str) else value
        for name, value in call["args"].items()
    }
    typed = [message.text for message in runtime.state["messages"] if message.type == "human"]
    if typed and any(claims.check(Draft(text=str(args.get("reason", ""))))):
        args["reason"] = f"« {mask(typed[-1], secrets)} »"
    said = [
        message.model_copy(update={"content": mask(message.text, secrets)})
        if message.type == "human"
        else message
        for message in runtime.state["messages"]
    ]
    return request.override(
        tool_call={**call, "args": args}, runtime=replace(runtime, state={**runtime.state, "messages": said})
    )


def _note(log: TurnLog, message: Any, ms: int) -> None:
    payload = _payload(message)
    # Arguments the tool refused were the model's doing: their echo is no source of anything.
    ran = message.status != "error" and payload is not None
    log.uses.append(ToolUse(name=str(message.name), ok=bool(ran and (payload or {}).get("ok")), ms=ms))
    if ran and payload is not None:
        log.results.append(Result(tool=str(message.name), payload=payload))


def _payload(message: Any) -> dict[str, Any] | None:
    try:
        payload = json.loads(message.text)
    except ValueError:
        return None
    return payload if isinstance(payload, dict) else None
