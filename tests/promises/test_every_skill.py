"""Whatever is asked for, by whom, over which articles: an answer that stands, with citations that hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from assistant.answer import Answer
from assistant.conversation import Assistant
from assistant.engine.skills import load_skills

PEOPLE = (None, "demo-camille", "demo-elodie", "demo-luca", "demo-sophie")
"""A visitor, a buyer, a primary admin who does not buy, a buyer whose time is over, an agent."""


def utterances(skill: str) -> list[str]:
    """Two ways the skill is asked for, from the ends of its examples."""
    families = load_skills()[skill].examples
    return [families[0][0], families[-1][-1]]


def assert_it_stands(assistant: Assistant, asked: str, answer: Answer) -> None:
    assert answer.fallback is None, (asked, answer.fallback)
    assert answer.answer.strip(), asked
    assert "Traceback" not in answer.answer
    markers = [citation.marker for citation in answer.citations]
    assert markers == list(range(1, len(markers) + 1)), asked
    assert {int(found) for found in re.findall(r"\[(\d+)\]", answer.answer)} == set(markers), asked
    for citation in answer.citations:
        source = assistant.library.source(citation.ref)
        assert source is not None, asked
        article = assistant.library.article(citation.article)
        assert article is not None, asked
        assert article.text[source.start : source.end] == citation.quote, asked


@pytest.mark.parametrize("articles", ["shipped", "raw", "none"])
@pytest.mark.parametrize("skill", [name for name, skill in sorted(load_skills().items()) if skill.examples])
def test_every_skill_answers_everyone(
    skill: str, articles: str, assistant_over: Callable[[str], Assistant]
) -> None:
    assistant = assistant_over(articles)
    for asked in utterances(skill):
        for person in PEOPLE:
            answer = assistant.answer(asked, person=person)
            assert_it_stands(assistant, f"{person}: {asked}", answer)
            if articles == "none":
                assert answer.citations == ()


DISPUTED: list[tuple[str, set[str]]] = [
    ("jusqu'à quand peut-on renouveler après l'expiration ?", {"F08", "F09"}),
    ("Mon abonnement a expiré il y a trois semaines", {"F08", "F09"}),
    ("Qui a le droit de renouveler dans une organisation ?", {"F01", "F05"}),
]


@pytest.mark.parametrize("articles", ["shipped", "raw", "both"])
@pytest.mark.parametrize(("asked", "facts"), DISPUTED)
def test_what_the_articles_disagree_on_is_told_with_both_sides(
    asked: str, facts: set[str], articles: str, assistant_over: Callable[[str], Assistant]
) -> None:
    assistant = assistant_over(articles)
    answer = assistant.answer(asked)
    assert_it_stands(assistant, asked, answer)
    sources: list[Any] = [assistant.library.source(citation.ref) for citation in answer.citations]
    assert facts <= {fact for source in sources for fact in source.facts}
    if articles != "shipped":
        cited = {citation.article for citation in answer.citations}
        assert {"renouvellement-informations-importantes", "renouveler-un-abonnement"} <= cited
