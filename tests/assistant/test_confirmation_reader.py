"""A reply to « Confirmez-vous ? » is a yes, a no or neither; in doubt neither."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from assistant.confirmation import Word, read_reply

TABLE = yaml.safe_load(Path(__file__).with_name("confirmation_replies.yaml").read_text("utf-8"))
CASES = [(text, Word(word)) for word, texts in TABLE.items() for text in texts]
RESERVATIONS = ("mais", "sauf", "si", "seulement", "uniquement", "à condition", "quand", "plutôt", "pas")


def read(text: str, **about: object) -> Word:
    given_about = {"action": "set_auto_renew_off", "names": ["AutoCAD"], "count": 1} | about
    return read_reply(text, **given_about).word  # type: ignore[arg-type]


def test_the_table_is_long_enough() -> None:
    assert len(CASES) >= 200
    assert len({text for text, _ in CASES}) == len(CASES)


@pytest.mark.parametrize(("text", "word"), CASES)
def test_replies(text: str, word: Word) -> None:
    assert read(text) is word


@pytest.mark.parametrize(
    ("text", "word", "rest"),
    [
        ("oui, et combien ça coûte ?", Word.YES, "et combien ça coûte ?"),
        ("Oui. Et pour Revit ?", Word.YES, "Et pour Revit ?"),
        ("D'accord, merci ! Quand serai-je débité ?", Word.YES, "Quand serai-je débité ?"),
        ("ok et au fait, qui est l'acheteur ?", Word.YES, "et au fait, qui est l'acheteur ?"),
        ("Non. Combien coûte le renouvellement ?", Word.NO, "Combien coûte le renouvellement ?"),
        ("non, plutôt pour Revit", Word.NO, "plutôt pour Revit"),
    ],
)
def test_what_follows_is_left_to_be_answered(text: str, word: Word, rest: str) -> None:
    reply = read_reply(text, action="set_auto_renew_off", names=["AutoCAD"])
    assert (reply.word, reply.rest) == (word, rest)


@pytest.mark.parametrize("text", ["je confirme", "oui, je confirme", "je valide", "confirmé"])
def test_a_yes_that_names_the_act_is_explicit(text: str) -> None:
    assert read_reply(text).explicit


@pytest.mark.parametrize("text", ["oui", "ok", "d'accord", "👍"])
def test_a_bare_yes_is_not(text: str) -> None:
    assert not read_reply(text).explicit


def test_several_may_be_named_together_only_where_there_are_so_many() -> None:
    assert read("oui, les deux", names=["AutoCAD", "Revit"], count=2) is Word.YES
    assert read("oui pour AutoCAD et Revit", names=["AutoCAD", "Revit"], count=2) is Word.YES
    assert read("oui, les trois", names=["AutoCAD", "Revit"], count=2) is Word.OTHER


@pytest.mark.parametrize(
    ("action", "text", "word"),
    [
        ("set_auto_renew_on", "oui, activez-le", Word.YES),
        ("set_auto_renew_on", "oui, désactivez-le", Word.OTHER),
        ("add_to_cart", "oui, ajoutez au panier", Word.YES),
        ("request_quote", "oui, envoyez le devis", Word.YES),
        ("reassign_primary_admin", "oui, transférez", Word.YES),
        ("request_quote", "oui, ajoutez au panier", Word.OTHER),
    ],
)
def test_only_the_stated_act_may_be_named(action: str, text: str, word: Word) -> None:
    assert read(text, action=action) is word


@given(
    st.sampled_from(TABLE["yes"]),
    st.sampled_from(RESERVATIONS),
    st.text("abcdefghij ", min_size=3, max_size=30),
)
def test_no_reservation_is_ever_a_yes(yes: str, reservation: str, rest: str) -> None:
    assert read(f"{yes} {reservation} {rest}") is not Word.YES


@given(st.sampled_from(TABLE["yes"]), st.sampled_from(["« {} »", '"{}"', "> {}", "Karim : {}", "`{}`"]))
def test_no_quoted_yes_counts(yes: str, frame: str) -> None:
    assert read(frame.format(yes)) is Word.OTHER


@given(st.text(max_size=200))
def test_anything_can_be_read(text: str) -> None:
    assert read(text) in Word


@given(
    st.lists(
        st.sampled_from(["le", "prix", "tableau", "semaine", "dossier", "facture", "pomme", "chat", "lundi"]),
        min_size=1,
    )
)
def test_foreign_words_are_never_a_yes(words: list[str]) -> None:
    assert read("oui " + " ".join(words)) is not Word.YES or set(words) <= {"le"}
