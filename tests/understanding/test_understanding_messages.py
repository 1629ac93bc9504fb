from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.engine.understanding.aligned import align
from assistant.engine.understanding.clauses import MOST, split
from assistant.engine.understanding.entities import read_entities
from assistant.engine.understanding.records import Context, ProductRef
from assistant.engine.understanding.slots import read_slot
from assistant.engine.understanding.understand import READ

OWN = (
    ProductRef(id="a", product="AutoCAD", term="annual", seats=3, expires_on=date(2026, 3, 10)),
    ProductRef(id="r", product="Revit", term="monthly", seats=1, expires_on=date(2026, 1, 30)),
)
CONTEXT = Context(today=date(2026, 1, 15), shown=("a", "r"), focus=("a",))
SLOTS = (
    "subscriptions",
    "seats",
    "term",
    "order_number",
    "order_password",
    "email",
    "person",
    "target",
    "date",
    "confirmation",
)

pieces = st.sampled_from(
    [
        "Puis-je renouveler",
        "autocad",
        "revti",
        "?",
        "\n",
        "et",
        ",",
        " oui ",
        "non",
        "« ",
        " »",
        "il y a trois semaines",
        "le 31 février",
        "AB-2025-0417",
        "mdp",
        "12",
        "postes",
        "nonante",
        "'",
        "’",
        "\u0301",
        "œ",
        "ﬁ",
        "İ",
        "ẞ",
        "\ud800",
        "\x00",
        "\u202f",
        "😀",
        "a@b.fr",
        "de 5 à 3",
    ]
)
messages = st.one_of(
    st.text(max_size=300),
    st.text(alphabet=st.characters(), max_size=120),
    st.lists(pieces, max_size=30).map(" ".join),
    st.lists(pieces, max_size=30).map("".join),
)
often = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def clauses(text):
    return [text[piece.start : piece.end] for piece in split(align(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Puis-je renouveler ?", ["Puis-je renouveler ?"]),
        ("Puis-je renouveler AutoCAD et Revit ?", ["Puis-je renouveler AutoCAD et Revit ?"]),
        ("oui et non", ["oui et non"]),
        ("Bonjour, puis-je renouveler ?", ["Bonjour", "puis-je renouveler ?"]),
        ("Bonjour", ["Bonjour"]),
        ("Puis-je renouveler ? Combien ça coûte ?", ["Puis-je renouveler ?", "Combien ça coûte ?"]),
        ("Puis-je renouveler et combien ça coûte ?", ["Puis-je renouveler", "combien ça coûte ?"]),
        (
            "je veux renouveler autocad et désactiver l'auto",
            ["je veux renouveler autocad", "désactiver l'auto"],
        ),
        (
            "Quand expire mon abonnement, combien ça coûte ?",
            ["Quand expire mon abonnement", "combien ça coûte ?"],
        ),
        (
            "Si je coupe l'automatique, est-ce que je perds l'accès ?",
            ["Si je coupe l'automatique, est-ce que je perds l'accès ?"],
        ),
        (
            "Puis-je renouveler ?\nEt qui est l'acheteur ?",
            ["Puis-je renouveler ?", "Et qui est l'acheteur ?"],
        ),
        ("Puis-je renouveler ? Merci d'avance.", ["Puis-je renouveler ?"]),
        ("Puis-je renouveler ? Cordialement", ["Puis-je renouveler ?"]),
        ("Merci. Et puis-je renouveler Revit ?", ["Merci.", "Et puis-je renouveler Revit ?"]),
        ("Ma commande n. 4455667788 svp", ["Ma commande n. 4455667788 svp"]),
        ("il a dit « oui. Renouvelez ! » hier", ["il a dit « oui. Renouvelez ! » hier"]),
        ("", []),
        (" \n ", []),
        ("😀", ["😀"]),
    ],
)
def test_clauses(text, expected):
    assert clauses(text) == expected


def test_several_questions_in_one_message(understander):
    said = understander.understand(
        "Bonjour, puis-je renouveler AutoCAD ? Et combien ça coûte ? Par ailleurs, qui est notre acheteur ?"
    )
    assert said.intents == ("greeting", "can_renew", "renewal_price", "who_is_my_buyer")


def test_a_story_is_background_to_its_question(understander):
    said = understander.understand(
        "Bonjour, je suis architecte indépendante à Lyon. J'ai deux employés. "
        "Mon collègue m'a parlé de vous. "
        "Puis-je renouveler mon abonnement AutoCAD ? Merci d'avance, cordialement, Anne"
    )
    assert "can_renew" in said.intents
    assert set(said.intents) <= {"greeting", "can_renew"}


def test_entities_of_a_clause_are_its_own(understander):
    said = understander.understand(
        "Désactive l'automatique de Revit. Quand expire AutoCAD ?", products=OWN, context=CONTEXT
    )
    assert [[m.subscriptions for m in clause.entities.products] for clause in said.clauses] == [
        [("r",)],
        [("a",)],
    ]


@often
@given(messages)
def test_any_text_is_understood_the_same_twice_with_offsets_that_hold(by_words, text):
    said = by_words.understand(text, products=OWN, context=CONTEXT)
    assert said == by_words.understand(text, products=OWN, context=CONTEXT)
    assert len(said.clauses) <= MOST
    for clause in said.clauses:
        assert text[clause.start : clause.end] == clause.text
        for mention in (*clause.entities.products, *clause.entities.dates, *clause.entities.seats):
            assert clause.start <= mention.start < mention.end <= clause.end
        for span in (*clause.entities.passwords, *clause.entities.emails):
            assert text[span.start : span.end] == span.value
    ends = [0, *(clause.end for clause in said.clauses)]
    assert all(end <= clause.start for end, clause in zip(ends, said.clauses, strict=False))


@often
@given(messages, st.sampled_from(SLOTS))
def test_any_answer_to_a_question_is_read(text, slot):
    found = read_slot(text, slot, products=OWN, context=CONTEXT)
    assert found is None or (found.kind == slot and 0 <= found.start <= found.end <= len(text))


@often
@given(st.text(max_size=200))
def test_folding_keeps_track_of_every_character(text):
    aligned = align(text)
    assert len(aligned.folded) == len(aligned.origin)
    assert list(aligned.origin) == sorted(aligned.origin)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        "Puis-je renouveler ?\n" * 50_000,
        "é" * 500_000,
        "(" * 300_000,
        "«" * 300_000,
        "de 1 à " * 100_000,
        "vingt-" * 100_000,
        "ab-" * 200_000,
        " " * 1_000_000,
        "\ud83d" * 100_000,
        "non, " * 100_000,
        "a@" * 200_000,
        "mot de passe " * 50_000,
    ],
    ids=lambda text: repr(text[:8]),
)
def test_long_messages_are_read_in_part(by_words, text):
    said = by_words.understand(text, products=OWN, context=CONTEXT)
    assert said.truncated
    assert all(clause.end <= READ for clause in said.clauses)


def test_repeated_patterns_are_read_in_linear_time():
    # A regex that backtracks would need hours here; the suite's own time limit catches it.
    for part in (
        "oui ",
        "le 1er ",
        "il y a ",
        "administrateur à ",
        "si ",
        "passer de 5 à ",
        "commande n° ",
        "-",
        "A-",
    ):
        read_entities(part * (READ // len(part)), OWN, date(2026, 1, 15))
