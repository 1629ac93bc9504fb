"""Gets a draft that may leave: the configured model, checked; again, told what was wrong; else the engine."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.agent import Agent, TurnClosedError, TurnContext, TurnLimitError, TurnLog
from assistant.answer import ToolUse
from assistant.checks.draft import Draft, Problem, Result
from assistant.checks.review import review
from assistant.history import Stored, messages_from, notes_of, tool_traffic
from assistant.wording.formats import spaced
from assistant.wording.texts import render, text
from tools.caller import Caller

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

_TOLERATED = frozenset({"no_citation", "one_sided"})
"""What the embedded engine, which words nothing but its results, is counted for and not silenced for."""

_log = logging.getLogger("puis_je")


class ModelTimeoutError(Exception):
    """The model took longer than the turn allows."""


class RefusedDraftError(Exception):
    """The model's drafts did not pass the checks."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(", ".join(problem.code for problem in problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be answered: the person's text, the stored messages before it, and what code did already."""

    text: str
    history: Sequence[Stored]
    caller: Caller
    done: frozenset[str] = frozenset()
    today: date
    signed_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A text that may leave, still with its refs, and what it rests on.

    `traffic`: tool calls and results to store. `notes`: the engine's own. `refused`: codes of the checks
    that refused a draft on the way. `fallback`: why another than the configured model spoke.
    """

    text: str
    model: str
    results: tuple[Result, ...] = ()
    uses: tuple[ToolUse, ...] = ()
    traffic: tuple[Stored, ...] = ()
    notes: dict[str, Any] | None = None
    secrets: frozenset[str] = frozenset()
    fallback: str | None = None
    refused: tuple[str, ...] = field(default=())


class Drafter:
    """Drafts with a provider, where one is configured, and with the embedded engine."""

    def __init__(self, engine: Agent, provider: Agent | None, *, provider_name: str, timeout: float) -> None:
        self._engine = engine
        self._provider = provider
        self._name = provider_name
        self._timeout = timeout

    def warm(self) -> None:
        """Load what the embedded engine needs to speak."""
        self._engine.warm()

    def draft(self, request: Request) -> Drafted:
        """A draft that passed the checks; in the worst case a fixed text. Raises nothing."""
        refused: list[str] = []
        secrets: set[str] = set()
        fallback = None
        if self._provider is not None:
            try:
                return self._by_provider(self._provider, request, refused, secrets)
            except (
                Exception
            ) as error:  # A provider may fail in any way; its message may hold the key: never shown.
                fallback = _reason(error)
                _log.warning(
                    "the model %s did not answer: %s (%s)", self._name, fallback, type(error).__name__
                )
        try:
            return self._by_engine(request, fallback, refused, secrets)
        except RefusedDraftError as error:
            _log.error("a draft of the embedded engine did not pass the checks: %s", error)
            fallback = fallback or "engine_checks"
        except Exception as error:  # The last resort of a turn: whatever is typed gets a polite reply.
            _log.error("the embedded engine failed: %s at %s", type(error).__name__, _place(error))
            fallback = fallback or "engine_error"
        return Drafted(
            text=text("safe", signed_in=not request.signed_out),
            model="local",
            fallback=fallback,
            refused=tuple(refused),
            secrets=frozenset(secrets),
        )

    def _by_engine(
        self, request: Request, fallback: str | None, refused: list[str], secrets: set[str]
    ) -> Drafted:
        log = TurnLog(secrets=secrets)
        asked = _asked(request, with_tools=True)
        added = self._engine.run(asked, _context(request, log))
        draft = _draft(added[-1].text, request, log)
        problems = review(draft)
        refused.extend(problem.code for problem in problems)
        if harmful := [problem for problem in problems if problem.code not in _TOLERATED]:
            raise RefusedDraftError(harmful)
        return _drafted(draft, added, log, model="local", fallback=fallback, refused=refused)

    def _by_provider(self, agent: Agent, request: Request, refused: list[str], secrets: set[str]) -> Drafted:
        """The draft of a provider within the time-out of the turn; a thread that is late is left behind."""
        log = TurnLog(secrets=secrets)
        outcome: list[Drafted | BaseException] = []

        def work() -> None:
            try:
                outcome.append(self._provider_turn(agent, request, log, refused))
            except BaseException as error:  # Carried over to the thread that waits.
                outcome.append(error)

        worker = threading.Thread(target=work, name="puis-je-provider", daemon=True)
        worker.start()
        worker.join(self._timeout)
        log.close()
        if not outcome:
            raise ModelTimeoutError
        if isinstance(outcome[0], BaseException):
            raise outcome[0]
        return outcome[0]

    def _provider_turn(self, agent: Agent, request: Request, log: TurnLog, refused: list[str]) -> Drafted:
        asked = _asked(request, with_tools=False)
        added: list[BaseMessage] = []
        for last in (False, True):
            added += agent.run([*asked, *added], _context(request, log))
            draft = _draft(spaced(added[-1].text), request, log)
            problems = review(draft)
            if not problems:
                return _drafted(draft, added, log, model=self._name, fallback=None, refused=refused)
            refused.extend(problem.code for problem in problems)
            if not last:
                added.append(_feedback(problems))
        raise RefusedDraftError(problems)


def _asked(request: Request, *, with_tools: bool) -> list[BaseMessage]:
    from langchain_core.messages import HumanMessage

    return [*messages_from(request.history, with_tools=with_tools), HumanMessage(request.text)]


def _context(request: Request, log: TurnLog) -> TurnContext:
    return TurnContext(person=request.caller.person, conversation=request.caller.conversation, log=log)


def _draft(said: str, request: Request, log: TurnLog) -> Draft:
    done = set(request.done)
    for result in log.results:
        done |= _deeds(result)
    return Draft(
        text=said.strip(),
        typed=request.text,
        results=tuple(log.results),
        done=frozenset(done),
        days=frozenset({request.today}),
        secrets=frozenset(log.secrets),
    )


def _deeds(result: Result) -> set[str]:
    """What a tool's result says was really done."""
    status = result.payload.get("status")
    if status == "proposed":
        return {"proposal"}
    deeds = {
        ("hand_off", "created"): "handoff",
        ("hand_off", "already_open"): "handoff",
        ("send_order_password_reset", "sent_if_known"): "reset",
        ("look_up_order", "opened"): "order",
    }
    deed = deeds.get((result.tool, str(status)))
    return {deed} if deed else set()


def _drafted(
    draft: Draft,
    added: Sequence[BaseMessage],
    log: TurnLog,
    *,
    model: str,
    fallback: str | None,
    refused: Sequence[str],
) -> Drafted:
    notes = notes_of(added[-1])
    return Drafted(
        text=draft.text,
        model=model,
        results=draft.results,
        uses=tuple(log.uses),
        traffic=tuple(tool_traffic(added, log.secrets)),
        notes=dict(notes) if notes else None,
        secrets=frozenset(log.secrets),
        fallback=fallback,
        refused=tuple(refused),
    )


@cache
def _prompts() -> tuple[str, dict[str, str]]:
    import yaml

    folder = Path(__file__).with_name("prompts")
    problems: dict[str, str] = yaml.safe_load((folder / "problems.fr.yaml").read_text("utf-8"))
    return (folder / "retry.fr.md.j2").read_text("utf-8"), problems


def _feedback(problems: Sequence[Problem]) -> BaseMessage:
    from langchain_core.messages import HumanMessage

    template, wordings = _prompts()
    told = dict.fromkeys(wordings[problem.code].format(found=problem.found) for problem in problems)
    return HumanMessage(render(template, problems=list(told)))


def _place(error: BaseException) -> str:
    """Where an error arose. Its message stays out of the log: it may hold what the person typed."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"


_REASONS = {
    ModelTimeoutError: "timeout",
    TurnClosedError: "timeout",
    TurnLimitError: "limit",
    RefusedDraftError: "checks",
}


def _reason(error: Exception) -> str:
    name = type(error).__name__
    if type(error) in _REASONS:
        return _REASONS[type(error)]
    if "Timeout" in name:
        return "timeout"
    return "limit" if "Recursion" in name else "provider_error"
