"""An article laid out for reading, with the sentence relied on marked at its exact offsets. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup

from knowledge.text import blocks

_SIGNS = re.compile(r"\*\*|__|`")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A heading, paragraph or list item: its kind, its HTML, and an item's own number or an empty text."""

    kind: str
    html: Markup
    number: str = ""


def lay_out(article: str, start: int, end: int) -> list[Stretch]:
    """The stretches of an article in order; what `article[start:end]` has in each stands inside `<mark>`."""
    return [
        Stretch(
            block.kind,
            _marked(article, block.start, block.end, start, end),
            _number(article, block.outer, block.start),
        )
        for block in blocks(article)
    ]


def _number(article: str, outer: int, start: int) -> str:
    marker = article[outer:start].strip()
    return marker if marker[:1].isdigit() else ""


def _marked(article: str, begin: int, finish: int, start: int, end: int) -> Markup:
    left, right = max(begin, min(start, finish)), min(finish, max(end, begin))
    if left >= right:
        return Markup("{}").format(_plain(article[begin:finish]))
    return Markup("{}<mark>{}</mark>{}").format(
        _plain(article[begin:left]), _plain(article[left:right]), _plain(article[right:finish])
    )


def _plain(text: str) -> str:
    return _SIGNS.sub("", text)
