"""Where articles disagree: the known cases, differing values, drift from the rules, facts nobody states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from knowledge.conflicts import Conflict, ConflictKind, find_conflicts, french_date, support
from knowledge.facts import Evidence, Support, load_register, locate
from knowledge.library import SHIPPED, Library
from knowledge.models import Article
from knowledge.readers import read_folders
from knowledge.text import sentences

OWN = read_folders([SHIPPED]).articles


def evidence_of(articles: list[Article]) -> list[Evidence]:
    return [one for each in articles for one in locate(each, sentences(each.text), load_register())]


def conflicts(articles: list[Article]) -> list[Conflict]:
    return find_conflicts(evidence_of(articles), load_register(), articles)


def told(found: list[Conflict]) -> list[tuple[str, tuple[str, ...]]]:
    return [(conflict.kind.value, conflict.facts) for conflict in found]


def short(id: str, text: str, day: date | None = None) -> Article:
    return Article(id=id, title=f"Renouveler un abonnement ({id})", text=text, date=day)


@pytest.fixture
def raw(shared_articles: Path) -> list[Article]:
    a, b = (
        Article(id=path.stem, title=path.stem, text=path.read_text(encoding="utf-8"), date=day)
        for path, day in (
            (shared_articles / "renouvellement-informations-importantes.txt", date(2025, 12, 29)),
            (shared_articles / "renouveler-un-abonnement.txt", None),
        )
    )
    return [a, b]


KNOWN = [("disagreement", ("F08", "F09")), ("disagreement", ("F01", "F05"))]


def test_the_raw_articles_disagree_in_the_two_known_places(raw: list[Article]) -> None:
    found = conflicts(raw)
    assert told(found) == KNOWN
    for conflict in found:
        assert [side.article for side in conflict.sides] == [article.id for article in raw]
        assert conflict.resolved and conflict.preferred == raw[0].id
        assert "29 décembre 2025" in conflict.why


def test_our_own_articles_state_both_disagreements() -> None:
    found = conflicts(OWN)
    assert told(found) == KNOWN
    assert all(conflict.resolved for conflict in found)


def test_each_side_is_an_exact_sentence(raw: list[Article]) -> None:
    texts = {article.id: article.text for article in [*raw, *OWN]}
    for conflict in conflicts([*raw, *OWN]):
        for side in conflict.sides:
            assert texts[side.article][side.start : side.end] == side.quote


def test_a_changed_figure_is_reported_as_drift_and_as_a_difference(raw: list[Article]) -> None:
    changed = replace(raw[0], id="copie", text=raw[0].text.replace("90 jours", "60 jours"))
    found = conflicts([*raw, changed])
    assert told(found)[2:] == [("values", ("F07",)), ("drift", ("F07",))]
    values, drift = found[2:]
    assert not values.resolved and values.preferred is None
    assert [side.article for side in drift.sides] == ["copie"]
    assert "90 jours" in drift.reading and not drift.resolved


@pytest.mark.parametrize(
    ("fact", "before", "after"),
    [
        ("F07", "90 jours", "60 jours"),
        ("F07", "90 jours", "trois mois"),
        ("F08", "30 ou 45 jours", "15 jours"),
        ("F25", "5\u00a0%", "10\u00a0%"),
    ],
)
def test_drift_of_our_own_articles_is_seen(fact: str, before: str, after: str) -> None:
    changed = [replace(article, text=article.text.replace(before, after)) for article in OWN]
    assert ("drift", (fact,)) in told(conflicts(changed))
    assert support(evidence_of(changed), load_register())[fact] is Support.DIFFERS
    assert support(evidence_of(OWN), load_register())[fact] is Support.AGREES


def test_the_newest_article_is_preferred_where_values_differ() -> None:
    old = short("old", "Vous pouvez renouveler l’abonnement 90 jours avant l’échéance.", date(2024, 1, 1))
    new = short("new", "Vous pouvez renouveler l’abonnement 60 jours avant l’échéance.", date(2026, 3, 1))
    (values,) = (one for one in conflicts([old, new]) if one.kind is ConflictKind.VALUES)
    assert values.resolved and values.preferred == "new"
    assert "60 jours" in values.reading and "1er mars 2026" in values.why


@pytest.mark.parametrize("days", [(None, None), (date(2026, 1, 1), date(2026, 1, 1))])
def test_values_without_a_newer_article_stay_open(days: tuple[date | None, date | None]) -> None:
    texts = (f"Vous pouvez renouveler l’abonnement {n} jours avant l’échéance." for n in (90, 60))
    articles = [short(f"a{at}", text, days[at]) for at, text in enumerate(texts)]
    (values,) = (one for one in conflicts(articles) if one.kind is ConflictKind.VALUES)
    assert not values.resolved and values.preferred is None


@pytest.mark.parametrize(
    ("grace", "none", "resolved"),
    [
        (date(2025, 1, 1), None, True),
        (date(2025, 1, 1), date(2024, 1, 1), True),
        (None, None, True),
        (date(2025, 1, 1), date(2026, 1, 1), False),
        (None, date(2026, 1, 1), False),
    ],
)
def test_a_newer_text_against_the_rules_leaves_it_open(
    grace: date | None, none: date | None, resolved: bool
) -> None:
    late = short(
        "late", "Vous pouvez renouveler l’abonnement jusqu’à 30 ou 45 jours après l’expiration.", grace
    )
    over = short("over", "Un abonnement expiré ne peut pas être réactivé.", none)
    (found,) = (one for one in conflicts([late, over]) if one.kind is ConflictKind.DISAGREEMENT)
    assert found.resolved is resolved
    assert found.preferred == ("late" if resolved else None)


def test_a_page_of_questions_and_answers_disagrees_as_well() -> None:
    page = short(
        "faq",
        "# Puis-je renouveler un abonnement expiré ?\n\nOui, pendant 30 ou 45 jours.\n\n"
        "# Que faire ensuite ?\n\nRien : un abonnement expiré ne peut pas être réactivé.\n\n"
        "# Qui peut renouveler ?\n\nUniquement l’acheteur de l’abonnement.",
    )
    assert told(conflicts([page]))[0] == KNOWN[0]
    managed = short("géré", "L’acheteur ou l’administrateur principal renouvelle l’abonnement.")
    assert KNOWN[1] in told(conflicts([page, managed]))


def test_one_side_alone_is_no_disagreement() -> None:
    over = short("over", "Un abonnement expiré ne peut pas être réactivé.")
    assert told(conflicts([over])) == [("unsupported", tuple(f for f in load_register().facts if f != "F09"))]


def test_an_empty_library_supports_no_fact() -> None:
    (found,) = conflicts([])
    assert found.kind is ConflictKind.UNSUPPORTED and len(found.facts) == 27
    assert set(support([], load_register()).values()) == {Support.SILENT}


def test_lines_are_plain_french(raw: list[Article]) -> None:
    for conflict in conflicts(
        [*raw, short("x", "L’abonnement peut être renouvelé 60 jours avant l’échéance.")]
    ):
        assert conflict.lines and not any("{" in line or "\n" in line for line in conflict.lines)
        assert sum("«" in line for line in conflict.lines) == len(conflict.sides)


def test_dates_are_french() -> None:
    assert [french_date(date(2026, 3, day)) for day in (1, 2, 11, 21)] == [
        "1er mars 2026",
        "2 mars 2026",
        "11 mars 2026",
        "21 mars 2026",
    ]


def test_the_library_tells_the_same_conflicts(
    make_library: Callable[..., Library], shared_articles: Path
) -> None:
    library = make_library()
    library.sync([shared_articles])
    found = library.conflicts()
    assert told(found) == KNOWN
    for conflict in found:
        for side in conflict.sides:
            article = library.article(side.article)
            assert article and article.text[side.start : side.end] == side.quote
    assert all(library.evidence(load_register().facts).values())
