"""The engine over the real desk, the demo accounts and the shipped articles."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from engine_talk import TODAY, Talk
from sqlalchemy import Engine

from knowledge.library import SHIPPED, Library
from tools.clock import Clock
from tools.desk import Desk
from tools.store.database import open_database
from tools.store.demo import demo_accounts
from tools.store.exchange import import_accounts

Talks = Callable[..., Talk]


def _library(folders: list[Path], home: Path) -> Library:
    library = Library(open_database(f"sqlite:///{home / 'library.sqlite3'}"), home=home)
    if folders:
        library.sync(folders)
    return library


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return _library([SHIPPED], tmp_path_factory.mktemp("shipped"))


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return _library([], tmp_path_factory.mktemp("empty"))


@pytest.fixture(scope="session")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("engine_accounts")
    file = folder / "accounts.json"
    file.write_text(json.dumps(demo_accounts(TODAY), default=str), encoding="utf-8")
    engine = open_database(f"sqlite:///{folder / 'db.sqlite3'}")
    import_accounts(engine, file)
    engine.dispose()
    return folder / "db.sqlite3"


@pytest.fixture
def talks(accounts: Path, shipped: Library, tmp_path: Path) -> Iterator[Talks]:
    """Begins conversations: `talks("demo-camille")`; None is a visitor."""
    copy = tmp_path / "db.sqlite3"
    copy.write_bytes(accounts.read_bytes())
    database: Engine = open_database(f"sqlite:///{copy}")

    def begin(person: str | None = None, *, library: Library | None = None) -> Talk:
        return Talk(Desk(database, library or shipped, Clock(frozen=TODAY)), person)

    yield begin
    database.dispose()
