"""Folded text that remembers where each character came from, so that what is read has offsets in the
original.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_SAME = str.maketrans("’‘ʼ´`′–—‑‒−", "''''''-----")
_WORDS = Path(__file__).with_name("words.yaml")


@dataclass(frozen=True, slots=True)
class Aligned:
    """`folded` is lower case without accents; `origin[i]` is the offset in `text` its character i came
    from.
    """

    text: str
    folded: str
    origin: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original a stretch of the folded text came from."""
        first = self.origin[start]
        last = self.origin[end - 1] + 1 if end > start else first
        while last < len(self.text) and unicodedata.combining(self.text[last]):
            last += 1
        return first, last

    def find(self, pattern: re.Pattern[str]) -> Iterator[tuple[re.Match[str], int, int]]:
        """The matches in the folded text with their stretch of the original."""
        for match in pattern.finditer(self.folded):
            if match.end() > match.start():
                yield match, *self.span(*match.span())


def align(text: str) -> Aligned:
    """Fold a text character by character."""
    kept: list[str] = []
    origin: list[int] = []
    for at, char in enumerate(text.translate(_SAME)):
        if char.isascii():
            plain = " " if char.isspace() else char.lower()
        else:
            plain = "".join(
                c for c in unicodedata.normalize("NFKD", char.casefold()) if not unicodedata.combining(c)
            )
            plain = plain.replace("œ", "oe").replace("æ", "ae")
        kept.append(plain)
        origin.extend([at] * len(plain))
    return Aligned(text, "".join(kept), tuple(origin))


@cache
def word_data() -> dict[str, Any]:
    """The word lists of `words.yaml`: lists of words, and tables from a word to a whole number."""
    import yaml

    # The base loader leaves every word a word: YAML would take "no", "yes", "on" and "off" for truth values.
    data = yaml.load(_WORDS.read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)
    return {
        name: {word: int(value) for word, value in each.items()} if isinstance(each, dict) else each
        for name, each in data.items()
    }


@cache
def any_of(name: str) -> re.Pattern[str]:
    """One of the entries of a list of `words.yaml`, as whole words; `*` ends a stem."""
    return re.compile(rf"(?<!\w)(?:{alternatives(name)})(?!\w)")


@cache
def alternatives(name: str) -> str:
    """The entries of a list of `words.yaml` as a regular-expression alternation, longest first."""
    entries = sorted(map(str, word_data()[name]), key=lambda entry: (-len(entry), entry))
    return "|".join(re.escape(entry).replace(r"\*", r"\w*").replace(r"\ ", r"[ -]") for entry in entries)


def within(spans: Iterable[tuple[int, int]], start: int, end: int) -> bool:
    """Whether a stretch overlaps one of some others."""
    return any(first < end and start < last for first, last in spans)
