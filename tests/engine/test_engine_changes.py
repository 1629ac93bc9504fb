"""Changes over whole turns: taken back, one after the other, told from the records."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from assistant.answer import Answer
from assistant.bootstrap import build
from assistant.settings import Settings
from tools.store.demo import load_demo

TODAY = date(2026, 3, 1)
Say = Callable[[str], Answer]


@pytest.fixture
def say(tmp_path: Path) -> Say:
    """Says something in one conversation of demo-camille, over no articles."""
    assistant = build(Settings(home=tmp_path, today=TODAY))
    load_demo(assistant.database, TODAY)
    conversation: list[str] = []

    def said(text: str) -> Answer:
        known = conversation[0] if conversation else None
        answer = assistant.answer(text, person="demo-camille", conversation=known)
        assert answer.fallback is None, answer.answer
        conversation[:] = [answer.conversation]
        return answer

    return said


@pytest.mark.parametrize("back", ["remets-le", "finalement non, remets comme avant", "annule ça"])
def test_what_was_changed_is_taken_back(say: Say, back: str) -> None:
    say("Désactive le renouvellement automatique d'AutoCAD et d'AutoCAD LT")
    assert say("oui").pending is None
    pending = say(back).pending
    assert pending is not None
    assert (pending["action"], pending["enabled"]) == ("set_auto_renew", True)
    assert sorted(pending["subscriptions"]) == ["demo-horizon-autocad", "demo-horizon-autocad-lt"]


@pytest.mark.parametrize("word", ["oui", "non"])
def test_the_second_change_is_proposed_once_the_first_is_settled(say: Say, word: str) -> None:
    first = say("Désactive le renouvellement automatique d'AutoCAD et passe Maya à 6 postes").pending
    assert first is not None and first["action"] == "set_auto_renew"
    second = say(word).pending
    assert second is not None
    assert (second["action"], second["seats"]) == ("request_quote", 6)
    assert say("non").pending is None


def test_requests_are_told_from_the_records(say: Say) -> None:
    assert "vide" in say("mon panier ?").answer
    say("Ajoute Revit au panier")
    say("oui")
    told = say("où en est ma demande ?").answer
    assert "1er\u00a0mars\u00a02026" in told
    assert "panier" in told and "Revit" in told


def test_with_nothing_waiting_the_last_change_is_named(say: Say) -> None:
    say("Désactive le renouvellement automatique d'AutoCAD")
    say("oui")
    say("merci")
    told = say("laisse tomber")
    assert told.pending is None
    assert "désactivation" in told.answer
    assert say("oui").pending is not None
