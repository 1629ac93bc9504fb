"""The two help articles as a user has them: which sentences state which fact, told by how they begin."""

from __future__ import annotations

import textwrap
from datetime import date
from pathlib import Path

import pytest

from knowledge.facts import Evidence, best, in_order, load_register, locate
from knowledge.models import Article
from knowledge.text import sentences

EXPECTED: dict[tuple[str, str], list[str]] = {
    ("A", "F01"): [
        "Pour renouveler les abonnements de votre org",
        "Le rôle de l'acheteur est traditionnellement",
    ],
    ("A", "F02"): ["Les acheteurs sont considérés comme le principal point"],
    ("A", "F03"): ["Vous pouvez également gérer d’autres fonctions"],
    ("A", "F04"): ["Les acheteurs sont également l’admin", "Les acheteurs peuvent réaffecter le rôle"],
    ("A", "F06"): ["Vous pouvez renouveler vos abonnements Autodesk auto"],
    ("A", "F07"): ["Vous pouvez renouveler vos abonnements Autodesk auto"],
    ("A", "F08"): ["Vous pouvez renouveler vos abonnements Autodesk auto"],
    ("A", "F10"): ["Toutefois, pour éviter de perdre l’accès"],
    ("A", "F11"): ["Certains renouvellements d’abonnements", "Si vous ne voyez aucune option de"],
    ("A", "F12"): ["Si vous souhaitez réduire le nombre de", "Renouvelez automatiquement ou demandez"],
    ("A", "F13"): ["Remarque: Il est possible que toutes"],
    ("B", "F05"): ["Si vous travaillez dans un environnement géré"],
    ("B", "F07"): ["Les options de renouvellement sont visibles"],
    ("B", "F09"): ["Abonnements arrivés à expiration", "Pour renouveler l'accès à des logiciels"],
    ("B", "F10"): ["Pour éviter de perdre l'accès à votre"],
    ("B", "F14"): [
        "Vous pouvez gérer les paramètres de renouv",
        "De nombreux abonnements achetés via",
        "Dans certains cas, l'abonnement doit toutefois",
    ],
    ("B", "F15"): ["Tarif de renouvellement : renouvelez", "Ne comprend pas les conditions mensuelles."],
    ("B", "F16"): [
        "Abonnements à la version d'essai",
        "Pour continuer à utiliser ce produit",
        "Pour en savoir plus, reportez-vous",
    ],
    ("B", "F17"): ["Modification de la durée d'un abonnement", "Si aucune des deux options n'est disp"],
    ("B", "F18"): ["Pour que votre abonnement soit renouvelé"],
    ("B", "F19"): [
        "Connectez-vous à votre compte.",
        "Dans la liste des abonnements, sélectionnez un produit pour ouvrir les détails",
        "Pour renouveler votre abonnement à la date prévue",
        "Suivez les instructions pour terminer",
    ],
    ("B", "F20"): [
        "Si un bouton Gérer s'affiche, procédez",
        "Recherchez le numéro de commande dans le courriel",
        "Sélectionnez le produit et cliquez sur Gérer",
        "Entrez le numéro et le mot de passe de la commande.",
        "Cliquez sur Rechercher.",
        "Cliquez sur Gérer le renouvellement automatique.",
        "Sélectionnez Activé pour activer",
    ],
    ("B", "F21"): [
        "Remarque : si le champ correspondant",
        "Vérifiez que le numéro de commande",
        "Si vous avez oublié votre mot de passe de commande",
    ],
    ("B", "F22"): ["Si vous ne parvenez pas à accéder à la page", "Le lien est également accessible"],
    ("B", "F23"): [
        "Dans certains cas, vous devez renouveler votre abonnement ou votre bon de commande",
        "Les options de renouvellement sont visibles",
        "Vous recevez également un courriel",
    ],
    ("B", "F24"): [
        "Connectez-vous à votre compte et cliquez sur Facturation",
        "Dans la liste des abonnements, sélectionnez un produit pour afficher les options",
        "Si vous avez la possibilité de renouveler",
        "Le renouvellement est ajouté à un panier",
    ],
    ("B", "F25"): [
        "Bénéficiez d'un tarif de renouvellement spécial",
        "L'économie annoncée se base sur",
        "Le tarif spécial de renouvellement est susceptible",
    ],
    ("B", "F26"): [
        "Le tarif spécial de renouvellement est susceptible",
        "Arnold",
        "Assemble",
        "AutoCAD Inventor LT Suite",
        "AutoCAD LT avec outils CALS",
        "AutoCAD Web",
        "Build",
        "Fusion 360 avec la norme EAGLE",
        "Flow Production Tracking",
        "Takeoff",
    ],
    ("B", "F27"): ["L'Assistant peut vous aider", "Les différents plans d'abonnement proposent"],
}
MAIN = {
    ("A", "F11"): "Si vous ne voyez aucune option",
    ("B", "F19"): "Pour renouveler votre abonnement à la date prévue",
    ("B", "F27"): "Les différents plans d'abonnement",
}
VALUES = {
    ("A", "F01"): {("who", "buyer")},
    ("A", "F07"): {("days", "90")},
    ("A", "F08"): {("days", "30"), ("days", "45")},
    ("B", "F05"): {("who", "buyer"), ("who", "contract_manager"), ("who", "primary_admin")},
    ("B", "F07"): {("days", "90")},
    ("B", "F25"): {("percent", "5")},
}


@pytest.fixture
def raw(shared_articles: Path) -> dict[str, Article]:
    def article(id: str, name: str, day: date | None) -> Article:
        text = (shared_articles / f"{name}.txt").read_text(encoding="utf-8")
        return Article(id=id, title=name.replace("-", " "), text=text, date=day)

    return {
        "A": article("A", "renouvellement-informations-importantes", date(2025, 12, 29)),
        "B": article("B", "renouveler-un-abonnement", None),
    }


def located(article: Article) -> list[Evidence]:
    return locate(article, sentences(article.text), load_register())


def starts(article: Article, evidence: list[Evidence], fact: str) -> list[str]:
    return [article.text[one.start : one.end] for one in in_order(evidence, fact, article.id)]


def test_exactly_the_expected_sentences_are_found(raw: dict[str, Article]) -> None:
    found = {id: located(article) for id, article in raw.items()}
    stated = {(id, one.fact) for id, evidence in found.items() for one in evidence}
    assert stated == set(EXPECTED)
    for (id, fact), expected in EXPECTED.items():
        quotes = starts(raw[id], found[id], fact)
        assert len(quotes) == len(expected), (id, fact, quotes)
        for quote, start in zip(quotes, expected, strict=True):
            assert quote.replace("\u00a0", " ").startswith(start), (id, fact)


def test_the_sentence_to_quote_is_the_main_statement(raw: dict[str, Article]) -> None:
    for (id, fact), expected in EXPECTED.items():
        (main,) = best(located(raw[id]), [fact])[fact]
        start = MAIN.get((id, fact), expected[0])
        assert raw[id].text[main.start : main.end].replace("\u00a0", " ").startswith(start), (id, fact)


def test_values_are_those_stated_for_the_fact(raw: dict[str, Article]) -> None:
    for (id, fact), values in VALUES.items():
        (main,) = best(located(raw[id]), [fact])[fact]
        assert {(value.kind, value.value) for value in main.values} == values, (id, fact)


def test_evidence_is_a_sentence_of_the_article_to_the_byte(raw: dict[str, Article]) -> None:
    for article in raw.values():
        split = {(one.start, one.end) for one in sentences(article.text)}
        for one in located(article):
            assert (one.start, one.end) in split
            quote = article.text[one.start : one.end]
            assert quote == quote.strip() and quote.encode() in article.text.encode()


@pytest.mark.parametrize("width", [72, 80, 100])
def test_lines_broken_by_a_fixed_width_change_nothing(raw: dict[str, Article], width: int) -> None:
    for article in raw.values():
        lines = [part for line in article.text.split("\n") for part in (textwrap.wrap(line, width) or [""])]
        wrapped = Article(id=article.id, title=article.title, text="\n".join(lines))
        told = {(one.fact, part) for one in located(wrapped) for part in one.parts}
        assert told == {(one.fact, part) for one in located(article) for part in one.parts}
