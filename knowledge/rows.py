"""What the store's rows are in Python, their ids and digests, and how they become what search gives."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from knowledge.facts import Evidence
from knowledge.models import Article, Passage, Source


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage row; `digest` identifies the text that is embedded for it."""

    article: str
    position: int
    heading_path: tuple[str, ...]
    start: int
    end: int
    digest: str


@dataclass(frozen=True, slots=True)
class StoredSentence:
    """A sentence row; `intro` is the ref of the sentence that introduces its list."""

    ref: str
    article: str
    start: int
    end: int
    kind: str
    intro: str | None
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoredEvidence:
    """The sentence `ref` as what states a fact."""

    ref: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Prepared:
    """An article with all that is derived from it; `derivation` names how it was derived."""

    article: Article
    passages: tuple[StoredPassage, ...]
    sentences: tuple[StoredSentence, ...]
    evidence: tuple[StoredEvidence, ...]
    derivation: str


@dataclass(frozen=True, slots=True)
class StoredRow:
    """What tells whether a stored article is up to date, and where it was read from."""

    digest: str
    derivation: str
    path: str


@dataclass(frozen=True, slots=True)
class Live:
    """The pointer: a digest of the articles and what rows they have, and the live index version, if any."""

    content: str
    version: str | None


def article_digest(article: Article) -> str:
    """What changes when anything of the article does; where it was read from is no part of it."""
    fields = (
        article.id,
        article.title,
        article.text,
        article.date.isoformat() if article.date else None,
        article.source,
        list(article.facts),
    )
    return hashlib.sha256(json.dumps(fields, ensure_ascii=False).encode()).hexdigest()


def sentence_ref(article: str, start: int, quote: str, taken: Iterable[str] = ()) -> str:
    """The short id a sentence is cited by; another one where it is already taken by another sentence."""
    used = taken if isinstance(taken, set | dict | frozenset) else set(taken)
    for attempt in range(1_000_000):
        salt = f"\0{attempt}" if attempt else ""
        ref = hashlib.sha256(f"{article}\0{start}\0{quote}{salt}".encode()).hexdigest()[:8]
        if ref not in used:
            return ref
    raise OverflowError("no free sentence id")


def passage_id(article: str, position: int) -> str:
    """The id of a passage, also used in the vector index."""
    return f"{article}#{position}"


def as_passage(stored: StoredPassage, article: Article) -> Passage:
    """The passage as search gives it."""
    return Passage(
        id=passage_id(stored.article, stored.position),
        article=stored.article,
        heading_path=stored.heading_path,
        start=stored.start,
        end=stored.end,
        text=article.text[stored.start : stored.end],
    )


def as_source(stored: StoredSentence, article: Article) -> Source:
    """The sentence as it is cited."""
    return Source(
        ref=stored.ref,
        article=stored.article,
        title=article.title,
        quote=article.text[stored.start : stored.end],
        start=stored.start,
        end=stored.end,
        date=article.date,
        facts=stored.facts,
    )
