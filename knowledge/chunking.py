"""Cuts articles into passages of about 900 characters that keep their heading path and exact offsets."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from knowledge.models import Article
from knowledge.rows import StoredPassage
from knowledge.text import Block, blocks, sentences

PASSAGE_LENGTH = 900
"""How many characters a passage has at most; only a single sentence longer than that exceeds it."""


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    glued: bool
    """Whether a cut right before it would part a list item from what introduces it."""


def _sections(article: Article) -> Iterator[tuple[tuple[str, ...], list[Block]]]:
    path: list[tuple[int, str]] = []
    body: list[Block] = []
    for block in blocks(article.text):
        if block.kind != "heading":
            body.append(block)
            continue
        if body:
            yield tuple(title for _, title in path), body
            body = []
        path = [(level, title) for level, title in path if level < block.level]
        path.append((block.level, article.text[block.start : block.end]))
    if body:
        yield tuple(title for _, title in path), body


def _pieces(text: str, body: list[Block]) -> Iterator[_Piece]:
    before: Block | None = None
    for block in body:
        glued = block.kind == "item" and before is not None and before.kind == "paragraph"
        if block.end - block.outer <= PASSAGE_LENGTH:
            yield _Piece(block.outer, block.end, glued)
        else:
            for number, part in enumerate(sentences(text[block.start : block.end])):
                start = block.outer if number == 0 else block.start + part.start
                yield _Piece(start, block.start + part.end, glued and number == 0)
        before = block


def _spans(text: str, body: list[Block]) -> Iterator[tuple[int, int]]:
    pack: list[_Piece] = []
    for piece in _pieces(text, body):
        if pack and piece.end - pack[0].start > PASSAGE_LENGTH:
            carried = [pack.pop()] if piece.glued and len(pack) > 1 else []
            yield pack[0].start, pack[-1].end
            pack = carried
        pack.append(piece)
    if pack:
        yield pack[0].start, pack[-1].end


def embedded_text(article: Article, heading_path: tuple[str, ...], start: int, end: int) -> str:
    """What a passage is found by: title, headings and text."""
    head = [part for part in (article.title, *heading_path) if part]
    kept = [part for number, part in enumerate(head) if part not in head[:number]]
    return "\n".join([*kept, article.text[start:end]])


def passages(article: Article) -> tuple[StoredPassage, ...]:
    """The passages of an article in order; an article of headings alone is one passage."""
    found: list[StoredPassage] = []
    cut = [(path, span) for path, body in _sections(article) for span in _spans(article.text, body)]
    if not cut and article.text.strip():
        cut = [((), (0, len(article.text)))]
    for path, (start, end) in cut:
        while start < end and article.text[start].isspace():
            start += 1
        text = embedded_text(article, path, start, end)
        digest = hashlib.sha256(text.encode()).hexdigest()[:32]
        found.append(StoredPassage(article.id, len(found), path, start, end, digest))
    return tuple(found)
