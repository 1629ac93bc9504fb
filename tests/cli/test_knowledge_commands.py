from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

Run = Callable[..., tuple[int, str, str]]


def write_articles(folder: Path) -> Path:
    folder.mkdir()
    (folder / "delais.md").write_text(
        "---\nid: delais\ntitle: Les délais\n---\n\n# Les délais\n\nLe renouvellement ouvre 90 jours avant "
        "la date de renouvellement.\n",
        encoding="utf-8",
    )
    (folder / "devis.txt").write_text(
        "Demander un devis\n\nLe partenaire établit un devis pour vos postes.\n", encoding="utf-8"
    )
    return folder


def test_sync_then_search_finds_the_article_and_its_exact_sentence(puis_je: Run, tmp_path: Path) -> None:
    folder = write_articles(tmp_path / "articles")
    assert puis_je("knowledge", "sync", folder)[:2] == (
        0,
        "2 added, 0 updated, 0 unchanged, 0 removed, 0 failed\n",
    )
    assert puis_je("knowledge", "sync", folder)[1] == "0 added, 0 updated, 2 unchanged, 0 removed, 0 failed\n"

    code, out, _ = puis_je("knowledge", "search", "a partir de quand renouveler", "--json", "-k", "1")
    found = json.loads(out)
    assert code == 0
    assert [hit["article"] for hit in found["hits"]] == ["delais"]
    sentence = found["hits"][0]["sentences"][0]
    assert sentence["quote"].startswith("Le renouvellement ouvre 90 jours avant")

    (folder / "devis.txt").unlink()
    assert puis_je("knowledge", "sync", folder)[1] == "0 added, 0 updated, 1 unchanged, 0 removed, 0 failed\n"
    pruned = puis_je("knowledge", "sync", folder, "--prune")[1]
    assert pruned == "0 added, 0 updated, 1 unchanged, 1 removed, 0 failed\n"


def test_an_unreadable_article_is_named_and_the_rest_goes_on(puis_je: Run, tmp_path: Path) -> None:
    folder = write_articles(tmp_path / "articles")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 nothing that follows is a document")
    code, out, err = puis_je("knowledge", "sync", folder)
    assert (code, out) == (1, "2 added, 0 updated, 0 unchanged, 0 removed, 1 failed\n")
    assert err.count("\n") == 1 and "broken.pdf" in err


def test_an_empty_folder_is_a_wrong_call(puis_je: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    code, out, err = puis_je("knowledge", "sync", tmp_path / "empty")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1 and "empty" in err


def test_a_file_of_queries_becomes_a_trec_run_over_article_ids(puis_je: Run, tmp_path: Path) -> None:
    puis_je("knowledge", "sync", write_articles(tmp_path / "articles"))
    queries, run = tmp_path / "queries.jsonl", tmp_path / "run.txt"
    queries.write_text(
        '{"id": "q1", "query": "delai pour renouveler", "kind": "x"}\n\n'
        '{"id": "q2", "query": "un devis svp"}\n',
        encoding="utf-8",
    )
    assert puis_je("knowledge", "search", "--queries", queries, "--run", run)[0] == 0
    rows = [line.split() for line in run.read_text("utf-8").splitlines()]
    assert {len(row) for row in rows} == {6}
    best = {row[0]: row[2] for row in rows if row[3] == "1"}
    assert best == {"q1": "delais", "q2": "devis"}
    scores = [float(row[4]) for row in rows if row[0] == "q1"]
    assert scores == sorted(scores, reverse=True)

    queries.write_text('{"id": "q1"}\n', encoding="utf-8")
    run.unlink()
    code, _, err = puis_je("knowledge", "search", "--queries", queries, "--run", run)
    assert code == 2 and "queries.jsonl:1" in err
    assert not run.exists()


def test_the_two_known_disagreements_of_the_source_articles_are_shown(puis_je: Run, shared: Path) -> None:
    assert puis_je("knowledge", "sync", shared / "articles")[0] == 0
    code, out, _ = puis_je("knowledge", "conflicts")
    assert code == 0
    for facts in ("F08, F09", "F01, F05"):
        assert facts in out
    assert "30 ou 45 jours" in out and "vous ne pouvez pas réactiver" in out


def test_doctor_counts_contradictions_apart_from_facts_that_no_article_states(
    puis_je: Run, tmp_path: Path
) -> None:
    folder = write_articles(tmp_path / "articles")
    puis_je("knowledge", "sync", folder)
    _, out, _ = puis_je("doctor")
    assert "Faits qu’aucun article chargé n’énonce" in out
    assert "Contradictions" not in out
    (folder / "autre.md").write_text(
        "---\nid: autre\ntitle: Les délais\n---\n\nLe renouvellement d’un abonnement ouvre 60 jours "
        "avant la date de renouvellement.\n",
        encoding="utf-8",
    )
    puis_je("knowledge", "sync", folder)
    _, out, _ = puis_je("doctor")
    assert "Contradictions" in out
