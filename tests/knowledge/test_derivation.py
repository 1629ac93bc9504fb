from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

import knowledge
from knowledge.derivation import INDEX_SOURCES, ROW_SOURCES, digest_of
from knowledge.library import Library

PACKAGE = Path(str(knowledge.__file__)).parent
PAGE = "Renouveler un abonnement\n\nVous pouvez renouveler un abonnement 90 jours avant son expiration.\n"


@pytest.mark.parametrize("name", sorted({*ROW_SOURCES, *INDEX_SOURCES}))
def test_one_byte_of_what_rows_are_made_by_changes_the_digest(tmp_path: Path, name: str) -> None:
    names = (*ROW_SOURCES, *INDEX_SOURCES)
    before = digest_of(names)
    for each in names:
        (tmp_path / each).parent.mkdir(exist_ok=True)
        shutil.copyfile(PACKAGE / each, tmp_path / each)
    with (tmp_path / name).open("ab") as file:
        file.write(b"#")
    assert digest_of(names, tmp_path) != before


def stated(library: Library) -> set[str]:
    return {fact for fact in ("F01", "F07") if library.evidence([fact])[fact]}


@pytest.fixture
def stale(make_library: Callable[..., Library], engine: Engine, folder: Path) -> Callable[..., Library]:
    """A library whose rows came from other code, which found no evidence and no passages."""
    library = make_library()
    (folder / "page.txt").write_text(PAGE, encoding="utf-8")
    (folder / "autre").mkdir()
    (folder / "autre" / "suite.txt").write_text("Suite\n\nUne suite sans fait.", encoding="utf-8")
    library.sync([folder])
    assert stated(library)
    with engine.begin() as link:
        link.execute(text("DELETE FROM knowledge_evidence"))
        link.execute(text("DELETE FROM knowledge_passages"))
        link.execute(text("UPDATE knowledge_articles SET derivation = 'other'"))
        link.execute(text("UPDATE knowledge_live SET content = 'other', version = 'other'"))
    return make_library


def test_sync_derives_stale_rows_again_whatever_folder_they_are_from(
    stale: Callable[..., Library], folder: Path
) -> None:
    library = stale()
    assert not stated(library)
    report = library.sync([folder / "autre"])
    assert (report.summary, report.embedded) == ("0 added, 0 updated, 1 unchanged, 0 removed, 0 failed", 0)
    assert stated(library)
    assert library.search("renouveler avant expiration").hits[0].passage.article == "page"


def test_a_library_in_use_derives_stale_rows_again_without_the_files(
    stale: Callable[..., Library], folder: Path
) -> None:
    shutil.rmtree(folder)
    library = stale()
    library.search("renouveler")
    thread = library._keeper._mending
    assert thread is not None
    thread.join(60)
    assert stated(library)
    assert library.search("renouveler avant expiration").mode == "hybrid"
