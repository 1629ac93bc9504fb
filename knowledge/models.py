"""What the library holds: articles, their passages, and the sentences answers rest on. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A help article as stored. `facts` are the register's ids it declares to state, where it says so."""

    id: str
    title: str
    text: str
    date: date | None = None
    source: str = ""
    path: str = ""
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A stretch of an article found by search: `article.text[start:end] == text`, offsets in characters."""

    id: str
    article: str
    heading_path: tuple[str, ...]
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One sentence of a stored article: `article.text[start:end] == quote`; `ref` is how a model cites it."""

    ref: str
    article: str
    title: str
    quote: str
    start: int
    end: int
    date: date | None = None
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A passage found for a query, with its scores and the sentences that answer best, best first."""

    passage: Passage
    title: str
    score: float
    lexical: float
    dense: float | None
    sentences: tuple[Source, ...]
