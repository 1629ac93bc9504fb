"""Brings the library in line with folders of articles: rows first, then embeddings, then an index version."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge import readers
from knowledge.chunking import embedded_text
from knowledge.dense import Encoder
from knowledge.derivation import derivation, prepare
from knowledge.index import IndexBrokenError, IndexFolder, version_name
from knowledge.models import Article, ModelUnavailableError, Progress, SyncReport
from knowledge.rows import Live, StoredPassage, article_digest
from knowledge.store import Store
from knowledge.text import wordlist

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LOCK_WAIT_S = 60.0
_KEPT_TOGETHER = 256


def sync(
    store: Store,
    indexes: IndexFolder,
    encoder: Encoder,
    folders: Sequence[Path],
    *,
    prune: bool = False,
    progress: Progress | None = None,
) -> SyncReport:
    """Read the folders, write what changed, embed what is new, and make the index version for it live.

    What cannot be read is named in the report, counts as failed, and is never pruned. An article never takes
    the place of one from another file that is still there, unless both state the same id: `naming`. Raises
    KnowledgeError where the folders themselves cannot be used, and LibraryBusyError where another
    process keeps the library for too long.
    """
    with indexes.lock(_LOCK_WAIT_S):
        stored = store.rows()
        read = readers.read_folders(folders, progress, stored=stored, prune=prune)
        changed: list[Article] = []
        moved: list[Article] = []
        added = 0
        for article in read.articles:
            row = stored.get(article.id)
            added += row is None
            if row is None or row.digest != article_digest(article):
                changed.append(article)
            elif row.path != article.path and not Path(row.path).is_file():
                moved.append(article)
        present = {article.id for article in read.articles}
        removed = [
            id for id, row in stored.items() if prune and id not in present and row.path not in read.failed
        ]
        if changed or moved or removed:
            _rewrite(store, [*changed, *moved], removed)
        refresh(store)
        live = store.live() or store.apply([], [])
        embedded, warnings = make_index(store, indexes, encoder, live, progress)
    return SyncReport(
        added=added,
        updated=len(changed) - added,
        unchanged=len(read.articles) - len(changed),
        removed=len(removed),
        failed=len(read.errors),
        embedded=embedded,
        errors=tuple(read.errors),
        warnings=(*read.warnings, *warnings),
    )


def _rewrite(store: Store, articles: Sequence[Article], removed: Sequence[str]) -> None:
    rewritten = {*removed, *(article.id for article in articles)}
    taken = {ref: article for ref, article in store.refs().items() if article not in rewritten}
    store.apply([prepare(article, taken) for article in articles], removed)


def refresh(store: Store) -> None:
    """Derive again the rows that were derived in another way than today's. Call it under the lock."""
    current = derivation()
    stale = {id for id, row in store.rows().items() if row.derivation != current}
    if stale:
        _rewrite(store, [article for article in store.articles() if article.id in stale], [])


def make_index(
    store: Store,
    indexes: IndexFolder,
    encoder: Encoder,
    live: Live,
    progress: Progress | None = None,
) -> tuple[int, tuple[str, ...]]:
    """Build the index version of the stored articles unless it is there and sound, and make it live.

    Gives the number of passages embedded and lines on what did not work. Call it under the lock.
    """
    warnings: list[str] = []
    stored = store.passages()
    articles = {article.id: article for article in store.articles()}
    documents = [_document(passage, articles) for passage in stored]
    vectors, embedded, topics = None, 0, None
    try:
        vectors, embedded = embeddings(store, encoder, stored, documents, progress)
    except ModelUnavailableError as error:
        warnings.append(str(error))
    version = version_name(live.content, None if vectors is None else encoder.key)
    if not _sound(indexes, version):
        if vectors is not None:
            topics = encoder.encode(wordlist("other_topics"))
        try:
            indexes.build(version, documents, vectors, topics, progress)
        except IndexBrokenError as error:
            # The Chroma server is away, or its files cannot be written: words alone still find articles.
            warnings.append(str(error))
            version = version_name(live.content, None)
            indexes.build(version, documents, None, progress=progress)
    store.point(live.content, version)
    indexes.sweep(version)
    return embedded, tuple(warnings)


def _sound(indexes: IndexFolder, version: str) -> bool:
    if not indexes.exists(version):
        return False
    try:
        indexes.open(version).close()
    except IndexBrokenError:
        return False
    return True


def _document(passage: StoredPassage, articles: dict[str, Article]) -> str:
    return embedded_text(articles[passage.article], passage.heading_path, passage.start, passage.end)


def embeddings(
    store: Store,
    encoder: Encoder,
    stored: Sequence[StoredPassage],
    documents: Sequence[str],
    progress: Progress | None = None,
) -> tuple[NDArray[np.float32], int]:
    """The vectors of all passages, in order, and how many had to be embedded now; those are stored.

    Raises ModelUnavailableError where some are missing and the model cannot be loaded.
    """
    import numpy as np

    digests = [passage.digest for passage in stored]
    known = store.vectors(encoder.key, list(dict.fromkeys(digests)))
    texts = {digest: text for digest, text in zip(digests, documents, strict=True) if digest not in known}
    missing = list(texts.items())
    for begin in range(0, len(missing), _KEPT_TOGETHER):
        part = missing[begin : begin + _KEPT_TOGETHER]
        fresh = encoder.encode_many([text for _, text in part])
        rows = {
            digest: vector.astype("<f2").tobytes() for (digest, _), vector in zip(part, fresh, strict=True)
        }
        # Kept part by part, so that a run that is stopped goes on where it was.
        store.keep_vectors(encoder.key, rows)
        known |= rows
        if progress is not None:
            progress("embed", begin + len(part), len(missing))
    store.drop_vectors(encoder.key)
    if not digests:
        return np.zeros((0, 1), dtype=np.float32), 0
    vectors = np.stack([np.frombuffer(known[digest], dtype="<f2") for digest in digests])
    return vectors.astype(np.float32), len(texts)
