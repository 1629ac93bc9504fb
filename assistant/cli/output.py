"""Progress bars and whole files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from assistant.cli.errors import CallError
from assistant.cli.texts import text
from knowledge.models import Progress


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on stderr, called with how many are done and of how many; silent off a terminal."""
    with stage_bars(lambda _: label) as stages:
        yield lambda done, total: stages("", done, total)


@contextmanager
def stage_bars(label: Callable[[str], str]) -> Iterator[Progress]:
    """One progress bar for each stage of a long job; `label` gives the French name of a stage."""
    if not sys.stderr.isatty():
        yield _silent
        return
    from rich import progress
    from rich.console import Console

    tasks: dict[str, progress.TaskID] = {}
    with progress.Progress(console=Console(stderr=True)) as bars:

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(label(stage), total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield show


def _silent(stage: str, done: int, total: int) -> None:
    del stage, done, total


def write_whole(path: Path, content: str) -> None:
    """Write a file whole or not at all. Raises `CallError` where it cannot be written."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_text(content, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise CallError(text("errors.unwritable", path=path, reason=error.strerror)) from None
