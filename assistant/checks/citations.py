"""Every `[ref]` is of this turn; what rests on the articles cites; a disagreement cites both sides."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from assistant.checks.draft import Draft, Problem, markers


@cache
def _data() -> dict[str, Any]:
    import yaml

    path = Path(__file__).with_name("data") / "citations.yaml"
    loaded: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return loaded


def check(draft: Draft) -> Iterator[Problem]:
    """Unknown citations, a missing one, and a disagreement of which one side is left out."""
    cited: set[str] = set()
    for marker, ref in markers(draft.text):
        if ref in draft.sources:
            cited.add(ref)
        else:
            yield Problem("unknown_citation", marker)
    if not cited and _rests_on_articles(draft):
        yield Problem("no_citation")
    yield from _one_sided(draft, cited)


def _rests_on_articles(draft: Draft) -> bool:
    """Whether the draft states what a tool read; a question back or a short word states nothing."""
    read = any(
        result.tool in _data()["tools_that_read"]
        and result.payload.get("ok")
        and result.payload.get("sources")
        for result in draft.results
    )
    stated = [line for line in draft.text.splitlines() if "?" not in line]
    return read and sum(map(len, stated)) > _data()["longest_without"]


def _one_sided(draft: Draft, cited: set[str]) -> Iterator[Problem]:
    facts_of = {ref: frozenset(source.get("facts") or ()) for ref, source in draft.sources.items()}
    stated = frozenset().union(*(facts_of[ref] for ref in cited))
    for result in draft.results:
        for pair in result.payload.get("disagreements") or ():
            missing = [fact for fact in pair if fact not in stated]
            can_be_cited = any(fact in facts for fact in missing for facts in facts_of.values())
            if missing and len(missing) < len(pair) and can_be_cited:
                yield Problem("one_sided", ", ".join(missing))
