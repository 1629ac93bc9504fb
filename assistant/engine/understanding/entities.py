"""All that is read in a stretch of text besides its intent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date
from typing import Any

from assistant.engine.understanding.aligned import Aligned, align, within
from assistant.engine.understanding.dates import read_dates
from assistant.engine.understanding.manners import (
    is_hypothetical,
    is_negated,
    read_answer,
    read_emails,
    read_person,
    read_polarity,
    read_quotes,
    read_target,
)
from assistant.engine.understanding.mentions import read_described, read_products, read_references
from assistant.engine.understanding.orders import read_numbers, read_passwords
from assistant.engine.understanding.quantities import read_seats, read_terms
from assistant.engine.understanding.records import Entities, ProductRef


def read_entities(
    text: str | Aligned, products: Sequence[ProductRef] = (), today: date | None = None
) -> Entities:
    """The entities of a text; offsets are those of the text given."""
    aligned = align(text) if isinstance(text, str) else text
    emails = read_emails(aligned)
    dates = read_dates(aligned, today)
    # What was read as an address or a product is not an order number as well: "3ds-max-2025", "a.b-12@c.fr".
    mentions = read_products(aligned, products)
    taken = [(span.start, span.end) for span in emails] + [(m.start, m.end) for m in mentions]
    numbers = tuple(span for span in read_numbers(aligned) if not within(taken, span.start, span.end))
    passwords = read_passwords(aligned, numbers)
    secret = [(span.start, span.end) for span in (*numbers, *passwords)]
    mentions = tuple(m for m in mentions if not within(secret, m.start, m.end))
    dates = tuple(m for m in dates if not within(secret, m.start, m.end))
    dated = [(m.start, m.end) for m in dates] + secret
    seats = tuple(m for m in read_seats(aligned) if not within(secret, m.start, m.end))
    terms = tuple(m for m in read_terms(aligned) if not within(dated, m.start, m.end))
    quoted = read_quotes(aligned)
    return Entities(
        order_numbers=numbers,
        passwords=passwords,
        products=mentions,
        described=read_described(aligned, products, terms, seats, dates),
        dates=dates,
        seats=seats,
        terms=terms,
        references=tuple(r for r in read_references(aligned) if not within(dated, r.start, r.end)),
        emails=emails,
        person=read_person(aligned, emails, [(m.start, m.end) for m in mentions]),
        target=read_target(aligned),
        polarity=read_polarity(aligned),
        answer=read_answer(aligned, quoted),
        negated=is_negated(aligned),
        hypothetical=is_hypothetical(aligned),
        quoted=quoted,
    )


def moved(entities: Entities, by: int) -> Entities:
    """The same entities with offsets of a text in which theirs begins `by` characters later."""
    changes: dict[str, Any] = {}
    for each in fields(Entities):
        value = getattr(entities, each.name)
        if isinstance(value, tuple) and value and hasattr(value[0], "start"):
            changes[each.name] = tuple(replace(m, start=m.start + by, end=m.end + by) for m in value)
        elif hasattr(value, "start"):
            changes[each.name] = replace(value, start=value.start + by, end=value.end + by)
    return replace(entities, **changes)
