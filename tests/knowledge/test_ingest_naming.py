from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from knowledge.library import Library
from knowledge.models import SyncReport

FAQ = "Questions\n\nLa réponse de {where} tient en une phrase."


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders, each with a `faq.txt` of its own."""
    made = tmp_path / "aide", tmp_path / "vente"
    for folder in made:
        folder.mkdir()
        (folder / "faq.txt").write_text(FAQ.format(where=folder.name), encoding="utf-8")
    return made


def held(library: Library) -> dict[str, str]:
    """For each stored id which folder's words it has."""
    return {article.id: article.text.split("réponse de ")[1].split()[0] for article in library.articles()}


def counts(report: SyncReport) -> tuple[int, int, int, int]:
    return report.added, report.updated, report.unchanged, report.removed


def test_a_file_of_the_same_name_in_another_folder_takes_nothing_away(
    library: Library, folders: tuple[Path, Path]
) -> None:
    aide, vente = folders
    for _ in range(2):
        library.sync([aide])
        library.sync([vente])
        assert held(library) == {"faq": "aide", "vente/faq.txt": "vente"}
    assert counts(library.sync([vente, aide])) == (0, 0, 2, 0)
    (vente / "faq.txt").write_text(FAQ.format(where="partout"), encoding="utf-8")
    assert counts(library.sync([vente])) == (0, 1, 0, 0)
    assert held(library) == {"faq": "aide", "vente/faq.txt": "partout"}


def test_as_much_of_the_path_as_tells_files_apart(library: Library, tmp_path: Path) -> None:
    for where in ("un", "deux", "trois"):
        (tmp_path / where / "aide").mkdir(parents=True)
        (tmp_path / where / "aide" / "faq.txt").write_text(FAQ.format(where=where), encoding="utf-8")
        library.sync([tmp_path / where / "aide"])
    assert held(library) == {"faq": "un", "aide/faq.txt": "deux", "trois/aide/faq.txt": "trois"}


def test_two_folders_at_once(library: Library, folders: tuple[Path, Path]) -> None:
    assert library.sync(list(folders)).failed == 0
    assert held(library) == {"aide/faq.txt": "aide", "vente/faq.txt": "vente"}


def test_an_article_that_moved_keeps_its_id(library: Library, folders: tuple[Path, Path]) -> None:
    aide, vente = folders
    library.sync([aide])
    aide.rename(vente.with_name("centre"))
    assert counts(library.sync([vente.with_name("centre")])) == (0, 0, 1, 0)
    assert [Path(article.path).parent.name for article in library.articles()] == ["centre"]
    shutil.rmtree(vente.with_name("centre"))
    assert counts(library.sync([vente])) == (0, 1, 0, 0)
    assert held(library) == {"faq": "vente"}


def test_a_copy_of_an_article_is_that_article(library: Library, folders: tuple[Path, Path]) -> None:
    aide, vente = folders
    library.sync([aide])
    shutil.copyfile(aide / "faq.txt", vente / "faq.txt")
    assert counts(library.sync([vente])) == (0, 0, 1, 0)
    assert held(library) == {"faq": "aide"}


def test_with_prune_only_the_folders_given_count(library: Library, folders: tuple[Path, Path]) -> None:
    aide, vente = folders
    library.sync([aide])
    assert counts(library.sync([vente], prune=True)) == (0, 1, 0, 0)
    assert held(library) == {"faq": "vente"}


def test_an_unreadable_file_keeps_its_article(library: Library, folders: tuple[Path, Path]) -> None:
    aide, vente = folders
    library.sync([aide])
    (aide / "faq.txt").write_bytes(b"")
    library.sync([aide, vente], prune=True)
    assert held(library) == {"faq": "aide", "vente/faq.txt": "vente"}


def test_a_stated_id_replaces_and_one_line_says_so(library: Library, tmp_path: Path) -> None:
    for where in ("aide", "vente"):
        (tmp_path / where).mkdir()
        lines = [
            f'{{"id": "{id}", "title": "T", "text": "La réponse de {where} est {id}."}}' for id in ("a", "b")
        ]
        (tmp_path / where / "c.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert library.sync([tmp_path / "aide"]).warnings == ()
    report = library.sync([tmp_path / "vente"])
    assert counts(report) == (0, 2, 0, 0)
    (line,) = report.warnings
    files = [str(tmp_path / where / "c.jsonl") for where in ("vente", "aide")]
    assert line == f"{files[0]}\u00a0: remplace 2 article(s) de même identifiant, lu(s) dans {files[1]}"
    assert held(library) == {"a": "vente", "b": "vente"}
    assert library.sync([tmp_path / "vente"]).warnings == ()
