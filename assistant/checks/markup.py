"""A draft is plain Markdown: no HTML, no image, no link that no source holds, no invisible character."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.checks.draft import Draft, Problem
from assistant.checks.figures import evidence
from assistant.checks.quantities import Figure, flat

_HTML = re.compile(r"<\s*/?\s*[a-zA-Z!?][^>]{0,500}>?")
_IMAGE = re.compile(r"!\[[^\]]{0,200}\]\s{0,5}[(\[]")
_LINK = re.compile(r"\[[^\[\]]{0,200}\]\(\s{0,5}<?([^)\s>(]{0,500})")
_DEFINITION = re.compile(r"^\s{0,3}\[[^\]]+\]:\s*\S+", re.M)
_SCHEME = re.compile(r"\b(?:javascript|data|vbscript|file|mailto|tel)\s*:\S", re.I)
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)


def check(draft: Draft) -> Iterator[Problem]:
    """The markup that may not leave."""
    for pattern in (_HTML, _IMAGE, _DEFINITION, _SCHEME):
        for match in pattern.finditer(draft.text):
            yield Problem("markup", match.group()[:60])
    if control := _CONTROL.search(draft.text):
        yield Problem("markup", f"U+{ord(control.group()):04X}")
    links = list(_LINK.finditer(draft.text))
    sources = evidence(draft.results if links else (), frozenset())
    for match in links:
        target = re.sub(r"^https?://(?:www\.)?", "", flat(match[1])).rstrip("/")
        if not target or not sources.supports(Figure("link", match[1], key=target)):
            yield Problem("link", match.group()[:60])
