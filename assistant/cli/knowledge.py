"""`puis-je knowledge sync`, `search` and `conflicts`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.errors import CallError, WorkError, complain
from assistant.cli.opening import open_library, read_settings
from assistant.cli.output import stage_bars
from assistant.cli.texts import text

if TYPE_CHECKING:
    from knowledge.library import Library
    from knowledge.models import Hit


def build() -> typer.Typer:
    """The `knowledge` group."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    group.command("sync", help=text("help.sync"))(sync)
    group.command("search", help=text("help.search"))(search)
    group.command("conflicts", help=text("help.conflicts"))(conflicts)
    return group


def sync(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR...", help=text("help.folders"))],
    prune: Annotated[bool, typer.Option("--prune", help=text("help.prune"))] = False,
) -> int:
    """Bring the index in line with the folders; exit code 1 where an article could not be read."""
    from knowledge.models import KnowledgeError, LibraryBusyError

    library = open_library(read_settings())
    try:
        with stage_bars(lambda stage: text(f"knowledge.stage.{stage}")) as progress:
            report = library.sync(folders, prune=prune, progress=progress)
    except LibraryBusyError as error:
        raise WorkError(error) from None
    except KnowledgeError as error:
        raise CallError(error) from None
    for remark in (*report.warnings, *report.errors):
        complain(remark)
    sys.stdout.write(report.summary + "\n")
    return 1 if report.failed else 0


def search(
    query: Annotated[
        str | None, typer.Argument(metavar="[QUERY]", help=text("help.query"), show_default=False)
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help=text("help.k"))] = 10,
    as_json: Annotated[bool, typer.Option("--json", help=text("help.search_json"))] = False,
    queries: Annotated[
        Path | None, typer.Option("--queries", metavar="FILE", help=text("help.queries"), show_default=False)
    ] = None,
    run: Annotated[
        Path | None, typer.Option("--run", metavar="OUT", help=text("help.run"), show_default=False)
    ] = None,
) -> None:
    """Ranked passages for one query, or a TREC run over article ids for a file of queries."""
    if (queries is None) != (run is None):
        raise CallError(text("knowledge.queries_need_run"))
    if (query is None) == (queries is None):
        raise CallError(text("knowledge.query_missing"))
    library = open_library(read_settings())
    if queries is not None and run is not None:
        _write_run(library, queries, run, k)
    elif query is not None:
        _show_hits(library, query, k, as_json)


def conflicts() -> None:
    """The places where the loaded articles disagree with each other or with the rules."""
    found = open_library(read_settings()).conflicts()
    if not found:
        sys.stdout.write(text("knowledge.no_conflict") + "\n")
    sys.stdout.write("\n\n".join("\n".join(conflict.lines) for conflict in found) + ("\n" if found else ""))


def _write_run(library: Library, queries: Path, run: Path, k: int) -> None:
    from knowledge.models import KnowledgeError
    from knowledge.runs import run_queries

    try:
        with stage_bars(lambda stage: text(f"knowledge.stage.{stage}")) as progress:
            asked = run_queries(library, queries, run, k=k, progress=progress)
    except KnowledgeError as error:
        raise CallError(error) from None
    sys.stdout.write(text("knowledge.run_written", count=asked, path=run) + "\n")


def _show_hits(library: Library, query: str, k: int, as_json: bool) -> None:
    found = library.search(query, k=k)
    if as_json:
        shown = {
            "query": query,
            "mode": found.mode,
            "answerable": round(found.answerable, 4),
            "hits": [_as_json(hit) for hit in found.hits],
        }
        sys.stdout.write(json.dumps(shown, ensure_ascii=False, indent=2) + "\n")
        return
    if not found.hits:
        sys.stdout.write(text("knowledge.no_result") + "\n")
    for rank, hit in enumerate(found.hits, 1):
        heading = " > ".join(hit.passage.heading_path)
        sys.stdout.write(f"{rank}. {hit.title} [{hit.passage.article}] {hit.score:.3f}\n")
        if heading and heading != hit.title:
            sys.stdout.write(f"   {heading}\n")
        if hit.sentences:
            sys.stdout.write(f"   « {' '.join(hit.sentences[0].quote.split())} »\n")


def _as_json(hit: Hit) -> dict[str, Any]:
    return {
        "article": hit.passage.article,
        "title": hit.title,
        "heading": list(hit.passage.heading_path),
        "start": hit.passage.start,
        "end": hit.passage.end,
        "score": hit.score,
        "lexical": hit.lexical,
        "dense": hit.dense,
        "text": hit.passage.text,
        "sentences": [
            {"ref": source.ref, "start": source.start, "end": source.end, "quote": source.quote}
            for source in hit.sentences
        ],
    }
