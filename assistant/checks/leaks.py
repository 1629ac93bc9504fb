"""Nothing of the machinery and no secret leaves: keys, passwords, ids, codes, tool names, traces, prompts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from assistant.checks.draft import Draft, Problem
from assistant.checks.quantities import flat
from assistant.masking import passwords_said

_REPEATED = 40
"""So many letters and digits in a row, as they stand in the prompt, are no coincidence."""

_OPAQUE = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/_-]{40,}={0,2}(?![\w+/=-])")
"""Letters and digits without end: something encoded."""


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    import yaml

    loaded = yaml.safe_load((Path(__file__).with_name("data") / "leaks.yaml").read_text("utf-8"))
    return tuple(re.compile(pattern) for pattern in loaded["patterns"])


def check(draft: Draft) -> Iterator[Problem]:
    """The pieces of the draft that belong to the machinery."""
    for secret in draft.secrets | passwords_said(draft.typed):
        if secret in draft.text:
            yield Problem("secret")
    for pattern in _patterns():
        if match := pattern.search(draft.text):
            yield Problem("machinery", match.group()[:40])
    if _repeats_the_prompt(draft.text):
        yield Problem("prompt")
    known = ""
    for opaque in _OPAQUE.findall(draft.text):
        known = known or str([result.payload for result in draft.results])
        if opaque not in known:
            yield Problem("machinery", opaque[:40])
    for identifier in _identifiers(draft):
        if identifier not in draft.typed and re.search(
            rf"(?<![\w-]){re.escape(identifier)}(?![\w-])", draft.text
        ):
            yield Problem("machinery", identifier)


@cache
def _prompt() -> frozenset[str]:
    prompt = _letters((Path(__file__).parents[1] / "prompts" / "system.fr.md").read_text("utf-8"))
    return frozenset(prompt[at : at + _REPEATED] for at in range(len(prompt) - _REPEATED + 1))


def _repeats_the_prompt(text: str) -> bool:
    """Whether a stretch of the prompt stands in a text, also spaced out or with other punctuation."""
    letters = _letters(text)
    return any(letters[at : at + _REPEATED] in _prompt() for at in range(len(letters) - _REPEATED + 1))


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, flat(text)))


def _identifiers(draft: Draft) -> set[str]:
    """Subscription and proposal ids of the results that could not be a plain word or a product's name."""
    found: set[str] = set()
    for result in draft.results:
        _collect(result.payload, found)
    return {identifier for identifier in found if re.search(r"[-_\d]", identifier)}


def _collect(value: Any, found: set[str]) -> None:
    if isinstance(value, Mapping):
        if "product" in value and isinstance(value.get("subscription", value.get("id")), str):
            found.add(str(value.get("subscription", value.get("id"))))
        if "items" in value and isinstance(value.get("id"), str):
            found.add(value["id"])
        found.discard(str(value.get("product", "")))
        for inner in value.values():
            _collect(inner, found)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            _collect(inner, found)
