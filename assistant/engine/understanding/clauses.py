"""Messages cut into the things said, with their offsets."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache

from assistant.engine.understanding.aligned import Aligned, alternatives

MOST = 12
"""Clauses read in one message; what follows stays in the last one's tail and is left out."""

_STOP = re.compile(r"[.?!…]+(?=[\s»\")]|$)|[;\n]+")
_LINE = re.compile(r"[\r\n]+")
_ABBREVIATION = re.compile(r"(?:^|[\s(])(?:m|mm|mme|mlle|dr|n|no|num|p|cf|ex|env|tel|art|ref|st|ste|etc)$")
_QUOTE = re.compile(r"«[^«»]{0,400}»|“[^“”]{0,400}”|\"[^\"\n]{0,400}\"")
_TRIM = " \t\r\n\u00a0\u202f,;:.-–—"
_AFTER = " \t\r\n\u00a0\u202f,"


@dataclass(frozen=True, slots=True)
class Piece:
    """`text[start:end]`; `asks`: a question or a wish, told by its mark or its first words."""

    start: int
    end: int
    asks: bool


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    asks, wonders = alternatives("asks"), alternatives("wonders")
    greetings, greeted = alternatives("greetings"), alternatives("greeted")
    return {
        "joint": re.compile(
            rf"(?:,\s*|\s+)(?:{alternatives('joints')})\s+(?:aussi\s+"
            rf"|sinon\s+|egalement\s+)?(?=(?:{asks})(?!\w))"
        ),
        "comma": re.compile(rf"\s*,\s*(?=(?:{wonders})(?!\w))"),
        "asks": re.compile(rf"\s*(?:et |mais |ou |alors |donc |sinon |du coup )?(?:{asks})(?!\w)"),
        "greeting": re.compile(rf"\s*(?:{greetings})(?!\w)(?:[ ,]+(?:{greeted})(?!\w))*[\s,.!:-]*"),
        "closing": re.compile(rf"(?:[\s,.!-]*(?<!\w)(?:{alternatives('closings')})(?!\w))+[\s,.!]*$"),
    }


def split(aligned: Aligned) -> list[Piece]:
    """The clauses of a message in order, at most `MOST`; none for a message without a letter, digit or
    sign.
    """
    folded = aligned.folded
    quoted = [match.span() for match in _QUOTE.finditer(aligned.text)]
    cuts = _sentence_cuts(aligned, quoted)
    pieces: list[Piece] = []
    for start, end in cuts:
        pieces += _divided(folded, start, end)
        if len(pieces) > MOST:
            break
    kept = _without_closing(folded, [piece for piece in pieces if _says(folded, piece)])
    return [Piece(*aligned.span(piece.start, piece.end), piece.asks) for piece in kept[:MOST]]


def _sentence_cuts(aligned: Aligned, quoted: list[tuple[int, int]]) -> list[tuple[int, int]]:
    # Line breaks are blanks in the folded text, so stops are looked for in the original, character for
    # character.
    folded, origin = aligned.folded, aligned.origin
    breaks = {at for at, char in enumerate(aligned.text) if char in "\n\r"}
    shown = "".join("\n" if origin[at] in breaks else char for at, char in enumerate(folded))
    cuts, begin = [], 0
    for match in _STOP.finditer(shown):
        at = origin[match.start()]
        if any(first < at < last for first, last in quoted):
            continue
        if match.group() == "." and _ABBREVIATION.search(folded[max(0, match.start() - 8) : match.start()]):
            continue
        cuts.append((begin, match.end()))
        begin = match.end()
        if len(cuts) > 4 * MOST:
            break
    else:
        cuts.append((begin, len(folded)))
    return [cut for cut in cuts if cut[1] > cut[0]]


def _divided(folded: str, start: int, end: int) -> list[Piece]:
    patterns = _patterns()
    question = "?" in folded[start:end]
    greeting = patterns["greeting"].match(folded, start, end)
    pieces: list[Piece] = []
    if greeting and folded[greeting.end() : end].strip(_TRIM + "!?"):
        pieces.append(replace(_piece(folded, start, greeting.end(), False), asks=False))
        start = greeting.end()
    begin = start
    for match in patterns["joint"].finditer(folded, start, end):
        if len(folded[begin : match.start()].split()) >= 2:
            pieces.append(_piece(folded, begin, match.start(), question))
            begin = match.end()
    pieces.append(_piece(folded, begin, end, question))
    return [part for piece in pieces for part in _at_commas(folded, piece, question)]


def _at_commas(folded: str, piece: Piece, question: bool) -> list[Piece]:
    if not _patterns()["asks"].match(folded, piece.start, piece.end):
        return [piece]
    parts, begin = [], piece.start
    for match in _patterns()["comma"].finditer(folded, piece.start, piece.end):
        if len(folded[begin : match.start()].split()) >= 2:
            parts.append(_piece(folded, begin, match.start(), question))
            begin = match.end()
    return [*parts, _piece(folded, begin, piece.end, question)]


def _piece(folded: str, start: int, end: int, question: bool) -> Piece:
    while start < end and folded[start] in _TRIM:
        start += 1
    while end > start and folded[end - 1] in _AFTER:
        end -= 1
    return Piece(start, end, question or bool(_patterns()["asks"].match(folded, start, end)))


def _says(folded: str, piece: Piece) -> bool:
    return bool(folded[piece.start : piece.end].strip(_TRIM))


def _without_closing(folded: str, pieces: list[Piece]) -> list[Piece]:
    """The clauses without the courtesies at the end of a message that says something else."""
    while len(pieces) > 1:
        last = pieces[-1]
        closing = _patterns()["closing"].search(folded, max(last.start, last.end - 120), last.end)
        if closing is None or closing.start() > last.start:
            break
        pieces = pieces[:-1]
    return pieces
