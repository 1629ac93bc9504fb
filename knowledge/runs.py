"""Answers a file of queries with a TREC run over article ids, for any standard scoring tool."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.models import KnowledgeError, Progress

if TYPE_CHECKING:
    from knowledge.library import Library

RUN_TAG = "puis-je"
_PASSAGES_PER_ARTICLE = 5


def read_queries(file: Path) -> list[tuple[str, str]]:
    """Ids and texts of a JSONL of `{"id","query"}`; raises KnowledgeError naming the first bad line."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise KnowledgeError(f"{file}: {reason}") from error
    queries: list[tuple[str, str]] = []
    seen: set[str] = set()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise KnowledgeError(f"{file}, line {number}: not valid JSON") from error
        if not isinstance(row, dict) or not all(isinstance(row.get(key), str) for key in ("id", "query")):
            raise KnowledgeError(f'{file}, line {number}: not {{"id": …, "query": …}}')
        if row["id"] in seen or not row["id"].split():
            raise KnowledgeError(f"{file}, line {number}: the id is empty or was used before")
        seen.add(row["id"])
        queries.append((row["id"], row["query"]))
    if not queries:
        raise KnowledgeError(f"{file}: no queries in it")
    return queries


def run_queries(
    library: Library, queries: Path, run: Path, *, k: int = 10, progress: Progress | None = None
) -> int:
    """Write each query's `k` best articles as `qid Q0 docid rank score tag`; gives how many queries.

    An article scores as its best passage does. White space in ids becomes `_`, as the format wants.
    Raises KnowledgeError where a file cannot be read or written; nothing is left half-written.
    """
    asked = read_queries(queries)
    lines: list[str] = []
    for number, (id, text) in enumerate(asked, start=1):
        best: dict[str, float] = {}
        for hit in library.search(text, k=k * _PASSAGES_PER_ARTICLE, sentences=0).hits:
            best.setdefault(hit.passage.article, hit.score)
        for rank, (article, score) in enumerate(list(best.items())[:k], start=1):
            lines.append(
                f"{'_'.join(id.split())} Q0 {'_'.join(article.split())} {rank} {score:.6f} {RUN_TAG}\n"
            )
        if progress is not None:
            progress("search", number, len(asked))
    beside = run.with_name(f".{run.name}.part")
    try:
        beside.write_text("".join(lines), encoding="utf-8")
        beside.replace(run)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise KnowledgeError(f"{run}: {error.strerror}") from error
    return len(asked)
