from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from knowledge.chunking import PASSAGE_LENGTH, embedded_text, passages
from knowledge.dense import Encoder
from knowledge.library import Library, load_shipped
from knowledge.models import Article, KnowledgeError, LibraryBusyError
from knowledge.readers import read_folders

ONE = "Renouveler\n\nLe renouvellement est possible 90 jours avant l’échéance.\n"
TWO = "Facturer\n\nLa facture arrive par courriel le 1er du mois. Elle se télécharge aussi.\n"


def write(folder: Path, **files: str) -> None:
    for name, content in files.items():
        (folder / f"{name}.txt").write_text(content, encoding="utf-8")


def test_sync_does_only_what_changed(library: Library, folder: Path) -> None:
    write(folder, un=ONE, deux=TWO)
    first = library.sync([folder])
    assert (first.summary, first.embedded) == ("2 added, 0 updated, 0 unchanged, 0 removed, 0 failed", 2)
    again = library.sync([folder])
    assert (again.summary, again.embedded) == ("0 added, 0 updated, 2 unchanged, 0 removed, 0 failed", 0)
    write(folder, un=ONE.replace("90", "60"), trois="Trois\n\nUne troisième page.")
    third = library.sync([folder])
    assert (third.summary, third.embedded) == ("1 added, 1 updated, 1 unchanged, 0 removed, 0 failed", 2)
    (folder / "deux.txt").unlink()
    assert library.sync([folder]).summary == "0 added, 0 updated, 2 unchanged, 0 removed, 0 failed"
    assert (
        library.sync([folder], prune=True).summary == "0 added, 0 updated, 2 unchanged, 1 removed, 0 failed"
    )
    assert [article.id for article in library.articles()] == ["trois", "un"]


def test_a_title_alone_changes_the_article(library: Library, folder: Path) -> None:
    (folder / "a.md").write_text("---\ntitle: Avant\n---\nTexte.", encoding="utf-8")
    library.sync([folder])
    (folder / "a.md").write_text("---\ntitle: Après\n---\nTexte.", encoding="utf-8")
    assert library.sync([folder]).updated == 1
    assert [article.title for article in library.articles()] == ["Après"]


def test_a_file_that_became_unreadable_is_not_pruned(library: Library, folder: Path) -> None:
    write(folder, un=ONE, deux=TWO)
    library.sync([folder])
    (folder / "un.txt").write_bytes(b"")
    report = library.sync([folder], prune=True)
    assert (report.removed, report.failed) == (0, 1)
    assert len(library.articles()) == 2


def test_a_missing_folder_changes_nothing(library: Library, folder: Path) -> None:
    write(folder, un=ONE)
    library.sync([folder])
    with pytest.raises(KnowledgeError):
        library.sync([folder, folder / "absent"], prune=True)
    assert len(library.articles()) == 1


def test_progress_is_told_for_each_stage(library: Library, folder: Path) -> None:
    write(folder, un=ONE, deux=TWO)
    told: list[tuple[str, int, int]] = []
    library.sync([folder], progress=lambda stage, done, total: told.append((stage, done, total)))
    assert told == [("read", 1, 2), ("read", 2, 2), ("embed", 2, 2), ("index", 2, 2)]


def test_a_second_sync_says_that_another_is_running(
    library: Library, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, un=ONE)
    monkeypatch.setattr("knowledge.sync._LOCK_WAIT_S", 0.2)
    holder = (
        "import sys, pathlib\n"
        "from knowledge.index import IndexFolder\n"
        "with IndexFolder(pathlib.Path(sys.argv[1])).lock(5):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", holder, str(tmp_path / "home")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(LibraryBusyError, match="une autre commande"):
            library.sync([folder])
        other.communicate("")
    assert library.sync([folder]).added == 1


def test_shipped_articles_are_loaded_only_into_an_empty_library(library: Library) -> None:
    report = load_shipped(library)
    assert report is not None
    assert (report.failed, report.added) == (0, len(library.articles()))
    assert load_shipped(library) is None


def test_every_sentence_and_passage_is_a_slice_of_its_article(
    library: Library, shared_articles: Path
) -> None:
    load_shipped(library)
    library.sync([shared_articles])
    facts = [f"F{number:02}" for number in range(1, 28)]
    for fact, sources in library.evidence(facts).items():
        assert len({source.article for source in sources}) == len(sources)
        for source in sources:
            article = library.article(source.article)
            assert article is not None
            assert article.text[source.start : source.end] == source.quote
            assert fact in source.facts
            assert library.source(source.ref) == source
    for article in library.articles():
        for passage in passages(article):
            assert 0 < passage.end - passage.start <= PASSAGE_LENGTH + 300


def test_passages_keep_headings_and_lists_with_their_introduction() -> None:
    items = "\n".join(f"- Le produit numéro {number} est exclu du tarif spécial." for number in range(30))
    article = Article(
        id="a", title="Titre", text=f"# Tarif\n\n## Exclus\n\n{'Avant. ' * 90}\n\nSont exclus :\n\n{items}\n"
    )
    found = passages(article)
    assert len(found) > 2
    assert {passage.heading_path for passage in found} == {("Tarif", "Exclus")}
    whole = [article.text[passage.start : passage.end] for passage in found]
    (with_intro,) = [part for part in whole if "Sont exclus :" in part]
    assert "numéro 0 " in with_intro
    first = embedded_text(article, found[0].heading_path, found[0].start, found[0].end)
    assert first.startswith("Titre\nTarif\nExclus\nAvant.")


def test_rows_live_in_postgresql_as_well(
    tmp_path: Path, encoder: Encoder, shared_articles: Path, postgres_url: str
) -> None:
    engine = create_engine(postgres_url)
    library = Library(engine, home=tmp_path / "home", encoder=encoder)
    assert library.sync([shared_articles]).added == 2
    assert library.sync([shared_articles]).unchanged == 2
    assert library.search("délai de renouvellement après expiration").mode == "hybrid"
    with engine.connect() as link:
        rows = link.execute(text("select count(*) from knowledge_embeddings")).scalar()
    assert rows == library.status().passages
    engine.dispose()


def test_jsonl_of_many_articles(library: Library, folder: Path) -> None:
    rows = [
        {"id": f"a{n}", "title": f"Fiche {n}", "text": f"La fiche {n} parle du sujet {n}."} for n in range(40)
    ]
    (folder / "c.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    assert library.sync([folder]).added == 40
    assert library.search("sujet 17").hits[0].passage.article == "a17"
    assert len(read_folders([folder]).articles) == 40
