"""Answers to a question just asked, read with what was asked for in mind."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from assistant.engine.understanding.aligned import Aligned, align
from assistant.engine.understanding.entities import read_entities
from assistant.engine.understanding.manners import read_bare_person
from assistant.engine.understanding.orders import normal, read_raw_password
from assistant.engine.understanding.quantities import read_bare_number
from assistant.engine.understanding.records import Context, Entities, ProductRef, Slot, Span

_ANSWERED = 400
"""Characters read of an answer to a question."""

Reader = Callable[[Aligned, Entities, Context], Slot | None]


def read_slot(
    text: str, expected: str, *, products: Sequence[ProductRef] = (), context: Context | None = None
) -> Slot | None:
    """What an answer gives for the slot asked for, or None when it gives nothing for it.

    Slots and the type of `value`: `subscriptions` tuple of ids; `seats` int; `term` a Term value;
    `order_number` str, normalised; `order_password` str, exact; `email` str; `person` str, raw; `target`
    "partner" | "sales"; `date` (first, last) days; `confirmation` bool.
    """
    context = context or Context()
    aligned = align(text[:_ANSWERED])
    entities = read_entities(aligned, products, context.today)
    if expected == "subscriptions":
        ids = pointed_ids(entities, products, context)
        return Slot(kind=expected, value=ids, start=0, end=len(aligned.text)) if ids else None
    reader = _READERS.get(expected)
    return reader(aligned, entities, context) if reader else None


def pointed_ids(entities: Entities, products: Sequence[ProductRef], context: Context) -> tuple[str, ...]:
    """The subscriptions named, described or pointed to, in the order they were said."""
    everyone = tuple(product.id for product in products)
    shown = context.shown or everyone
    ids = [id for mention in entities.products for id in mention.subscriptions]
    narrowed = [id for id in ids if id in entities.described] or ids or list(entities.described)
    for reference in entities.references:
        match reference.kind:
            case "ordinal" if reference.index is not None and -len(shown) <= reference.index < len(shown):
                narrowed.append(shown[reference.index])
            case "both" if len(shown) == 2:
                narrowed += shown
            case "all":
                narrowed += shown
            case "that":
                narrowed += context.focus
            case "other" if len(others := [id for id in shown if id not in context.focus]) == 1:
                narrowed += others
            case _:
                pass
    return tuple(dict.fromkeys(narrowed))


def _seats(aligned: Aligned, entities: Entities, _: Context) -> Slot | None:
    counted = next((m for m in entities.seats if m.count is not None), None) or read_bare_number(aligned)
    if counted is None or counted.count is None or entities.dates:
        return None
    return Slot(kind="seats", value=counted.count, start=counted.start, end=counted.end)


def _term(aligned: Aligned, entities: Entities, _: Context) -> Slot | None:
    wanted = sorted(entities.terms, key=lambda m: ("to", "plain", "from").index(m.role))
    if wanted and wanted[0].role != "from":
        return Slot(kind="term", value=wanted[0].term, start=wanted[0].start, end=wanted[0].end)
    bare = read_bare_number(aligned)
    term = {1: "annual", 3: "three_year"}.get(bare.count or 0) if bare else None
    return Slot(kind="term", value=term, start=bare.start, end=bare.end) if bare and term else None


def _first(kind: str, spans: Sequence[Span]) -> Slot | None:
    return Slot(kind=kind, value=spans[0].value, start=spans[0].start, end=spans[0].end) if spans else None


def _number(aligned: Aligned, entities: Entities, _: Context) -> Slot | None:
    if entities.order_numbers:
        return _first("order_number", entities.order_numbers)
    text = aligned.text.strip(" \t\r\n.,;:!?")
    value = normal(text)
    plain = 6 <= len(value) <= 20 and value.isascii() and value.replace("-", "").isalnum()
    if plain and sum(map(str.isdigit, value)) >= 2:
        start = aligned.text.find(text)
        return Slot(kind="order_number", value=value, start=start, end=start + len(text))
    return None


def _password(aligned: Aligned, entities: Entities, _: Context) -> Slot | None:
    raw = entities.passwords[0] if entities.passwords else read_raw_password(aligned.text)
    if raw is None or (
        entities.answer == "no" and len(aligned.text.split()) < 4 and raw.value.lower() == "non"
    ):
        return None
    return Slot(kind="order_password", value=raw.value, start=raw.start, end=raw.end)


def _person(aligned: Aligned, entities: Entities, _: Context) -> Slot | None:
    if entities.emails:
        return _first("person", entities.emails)
    said = entities.person or (None if entities.answer else read_bare_person(aligned.text))
    return Slot(kind="person", value=said.value, start=said.start, end=said.end) if said else None


def _target(aligned: Aligned, entities: Entities, _: Context) -> Slot | None:
    return (
        Slot(kind="target", value=entities.target, start=0, end=len(aligned.text))
        if entities.target
        else None
    )


def _date(_: Aligned, entities: Entities, __: Context) -> Slot | None:
    when = entities.dates[0] if entities.dates else None
    return Slot(kind="date", value=(when.first, when.last), start=when.start, end=when.end) if when else None


def _confirmation(aligned: Aligned, entities: Entities, _: Context) -> Slot | None:
    if entities.answer is None:
        return None
    return Slot(kind="confirmation", value=entities.answer == "yes", start=0, end=len(aligned.text))


_READERS: dict[str, Reader] = {
    "seats": _seats,
    "term": _term,
    "order_number": _number,
    "order_password": _password,
    "email": lambda _, entities, __: _first("email", entities.emails),
    "person": _person,
    "person_named": _person,
    "target": _target,
    "date": _date,
    "confirmation": _confirmation,
}
