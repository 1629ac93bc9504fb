"""French text: the one normaliser that index, queries and evals share, and sentence splitting.

Normalised text is for matching only, never for display: what is shown is always a slice of the stored text.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

_WORDLISTS = Path(__file__).with_name("wordlists")

_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼʹ´`′＇", "'"))
_LIGATURES = str.maketrans(
    {"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d"}
    | dict.fromkeys("‐‑‒–—―−", "-")
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", "")
)
_ELISION = re.compile(r"\b(?:[ldjnscmt]|qu|jusqu|lorsqu|puisqu|quoiqu|quelqu|presqu|aujourd)'(?=\w)")
_FEMININE = re.compile(r"(?<=\w{3})ees?$")
_WORD = re.compile(r"[^\W_]+")

_HEADING = re.compile(r"(#{1,6})[ \t]+(.*?)[ \t#]*$")
_BOLD_LINE = re.compile(r"\*\*([^*]+)\*\*[ \t]*:?[ \t]*$")
_MARKER = re.compile(r"(?:[•●▪■◦‣⁃·∙o*+–—-]|\(?\d{1,3}[.)]|\(?[a-z]\))[ \t\u00a0]+(?=\S)")
_TERMINAL = re.compile(r"[.!?…:;][»”\"')\]*_\s]*$")
_STOP = re.compile(r"[.!?…]+(?:[ \u00a0\u202f]*[»”’\"')\]]|\*\*|__)*(?=\s)")
_OPENING = "«“\"'([*_-–—¿¡"
_BLANKS = (
    " \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
    "\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
)

_HEADING_LIMIT = 90
_WRAP_WIDTH = 60


@lru_cache(maxsize=8)
def wordlist(name: str) -> tuple[str, ...]:
    """The entries of `wordlists/<name>.txt`, one for each line (comments and blank lines left out)."""
    lines = (_WORDLISTS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


@lru_cache(maxsize=1)
def stop_words() -> frozenset[str]:
    """Folded words that carry no subject matter."""
    return frozenset(word for line in wordlist("stop_words") for word in line.split())


@lru_cache(maxsize=1)
def _abbreviations() -> frozenset[str]:
    return frozenset(word for line in wordlist("abbreviations") for word in line.split())


def encodable(text: str) -> bool:
    """Whether the text can be stored: JSON and command lines may hold half characters (surrogates)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def fold(text: str) -> str:
    """Lower case, without accents, ligatures or typographic variants; white space runs become one space."""
    # Compatibility forms hide capitals (℠), and lower case makes new compositions: hence both, twice.
    whole = unicodedata.normalize("NFKD", text).casefold().translate(_APOSTROPHES).translate(_LIGATURES)
    plain = unicodedata.normalize("NFKD", whole).casefold()
    kept = "".join(char for char in plain if not unicodedata.combining(char))
    return " ".join(kept.translate(_LIGATURES).split())


def words(text: str) -> list[str]:
    """The folded words of a text, elided articles and pronouns (l', d', qu' …) taken off."""
    return _WORD.findall(_ELISION.sub("", fold(text)))


def terms(text: str) -> list[str]:
    """The words that carry subject matter: folded, no stop words, no single letters (digits stay)."""
    stop = stop_words()
    return [word for word in words(text) if word not in stop and (len(word) > 1 or word.isdigit())]


_stemmer_lock = threading.Lock()


@lru_cache(maxsize=1)
def _stemmer() -> object:
    import Stemmer

    return Stemmer.Stemmer("french")


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """The French Snowball stem of a folded word. Folding comes first, so a missing accent changes nothing."""
    stemmer = _stemmer()
    # Snowball knows the feminine participle by its accent, which folding took.
    word = _FEMININE.sub("e", word)
    with _stemmer_lock:
        return str(stemmer.stemWord(word))  # type: ignore[attr-defined]


def stems(text: str) -> list[str]:
    """The stems of the terms of a text, in order: what the lexical index and queries are made of."""
    return [stem(word) for word in terms(text)]


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, paragraph or list item; `text[start:end]` is its content without marker or blanks.

    `outer` is the offset where its first line begins, marker included. `level` is 1-6 for a heading
    (2 for one told by its looks), the indentation in characters for a list item, 0 for a paragraph.
    """

    kind: Literal["heading", "paragraph", "item"]
    start: int
    end: int
    outer: int
    level: int = 0


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with exact offsets; `intro` are those of the sentence introducing the list it is in."""

    start: int
    end: int
    kind: Literal["heading", "sentence", "item"]
    intro: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    outer: int
    content: str


def _lines(text: str) -> Iterator[_Line]:
    for match in re.finditer(r"[^\n]*(?:\n|\Z)", text):
        raw = match.group()
        content = raw.strip(_BLANKS)
        start = match.start() + (len(raw) - len(raw.lstrip(_BLANKS)) if content else 0)
        if raw:
            yield _Line(start, start + len(content), match.start(), content)


def _heading(lines: list[_Line], at: int) -> Block | None:
    line = lines[at]
    if marked := _HEADING.match(line.content):
        start = line.start + marked.start(2)
        if not marked[2]:
            return None
        return Block("heading", start, start + len(marked[2]), line.outer, len(marked[1]))
    alone = (at == 0 or not lines[at - 1].content) and (at + 1 == len(lines) or not lines[at + 1].content)
    if not alone:
        return None
    if bold := _BOLD_LINE.match(line.content):
        return Block("heading", line.start + 2, line.start + 2 + len(bold[1]), line.outer, 2)
    first = line.content[0]
    looks_like_title = first.isupper() or first.isdigit() or first in "«"
    # A short line with nothing after it is a paragraph of its own, not the heading of one.
    followed = any(later.content for later in lines[at + 1 :])
    if (
        looks_like_title
        and followed
        and len(line.content) <= _HEADING_LIMIT
        and line.content[-1] not in ".…:;,"
        and not _MARKER.match(line.content)
        and any(char.isalpha() for char in line.content)
    ):
        return Block("heading", line.start, line.end, line.outer, 2)
    return None


def _continues(before: _Line, line: _Line) -> bool:
    if line.content[0].islower():
        return True
    return len(before.content) >= _WRAP_WIDTH and not _TERMINAL.search(before.content)


def blocks(text: str) -> list[Block]:
    """The headings, paragraphs and list items of a text, in order.

    Headings are Markdown's (`#`), a bold line standing alone, or a short line alone between blank
    lines that ends without a full stop. Lines broken by a fixed width are joined; a line under a
    list item that starts afresh is a block of its own.
    """
    lines = list(_lines(text))
    found: list[Block] = []
    before: _Line | None = None
    for at, line in enumerate(lines):
        if not line.content:
            before = None
            continue
        marker = _MARKER.match(line.content)
        if not marker and before is not None and found and _continues(before, line):
            last = found[-1]
            found[-1] = Block(last.kind, last.start, line.end, last.outer, last.level)
            before = line
            continue
        heading = _heading(lines, at)
        if heading:
            found.append(heading)
            before = None
            continue
        if marker:
            start = line.start + marker.end()
            found.append(Block("item", start, line.end, line.outer, line.start - line.outer))
        else:
            found.append(Block("paragraph", line.start, line.end, line.outer))
        before = line
    return found


def _word_before(text: str, start: int, at: int) -> str:
    head = at
    while head > start and not text[head - 1].isspace() and text[head - 1] not in "('’\"«[":
        head -= 1
    return text[head:at]


def _ends_sentence(text: str, start: int, dot: int, after: int, end: int) -> bool:
    following = after
    while following < end and text[following] in _BLANKS:
        following += 1
    if following >= end:
        return True
    head = following
    while head < end and text[head] in _OPENING + _BLANKS:
        head += 1
    opened = head < end and (text[head].isupper() or text[head].isdigit())
    if text[dot] == "?" and text[following : following + 1].islower():
        return text.rfind("«", start, dot) <= text.rfind("»", start, dot)
    if not opened:
        return False
    if text[dot] != "." or after - dot > 1:
        return True
    word = _word_before(text, start, dot)
    if (len(word) == 1 and word.isupper()) or fold(word) in _abbreviations():
        return False
    if word.isdigit() and len(word) <= 2:
        # "… : 1. Ouvrez … 2. Cliquez": a number right after a stop or a colon counts steps, it ends nothing.
        left = text[start : dot - len(word)].rstrip(_BLANKS)
        return bool(left) and left[-1] not in ".!?…:;"
    return True


def _split(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    begin = start
    for match in _STOP.finditer(text, start, end):
        if _ends_sentence(text, begin, match.start(), match.end(), end):
            yield begin, match.end()
            begin = match.end()
    if begin < end:
        yield begin, end


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in _BLANKS:
        start += 1
    while end > start and text[end - 1] in _BLANKS:
        end -= 1
    return start, end


def sentences(text: str) -> list[Sentence]:
    """The sentences of an article in order, each an exact slice; headings and list items too.

    A sentence that ends with a colon introduces the list items after it: they carry its offsets
    as `intro`.
    """
    found: list[Sentence] = []
    intro: tuple[int, int] | None = None
    for block in blocks(text):
        if block.kind != "item":
            intro = intro if block.kind == "paragraph" and intro and _indented(text, block) else None
        for piece in _split(text, block.start, block.end):
            start, end = _trim(text, *piece)
            if not any(char.isalnum() for char in text[start:end]):
                continue
            kind: Literal["heading", "sentence", "item"] = (
                "sentence" if block.kind == "paragraph" else block.kind  # a step's second line is a sentence
            )
            found.append(Sentence(start, end, kind, intro if block.kind == "item" else None))
        if block.kind == "paragraph" and text[block.start : block.end].endswith(":") and found:
            intro = (found[-1].start, found[-1].end)
    return found


def _indented(text: str, block: Block) -> bool:
    return text[block.outer : block.start].strip(_BLANKS) == "" and block.start - block.outer >= 2
