from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from knowledge.dense import Encoder
from knowledge.library import SHIPPED, Library
from knowledge.models import SearchResult

CHROMA = Path(sys.executable).with_name("chroma")
# Chroma's client leaves the closing of its sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
QUERIES = (
    "mot de passe de commande oublié",
    "jusqu’à quand renouveler",
    "changer d’administrateur principal",
)


class ChromaServer:
    """A real Chroma server on a free port of this machine; `start` and `stop` may alternate."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        place = ["--host", "127.0.0.1", "--port", str(self.port), "--path", str(self._folder)]
        self._process = subprocess.Popen(
            [CHROMA, "run", *place], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{self.url}/api/v2/heartbeat", timeout=2).close()
                return
            except (urllib.error.URLError, OSError):
                assert self._process.poll() is None, "the Chroma server did not start"
                time.sleep(0.1)
        pytest.fail("the Chroma server does not answer")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ChromaServer]:
    if not CHROMA.is_file():
        pytest.skip("the chroma command is not installed beside this Python")
    made = ChromaServer(tmp_path / "chroma")
    made.start()
    yield made
    made.stop()


def passages(result: SearchResult) -> list[tuple[str, float]]:
    return [(hit.passage.id, round(hit.score, 5)) for hit in result.hits]


def test_a_chroma_server_finds_the_same_and_may_come_and_go(
    make_library: Callable[..., Library],
    server: ChromaServer,
    tmp_path: Path,
    encoder: Encoder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("knowledge.keeper._MEND_AGAIN_S", 0.0)
    monkeypatch.setattr("knowledge.keeper._LOOK_AGAIN_S", 0.0)
    engine = create_engine(f"sqlite:///{tmp_path / 'embedded.sqlite'}")
    embedded = Library(engine, home=tmp_path / "embedded", encoder=encoder)
    embedded.sync([SHIPPED])
    library = make_library(chroma_url=server.url)
    assert library.sync([SHIPPED]).warnings == ()
    for query in QUERIES:
        found = library.search(query)
        assert found.mode == "hybrid"
        assert passages(found) == passages(embedded.search(query))
    engine.dispose()

    server.stop()
    found = library.search(QUERIES[0])
    assert found.mode == "lexical"
    assert "mot de passe" in found.hits[0].sentences[0].quote
    status = library.status()
    assert status.mode == "lexical"
    assert status.problem is not None
    assert status.problem.startswith("l’index des vecteurs ne")
    assert "\n" not in status.problem

    server.start()
    assert library.status().mode == "hybrid"
    assert library.status().problem is None
    assert library.search(QUERIES[0]).mode == "hybrid"
    assert make_library(chroma_url=server.url).search(QUERIES[1]).mode == "hybrid"


def test_a_sync_without_its_chroma_server_keeps_the_articles_and_warns(
    make_library: Callable[..., Library], server: ChromaServer, folder: Path
) -> None:
    server.stop()
    (folder / "a.txt").write_text("Titre\n\nLe devis arrive par courriel.", encoding="utf-8")
    library = make_library(chroma_url=server.url)
    report = library.sync([folder])
    assert (report.added, report.failed) == (1, 0)
    (line,) = report.warnings
    assert line.startswith("l’index des vecteurs ne")
    assert "\n" not in line
    assert library.search("devis").mode == "lexical"
