"""What the page shows is escaped, sorted and says what the data say."""

from __future__ import annotations

import json
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.models import Article, Source
from ui import view
from ui.article import lay_out
from ui.markdown import render_answer

TODAY = date(2026, 1, 15)
ALLOWED = {"a", "p", "ul", "ol", "li", "strong", "em", "code", "pre", "br", "hr", "blockquote", "span"}
ALLOWED |= {"h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"}


class Tags(HTMLParser):
    """Every tag with its attributes, as a browser would read them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def assert_inert(html: str) -> None:
    for tag, attributes in Tags(html).found:
        assert tag in ALLOWED, (tag, attributes)
        assert not any(name.startswith("on") or name == "style" for name in attributes), attributes
        href = attributes.get("href") or ""
        assert not href or href.startswith(("/sources/", "http://", "https://")), href


def citation(marker: int) -> dict[str, Any]:
    return {"marker": marker, "article": "a", "title": "Titre", "quote": "Phrase.", "ref": f"{marker:08x}"}


@given(st.text(max_size=300))
def test_no_text_becomes_markup_of_its_own(text: str) -> None:
    assert_inert(render_answer(text, {1: citation(1)}))


@given(st.text(alphabet="<>\"'&=/ aonx[]()!:;1`*_#\n", max_size=80))
def test_no_mixture_of_signs_becomes_markup_of_its_own(text: str) -> None:
    assert_inert(render_answer(text, None))


def test_no_known_attack_becomes_markup(shared: Path) -> None:
    for name in ("payloadbox_xss", "payloadsallthethings", "blns"):
        for line in (shared / "payloads" / f"{name}.jsonl").read_text("utf-8").strip().split("\n"):
            assert_inert(render_answer(json.loads(line)["text"], {}))


@pytest.mark.parametrize(
    ("text", "opened"),
    [
        ("Oui [1].", ["/sources/00000001"]),
        ("Oui [1][2].", ["/sources/00000001", "/sources/00000002"]),
        ("Oui [3].", []),
        ("`[1]`", []),
        ("[1](https://example.org)", ["/sources/00000001"]),
        ("![image](https://example.org/x.png)", ["https://example.org/x.png"]),
        ("[lien](javascript:alert(1))", []),
    ],
)
def test_markers_open_their_source_and_nothing_else_does(text: str, opened: list[str]) -> None:
    html = render_answer(text, {1: citation(1), 2: citation(2)})
    assert [attributes["href"] for tag, attributes in Tags(html).found if tag == "a"] == opened


def test_a_streamed_marker_is_shown_but_opens_nothing_yet() -> None:
    assert [tag for tag, _ in Tags(render_answer("Oui [1].", None)).found] == ["p", "span"]


ARTICLE = "# Titre\n\nUne première phrase. Une **deuxième** phrase.\n\n1. Un pas.\n2. Un autre pas.\n"


@given(st.integers(0, len(ARTICLE)), st.integers(0, len(ARTICLE)))
def test_the_marked_text_is_what_the_offsets_name(start: int, end: int) -> None:
    parts = lay_out(ARTICLE, start, end)
    marked = "".join(
        str(part.html).split("<mark>")[1].split("</mark>")[0] for part in parts if "<mark>" in part.html
    )
    letters = [sign for sign in marked if sign.isalpha()]
    named = [sign for at, sign in enumerate(ARTICLE) if start <= at < end and sign.isalpha()]
    assert letters == named


def test_a_source_shows_the_whole_article_with_its_sentence_marked() -> None:
    quote = "Une **deuxième** phrase."
    start = ARTICLE.index(quote)
    article = Article(id="a", title="Titre", text=ARTICLE, date=date(2025, 12, 29), source="Aide")
    source = Source(ref="r", article="a", title="Titre", quote=quote, start=start, end=start + len(quote))
    html = view.source(source, article, panel=True)
    assert "<mark>Une deuxième phrase.</mark>" in html
    assert "29\u00a0décembre\u00a02025" in html
    assert html.count("Titre") == 1
    assert "Un autre pas." in html


def test_a_source_that_is_gone_says_so() -> None:
    assert "a changé" in view.source(None, None, panel=True)


def subscription(
    state: str, days: int, *, auto_renew: bool = False, problem: str | None = None
) -> dict[str, Any]:
    expires = TODAY + timedelta(days=days)
    return {
        "id": f"{state}-{days}",
        "product": f"<i>{state}</i>",
        "kind": "trial" if state == "trial" else "paid",
        "term": "annual",
        "seats": 2,
        "starts_on": (expires - timedelta(days=365)).isoformat(),
        "expires_on": expires.isoformat(),
        "window_opens_on": (expires - timedelta(days=90)).isoformat(),
        "grace_ends_on": (expires + timedelta(days=30)).isoformat(),
        "grace_days": 30,
        "auto_renew": auto_renew,
        "renews_itself": auto_renew and problem is None,
        "payment_problem": problem,
        "your_roles": ["member"],
        "buyer": {"name": "A & B", "email": "a…@example.org"},
        "state": state,
    }


STATES = ["late", "eligible", "contact_sales", "trial", "not_buyer", "too_early", "expired", "not_found"]


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_its_words_its_icon_and_its_drawing(state: str) -> None:
    html = view.panel({"today": TODAY.isoformat(), "subscriptions": [subscription(state, 20)]})
    assert f"&lt;i&gt;{state}&lt;/i&gt;" in html
    assert "<i>" not in html
    tags = Tags(html).found
    assert sum(tag == "use" for tag, _ in tags) == 1
    drawings = [attributes for tag, attributes in tags if attributes.get("role") == "img"]
    assert len(drawings) == 1
    assert drawings[0]["aria-label"]


def test_what_needs_attention_comes_first() -> None:
    listed = [
        subscription("too_early", 200),
        subscription("expired", -90),
        subscription("eligible", 10, auto_renew=True),
        subscription("too_early", 150, auto_renew=True, problem="payment_out_of_date"),
        subscription("eligible", 40),
        subscription("late", -5),
        subscription("not_buyer", 3),
    ]
    order = [one["id"] for one in view.by_attention(listed)]
    assert order == [
        "late--5",
        "too_early-150",
        "eligible-40",
        "eligible-10",
        "not_buyer-3",
        "too_early-200",
        "expired--90",
    ]


CHANGES = [
    ("set_auto_renew", {"auto_renew": True}, {"auto_renew": False}, ["activé", "désactivé"]),
    ("add_to_cart", {"in_cart": False}, {"in_cart": True}, ["non", "oui"]),
    (
        "request_quote",
        {"seats": 5, "term": "annual"},
        {"seats": 3, "term": "annual", "to": "partner"},
        ["5", "3", "—", "votre partenaire"],
    ),
    (
        "reassign_primary_admin",
        {"primary_admin": {"id": "a", "name": "Anne"}},
        {"primary_admin": {"id": "b", "name": "<b>Bob</b>"}},
        ["Anne", "&lt;b&gt;Bob&lt;/b&gt;"],
    ),
]


@pytest.mark.parametrize(("action", "before", "after", "words"), CHANGES, ids=[c[0] for c in CHANGES])
def test_a_pending_change_shows_before_and_after(
    action: str, before: dict[str, Any], after: dict[str, Any], words: list[str]
) -> None:
    item = {"product": "Revit", "expires_on": "2026-03-01", "before": before, "after": after}
    html = view.pending({"action": action, "items": [item]})
    shown = [part.split("</dd>")[0].split(">", 1)[1] for part in html.split("<dd")[1:]]
    assert shown == words
    assert "1er\u00a0mars\u00a02026" in html


def test_a_handoff_is_told_once() -> None:
    answer = {"citations": [], "handoff": {"id": "H-000123", "status": "open", "reason": "r"}}
    turns = [{"role": "assistant", "text": "Voilà.", "answer": answer}] * 2
    assert view.exchange(turns).count("H-000123") == 1
