from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.cli.main import run

Outcome = tuple[int, str, str]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder, the calendar held at 15 January 2026."""
    folder = tmp_path / "home"
    monkeypatch.setenv("PUIS_JE_HOME", str(folder))
    monkeypatch.setenv("PUIS_JE_TODAY", "2026-01-15")
    return folder


@pytest.fixture
def puis_je(home: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Runs one command line in this process: exit code, stdout, stderr."""

    def call(*arguments: object) -> Outcome:
        code = run([str(argument) for argument in arguments])
        written = capsys.readouterr()
        return code, written.out, written.err

    return call
