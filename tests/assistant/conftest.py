"""A fresh world for each test of the turn, over the shipped articles and a real store."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from assistant_world import ACCOUNTS, TODAY, ScriptedModel
from sqlalchemy import Engine

from assistant.bootstrap import build
from assistant.conversation import Assistant
from assistant.settings import Settings
from knowledge.library import SHIPPED, Library
from tools.clock import Clock
from tools.store.database import open_database
from tools.store.exchange import import_accounts


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The project's own articles, indexed once; found by words alone, which spares loading a model."""
    home = tmp_path_factory.mktemp("shelf")
    database = open_database(f"sqlite:///{home / 'library.sqlite3'}")
    library = Library(database, home=home, embedding=str(home / "no-model"))
    library.sync([SHIPPED])
    return library


@pytest.fixture(scope="session")
def accounts_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the accounts, copied for each test."""
    folder = tmp_path_factory.mktemp("accounts")
    (folder / "accounts.json").write_text(json.dumps(ACCOUNTS), encoding="utf-8")
    engine = open_database(f"sqlite:///{folder / 'db.sqlite3'}")
    import_accounts(engine, folder / "accounts.json")
    engine.dispose()
    return folder / "db.sqlite3"


Make = Callable[..., Assistant]


@pytest.fixture
def make_assistant(tmp_path: Path, accounts_file: Path, shipped: Library) -> Iterator[Make]:
    """Builds an assistant over fresh accounts; keywords are settings, `clock` another clock."""
    engines: list[Engine] = []

    def make(*, clock: Clock | None = None, **settings: Any) -> Assistant:
        home = tmp_path / f"home{len(engines)}"
        home.mkdir()
        (home / "puis-je.sqlite3").write_bytes(accounts_file.read_bytes())
        made = build(Settings(home=home, today=TODAY, **settings), clock=clock, library=shipped)
        engines.append(made.database)
        return made

    yield make
    for engine in engines:
        engine.dispose()


@pytest.fixture(scope="session")
def _scripted() -> Iterator[ScriptedModel]:
    model = ScriptedModel()
    yield model
    model.server.shutdown()
    model.server.server_close()


@pytest.fixture
def scripted(_scripted: ScriptedModel) -> ScriptedModel:
    """The scripted language model, with a clean sheet."""
    _scripted.requests.clear()
    return _scripted


@pytest.fixture
def with_model(make_assistant: Make, scripted: ScriptedModel) -> Make:
    """Builds an assistant whose provider is the scripted model: `with_model(manner, **settings)`."""

    def make(manner: Any, **settings: Any) -> Assistant:
        scripted.manner = manner
        given = {"model": "openai:scripted", "model_base_url": scripted.url, "model_timeout": 8.0} | settings
        return make_assistant(**given)

    return make
