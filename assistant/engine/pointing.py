"""What the words of a message stand for: subscriptions named, described or pointed to, and other slots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.engine.dialogue import Turn
from assistant.engine.planning import Known
from assistant.engine.understanding.records import Context, Entities, ProductRef
from assistant.engine.words import folded, says

SHORT = 6
"""A message of so many words at most can be a bare answer, or leave its verb to the one before."""


def product_refs(subscriptions: Iterable[Mapping[str, Any]]) -> tuple[ProductRef, ...]:
    """The person's subscriptions as understanding wants them."""
    from datetime import date

    return tuple(
        ProductRef(
            id=str(s["id"]),
            product=str(s.get("product", "")),
            term=str(s.get("term") or ""),
            seats=int(s.get("seats") or 0),
            expires_on=date.fromisoformat(s["expires_on"]) if s.get("expires_on") else None,
            kind=str(s.get("kind") or "paid"),
            state=str(s.get("state") or ""),
        )
        for s in subscriptions
    )


def context_of(turn: Turn) -> Context:
    """What the conversation adds to the message, for understanding."""
    from datetime import date

    listed = turn.result("list_subscriptions") or {}
    today = listed.get("today") or turn.state.today
    asked = turn.state.asked
    return Context(
        today=date.fromisoformat(today) if today else None,
        focus=turn.state.focus,
        shown=turn.state.shown,
        expected=asked.slot if asked else None,
    )


@dataclass(frozen=True, slots=True)
class Pointed:
    """The subscriptions some words point to. `ids` None: none said; `ambiguous`: several, of which one is
    meant; `unclear`: the pointer itself fits several.
    """

    ids: tuple[str, ...] | None = None
    unowned: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    unclear: bool = False

    @property
    def found(self) -> bool:
        """Whether the words point to anything."""
        return bool(self.ids or self.unowned or self.ambiguous)


def pointed(entities: Entities, known: Known, everyone: Sequence[str], text: str = "") -> Pointed:
    """What products, descriptions and pointers of some words stand for, among the person's subscriptions.

    `text`: the words themselves, for a part of a name ("et LT ?") and "les deux premiers".
    """
    state = known.turn.state
    shown = [id for id in state.shown if id in everyone] or list(everyone)
    focus = [id for id in state.focus if id in everyone]
    ids: list[str] = []
    ambiguous: list[str] = []
    unowned: list[str] = []
    described = [id for id in entities.described if id in everyone]
    for mention in entities.products:
        own = [id for id in mention.subscriptions if id in everyone]
        picked = [id for id in own if id in described] or own
        (ids if len(picked) == 1 else ambiguous).extend(picked)
        if not own:
            unowned.append(mention.product)
    if not entities.products:
        (ids if len(described) == 1 else ambiguous).extend(described)
    several: list[str] = []
    for reference in entities.references:
        found = _referred(reference.kind, reference.index, shown, focus, everyone)
        if reference.kind == "both" and not found:
            several += [] if ids or len(shown) < 2 else shown
        elif reference.kind == "other" and len(found) > 1:
            several += found
        else:
            ids += found
    if not (ids or ambiguous or unowned or several):
        ranked, partly = _by_rank(text, shown), _by_part(text, known)
        ids += ranked or (partly if len(partly) == 1 else [])
        several += [] if ids else partly or (everyone if says("ranks", text) else [])
    ids = [id for id in dict.fromkeys(ids) if id]
    if several and not ids:
        return Pointed(ambiguous=tuple(dict.fromkeys(several)), unclear=True, unowned=tuple(unowned))
    unclear = [id for id in dict.fromkeys(ambiguous) if id not in ids]
    return Pointed(
        ids=(*ids, *unclear) or None,
        unowned=tuple(dict.fromkeys(unowned)),
        ambiguous=() if ids else tuple(unclear),
    )


def _by_rank(text: str, shown: Sequence[str]) -> list[str]:
    """So many of those shown ("les deux premiers"); none where fewer were."""
    match = says("ranks", text)
    if match is None:
        return []
    said = match["count"]
    count = int(said) if said.isdigit() else 2 + ("deux", "trois", "quatre", "cinq").index(said)
    if count > len(shown):
        return []
    return list(shown[:count] if match["end"].startswith("prem") else shown[-count:])


def _by_part(text: str, known: Known) -> list[str]:
    """The subscriptions with a part of whose name a short message calls them ("LT", "Max")."""
    said = folded(text).split()
    if not 0 < len(said) <= SHORT:
        return []
    parts = {str(s["id"]): folded(str(s.get("product", ""))).split() for s in known.subscriptions}
    own = [id for id, name in parts.items() if len(name) > 1 and set(name[1:]) & set(said[-2:])]
    return own if any(len(word) > 1 and not word.isdigit() for word in said[-2:]) else []


def _referred(
    kind: str, index: int | None, shown: Sequence[str], focus: Sequence[str], everyone: Sequence[str]
) -> Sequence[str]:
    match kind:
        case "ordinal" if index is not None and -len(shown) <= index < len(shown):
            return [shown[index]]
        case "that":
            return focus or (shown if len(shown) == 1 else [])
        case "both":
            return focus if len(focus) == 2 else shown if len(shown) == 2 else []
        case "other":
            return [id for id in (shown if set(focus) < set(shown) else everyone) if id not in focus]
        case "all":
            return everyone
        case _:
            return []


def slots_of(entities: Entities) -> dict[str, Any]:
    """The other slots some words fill. `delta` is a wish for so many seats more or fewer."""
    terms = sorted(entities.terms, key=lambda mention: ("to", "plain", "from").index(mention.role))
    seats = next((s for s in entities.seats if s.count is not None), None)
    delta = next((s for s in entities.seats if s.delta is not None), None)
    values = {
        "order_number": entities.order_numbers[0].value if entities.order_numbers else None,
        "order_password": entities.passwords[0].value if entities.passwords else None,
        "email": entities.emails[0].value if entities.emails else None,
        "person": entities.person.value if entities.person else None,
        "target": entities.target,
        "term": terms[0].term if terms and terms[0].role != "from" else None,
        "seats": seats.count if seats else None,
        "delta": delta.delta if delta else None,
        "enabled": {"on": True, "off": False}.get(entities.polarity or ""),
    }
    return {name: value for name, value in values.items() if value is not None}
