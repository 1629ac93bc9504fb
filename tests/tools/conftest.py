"""A fresh world for each test of the desk, over real articles."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from desk_world import ACCOUNTS, TODAY, Time, World
from sqlalchemy import Engine

from knowledge.library import SHIPPED, Library
from tools.clock import Clock
from tools.desk import Desk
from tools.store.database import open_database
from tools.store.exchange import import_accounts


@pytest.fixture(scope="session")
def shipped_library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The project's own articles."""
    home = tmp_path_factory.mktemp("library")
    library = Library(open_database(f"sqlite:///{home / 'library.sqlite3'}"), home=home)
    library.sync([SHIPPED])
    return library


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the accounts, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("accounts")
    file = folder / "accounts.json"
    file.write_text(json.dumps(ACCOUNTS), encoding="utf-8")
    engine = open_database(f"sqlite:///{folder / 'db.sqlite3'}")
    import_accounts(engine, file)
    engine.dispose()
    return folder / "db.sqlite3"


@pytest.fixture
def make_world(pristine: Path, tmp_path: Path, shipped_library: Library) -> Iterator[Callable[..., World]]:
    engines: list[Engine] = []

    def make(*, frozen: date | None = TODAY, articles: Any = None) -> World:
        copy = tmp_path / f"{len(engines)}.sqlite3"
        copy.write_bytes(pristine.read_bytes())
        engines.append(open_database(f"sqlite:///{copy}"))
        time = Time()
        clock = Clock(frozen=frozen, instant=lambda: time.now)
        return World(engines[-1], Desk(engines[-1], articles or shipped_library, clock), time, clock)

    yield make
    for engine in engines:
        engine.dispose()


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world()
