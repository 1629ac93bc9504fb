"""The locator on other words: what other help centres would write, what only looks alike, and its laws."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.dense import Encoder
from knowledge.facts import NUMERIC, Evidence, best, in_order, load_register, locate
from knowledge.library import SHIPPED
from knowledge.models import Article
from knowledge.readers import read_folders
from knowledge.text import sentences

WORDINGS = yaml.safe_load(Path(__file__).with_name("paraphrases.yaml").read_text(encoding="utf-8"))
LOOKALIKES = WORDINGS.pop("lookalikes")
PARAPHRASES = [(fact, text) for group in WORDINGS.values() for fact, texts in group.items() for text in texts]
# "The options appear 90 days before expiry" states both; the articles' own sentence does, too.
BOTH = {"F07", "F23"}
SHIPPED_ARTICLES = read_folders([SHIPPED]).articles


def located(text: str, title: str = "Renouveler un abonnement", **details: object) -> list[Evidence]:
    article = Article(id="other", title=title, text=text, **details)  # type: ignore[arg-type]
    return locate(article, sentences(text), load_register())


@pytest.mark.parametrize(("fact", "text"), PARAPHRASES)
def test_another_help_centre_s_words_are_found(fact: str, text: str) -> None:
    found = {one.fact for one in located(text)}
    assert found == {fact} or {fact} <= found <= BOTH


@pytest.mark.parametrize("group", WORDINGS)
def test_facts_are_told_apart_when_they_stand_together(group: str) -> None:
    owners = {text: fact for fact, texts in WORDINGS[group].items() for text in texts}
    body = "\n\n".join(owners)
    evidence = located(body)
    assert {one.fact for one in evidence} - BOTH == set(owners.values()) - BOTH
    for one in evidence:
        quote = body[one.start : one.end]
        owner = next(fact for text, fact in owners.items() if quote in text)
        assert one.fact == owner or {one.fact, owner} <= BOTH, quote


@pytest.mark.parametrize("text", LOOKALIKES)
def test_words_that_only_look_alike_state_nothing(text: str) -> None:
    assert located(text) == []


def test_lookalikes_state_nothing_when_they_stand_together() -> None:
    assert located("\n\n".join(LOOKALIKES)) == []


def test_an_article_on_something_else_states_nothing() -> None:
    text = "Vous pouvez renouveler votre passeport 90 jours avant sa date d’expiration."
    assert located(text, title="Passeport") == []


def test_a_declared_article_is_searched_for_its_facts_only() -> None:
    both = "Il faut être l’acheteur pour renouveler un abonnement.\n\nUn essai ne se renouvelle pas."
    assert {one.fact for one in located(both)} == {"F01", "F16"}
    assert {one.fact for one in located(both, facts=("F16",))} == {"F16"}


@pytest.mark.parametrize("heading", ["# {}\n\nVoir plus bas.", "{}\n\nVoir plus bas."])
def test_a_heading_is_no_evidence(heading: str) -> None:
    text = "Une version d’essai ne se renouvelle pas"
    assert located(f"{text}.") != []
    assert located(heading.format(text)) == []


def test_three_months_are_not_ninety_days() -> None:
    (one,) = located("Un abonnement peut être renouvelé trois mois avant son échéance.")
    assert [(value.kind, value.value) for value in one.values] == [("months", "3")]


def test_a_sentence_with_two_periods_gives_each_fact_its_own() -> None:
    text = (
        "Vous pouvez renouveler l’abonnement de soixante jours avant l’échéance "
        "à quinze jours après l’échéance."
    )
    values = {one.fact: [value.value for value in one.values] for one in located(text)}
    assert values == {"F07": ["60"], "F08": ["15"]}


def test_what_nobody_can_quote_is_no_evidence() -> None:
    fact = "Un abonnement peut être renouvelé 90 jours avant son échéance"
    assert [one.fact for one in located(f"{fact}.")] == ["F07"]
    assert located(fact + " et ainsi de suite" * 100 + ".") == []


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from([text for _, text in PARAPHRASES] + LOOKALIKES), max_size=6),
    st.text(max_size=40),
)
def test_any_mixture_gives_exact_sentences_and_sound_scores(texts: list[str], noise: str) -> None:
    body = noise.join(f"\n\n{text}\n\n" for text in texts)
    split = {(one.start, one.end) for one in sentences(body)}
    for one in located(body):
        assert (one.start, one.end) in split and 0.0 <= one.score <= 1.0
        assert one.parts and {value.kind for value in one.values} <= {
            *NUMERIC,
            *load_register().vocabularies,
        }


def test_steps_come_in_the_order_of_the_text() -> None:
    (article,) = (one for one in SHIPPED_ARTICLES if one.id == "renouvellement-automatique")
    steps = in_order(locate(article, sentences(article.text), load_register()), "F19", article.id)
    assert [one.parts for one in steps] == [
        ("sign_in",),
        ("check_payment",),
        ("switch_on",),
        ("follow_prompts",),
    ]


def test_the_best_sentence_is_one_for_each_article() -> None:
    evidence = [
        one
        for article in SHIPPED_ARTICLES
        for one in locate(article, sentences(article.text), load_register())
    ]
    chosen = best(evidence, ["F01", "F10", "F99"])
    assert [one.article for one in chosen["F01"]] == [
        "qui-peut-renouveler",
        "acheteur-et-administrateur-principal",
    ]
    assert len({one.article for one in chosen["F10"]}) == len(chosen["F10"]) == 4
    assert chosen["F99"] == ()


def test_every_evidence_is_a_sentence_of_its_article() -> None:
    for article in SHIPPED_ARTICLES:
        split = {(one.start, one.end) for one in sentences(article.text)}
        evidence = locate(article, sentences(article.text), load_register())
        assert {(one.start, one.end) for one in evidence} <= split
        assert evidence == locate(article, sentences(article.text), load_register())


def test_meaning_admits_no_less_than_words(encoder: Encoder) -> None:
    (article,) = (one for one in SHIPPED_ARTICLES if one.id == "prix-de-renouvellement")
    split = sentences(article.text)
    by_words = {(one.fact, part) for one in locate(article, split, load_register()) for part in one.parts}
    with_meaning = locate(article, split, load_register(), encoder.encode_many)
    assert by_words <= {(one.fact, part) for one in with_meaning for part in one.parts}
    assert all(0.0 <= one.score <= 1.0 for one in with_meaning)


def test_a_rule_naming_an_unknown_concept_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "facts.yaml"
    shipped = (SHIPPED.parent / "facts.yaml").read_text(encoding="utf-8")
    path.write_text(shipped.replace("@buyer", "@byer", 1), encoding="utf-8")
    with pytest.raises(ValueError, match="@byer"):
        load_register(path)
