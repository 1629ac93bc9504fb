from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, create_engine

from knowledge.dense import Encoder
from knowledge.index import IndexBrokenError, IndexFolder
from knowledge.library import Library

QUERY = "mot de passe de commande oublié"


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder, shared_articles: Path) -> Path:
    """A home and a database with the articles, to be copied."""
    folder = tmp_path_factory.mktemp("synced")
    engine = create_engine(f"sqlite:///{folder / 'library.sqlite'}")
    Library(engine, home=folder / "home", encoder=encoder).sync([shared_articles])
    engine.dispose()
    return folder


@pytest.fixture
def loaded(synced: Path, tmp_path: Path, make_library: Callable[..., Library]) -> Callable[..., Library]:
    """A library synced before; each call opens it as another process would."""
    shutil.copytree(synced, tmp_path, dirs_exist_ok=True)
    return make_library


def version_folder(home: Path) -> Path:
    (found,) = (folder for folder in (home / "index").iterdir() if folder.is_dir())
    return found


def chroma(version: Path) -> Path:
    (found,) = version.glob("chroma-*")
    return found


def mended(library: Library) -> str:
    """The mode a library comes to, once its own mending is over."""
    result = library.search(QUERY)
    assert "mot de passe" in result.hits[0].sentences[0].quote
    thread = library._keeper._mending
    if thread is not None:
        thread.join(60)
    return library.search(QUERY).mode


def scrub(folder: Path) -> None:
    for file in folder.rglob("*"):
        if file.is_file():
            file.write_bytes(os.urandom(max(file.stat().st_size, 64)))


def cut(folder: Path) -> None:
    for file in folder.rglob("*"):
        if file.is_file():
            file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


DAMAGE: dict[str, Callable[[Path], object]] = {
    "index gone": lambda version: shutil.rmtree(version.parent),
    "version gone": shutil.rmtree,
    "chroma gone": lambda version: shutil.rmtree(chroma(version)),
    "chroma scrubbed": lambda version: scrub(chroma(version)),
    "chroma cut": lambda version: cut(chroma(version)),
    "lexical scrubbed": lambda version: scrub(version / "lexical"),
    "vectors cut": lambda version: (version / "vectors.npy").write_bytes(b"\x93NUMPY"),
    "about cut": lambda version: (version / "version.json").write_text("{"),
    "crashed while opening": lambda version: (version / "opening-999999999.1").touch(),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_index_mends_itself_without_embedding(
    loaded: Callable[..., Library],
    tmp_path: Path,
    damage: str,
    encoder: Encoder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    DAMAGE[damage](version_folder(tmp_path / "home"))

    def refuse(texts: list[str]) -> np.ndarray:
        raise AssertionError("nothing needs embedding again")

    monkeypatch.setattr(encoder, "encode_many", refuse)
    library = loaded()
    assert mended(library) == "hybrid"
    assert library.status().problem is None


def test_damage_under_a_running_library_does_not_stop_it(
    loaded: Callable[..., Library], tmp_path: Path
) -> None:
    library = loaded()
    assert library.search(QUERY).mode == "hybrid"
    shutil.rmtree(tmp_path / "home" / "index")
    assert library.search(QUERY).hits
    assert mended(loaded()) == "hybrid"


SYNC = """
import os, pathlib, signal, sys
from sqlalchemy import create_engine
from knowledge.library import Library
home, url, articles, stage = sys.argv[1:]
def stop(at, done, total):
    if at == stage:
        os.kill(os.getpid(), signal.SIGKILL)
Library(create_engine(url), home=pathlib.Path(home)).sync([pathlib.Path(articles)], progress=stop)
"""


@pytest.mark.parametrize("stage", ["embed", "index"])
def test_a_killed_sync_leaves_a_library_that_answers_and_mends(
    make_library: Callable[..., Library], engine: Engine, tmp_path: Path, shared_articles: Path, stage: str
) -> None:
    arguments = [str(tmp_path / "home"), str(engine.url), str(shared_articles), stage]
    done = subprocess.run([sys.executable, "-c", SYNC, *arguments], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    library = make_library()
    assert mended(library) == "hybrid"
    assert library.sync([shared_articles]).unchanged == 2
    left = [each.name for each in (tmp_path / "home" / "index").iterdir() if each.is_dir()]
    assert left == [library.status().index]


def test_another_process_sees_new_articles(
    loaded: Callable[..., Library], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("knowledge.keeper._LOOK_AGAIN_S", 0.0)
    serving, syncing = loaded(), loaded()
    before = serving.search("tarte aux pommes").hits[0].passage.article
    (folder / "cuisine.txt").write_text(
        "Cuisine\n\nLa tarte aux pommes cuit trente minutes.", encoding="utf-8"
    )
    syncing.sync([folder])
    assert serving.search("tarte aux pommes").hits[0].passage.article == "cuisine" != before
    assert serving.article("cuisine") is not None


def test_another_model_leads_to_another_index(
    loaded: Callable[..., Library], tmp_path: Path, encoder: Encoder
) -> None:
    first = version_folder(tmp_path / "home").name
    copied = tmp_path / "autre-modele"
    shutil.copytree(Path(__file__).parents[2] / "knowledge" / "embedding", copied)
    (copied / "README.json").write_text("{}")
    library = loaded(encoder=None, embedding=str(copied))
    assert library._encoder.key != encoder.key
    assert mended(library) == "hybrid"
    assert version_folder(tmp_path / "home").name != first


def test_mean_and_deviation_are_those_of_all_passages(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    vectors = random.normal(size=(300, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    folder = IndexFolder(tmp_path)
    with folder.lock(1):
        folder.build("v", [f"texte {number}" for number in range(300)], vectors)
    index = folder.open("v")
    near = index.nearest(vectors[7], np.array([0, 299]))
    cosines = vectors @ vectors[7]
    assert near.mean == pytest.approx(cosines.mean(), abs=1e-3)
    assert near.deviation == pytest.approx(cosines.std(), abs=1e-3)
    assert {0, 7, 299} <= set(near.numbers.tolist())
    assert near.cosines == pytest.approx(cosines[near.numbers], abs=2e-3)
    index.close()


def test_a_version_that_was_never_built_is_broken(tmp_path: Path) -> None:
    with pytest.raises(IndexBrokenError):
        IndexFolder(tmp_path).open("absent")
