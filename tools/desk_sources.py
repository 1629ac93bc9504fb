"""The sentences of the loaded articles that facts rest on: what answers cite."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from knowledge.models import SearchResult, Source
from tools.rules.facts import DISAGREEMENTS, with_both_sides

SENTENCES_OF_A_FACT = 2
"""How many articles are quoted for a fact; one on which articles disagree is quoted from one more."""

STEPS_OF_A_FACT = 12
"""How many sentences of one article a fact in several steps, or a list, is told with."""

PARTS_OF_A_FACT = 3
"""How many sentences of its best article are added for a fact that is stated in parts."""

_DISPUTED = frozenset(fact for pair in DISAGREEMENTS for fact in pair)


class Articles(Protocol):
    """What the desk needs of the library."""

    def search(self, query: str, *, k: int = 8) -> SearchResult:
        """The passages found for a query, best first."""
        ...

    def evidence(self, facts: Iterable[str]) -> dict[str, tuple[Source, ...]]:
        """Fact id -> the sentences stating it, best first, at most one of each article."""
        ...

    def statements(self, fact: str) -> tuple[Source, ...]:
        """Every sentence that states a fact or a part of it (steps, items of a list), in text order."""
        ...


def source(sentence: Source) -> dict[str, Any]:
    """A sentence as JSON."""
    return {
        "ref": sentence.ref,
        "article": sentence.article,
        "title": sentence.title,
        "date": sentence.date.isoformat() if sentence.date else None,
        "quote": sentence.quote,
        "facts": list(sentence.facts),
    }


def evidence_for(articles: Articles, facts: Iterable[str]) -> dict[str, tuple[Source, ...]]:
    """Fact id -> its sentences, for the facts the loaded articles state, with what speaks against them."""
    wanted = with_both_sides(facts)
    found = articles.evidence(wanted) if wanted else {}
    limits = {fact: SENTENCES_OF_A_FACT + (fact in _DISPUTED) for fact in wanted}
    return {fact: found[fact][: limits[fact]] for fact in wanted if found.get(fact)}


def steps_of(articles: Articles, fact: str, best: Source) -> tuple[Source, ...]:
    """The sentences that state a fact part by part, all of the article of its best sentence, in its order."""
    stated = [each for each in articles.statements(fact) if each.article == best.article]
    return tuple(stated[:STEPS_OF_A_FACT])


def sources_for(articles: Articles, facts: Iterable[str]) -> list[dict[str, Any]]:
    """The sentences that facts rest on, as JSON, each once, in the order of the facts.

    For each the best ones, then the parts of what the best article states, so that each can be cited.
    """
    found = evidence_for(articles, facts)
    parts = {fact: steps_of(articles, fact, found[fact][0])[:PARTS_OF_A_FACT] for fact in found}
    return as_json(each for fact, best in found.items() for each in (*best, *parts[fact]))


def as_json(sentences: Iterable[Source]) -> list[dict[str, Any]]:
    """Sentences as JSON, each once."""
    return list({each.ref: source(each) for each in sentences}.values())
