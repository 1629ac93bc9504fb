"""An answer is French, and not empty."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from assistant.checks.draft import Draft, Problem
from assistant.checks.quantities import flat

_WORD = re.compile(r"[^\W\d_]+")
_QUOTED = re.compile(r"«[^»]*»|\"[^\"]*\"|“[^”]*”")


@cache
def _common_words() -> dict[str, frozenset[str]]:
    import yaml

    loaded = yaml.safe_load((Path(__file__).with_name("data") / "languages.yaml").read_text("utf-8"))
    return {language: frozenset(words.split()) for language, words in loaded["common_words"].items()}


def check(draft: Draft) -> Iterator[Problem]:
    """Nothing said, or said in another language. What stands in quotation marks does not count."""
    spoken = _QUOTED.sub(" ", draft.text)
    letters = [char for char in spoken if char.isalpha()]
    if not [char for char in draft.text if char.isalnum()]:
        # The statement of a change that was just prepared is appended by code, and can stand alone.
        if not any(result.payload.get("status") == "proposed" for result in draft.results):
            yield Problem("empty")
        return
    foreign = sum(ord(char) > 0x24F for char in letters)
    counts = {
        language: sum(word in words for word in _WORD.findall(flat(spoken)))
        for language, words in _common_words().items()
    }
    french = counts.pop("fr")
    if foreign * 5 > len(letters) or max(counts.values()) > french:
        yield Problem("language")
