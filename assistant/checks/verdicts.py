"""A draft does not say of a renewal what the rules did not decide this turn."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from assistant.checks.draft import Draft, Problem
from assistant.checks.quantities import flat


@cache
def _data() -> dict[str, Any]:
    import yaml

    loaded = yaml.safe_load((Path(__file__).with_name("data") / "verdicts.yaml").read_text("utf-8"))
    return {
        "possible": frozenset(loaded["possible"]),
        "patterns": [(entry["says"], re.compile(entry["match"])) for entry in loaded["patterns"]],
        "bare": re.compile(loaded["bare"]),
        "asked_about": re.compile(loaded["asked_about"]),
        "unless": {
            "yes": re.compile(_joined(loaded["unless"]) + "|" + loaded["unless_yes"]),
            "no": re.compile(_joined(loaded["unless"]) + "|" + loaded["unless_no"]),
        },
    }


def _joined(pattern: str) -> str:
    return re.sub(r"\|\s+", "|", pattern)


def check(draft: Draft) -> Iterator[Problem]:
    """The sentences that say yes where the rules said no, or no where they said yes."""
    if not draft.results and _bare_verdict(draft):
        yield Problem("unfounded", draft.sentences[0])
    if not draft.decisions:
        return
    for shown, folded in zip(draft.sentences, draft.flat_sentences, strict=True):
        verdicts = {_possible(decision) for decision in _spoken_of(folded, draft)}
        for says, pattern in _data()["patterns"]:
            if not pattern.search(folded) or _data()["unless"][says].search(folded):
                continue
            if verdicts == {says == "no"}:
                yield Problem("verdict", shown)
                break


def _bare_verdict(draft: Draft) -> bool:
    first = draft.flat_sentences[:1]
    return bool(
        first and _data()["bare"].search(first[0]) and _data()["asked_about"].search(flat(draft.typed))
    )


def _possible(decision: Mapping[str, Any]) -> bool:
    return decision["decision"] in _data()["possible"]


def _spoken_of(sentence: str, draft: Draft) -> list[Mapping[str, Any]]:
    """The decisions a sentence speaks of: those whose product it names, else all of the turn."""
    named = [
        decision
        for decision in draft.decisions
        if decision.get("product")
        and re.search(rf"(?<!\w){re.escape(flat(str(decision['product'])))}(?!\w)", sentence)
    ]
    # « AutoCAD LT » also holds « AutoCAD »: the longest name that stands there is the one meant.
    longest = [
        decision
        for decision in named
        if not any(
            other is not decision
            and flat(str(decision["product"])) in flat(str(other["product"]))
            and len(str(other["product"])) > len(str(decision["product"]))
            for other in named
        )
    ]
    return longest or list(draft.decisions)
