"""Runs in TREC's format: what retrieval evaluations read (`qid Q0 docid rank score tag`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.models import KnowledgeError

if TYPE_CHECKING:
    from knowledge.library import Library

TAG = "puis-je"
_PASSAGES_PER_ARTICLE = 4


def read_queries(path: Path) -> list[tuple[str, str]]:
    """The (id, query) pairs of a JSONL file of `{"id", "query"}`; other keys are ignored.

    Raises `KnowledgeError` naming the line that cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise KnowledgeError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise KnowledgeError(f"{path}: not UTF-8 text") from None
    asked: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            id, query = str(entry["id"]), str(entry["query"])
        except (ValueError, TypeError, KeyError):
            raise KnowledgeError(f'{path}:{number}: expected {{"id": ..., "query": ...}}') from None
        if not id or any(char.isspace() for char in id):
            raise KnowledgeError(f"{path}:{number}: a query id must be one word")
        if id in asked:
            raise KnowledgeError(f"{path}:{number}: the query id {id} stands twice")
        asked[id] = query
    return list(asked.items())


def trec_run(
    library: Library,
    queries: Sequence[tuple[str, str]],
    *,
    k: int = 10,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[str]:
    """The lines of a run: for each query the `k` best articles, each scored by its best passage.

    An article id with white space in it is written with `_` there, as the format has no quoting.
    """
    for done, (id, query) in enumerate(queries, 1):
        best: dict[str, float] = {}
        for hit in library.search(query, k=k * _PASSAGES_PER_ARTICLE).hits:
            best.setdefault(hit.passage.article, hit.score)
        for rank, (article, score) in enumerate(list(best.items())[:k], 1):
            yield f"{id} Q0 {'_'.join(article.split())} {rank} {score:.6f} {TAG}"
        if progress:
            progress(done, len(queries))
