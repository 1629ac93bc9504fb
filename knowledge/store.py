"""The truth about articles: tables beside the accounts, in the same SQLite or PostgreSQL database.

Everything else (BM25, Chroma, vectors on disk) is derived from these rows and can be thrown away.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from sqlalchemy import (
    Column,
    Connection,
    Date,
    DateTime,
    Engine,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
)
from sqlalchemy.exc import OperationalError, ProgrammingError

from knowledge.facts import Evidence
from knowledge.models import Article
from knowledge.quantities import Value
from knowledge.rows import (
    Live,
    Prepared,
    StoredEvidence,
    StoredPassage,
    StoredRow,
    StoredSentence,
    article_digest,
)

metadata = MetaData()

_articles = Table(
    "knowledge_articles",
    metadata,
    Column("id", String(500), primary_key=True),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("date", Date),
    Column("source", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("derivation", String(64), nullable=False),
)

_passages = Table(
    "knowledge_passages",
    metadata,
    Column("article", ForeignKey("knowledge_articles.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("heading_path", Text, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("digest", String(32), nullable=False),
)

_sentences = Table(
    "knowledge_sentences",
    metadata,
    Column("ref", String(8), primary_key=True),
    Column("article", ForeignKey("knowledge_articles.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("intro", String(8)),
    Column("facts", Text, nullable=False),
)

_evidence = Table(
    "knowledge_evidence",
    metadata,
    Column("fact", String(10), primary_key=True),
    Column("ref", String(8), primary_key=True),
    Column("article", ForeignKey("knowledge_articles.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("found", Text, nullable=False),
)

_embeddings = Table(
    "knowledge_embeddings",
    metadata,
    Column("model", String(200), primary_key=True),
    Column("digest", String(32), primary_key=True),
    Column("vector", LargeBinary, nullable=False),
)

_live = Table(
    "knowledge_live",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("content", String(32), nullable=False),
    Column("version", String(32)),
    Column("changed_at", DateTime(timezone=True), nullable=False),
)

_BATCH = 500

_T = TypeVar("_T")


def _slices(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for at in range(0, len(items), _BATCH):
        yield items[at : at + _BATCH]


class Store:
    """Reads and writes the rows; each write method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        try:
            metadata.create_all(engine)
        except (OperationalError, ProgrammingError):
            # Another process created a table between the check and the statement: now it is there.
            metadata.create_all(engine)

    def _writing(self) -> AbstractContextManager[Connection]:
        """A transaction that writes; the accounts' engine takes SQLite's write lock at its very beginning.

        Without that, a read followed by a write fails where somebody else wrote in between.
        """
        return self._engine.execution_options(immediate=True).begin()

    def live(self) -> Live | None:
        """The pointer, or None while nothing was ever synced."""
        with self._engine.connect() as link:
            row = link.execute(select(_live.c.content, _live.c.version).where(_live.c.id == 1)).first()
        return Live(row.content, row.version) if row else None

    def rows(self) -> dict[str, StoredRow]:
        """For each article id what tells whether it is up to date."""
        query = select(_articles.c.id, _articles.c.digest, _articles.c.derivation, _articles.c.path)
        with self._engine.connect() as link:
            return {row.id: StoredRow(row.digest, row.derivation, row.path) for row in link.execute(query)}

    def refs(self) -> dict[str, str]:
        """For each sentence id its article."""
        with self._engine.connect() as link:
            return {
                row.ref: row.article for row in link.execute(select(_sentences.c.ref, _sentences.c.article))
            }

    def apply(self, changed: Sequence[Prepared], removed: Sequence[str]) -> Live:
        """Replace or add articles, remove others, and move the content digest, all or nothing."""
        with self._writing() as link:
            gone = [*removed, *(item.article.id for item in changed)]
            for part in _slices(gone):
                for table in (_evidence, _sentences, _passages):
                    link.execute(delete(table).where(table.c.article.in_(part)))
                link.execute(delete(_articles).where(_articles.c.id.in_(part)))
            for batch in _slices(changed):
                _write(link, batch)
            content = _content(link)
            row = link.execute(select(_live.c.version).where(_live.c.id == 1)).first()
            index = row.version if row else None
            _point(link, content, index)
        return Live(content, index)

    def point(self, content: str, index: str) -> bool:
        """Make an index version live if the articles are still the ones it was built from."""
        with self._writing() as link:
            row = link.execute(select(_live.c.content).where(_live.c.id == 1).with_for_update()).first()
            if row is None or row.content != content:
                return False
            _point(link, content, index)
        return True

    def articles(self) -> list[Article]:
        """All articles, by id."""
        with self._engine.connect() as link:
            return [_article(row) for row in link.execute(select(_articles).order_by(_articles.c.id))]

    def passages(self) -> list[StoredPassage]:
        """All passages, by article id and position."""
        query = select(_passages).order_by(_passages.c.article, _passages.c.position)
        with self._engine.connect() as link:
            return [
                StoredPassage(
                    row.article,
                    row.position,
                    tuple(json.loads(row.heading_path)),
                    row.start,
                    row.end,
                    row.digest,
                )
                for row in link.execute(query)
            ]

    def sentences(self) -> list[StoredSentence]:
        """All sentences, by article id and place in it."""
        query = select(_sentences).order_by(_sentences.c.article, _sentences.c.start)
        with self._engine.connect() as link:
            return [
                StoredSentence(
                    row.ref,
                    row.article,
                    row.start,
                    row.end,
                    row.kind,
                    row.intro,
                    tuple(json.loads(row.facts)),
                )
                for row in link.execute(query)
            ]

    def evidence(self) -> list[StoredEvidence]:
        """All evidence, with the offsets its sentences have."""
        query = select(_evidence, _sentences.c.start, _sentences.c.end).join(
            _sentences, _sentences.c.ref == _evidence.c.ref
        )
        with self._engine.connect() as link:
            return [
                _stored_evidence(row)
                for row in link.execute(query.order_by(_evidence.c.fact, _sentences.c.start))
            ]

    def vectors(self, model: str, digests: Sequence[str]) -> dict[str, bytes]:
        """The stored embeddings (float16, little-endian) of those texts under that model."""
        found: dict[str, bytes] = {}
        with self._engine.connect() as link:
            for part in _slices(digests):
                query = select(_embeddings.c.digest, _embeddings.c.vector).where(
                    _embeddings.c.model == model, _embeddings.c.digest.in_(part)
                )
                found.update((row.digest, bytes(row.vector)) for row in link.execute(query))
        return found

    def keep_vectors(self, model: str, vectors: Mapping[str, bytes]) -> None:
        """Store embeddings, in place of those already there."""
        rows = [{"model": model, "digest": digest, "vector": vector} for digest, vector in vectors.items()]
        with self._writing() as link:
            for part in _slices(rows):
                link.execute(
                    delete(_embeddings).where(
                        _embeddings.c.model == model,
                        _embeddings.c.digest.in_([row["digest"] for row in part]),
                    )
                )
                link.execute(insert(_embeddings), part)

    def drop_vectors(self, model: str) -> None:
        """Forget embeddings of other models and of texts no passage has any more."""
        used = select(_passages.c.digest)
        with self._writing() as link:
            link.execute(
                delete(_embeddings).where((_embeddings.c.model != model) | _embeddings.c.digest.not_in(used))
            )


def _point(link: Connection, content: str, index: str | None) -> None:
    link.execute(delete(_live).where(_live.c.id == 1))
    link.execute(
        insert(_live).values(
            id=1, content=content, version=index, changed_at=datetime.datetime.now(datetime.UTC)
        )
    )


def _content(link: Connection) -> str:
    digest = hashlib.sha256()
    columns = (_articles.c.id, _articles.c.digest, _articles.c.derivation)
    for row in link.execute(select(*columns).order_by(_articles.c.id)):
        digest.update(f"{row.id}\0{row.digest}\0{row.derivation}\n".encode())
    return digest.hexdigest()[:32]


def _write(link: Connection, batch: Sequence[Prepared]) -> None:
    link.execute(
        insert(_articles),
        [
            {
                "id": item.article.id,
                "title": item.article.title,
                "text": item.article.text,
                "date": item.article.date,
                "source": item.article.source,
                "path": item.article.path,
                "facts": json.dumps(item.article.facts),
                "digest": article_digest(item.article),
                "derivation": item.derivation,
            }
            for item in batch
        ],
    )
    passages = [
        {
            "article": passage.article,
            "position": passage.position,
            "heading_path": json.dumps(passage.heading_path, ensure_ascii=False),
            "start": passage.start,
            "end": passage.end,
            "digest": passage.digest,
        }
        for item in batch
        for passage in item.passages
    ]
    sentences = [
        {
            "ref": sentence.ref,
            "article": sentence.article,
            "start": sentence.start,
            "end": sentence.end,
            "kind": sentence.kind,
            "intro": sentence.intro,
            "facts": json.dumps(sentence.facts),
        }
        for item in batch
        for sentence in item.sentences
    ]
    evidence = [
        {"fact": one.evidence.fact, "ref": one.ref, "article": item.article.id, "found": _found(one.evidence)}
        for item in batch
        for one in item.evidence
    ]
    for table, rows in ((_passages, passages), (_sentences, sentences), (_evidence, evidence)):
        if rows:
            link.execute(insert(table), rows)


def _found(evidence: Evidence) -> str:
    values = [[value.kind, value.value] for value in evidence.values]
    return json.dumps([evidence.score, evidence.rank, list(evidence.parts), values], ensure_ascii=False)


def _stored_evidence(row: Row[tuple[Any, ...]]) -> StoredEvidence:
    score, rank, parts, values = json.loads(row.found)
    evidence = Evidence(
        fact=row.fact,
        article=row.article,
        start=row.start,
        end=row.end,
        score=score,
        parts=tuple(parts),
        rank=rank,
        values=tuple(Value(kind, value) for kind, value in values),
    )
    return StoredEvidence(row.ref, evidence)


def _article(row: Row[tuple[Any, ...]]) -> Article:
    return Article(
        id=row.id,
        title=row.title,
        text=row.text,
        date=row.date,
        source=row.source,
        path=row.path,
        facts=tuple(json.loads(row.facts)),
    )
