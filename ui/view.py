"""What the page shows, as HTML made from plain data. Pure; every value is escaped by the templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from assistant.wording.formats import day as long_date
from knowledge.models import Article, Source
from knowledge.text import fold
from ui.article import lay_out
from ui.markdown import cite, render_answer
from ui.texts import counted, text, texts
from ui.timeline import draw

Json = Mapping[str, Any]


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(t=text, counted=counted, cite=cite)
    environment.filters["long_date"] = long_date
    return environment


def render(name: str, **facts: object) -> str:
    """A template of `templates/` filled in."""
    return _templates().get_template(f"{name}.html.j2").render(**facts)


def exchange(turns: Sequence[Json]) -> str:
    """The recorded turns of a conversation: `{"role", "text"}` and, for the assistant's, `"answer"`.

    A hand-off is told once, under the answer that made it.
    """
    shown: list[dict[str, Any]] = []
    told: set[str] = set()
    for turn in turns:
        one = _turn(turn)
        handoff = one.get("handoff")
        if handoff and handoff["id"] in told:
            one["handoff"] = None
        elif handoff:
            told.add(handoff["id"])
        shown.append(one)
    return render("exchange", turns=shown)


def speaking(question: str, said: str) -> str:
    """The turn under way: the question and what was checked and said so far."""
    html = render_answer(said, None) if said else None
    turns = [_turn({"role": "user", "text": question})]
    return render("exchange", turns=turns, speaking=True, html=html)


def notice(words: str) -> str:
    """A remark of the page itself."""
    return render("notice", words=words)


def announce(words: str) -> str:
    """The live region of assistive technology, saying `words`."""
    return render("status", words=words)


def _turn(turn: Json) -> dict[str, Any]:
    if turn["role"] == "user":
        return {"role": "user", "text": turn["text"]}
    answer: Json = turn["answer"]
    citations = {citation["marker"]: citation for citation in answer["citations"]}
    by_article: dict[str, list[Json]] = {}
    for citation in citations.values():
        by_article.setdefault(citation["article"], []).append(citation)
    return {
        "role": "assistant",
        "html": render_answer(turn["text"], citations),
        "sources": list(by_article.values()),
        "handoff": answer["handoff"],
    }


def header(person: Json | None, *, stranger: bool) -> str:
    """The bar at the top: who is speaking (`name`, `demo`, `staff`; None: a visitor, or a stranger)."""
    return render("header", person=person, stranger=stranger)


def welcome(person: Json | None, *, stranger: bool) -> str:
    """The opening of an empty conversation."""
    key = "signed_in" if person else "stranger" if stranger else "visitor"
    return render("welcome", words=text(f"welcome.{key}", **(person or {})))


def sign_in(identities: Sequence[Json], *, refusal: str | None = None) -> str:
    """The ways in. `identities`: `{"id", "name", "organization", "about"}`."""
    return render("sign_in", identities=identities, refusal=refusal)


def by_attention(subscriptions: Sequence[Json]) -> list[Json]:
    """Subscriptions with those that need attention first, each group soonest expiry first."""
    order: list[str] = list(texts()["state"])
    return sorted(subscriptions, key=lambda one: (order.index(_state(one)), one["expires_on"]))


def panel(overview: Json | None, *, staff: bool = False) -> str:
    """The person's subscriptions (`list_subscriptions`' payload; None: nobody is signed in)."""
    if overview is None:
        return render("panel", cards=[], pressing=0, note=text("panel.signed_out"), staff=False)
    today = date.fromisoformat(overview["today"])
    listed = by_attention(overview["subscriptions"])
    pressing = sum(texts()["state"][_state(one)]["tone"] in {"urgent", "act"} for one in listed)
    note = None if listed else text("panel.staff" if staff else "panel.empty")
    return render(
        "panel", cards=[_card(one, today) for one in listed], pressing=pressing, note=note, staff=staff
    )


def _state(subscription: Json) -> str:
    """What matters most about a subscription: its decision, unless auto-renewal changes what to do."""
    decision = str(subscription["state"])
    if decision in {"eligible", "too_early"} and subscription["payment_problem"]:
        return str(subscription["payment_problem"])
    if decision == "eligible" and subscription["renews_itself"]:
        return "renews_itself"
    return decision


def _card(subscription: Json, today: date) -> dict[str, Any]:
    state = texts()["state"][_state(subscription)]
    days = {
        key: long_date(date.fromisoformat(subscription[key]))
        for key in ("expires_on", "window_opens_on", "grace_ends_on")
        if subscription.get(key)
    }
    roles = subscription["your_roles"]
    return {
        "id": subscription["id"],
        "product": subscription["product"],
        "label": state["label"],
        "tone": state["tone"],
        "text": state["text"].format(**days),
        "terms": f"{counted('panel.seats', subscription['seats'])}, {text('term.' + subscription['term'])}",
        "auto_renew": None
        if subscription["kind"] == "trial"
        else text(f"panel.auto_renew.{subscription['auto_renew']}"),
        "buyer": None if "buyer" in roles else (subscription.get("buyer") or {}).get("name"),
        "ask": text("panel.ask", product=subscription["product"]),
        "drawing": draw(subscription, today),
    }


def pending(proposal: Json) -> str:
    """A change waiting for the person's word: what, for which subscription, before and after."""
    items = [
        {
            "product": item["product"],
            "expires_on": item.get("expires_on"),
            "changes": [
                {
                    "field": _field(key),
                    "before": _value(key, item["before"].get(key)),
                    "after": _value(key, after),
                }
                for key, after in item["after"].items()
                if item["before"].get(key) != after
            ],
        }
        for item in proposal["items"]
    ]
    actions: dict[str, str] = texts()["pending"]["actions"]
    return render("pending", title=actions.get(proposal["action"], actions["default"]), items=items)


def _field(key: str) -> str:
    fields: dict[str, str] = texts()["pending"]["fields"]
    return fields.get(key, key.replace("_", " "))


def _value(key: str, value: Any) -> str:
    words = texts()["pending"]
    named: dict[str, str] = words["switches"].get(key, words["values"])
    if isinstance(value, Mapping):
        value = value.get("name") or value.get("id")
    return str(named.get(str(value), value))


def status(answer: Json) -> str:
    """What assistive technology announces when an answer has come."""
    spoken = Markup(render_answer(answer["answer"], {})).striptags()
    return announce(f"{spoken} {text('turn.announce_pending')}" if answer.get("pending") else spoken)


def source(found: Source | None, article: Article | None, *, panel: bool) -> str:
    """The article of a citation with its sentence marked; None: no longer there. `panel`: can be closed."""
    if found is None or article is None:
        return render("source", article=None, parts=[], panel=panel)
    parts = lay_out(article.text, found.start, found.end)
    if parts and parts[0].kind == "heading" and fold(parts[0].html.striptags()) == fold(article.title):
        parts = parts[1:]
    return render("source", article=article, parts=parts, panel=panel)


def document(body: str, *, title: str, version: str) -> str:
    """A whole page of its own, for readers without script and for refusals."""
    return render("document", body=Markup(body), title=title, version=version)
