from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from knowledge.dense import Encoder
from knowledge.library import Library

SHARED = Path(__file__).resolve().parents[2].parent / "shared"


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The real bundled model, loaded once."""
    return Encoder()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = create_engine(f"sqlite:///{tmp_path / 'library.sqlite'}")
    yield made
    made.dispose()


@pytest.fixture
def make_library(tmp_path: Path, engine: Engine, encoder: Encoder) -> Callable[..., Library]:
    """Libraries over one database and home, as several processes would open them."""

    def make(**options: object) -> Library:
        settings = {"home": tmp_path / "home", "encoder": encoder} | options
        return Library(engine, **settings)  # type: ignore[arg-type]

    return make


@pytest.fixture
def library(make_library: Callable[..., Library]) -> Library:
    return make_library()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for articles."""
    made = tmp_path / "articles"
    made.mkdir()
    return made


@pytest.fixture(scope="session")
def shared_articles() -> Path:
    if not (SHARED / "articles").is_dir():
        pytest.skip("the shared folder is not beside the project")
    return SHARED / "articles"
