"""A warm turn of the embedded engine, by kind and split by stage, against the floor of the same run.

The floor is what no agent of this make can do without: embed one question, search the articles for it, and
run `create_agent` for one tool call with a model that does nothing. Turns and floor are interleaved, each
question is new (so that no cache of texts helps), and each turn begins a conversation. Times in ms.

    python benchmarks/turn.py [--rounds 20]
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

os.environ |= {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}

KINDS = {
    "decision, all subscriptions": "Puis-je renouveler {n} fois mes abonnements ?",
    "decision, one subscription": "est-ce que je peux renouveler {product} dans {n} jours",
    "price": "combien coûte le renouvellement de {product} pour {n} postes",
    "propose a change": "désactive le renouvellement automatique de {product}, ticket {n}",
    "knowledge": "à partir de combien de jours peut-on renouveler, question {n}",
    "search": "comment obtenir le duplicata numéro {n} de ma facture",
    "small talk": "bonjour, c'est encore moi pour la {n}e fois",
}


class Stages:
    """Adds up the time spent inside some functions, each without what it spends inside another of them."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self._open: list[float] = []

    def watch(self, owner: Any, name: str, stage: str) -> None:
        """Time `owner.name` under a stage from now on."""
        function: Callable[..., Any] = getattr(owner, name)

        @wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            self._open.append(0.0)
            try:
                return function(*args, **kwargs)
            finally:
                whole = time.perf_counter() - start
                inner = self._open.pop()
                self.spent[stage] = self.spent.get(stage, 0.0) + whole - inner
                if self._open:
                    self._open[-1] += whole

        setattr(owner, name, timed)


@contextmanager
def milliseconds(into: list[float]) -> Iterator[None]:
    """Append what the block took."""
    start = time.perf_counter()
    yield
    into.append((time.perf_counter() - start) * 1000)


def trivial_agent() -> Callable[[], None]:
    """`create_agent` with a model that calls one tool and then stops."""
    from langchain.agents import create_agent
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, ToolMessage
    from langchain_core.outputs import ChatGeneration, ChatResult
    from langchain_core.tools import tool

    @tool
    def nothing() -> str:
        """Give nothing."""
        return "{}"

    class Trivial(BaseChatModel):
        def bind_tools(self, _tools: Any, **kwargs: Any) -> Any:
            return self.bind(**kwargs)

        @property
        def _llm_type(self) -> str:
            return "trivial"

        def _generate(self, messages: list[Any], *_args: Any, **_kwargs: Any) -> ChatResult:
            done = isinstance(messages[-1], ToolMessage)
            calls = [] if done else [{"name": "nothing", "args": {}, "id": "1", "type": "tool_call"}]
            message = AIMessage(content="fin" if done else "", tool_calls=calls)
            return ChatResult(generations=[ChatGeneration(message=message)])

    agent = create_agent(Trivial(), [nothing])
    return lambda: agent.invoke({"messages": [("user", "bonjour")]}) and None


def quantiles(times: list[float]) -> tuple[float, float]:
    """Median and 95th percentile."""
    return statistics.median(times), statistics.quantiles(times, n=20)[18]


def watch_stages() -> Stages:
    """The stages of a turn, as the product's own functions."""
    from assistant import conversation, drafting
    from assistant.engine import chat_model
    from assistant.engine.understanding.understand import Understander
    from knowledge.dense import Encoder
    from tools.desk import Desk
    from tools.store.conversations import Conversations

    stages = Stages()
    stages.watch(Encoder, "encode", "embed")
    stages.watch(Understander, "understand", "understand")
    stages.watch(chat_model.EmbeddedEngine, "reply", "plan and render")
    for name in [name for name in vars(Desk) if not name.startswith("_")]:
        stages.watch(Desk, name, "tools")
    stages.watch(drafting, "review", "checks")
    stages.watch(conversation, "compose", "compose")
    stages.watch(Conversations, "append_turn", "record")
    stages.watch(drafting.Drafter, "draft", "agent loop")
    stages.watch(conversation.Assistant, "answer", "rest of the turn")
    return stages


def main() -> None:
    """Measure and print two tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as home:
        measure(Path(home), rounds)


def measure(home: Path, rounds: int) -> None:
    """Run the rounds over the demo accounts and the shipped articles."""
    from assistant.bootstrap import build, ensure_content
    from assistant.settings import Settings

    stages = watch_stages()
    assistant = build(Settings(home=home))
    ensure_content(assistant)
    person = assistant.accounts.demo_users()[0].id
    product = assistant.overview(person)["subscriptions"][0]["product"]
    loop = trivial_agent()
    assistant.warm().join()
    for template in KINDS.values():
        assistant.answer(template.format(n=0, product=product), person=person)

    turns: dict[str, list[float]] = {kind: [] for kind in KINDS}
    split: dict[str, dict[str, float]] = {kind: {} for kind in KINDS}
    floors: dict[str, list[float]] = {"embed": [], "search": [], "agent loop": []}
    for n in range(1, rounds + 1):
        for kind, template in KINDS.items():
            question = template.format(n=n, product=product)
            other = f"{question} encore"
            with milliseconds(floors["embed"]):
                assistant.library.encode([other])
            with milliseconds(floors["search"]):
                assistant.library.search(other)
            with milliseconds(floors["agent loop"]):
                loop()
            stages.spent.clear()
            with milliseconds(turns[kind]):
                assistant.answer(question, person=person)
            for stage, seconds in stages.spent.items():
                split[kind][stage] = split[kind].get(stage, 0.0) + seconds * 1000 / rounds

    floor = sum(statistics.median(times) for times in floors.values())
    parts = ", ".join(f"{name} {statistics.median(times):.1f}" for name, times in floors.items())
    print(f"floor {floor:.1f} ms ({parts})\n")
    print(f"{'turn':32}{'median':>8}{'p95':>8}{'x floor':>9}")
    for kind, times in turns.items():
        median, late = quantiles(times)
        print(f"{kind:32}{median:>8.1f}{late:>8.1f}{median / floor:>9.2f}")
    everything = [each for times in turns.values() for each in times]
    median, late = quantiles(everything)
    print(f"{'all':32}{median:>8.1f}{late:>8.1f}{median / floor:>9.2f}\n")
    names = list(dict.fromkeys(stage for kind in split.values() for stage in kind))
    print(f"{'mean ms by stage':32}" + "".join(f"{name:>18}" for name in names))
    for kind, spent in split.items():
        print(f"{kind:32}" + "".join(f"{spent.get(name, 0.0):>18.1f}" for name in names))


if __name__ == "__main__":
    main()
