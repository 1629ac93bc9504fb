"""A draft says that something was done only where this turn really did it.

The patterns, active and passive, past and present, are in `data/claims.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assistant.checks.draft import Draft, Problem


@dataclass(frozen=True, slots=True)
class _Claim:
    match: re.Pattern[str]
    needs: frozenset[str]
    unless: re.Pattern[str] | None


@cache
def _claims() -> tuple[_Claim, ...]:
    import yaml

    loaded = yaml.safe_load((Path(__file__).with_name("data") / "claims.yaml").read_text("utf-8"))
    lists = {name: "(?:" + "|".join(words.split()) + ")" for name, words in loaded["words"].items()}
    lists["much"] = "(?:" + "|".join(re.escape(word) for word in loaded["fillers"].split()) + ")"

    def filled(pattern: str) -> re.Pattern[str]:
        # Not `str.format`: the patterns have counted repetitions of their own.
        for name, words in lists.items():
            pattern = pattern.replace("{" + name + "}", words)
        return re.compile(pattern)

    return tuple(
        _Claim(
            filled(entry["match"]),
            frozenset(entry["needs"]),
            filled(entry["unless"]) if "unless" in entry else None,
        )
        for entry in loaded["patterns"]
    )


def check(draft: Draft) -> Iterator[Problem]:
    """The sentences that claim an action which did not take place in this turn."""
    for shown, folded in zip(draft.sentences, draft.flat_sentences, strict=True):
        for claim in _claims():
            if claim.needs & draft.done or not claim.match.search(folded):
                continue
            if claim.unless and claim.unless.search(folded):
                continue
            yield Problem("claim", shown)
            break
