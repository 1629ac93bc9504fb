"""Nothing of the machinery, and no secret, leaves: keys, passwords, ids, codes, tool names, traces, JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from assistant.checks.draft import Draft, Problem


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    import yaml

    loaded = yaml.safe_load((Path(__file__).with_name("data") / "leaks.yaml").read_text("utf-8"))
    return tuple(re.compile(pattern) for pattern in loaded["patterns"])


def check(draft: Draft) -> Iterator[Problem]:
    """The pieces of the draft that belong to the machinery."""
    for secret in draft.secrets:
        if secret in draft.text:
            yield Problem("secret")
    for pattern in _patterns():
        if match := pattern.search(draft.text):
            yield Problem("machinery", match.group()[:40])
    for identifier in _identifiers(draft):
        if identifier not in draft.typed and re.search(
            rf"(?<![\w-]){re.escape(identifier)}(?![\w-])", draft.text
        ):
            yield Problem("machinery", identifier)


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
