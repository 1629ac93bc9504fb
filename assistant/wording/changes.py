"""States a pending change and acknowledges a committed one, from the stored proposal alone.

What a person says yes to, and what they are told was done, is never a model's wording. Takes PROPOSAL objects
of the tools' results (`docs/architecture.md`), whose items may also carry `expires_on` and `order`. Texts
are in `changes.fr.yaml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistant.wording import formats
from assistant.wording.texts import load, render

Proposal = Mapping[str, Any]


def statement(proposal: Proposal, *, recalled: bool = False, asked_beside: bool = False) -> str:
    """A pending change in full: what, for which subscriptions, before and after, and the one question.

    `recalled`: it was stated before and something else was talked of meanwhile. `asked_beside`: the answer
    above asks something of its own, so that a bare « oui » would be ambiguous.
    """
    wording = load("changes.fr.yaml")
    parts = [
        render(wording["recall"] if recalled else wording["statement"]),
        f"**{_capital(_filled(proposal, 'title'))}**",
        _lines(proposal),
        _filled(proposal, "note"),
        *_warnings(proposal),
        render(wording["question_beside"] if asked_beside else wording["question"]),
    ]
    return "\n\n".join(part for part in parts if part)


def receipt(proposal: Proposal, *, at: str, reference: str | None) -> str:
    """What was changed: when, from what to what, and how to undo it. `at` is an ISO instant or day."""
    wording = load("changes.fr.yaml")
    parts = [
        f"{render(wording['receipt'], on=formats.day(at))} {_filled(proposal, 'done', reference=reference)}.",
        _lines(proposal),
        _filled(proposal, "note"),
        _filled(proposal, "undo"),
    ]
    return "\n\n".join(parts)


def reply_subject(proposal: Proposal) -> str:
    """The name of the change in `replies.fr.yaml`, whose words may stand beside a yes."""
    if proposal["action"] == "set_auto_renew":
        return "set_auto_renew_on" if proposal.get("enabled") else "set_auto_renew_off"
    return str(proposal["action"])


def _lines(proposal: Proposal) -> str:
    return "\n".join(
        f"- {_which(item)}{formats.NBSP}: {_filled(proposal, 'line', item=item)}"
        for item in proposal["items"]
    )


def _which(item: Mapping[str, Any]) -> str:
    """The subscription as people tell it from the others: product, expiry and, where known, order number."""
    told = [f"expiration le {formats.day(item['expires_on'])}"] if item.get("expires_on") else []
    told += [f"commande {item['order']}"] if item.get("order") else []
    return f"{item['product']} ({', '.join(told)})" if told else str(item["product"])


def _warnings(proposal: Proposal) -> list[str]:
    known = load("changes.fr.yaml")["warnings"]
    codes = dict.fromkeys(code for item in proposal["items"] for code in item.get("warnings") or ())
    return [render(known[code]) for code in codes if code in known]


def _filled(proposal: Proposal, part: str, **more: Any) -> str:
    wording = load("changes.fr.yaml")
    items = proposal["items"]
    names = list(dict.fromkeys(item["product"] for item in items))
    values = {
        "items": items,
        "many": len(items) > 1,
        "enabled": proposal.get("enabled"),
        "to": proposal.get("to"),
        "of_all": formats.listed([formats.of(name) for name in names]),
        "switch": wording["switch"].get,
        "seats": lambda count: formats.counted(count, "poste"),
        "term": wording["terms"].get,
        "name": lambda person: person["name"],
        "reference": None,
    }
    return render(wording["actions"][proposal["action"]][part], **{**values, **more})


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
