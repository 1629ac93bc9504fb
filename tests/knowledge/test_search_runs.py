from __future__ import annotations

import json
from pathlib import Path

import pytest

from knowledge.library import Library
from knowledge.models import KnowledgeError
from knowledge.runs import run_queries


@pytest.fixture
def loaded(library: Library, folder: Path) -> Library:
    for name in ("facture", "imprimante", "mot de passe"):
        (folder / f"{name}.txt").write_text(
            f"Votre {name}\n\nTout sur votre {name}, ici même.", encoding="utf-8"
        )
    library.sync([folder])
    return library


def test_a_run_ranks_articles_by_their_best_passage(loaded: Library, tmp_path: Path) -> None:
    queries, run = tmp_path / "q.jsonl", tmp_path / "out.run"
    asked = [
        {"id": "q 1", "query": "ma facture"},
        {"id": "q2", "query": "mdp oublié"},
        {"id": "q3", "query": "?"},
    ]
    queries.write_text("\n".join(json.dumps(row) for row in asked), encoding="utf-8")
    assert run_queries(loaded, queries, run, k=2) == 3
    rows = [line.split() for line in run.read_text(encoding="utf-8").splitlines()]
    assert [row[:4] for row in rows if row[3] == "1"] == [
        ["q_1", "Q0", "facture", "1"],
        ["q2", "Q0", "mot_de_passe", "1"],
    ]
    assert all(len(row) == 6 and int(row[3]) <= 2 for row in rows)
    scores = [float(row[4]) for row in rows if row[0] == "q2"]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"id": "a", "query": "b"}\n{', ":2 : JSON incorrect"),
        ('{"id": "a"}', ":1 : il faut un objet"),
        (
            '{"id": "a", "query": "x"}\n\n{"id": "a", "query": "y"}',
            ":3 : « id » est vide ou déjà employé",
        ),
        ('{"id": " ", "query": "x"}', ":1 : « id » est vide"),
        ('{"id": "\\ud800", "query": "x"}', ":1 : « id » est vide"),
        ("\n\n", "aucune question"),
    ],
)
def test_a_bad_query_file_writes_nothing(loaded: Library, tmp_path: Path, content: str, reason: str) -> None:
    queries, run = tmp_path / "q.jsonl", tmp_path / "out.run"
    queries.write_text(content, encoding="utf-8")
    with pytest.raises(KnowledgeError) as raised:
        run_queries(loaded, queries, run)
    assert reason in str(raised.value).replace("\u00a0", " ")
    assert "\n" not in str(raised.value)
    assert not run.exists()


def test_a_run_that_cannot_be_written_says_so(loaded: Library, tmp_path: Path) -> None:
    queries = tmp_path / "q.jsonl"
    queries.write_text('{"id": "a", "query": "facture"}', encoding="utf-8")
    with pytest.raises(KnowledgeError, match=r"absent/out\.run"):
        run_queries(loaded, queries, tmp_path / "absent" / "out.run")
    with pytest.raises(KnowledgeError, match="fichier ou dossier introuvable"):
        run_queries(loaded, tmp_path / "absent.jsonl", tmp_path / "out.run")


def test_a_half_character_in_a_query_is_only_a_strange_character(loaded: Library, tmp_path: Path) -> None:
    queries, run = tmp_path / "q.jsonl", tmp_path / "out.run"
    queries.write_text('{"id": "a", "query": "facture \\ud800"}', encoding="utf-8")
    assert run_queries(loaded, queries, run) == 1
    assert run.read_text(encoding="utf-8").startswith("a Q0 facture 1 ")


def test_a_run_replaces_a_file_whole_and_follows_a_link(loaded: Library, tmp_path: Path) -> None:
    queries, kept, link = tmp_path / "q.jsonl", tmp_path / "kept.run", tmp_path / "link.run"
    queries.write_text('{"id": "a", "query": "facture"}', encoding="utf-8")
    kept.write_text("old\n" * 1000, encoding="utf-8")
    link.symlink_to(kept)
    run_queries(loaded, queries, link, k=1)
    assert link.is_symlink()
    assert len(kept.read_text(encoding="utf-8").splitlines()) == 1
    with pytest.raises(KnowledgeError, match="c’est un dossier"):
        run_queries(loaded, queries, tmp_path)
    assert not [each for each in tmp_path.iterdir() if each.name.endswith(".part")]
