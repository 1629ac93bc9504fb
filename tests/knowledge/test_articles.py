"""The project's own articles: complete, in their own words, and written as French is written."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from pathlib import Path

import pytest

from knowledge.facts import load_register, locate
from knowledge.library import SHIPPED
from knowledge.models import Article
from knowledge.readers import read_folders
from knowledge.text import fold, sentences, words

ARTICLES = {article.id: article for article in read_folders([SHIPPED]).articles}
ALL_FACTS = [f"F{number:02}" for number in range(1, 28)]
PRODUCTS = [
    "Arnold",
    "Assemble",
    "AutoCAD Inventor LT Suite",
    "AutoCAD LT avec outils CALS",
    "AutoCAD Web",
    "Build",
    "Fusion 360 avec la norme EAGLE",
    "Flow Production Tracking",
    "Takeoff",
]


def sentences_of(article: Article) -> list[str]:
    return [article.text[one.start : one.end] for one in sentences(article.text)]


def test_every_fact_is_declared_by_an_article() -> None:
    assert sorted({fact for article in ARTICLES.values() for fact in article.facts}) == ALL_FACTS


@pytest.mark.parametrize("article", ARTICLES.values(), ids=ARTICLES)
def test_an_article_states_what_it_declares(article: Article) -> None:
    located = locate(article, sentences(article.text), load_register())
    assert {one.fact for one in located if one.rank == 0} == set(article.facts)


@pytest.mark.parametrize("article", ARTICLES.values(), ids=ARTICLES)
def test_an_article_says_what_it_is(article: Article) -> None:
    assert article.id == Path(article.path).stem
    assert article.title and article.date and article.source and article.facts


@pytest.mark.parametrize("article", ARTICLES.values(), ids=ARTICLES)
def test_high_punctuation_keeps_its_no_break_space(article: Article) -> None:
    assert not re.search(r"[^\u00a0\s][;?!»]|[ \w][:%](?:\s|$)|«[^\u00a0]|'", article.text)


@pytest.mark.parametrize("article", ARTICLES.values(), ids=ARTICLES)
def test_nothing_is_said_beyond_the_facts(article: Article) -> None:
    assert not re.search(r"https?:|www\.|@|€|\$", article.text)
    figures = set(re.findall(r"\d+", re.sub(r"(?m)^ *\d[.)] |29 décembre 2025|Fusion 360", "", article.text)))
    assert figures <= {"90", "30", "45", "5"}


def test_the_excluded_products_are_all_named() -> None:
    assert [one for one in sentences_of(ARTICLES["prix-de-renouvellement"]) if one in PRODUCTS] == PRODUCTS


@pytest.mark.parametrize("facts", [("F08", "F09"), ("F01", "F05")])
def test_an_article_tells_of_a_disagreement(facts: tuple[str, str]) -> None:
    telling = [article for article in ARTICLES.values() if set(facts) <= set(article.facts)]
    assert any("non daté" in article.text and "29 décembre 2025" in article.text for article in telling)


def test_the_words_are_our_own(shared_articles: Path) -> None:
    theirs = [
        words(text[one.start : one.end])
        for path in shared_articles.glob("*.txt")
        for text in [path.read_text(encoding="utf-8")]
        for one in sentences(text)
        if one.kind != "heading"
    ]
    close = []
    for article in ARTICLES.values():
        for sentence in sentences_of(article):
            mine = words(sentence)
            if len(mine) < 7 or any(fold(product) == fold(sentence) for product in PRODUCTS):
                continue
            for other in theirs:
                matcher = SequenceMatcher(None, mine, other, autojunk=False)
                if matcher.real_quick_ratio() > 0.5 and (
                    matcher.ratio() > 0.72 or matcher.find_longest_match().size > 9
                ):
                    close.append((article.id, sentence, " ".join(other)))
    assert close == []
