"""What the library holds: articles, passages, the sentences answers rest on. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """Passages found, best first. `answerable` (0..1): how likely the articles answer the query.

    `mode` is "hybrid", or "lexical" while no vector index or embedding model can be used.
    """

    hits: tuple[Hit, ...]
    answerable: float
    mode: Literal["hybrid", "lexical"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport:
    """What a sync did to the articles; `errors` has one line for each of the `failed` files or lines."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: int = 0
    embedded: int = 0
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """The summary line of `knowledge sync`."""
        return (
            f"{self.added} added, {self.updated} updated, {self.unchanged} unchanged, "
            f"{self.removed} removed, {self.failed} failed"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryStatus:
    """How the library stands; `problem` is one plain line on what keeps it from hybrid search."""

    articles: int
    passages: int
    sentences: int
    embedding: str
    index: str | None
    mode: Literal["hybrid", "lexical"]
    problem: str | None = None


class Progress(Protocol):
    """Told how far a long job is: the stage ("read", "embed", "index"), how many of how many."""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Take note of it."""
        ...


class KnowledgeError(Exception):
    """What a user of the library can mend: the message is one clear line."""


class LibraryBusyError(KnowledgeError):
    """Another process is changing the library."""


class ModelUnavailableError(KnowledgeError):
    """The embedding model cannot be loaded; search goes on without it."""
