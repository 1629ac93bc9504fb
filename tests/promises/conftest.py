"""Whole assistants over the demo accounts, one for each set of articles a customer may have loaded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from assistant.bootstrap import build
from assistant.conversation import Assistant
from assistant.settings import Settings
from knowledge.library import SHIPPED
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
