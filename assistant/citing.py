"""Turns the refs a model wrote, `[a1b2c3d4]`, into numbered markers and the citations behind them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from assistant.answer import Citation
from assistant.checks.draft import markers


def numbered(text: str, sources: Mapping[str, Mapping[str, Any]]) -> tuple[str, tuple[Citation, ...]]:
    """The text with `[1]`, `[2]` in order of appearance, and their citations; a ref said twice keeps its
    number.

    `sources`: the turn's citable sentences by ref. A marker that names none of them is taken out.
    """
    numbers: dict[str, int] = {}
    shown: dict[str, list[str]] = {}
    for marker, ref in markers(text):
        known = shown.setdefault(marker, [])
        if ref in sources:
            known.append(f"[{numbers.setdefault(ref, len(numbers) + 1)}]")
    for marker, replacement in shown.items():
        text = text.replace(marker, "".join(replacement))
    # The same sentence cited twice in a row says nothing more the second time.
    text = re.sub(r"(\[\d+\])(?:\s*\1)+", r"\1", text)
    text = re.sub(r"[ \u00a0]+(?=[ \u00a0]|\n|$)|(?<=\s)[ \u00a0]+(?=\[)", "", text)
    citations = tuple(
        Citation(
            marker=number,
            article=str(sources[ref]["article"]),
            title=str(sources[ref]["title"]),
            quote=str(sources[ref]["quote"]),
            ref=ref,
        )
        for ref, number in numbers.items()
    )
    return text.strip(), citations
