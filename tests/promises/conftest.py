"""Whole assistants over the demo accounts, one for each set of articles a customer may have loaded."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

# The scripted model server and the runner of the HTTP API are those of the tests of the assistant.
sys.path.append(str(Path(__file__).resolve().parents[1] / "assistant"))

from assistant_world import ScriptedModel

from assistant.bootstrap import build
from assistant.conversation import Assistant
from assistant.settings import Settings
from knowledge.library import SHIPPED, Library
from tools.store.demo import load_demo

TODAY = date(2026, 1, 15)

Open = Callable[[str], Assistant]


@pytest.fixture(scope="session")
def assistant_over(tmp_path_factory: pytest.TempPathFactory) -> Open:
    """`assistant_over("shipped")`, `"raw"` (the two source articles), `"both"`, `"none"`."""
    made: dict[str, Assistant] = {}
    raw = Path(__file__).resolve().parents[3] / "shared" / "articles"

    def opened(articles: str) -> Assistant:
        if articles in ("raw", "both") and not raw.is_dir():
            pytest.skip("the folder ../shared, with the two source articles, is not here")
        if articles not in made:
            made[articles] = build(Settings(home=tmp_path_factory.mktemp(articles), today=TODAY))
            load_demo(made[articles].database, TODAY)
            folders = {"shipped": [SHIPPED], "raw": [raw], "both": [SHIPPED, raw], "none": []}[articles]
            if folders:
                made[articles].library.sync(folders)
        return made[articles]

    return opened


@pytest.fixture(scope="session")
def shelf(assistant_over: Open) -> Library:
    """The project's own articles, indexed once, with the embedding model."""
    return assistant_over("shipped").library


@pytest.fixture(scope="session")
def payloads() -> Path:
    """The outside texts of attacks."""
    folder = Path(__file__).resolve().parents[3] / "shared" / "payloads"
    if not folder.is_dir():
        pytest.skip("the folder ../shared, with the texts of attacks, is not here")
    return folder


@pytest.fixture(scope="session")
def obeying() -> Iterator[ScriptedModel]:
    """A server of a language model that does whatever its `manner` says."""
    model = ScriptedModel()
    yield model
    model.server.shutdown()
    model.server.server_close()
