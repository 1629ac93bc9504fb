"""Words brought back to known ones, and the meanings behind them (`concepts.yaml`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("concepts.yaml")
_SHORTEST = 4
_CORRECTED_AT_MOST = 40
"""Unknown words looked up in one clause; the rest of a longer one stays as typed."""


@cache
def _concepts() -> tuple[tuple[str, re.Pattern[str]], ...]:
    import yaml

    lists: dict[str, list[str]] = yaml.load(_FILE.read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)
    return tuple(
        (name, re.compile(rf"\b(?:{'|'.join(map(_pattern, each))})\b")) for name, each in lists.items()
    )


def _pattern(entry: str) -> str:
    return re.escape(str(entry)).replace(r"\*", r"\w*")


def concepts(tokens: Sequence[str]) -> list[str]:
    """The meanings found in folded words, in the order of the file."""
    text = " ".join(tokens)
    return [name for name, pattern in _concepts() if pattern.search(text)]


@cache
def concept_words() -> frozenset[str]:
    """The whole words (no stems) of `concepts.yaml`: good spellings to correct towards."""
    import yaml

    lists: dict[str, list[str]] = yaml.load(_FILE.read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)
    entries = (str(entry).split() for each in lists.values() for entry in each)
    return frozenset(word for words in entries for word in words if "*" not in word)


class Spelling:
    """Brings mistyped words back to a closed vocabulary: one slip for short words, two for long ones."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known = frozenset(known)
        self._by_length: dict[int, list[str]] = {}
        for word in sorted(self._known):
            if len(word) >= _SHORTEST:
                self._by_length.setdefault(len(word), []).append(word)
        self._seen: dict[str, str] = {}

    def corrected(self, tokens: Sequence[str]) -> list[str]:
        """The words, unknown ones replaced by the one known word they most likely stand for."""
        left = _CORRECTED_AT_MOST
        found = []
        for token in tokens:
            if len(token) >= _SHORTEST and left and token not in self._known and not token.isdigit():
                left -= 1
                token = self._nearest(token)
            found.append(token)
        return found

    def _nearest(self, token: str) -> str:
        if (known := self._seen.get(token)) is not None:
            return known
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        slips = 1 if len(token) < 8 else 2
        near = [
            word
            for length in range(len(token) - slips, len(token) + slips + 1)
            for word in self._by_length.get(length, ())
            if word[0] == token[0] or word[1] == token[1]
        ]
        match = process.extractOne(token, near, scorer=OSA.distance, score_cutoff=slips)
        best = match[0] if match else token
        if len(self._seen) < 20_000:
            self._seen[token] = best
        return best
