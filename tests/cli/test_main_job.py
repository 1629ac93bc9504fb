"""The main job on the outside inputs: import, sync, ask, as each person of the example accounts."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., tuple[int, str, str]]
A, B = "renouvellement-informations-importantes", "renouveler-un-abonnement"


@pytest.fixture
def ask(puis_je: Run, shared: Path) -> Callable[..., dict[str, Any]]:
    """Asks one question over the example accounts and the two source articles."""
    assert puis_je("accounts", "import", shared / "contract" / "accounts.example.json")[0] == 0
    assert puis_je("knowledge", "sync", shared / "articles")[0] == 0

    def asked(question: str, *arguments: str) -> dict[str, Any]:
        code, out, err = puis_je("ask", question, *arguments, "--json")
        assert (code, err) == (0, "")
        answer: dict[str, Any] = json.loads(out)
        return answer

    return asked


def test_each_person_of_the_example_gets_their_own_answer(ask: Callable[..., dict[str, Any]]) -> None:
    claire = ask("Puis-je renouveler ?", "--as", "claire")
    (decision,) = claire["decisions"]
    assert decision["subscription"] == "boreal-autocad"
    assert (decision["decision"], decision["rules"], decision["until"]) == ("eligible", ["R8"], "2026-02-10")
    assert {citation["article"] for citation in claire["citations"]} == {A, B}
    assert "se renouvellera de lui-même le 10 février 2026" in claire["answer"].replace("\u00a0", " ")
    assert (claire["pending"], claire["handoff"], claire["model"]) == (None, None, "local")

    (decision,) = ask("Puis-je renouveler ?", "--as", "luc")["decisions"]
    assert (decision["decision"], decision["rules"]) == ("contact_sales", ["R6"])

    karim = ask("Puis-je renouveler ?", "--as", "karim")
    (decision,) = karim["decisions"]
    assert (decision["decision"], decision["rules"]) == ("not_buyer", ["R3"])
    quotes = {(citation["article"], citation["quote"]) for citation in karim["citations"]}
    assert any(article == A and "vous devez être l'acheteur" in quote for article, quote in quotes)
    assert any(article == B and "administrateur principal" in quote for article, quote in quotes)
    assert "Claire Martin" in karim["answer"] and "claire.martin@" not in karim["answer"]

    visitor = ask("Puis-je renouveler ?")
    assert visitor["decisions"] == []
    assert {citation["article"] for citation in visitor["citations"]} == {A, B}
    assert "connectez-vous" in visitor["answer"]


def test_an_expired_subscription_gets_both_articles_and_no_flat_word(
    ask: Callable[..., dict[str, Any]],
) -> None:
    visitor = ask("Mon abonnement a expiré il y a trois semaines")
    assert {citation["article"] for citation in visitor["citations"]} == {A, B}
    assert not visitor["answer"].startswith(("Oui", "Non"))
    luc = ask("Mon abonnement a expiré il y a trois semaines", "--as", "luc")
    assert {citation["article"] for citation in luc["citations"]} == {A, B}
    assert "15 janvier 2026" in luc["answer"].replace("\u00a0", " ")


def test_ask_prints_the_answer_and_its_sources(ask: Callable[..., dict[str, Any]], puis_je: Run) -> None:
    code, out, err = puis_je("ask", "qui peut renouveler", "--as", "claire.martin@boreal.example")
    assert (code, err) == (0, "")
    assert "Sources\n  [1] " in out


def test_chat_keeps_the_thread(
    ask: Callable[..., dict[str, Any]], puis_je: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = "Désactive le renouvellement automatique\noui\nEst-il désactivé ?\n/quitter\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    code, out, err = puis_je("chat", "--as", "claire")
    assert (code, err) == (0, "")
    assert "Claire Martin" in out and "C’est fait" in out
    exported = json.loads(puis_je("accounts", "export")[1])
    states = {each["id"]: each["auto_renew"] for each in exported["subscriptions"]}
    assert states == {"boreal-autocad": False, "tremblay-revit": False}


@pytest.mark.parametrize("message", ["a" * 1_000_000, "ligne\n" * 10_000], ids=["1 MB", "10,000 lines"])
def test_a_message_that_is_too_long_is_one_line_and_exit_code_2(
    puis_je: Run, monkeypatch: pytest.MonkeyPatch, message: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(message))
    code, out, err = puis_je("ask", "-")
    assert (code, out) == (2, "")
    assert err.startswith("puis-je : ") and err.count("\n") == 1 and len(err) < 300


def test_doctor_says_what_works_and_what_is_missing(
    puis_je: Run, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, err = puis_je("doctor")
    assert (code, err) == (0, "")
    assert "Aucun compte" in out and "Aucun article" in out
    puis_je("knowledge", "sync", shared / "articles")
    code, out, _ = puis_je("doctor")
    assert code == 0
    assert "27 sur 27" in out and "Contradictions entre articles : 2" in out
    monkeypatch.setenv("PUIS_JE_MODEL", "openai:some-model")
    code, out, _ = puis_je("doctor")
    assert code == 1 and "✗" in out and "OPENAI_API_KEY" in out


def test_a_token_opens_the_api_for_its_person(ask: Callable[..., dict[str, Any]], puis_je: Run) -> None:
    code, out, err = puis_je("token", "karim")
    assert (code, err) == (0, "")
    assert len(out.strip()) > 30 and out.count("\n") == 1
