"""A draft says that something was done only where this turn really did it, and commits the house to nothing.

The patterns are in `data/claims.yaml` (deeds, active and passive, past and present) and in
`data/commitments.yaml` (promises, admissions, attestations).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assistant.checks.draft import Draft, Problem
from assistant.checks.quantities import flat


@dataclass(frozen=True, slots=True)
class _Claim:
    code: str
    match: re.Pattern[str]
    needs: frozenset[str]
    unless: re.Pattern[str] | None


@cache
def _claims() -> tuple[_Claim, ...]:
    import yaml

    folder = Path(__file__).with_name("data")
    loaded = yaml.safe_load((folder / "claims.yaml").read_text("utf-8"))
    commitments = yaml.safe_load((folder / "commitments.yaml").read_text("utf-8"))
    listed = [
        *(("claim", entry) for entry in loaded["patterns"]),
        *(("commitment", entry) for entry in commitments["patterns"]),
    ]
    lists = {name: "(?:" + "|".join(words.split()) + ")" for name, words in loaded["words"].items()}
    lists["much"] = "(?:" + "|".join(re.escape(word) for word in loaded["fillers"].split()) + ")"

    def filled(pattern: str) -> re.Pattern[str]:
        # Not `str.format`: the patterns have counted repetitions of their own.
        for name, words in lists.items():
            pattern = pattern.replace("{" + name + "}", words)
        return re.compile(pattern)

    return tuple(
        _Claim(
            code,
            filled(entry["match"]),
            frozenset(entry.get("needs", ())),
            filled(entry["unless"]) if "unless" in entry else None,
        )
        for code, entry in listed
    )


def check(draft: Draft) -> Iterator[Problem]:
    """The sentences that claim an action which did not take place in this turn, or commit to something."""
    for shown, folded in zip(draft.sentences, draft.flat_sentences, strict=True):
        for claim in _claims():
            if claim.needs & draft.done or not (found := claim.match.search(folded)):
                continue
            if claim.code == "claim" and (
                _is_recorded(folded, draft) or not _in_own_words(shown, claim, draft)
            ):
                continue
            if claim.unless and claim.unless.search(folded):
                continue
            if claim.code == "commitment" and _is_in_the_articles(found.group(), draft):
                continue
            yield Problem(claim.code, shown)
            break


def _in_own_words(shown: str, claim: _Claim, draft: Draft) -> bool:
    """Whether a sentence still claims it once what it quotes of this turn's sources is left out."""
    for source in draft.sources.values():
        shown = shown.replace(source["quote"].strip(), "")
    return claim.match.search(" ".join(flat(shown).split())) is not None


def _is_recorded(folded: str, draft: Draft) -> bool:
    """Whether a sentence tells of a request that the records hold: it names its product or its number."""
    names: set[str] = set()
    for result in draft.results:
        if result.tool == "list_requests":
            changes = result.payload.get("changes") or ()
            items = (item for change in changes for item in change["items"])
            names |= {item["product"] for item in items}
            names |= {change["reference"] for change in changes if change["reference"]}
            names |= {handoff["id"] for handoff in result.payload.get("handoffs") or ()}
    return any(" ".join(flat(name).split()) in folded for name in names)


def _is_in_the_articles(phrase: str, draft: Draft) -> bool:
    """Whether the house says so itself, in what this turn read."""
    passages = (each["text"] for result in draft.results for each in result.payload.get("passages") or ())
    quotes = (source["quote"] for source in draft.sources.values())
    return any(phrase in " ".join(flat(text).split()) for text in (*quotes, *passages))
