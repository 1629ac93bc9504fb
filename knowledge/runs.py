"""Answers a file of queries with a TREC run over article ids, for any standard scoring tool."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.messages import reason, say
from knowledge.models import KnowledgeError, Progress
from knowledge.text import encodable

if TYPE_CHECKING:
    from knowledge.library import Library

RUN_TAG = "puis-je"
_PASSAGES_PER_ARTICLE = 5


def read_queries(file: Path) -> list[tuple[str, str]]:
    """Ids and texts of a JSONL of `{"id","query"}`; raises KnowledgeError naming the first bad line."""
    try:
        # Split at line feeds only: a query may hold any other separator, which JSON lets stand.
        lines = file.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise KnowledgeError(say("at.file", path=file, problem=say("file.not_utf8"))) from error
    except OSError as error:
        problem = say("file.unreadable", reason=reason(error))
        raise KnowledgeError(say("at.file", path=file, problem=problem)) from error
    queries: list[tuple[str, str]] = []
    seen: set[str] = set()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            id, query = _read_query(line)
            if id in seen:
                raise KnowledgeError(say("queries.id"))
        except KnowledgeError as error:
            raise KnowledgeError(say("at.line", path=file, line=number, problem=error)) from error
        seen.add(id)
        queries.append((id, query))
    if not queries:
        raise KnowledgeError(say("at.file", path=file, problem=say("queries.none")))
    return queries


def _read_query(line: str) -> tuple[str, str]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise KnowledgeError(say("row.not_json")) from error
    if not isinstance(row, dict) or not all(isinstance(row.get(key), str) for key in ("id", "query")):
        raise KnowledgeError(say("queries.keys"))
    # White space would part the columns of a run.
    id = "_".join(row["id"].split())
    if not id or not encodable(id):
        raise KnowledgeError(say("queries.id"))
    return id, row["query"]


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
            lines.append(f"{id} Q0 {'_'.join(article.split())} {rank} {score:.6f} {RUN_TAG}\n")
        if progress is not None:
            progress("search", number, len(asked))
    try:
        _write_whole(run, "".join(lines))
    except OSError as error:
        raise KnowledgeError(say("file.unwritable", path=run, reason=reason(error))) from error
    return len(asked)


def _write_whole(file: Path, content: str) -> None:
    if file.exists() and not file.is_file():
        # A pipe or a terminal has nothing to keep whole, and its name must not become a file's.
        file.write_text(content, encoding="utf-8")
        return
    target = file.resolve()
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        beside.write_text(content, encoding="utf-8")
        beside.replace(target)
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
