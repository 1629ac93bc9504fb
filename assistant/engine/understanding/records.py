"""What understanding a message gives: clauses with an intent each, and entities with their offsets.

Standard library only. Offsets count characters of the original text: `text[start:end]` is what was read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

Language = Literal["fr", "en", "other", "none"]
Polarity = Literal["on", "off"]
SalesTarget = Literal["partner", "sales"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRef:
    """A subscription the person can speak of; `id` is the subscription's, `term` a
    `tools.rules.models.Term` value.
    """

    id: str
    product: str
    term: str = ""
    seats: int = 0
    expires_on: date | None = None
    kind: str = "paid"
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the conversation adds: the day, and the subscriptions last shown, in the order they were shown.

    `focus` is what "celui-là" points to; `expected` is the slot a question just asked for (see `read_slot`).
    """

    today: date | None = None
    focus: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    expected: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A value read at `text[start:end]`."""

    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductMention:
    """A product named in the text.

    `subscriptions` are the ids of the person's own it stands for (several when the same product was bought
    twice); empty: a known product the person does not have. `score` is 0..1, 1 for an exact name.
    """

    product: str
    subscriptions: tuple[str, ...]
    score: float
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DateMention:
    """A day or a stretch of days (`first`..`last`, inclusive); `relative` when counted from today."""

    first: date
    last: date
    relative: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatMention:
    """A number of seats: `count` wanted or stated, or `delta` more (> 0) or fewer (< 0) than now."""

    count: int | None
    delta: int | None
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TermMention:
    """A term named; `role` tells where it stands in "passer de … à …"."""

    term: str
    role: Literal["from", "to", "plain"]
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A pointer into what was shown.

    `kind`: `ordinal` (`index` from 0, -1 the last), `both`, `all`, `that`, `other`, `none`.
    """

    kind: Literal["ordinal", "both", "all", "that", "other", "none"]
    index: int | None
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entities:
    """All that was read in one stretch of text besides its intent.

    `described` are the ids of the person's subscriptions picked out by a description ("l'annuel", "celui
    qui expire en mars", "celui à 3 postes"), empty when there is none; `answer` is the yes or no said, if
    any; `person` is the raw text after "nommer", "à" … for a change of role.
    """

    order_numbers: tuple[Span, ...] = ()
    passwords: tuple[Span, ...] = ()
    products: tuple[ProductMention, ...] = ()
    described: tuple[str, ...] = ()
    dates: tuple[DateMention, ...] = ()
    seats: tuple[SeatMention, ...] = ()
    terms: tuple[TermMention, ...] = ()
    references: tuple[Reference, ...] = ()
    emails: tuple[Span, ...] = ()
    person: Span | None = None
    target: SalesTarget | None = None
    polarity: Polarity | None = None
    answer: Literal["yes", "no"] | None = None
    negated: bool = False
    hypothetical: bool = False
    quoted: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One thing said. `intent` is a skill's name, or None where the classifier abstains.

    `probability` is the calibrated probability of the best skill; `alternatives` are the best three, best
    first.
    """

    text: str
    start: int
    end: int
    intent: str | None
    probability: float
    alternatives: tuple[tuple[str, float], ...]
    entities: Entities


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """One message understood. `entities` are those of the whole message; `truncated` when only its start
    was read.
    """

    text: str
    clauses: tuple[Clause, ...]
    entities: Entities
    language: Language
    frustrated: bool
    truncated: bool = False

    @property
    def intents(self) -> tuple[str, ...]:
        """The distinct intents of the clauses, in the order they were said."""
        return tuple(dict.fromkeys(clause.intent for clause in self.clauses if clause.intent))


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """An answer to a question just asked; `kind` is the slot, `value` what was read (type by slot, see
    `read_slot`).
    """

    kind: str
    value: object
    start: int
    end: int
