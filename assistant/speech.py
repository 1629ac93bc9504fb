"""Cuts an answer into what is spoken piece by piece."""

from __future__ import annotations

import re
from collections.abc import Iterator

_PIECE = re.compile(r".+?(?:(?<=[.!?…])(?:[»”\")*_]|\s*\[\d+\])*\s+|\n+|\Z)", re.S)
_CLOSING_QUESTION = re.compile(r"(?:(?<=[.!?…»\])\n])|^)\s*(?![-*] )[^.!?…\n]*\?[*_»\s]*\Z")


def pieces(text: str) -> Iterator[str]:
    """The text sentence by sentence; joined they are the text."""
    for match in _PIECE.finditer(text):
        yield match.group()


def without_closing_questions(text: str) -> str:
    """The text without the questions it ends with: beside a stated change, no other question is asked."""
    while True:
        shorter = _CLOSING_QUESTION.sub("", text).rstrip()
        if shorter == text.rstrip():
            return shorter
        text = shorter
