from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.text import blocks, fold, sentences, stems, terms, words

NB = "\u00a0"


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Échéance", "echeance"),
        ("CŒUR", "coeur"),
        ("l’été", "l'ete"),
        ("e\u0301te\u0301", "ete"),
        (f"5{NB}%\u202fde", "5 % de"),
        ("soft\u00adhyphen", "softhyphen"),
        ("auto\u2011renouvellement", "auto-renouvellement"),
    ],
)
def test_fold(typed: str, folded: str) -> None:
    assert fold(typed) == folded


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("l'abonnement d’AutoCAD", ["abonnement", "autocad"]),
        ("jusqu’à lorsqu'il qu'une", ["a", "il", "une"]),
        ("m'a t'es s'il n’y c'est", ["a", "es", "il", "y", "est"]),
        ("aujourd’hui", ["hui"]),
        ("C++ / 3ds Max 2026", ["c", "3ds", "max", "2026"]),
        ("", []),
    ],
)
def test_words(typed: str, expected: list[str]) -> None:
    assert words(typed) == expected


def test_stop_words_and_single_letters_carry_nothing() -> None:
    assert terms("Est-ce que je peux renouveler mon abonnement 3 ?") == ["renouveler", "abonnement", "3"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("renouvelé", "renouvelés"),
        ("expire", "expiré"),
        ("abonnement", "ABONNEMENTS"),
        ("résiliée", "resilie"),
        ("sièges", "siege"),
    ],
)
def test_forms_of_a_word_share_their_stem(one: str, other: str) -> None:
    assert stems(one) == stems(other)


def split(text: str) -> list[str]:
    return [text[one.start : one.end] for one in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Un. Deux ! Trois ? Quatre…", ["Un.", "Deux !", "Trois ?", "Quatre…"]),
        ("M. Roy (p. ex. LT) paie 3.5 € le 1er. Fin.", ["M. Roy (p. ex. LT) paie 3.5 € le 1er.", "Fin."]),
        (f"«{NB}Bonjour{NB}!{NB}» dit-il. Voilà.", [f"«{NB}Bonjour{NB}!{NB}» dit-il.", "Voilà."]),
        (f"Cliquez sur «{NB}Oui{NB}». Puis validez.", [f"Cliquez sur «{NB}Oui{NB}».", "Puis validez."]),
        ("Cf. l'art. 12 du bail, etc. La suite.", ["Cf. l'art. 12 du bail, etc.", "La suite."]),
        ("Étapes : 1. Ouvrez. 2. Fermez.", ["Étapes : 1. Ouvrez.", "2. Fermez."]),
        ("En 2025. En 2026.", ["En 2025.", "En 2026."]),
        ("Le site www.exemple.fr est ouvert. Voyez.", ["Le site www.exemple.fr est ouvert.", "Voyez."]),
        ("Titre seul\n\nUn paragraphe sans point", ["Titre seul", "Un paragraphe sans point"]),
        ("# Titre\n\nTexte.", ["Titre", "Texte."]),
        ("Une ligne assez longue pour avoir été coupée par la largeur de\nla page. Suite.",
         ["Une ligne assez longue pour avoir été coupée par la largeur de\nla page.", "Suite."]),
        ("\ufeff  ", []),
    ],
)  # fmt: skip
def test_sentences(text: str, expected: list[str]) -> None:
    assert split(text) == expected


def test_list_items_know_the_sentence_that_introduces_them() -> None:
    text = "Des produits sont exclus, dont :\n\n  • Arnold\n  2. Build. Et Takeoff.\n\nLe reste non."
    found = sentences(text)
    intro = (found[0].start, found[0].end)
    assert [(text[one.start : one.end], one.kind, one.intro) for one in found] == [
        ("Des produits sont exclus, dont :", "sentence", None),
        ("Arnold", "item", intro),
        ("Build.", "item", intro),
        ("Et Takeoff.", "item", intro),
        ("Le reste non.", "sentence", None),
    ]


def test_headings_are_told_by_their_looks() -> None:
    text = "Renouveler à la main\n\nDans certains cas.\n\n## Autre\n\n**En gras**\n\nFin sans point"
    assert [(block.kind, block.level, text[block.start : block.end]) for block in blocks(text)] == [
        ("heading", 2, "Renouveler à la main"),
        ("paragraph", 0, "Dans certains cas."),
        ("heading", 2, "Autre"),
        ("heading", 2, "En gras"),
        ("paragraph", 0, "Fin sans point"),
    ]


PIECES = st.sampled_from(
    ["Renouvelez", "avant", "l’échéance", ".", " ", "\n", "\n\n", "  • ", "1. ", "# ", "«", "»", NB, " ?",
     "!", "…", "M.", "p. ex.", "5", ",", "é", "e\u0301", "**", "|", "\t", "😀", "(", ")", ":"]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=60).map("".join))


@given(TEXTS)
def test_sentences_are_exact_ordered_slices(text: str) -> None:
    before = 0
    for one in sentences(text):
        quote = text[one.start : one.end]
        assert before <= one.start < one.end <= len(text)
        assert any(char.isalnum() for char in quote)
        assert quote == quote.strip()
        before = one.end


@given(TEXTS)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(
    st.lists(st.sampled_from(["Renouvelez", "votre abonnement", "avant le 1er mars", "M. Roy"]), min_size=1)
)
def test_every_word_of_a_paragraph_is_in_a_sentence(parts: list[str]) -> None:
    text = ", ".join(parts) + "."
    assert words(" ".join(split(text))) == words(text)
