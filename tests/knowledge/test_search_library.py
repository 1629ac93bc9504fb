from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine

from knowledge.dense import Encoder
from knowledge.lexical import LexicalIndex
from knowledge.library import SHIPPED, Library
from knowledge.models import ModelUnavailableError
from tools.desk import ANSWERABLE


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder, shared_articles: Path) -> Library:
    home = tmp_path_factory.mktemp("library")
    library = Library(create_engine(f"sqlite:///{home / 'library.sqlite'}"), home=home, encoder=encoder)
    library.sync([shared_articles])
    return library


def test_an_empty_library_finds_nothing(library: Library) -> None:
    found = library.search("Puis-je renouveler ?")
    assert (found.hits, found.answerable) == ((), 0.0)
    assert (library.articles(), library.source("00000000"), library.article("x")) == ([], None, None)
    assert library.status().articles == 0
    assert library.conflicts() == []


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("Puis-je payer par virement bancaire ?", "virement bancaire"),
        ("takeoff profite du tarif special ?", "tarif"),
        ("jai oublié mon mdp de cmd", "Si vous avez oublié votre mot de passe"),
        ("je peux prolonger ma version d’essai", "ne peuvent pas être renouvelées ni prolongées"),
        ("alipey", "Alipay, Konbini"),
        ("passer du mensuel à l'annuel", "d'un abonnement mensuel à un abonnement annuel"),
        ("qui est ladministrateur principal", "administrateur principal"),
    ],
)
def test_the_sentence_that_answers_comes_first(loaded: Library, query: str, words: str) -> None:
    found = loaded.search(query)
    assert found.mode == "hybrid"
    assert any(words in hit.sentences[0].quote for hit in found.hits[:2])


def test_a_short_list_item_brings_its_introduction(loaded: Library) -> None:
    (first, *_) = loaded.search("Takeoff").hits
    quotes = [sentence.quote for sentence in first.sentences]
    assert quotes[0] == "Takeoff"
    assert quotes[1].startswith("Le tarif spécial de renouvellement")


@pytest.mark.parametrize("query", ["", "   ", "?!…", "\x00", "🙂"])
def test_a_query_without_words_finds_nothing(loaded: Library, query: str) -> None:
    assert loaded.search(query).hits == ()


def test_a_query_of_any_length_is_answered(loaded: Library) -> None:
    assert loaded.search("renouveler mon abonnement " * 40_000).hits


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text(max_size=80))
def test_sentences_found_are_bytes_of_the_article(loaded: Library, query: str) -> None:
    for hit in loaded.search(f"{query} renouvellement", k=3).hits:
        article = loaded.article(hit.passage.article)
        assert article is not None
        assert article.text[hit.passage.start : hit.passage.end] == hit.passage.text
        assert hit.sentences
        for source in hit.sentences:
            assert article.text[source.start : source.end] == source.quote
            assert loaded.source(source.ref) == source


ANSWERED = [
    "Puis-je renouveler mon abonnement ?", "jusqu’à quand renouveler après l’expiration",
    "comment activer le renouvellement automatique", "où trouver mon numéro de commande",
    "mdp commande oublié", "quels produits sont exclus du tarif de renouvellement",
    "modifier la durée de mon abonnement", "payer par virement bancaire", "alipay",
    "qui est le gestionnaire de contrat", "donner le rôle d’administrateur principal à un collègue",
]  # fmt: skip
NOT_ANSWERED = [
    "comment annuler une facture", "puis-je me faire rembourser", "comment installer autocad sur mac",
    "où télécharger une facture", "transférer une licence à un collègue", "mon logiciel plante",
    "avez-vous une licence étudiante",
    "Quel temps fait-il à Paris ?", "écris-moi une fonction Python", "recette de la tarte aux pommes",
    "qui a gagné la coupe du monde", "raconte-moi une blague", "capitale de l’Australie",
    "comment dessiner une polyligne", "réserver un billet de train",
]  # fmt: skip


@pytest.fixture(scope="module", params=["shipped", "raw"])
def either(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, encoder: Encoder
) -> Library:
    """The shipped articles, or the two source articles by themselves."""
    if request.param == "raw":
        loaded: Library = request.getfixturevalue("loaded")
        return loaded
    home = tmp_path_factory.mktemp("shipped")
    library = Library(create_engine(f"sqlite:///{home / 'library.sqlite'}"), home=home, encoder=encoder)
    library.sync([SHIPPED])
    return library


def test_what_the_articles_answer_is_told_from_what_they_do_not(either: Library) -> None:
    told = {query: either.search(query).answerable for query in (*ANSWERED, *NOT_ANSWERED)}
    assert [query for query in ANSWERED if told[query] < ANSWERABLE] == []
    assert [query for query in NOT_ANSWERED if told[query] >= ANSWERABLE] == []


def test_an_article_on_another_topic_makes_its_questions_answered(
    make_library: Callable[..., Library], folder: Path
) -> None:
    library = make_library()
    library.sync([SHIPPED])
    assert library.search("où télécharger une facture").answerable < ANSWERABLE
    (folder / "factures.md").write_text(
        "# Télécharger une facture\n\nOuvrez « Factures », puis téléchargez la facture en PDF.",
        encoding="utf-8",
    )
    library.sync([folder])
    assert library.search("où télécharger une facture").answerable >= ANSWERABLE


def test_an_unknown_model_leaves_search_by_words(
    make_library: Callable[..., Library], shared_articles: Path
) -> None:
    library = make_library(encoder=None, embedding="pas/un-modele")
    report = library.sync([shared_articles])
    assert report.added == 2
    (warning,) = report.warnings
    assert "\n" not in warning
    assert "«\u00a0pas/un-modele\u00a0» ne peut pas être chargé" in warning
    found = library.search("mot de passe de commande oublié")
    assert found.mode == "lexical"
    assert found.hits
    assert library.status().problem == warning
    with pytest.raises(ModelUnavailableError):
        library.encode(["texte"])


CORPUS = [
    "Le renouvellement de votre abonnement est automatique.",
    "La facture du paiement arrive par courriel.",
    "Votre mot de passe de commande peut être réinitialisé.",
    "Cliquez sur Annuler pour arrêter.",
]


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("renouvelement", 0),
        ("labonnement", 0),
        ("renouv auto abo", 0),
        ("reconduire", 0),
        ("FACTURE", 1),
        ("factrue", 1),
        ("mdp", 2),
        ("resilier", 3),
        ("désactiver", 3),
    ],
)
def test_words_are_found_however_they_are_typed(query: str, best: int) -> None:
    index = LexicalIndex.build(CORPUS)
    scores = index.scores(index.query(query))
    assert int(scores.argmax()) == best
    assert scores[best] > 0


def test_an_exact_word_weighs_more_than_its_synonym() -> None:
    index = LexicalIndex.build([*CORPUS, "Pour résilier, écrivez-nous ici même maintenant."])
    scores = index.scores(index.query("résilier"))
    assert scores[4] > scores[3] > 0


def test_lexical_index_survives_saving(tmp_path: Path) -> None:
    index = LexicalIndex.build(CORPUS)
    index.save(tmp_path / "lexical")
    again = LexicalIndex.load(tmp_path / "lexical")
    for query in ("mdp", "renouvelement automatique", "inconnu"):
        assert again.scores(again.query(query)).tolist() == index.scores(index.query(query)).tolist()
