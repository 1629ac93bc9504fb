"""Subscriptions spoken of: by product name, by description, by rank or pointer."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from assistant.engine.understanding.aligned import Aligned, alternatives, any_of, word_data
from assistant.engine.understanding.catalog import KnownProduct, catalog
from assistant.engine.understanding.records import (
    DateMention,
    ProductMention,
    ProductRef,
    Reference,
    SeatMention,
    TermMention,
)
from knowledge.text import fold

CLOSE = 82.0
"""A mistyped name has to be this alike (0..100); measured: below it ordinary words ("invite", "mayo") come
through."""

_WORD = re.compile(r"[^\W_]+")
_NAME_CHARS = re.compile(r"[^\W_]+")
_LONGEST = 6
_FUZZY_WORDS = 160


@dataclass(frozen=True, slots=True)
class _Name:
    words: tuple[str, ...]
    product: str
    common: bool


def _tokens(name: str) -> tuple[str, ...]:
    return tuple(_NAME_CHARS.findall(fold(name)))


@cache
def _known() -> tuple[_Name, ...]:
    return tuple(
        _Name(_tokens(name), product.name, product.common and name == product.name)
        for product in catalog()
        for name in (product.name, *product.aliases)
    )


@lru_cache(maxsize=512)
def _own(products: tuple[str, ...]) -> tuple[_Name, ...]:
    known: dict[str, KnownProduct] = {fold(product.name): product for product in catalog()}
    names = []
    for product in products:
        entry = known.get(fold(product))
        for name in (product, *(entry.aliases if entry else ())):
            names.append(_Name(_tokens(name), product, False))
    return tuple(names)


@lru_cache(maxsize=512)
def _index(products: tuple[str, ...]) -> dict[tuple[str, ...], _Name]:
    index = {name.words: name for name in reversed(_known()) if name.words}
    index.update({name.words: name for name in reversed(_own(products)) if name.words})
    return index


def read_products(aligned: Aligned, products: Sequence[ProductRef]) -> tuple[ProductMention, ...]:
    """Products named, longest name first: exact ones, ids, then mistyped ones; at most one reading of each
    stretch.
    """
    owned = tuple(dict.fromkeys(product.product for product in products))
    index = _index(owned)
    tokens = [(match.group(), *match.span()) for match in _WORD.finditer(aligned.folded)]
    used = [False] * len(tokens)
    found: list[ProductMention] = []

    def add(name: str, first: int, last: int, score: float, ids: tuple[str, ...] | None = None) -> None:
        used[first : last + 1] = [True] * (last + 1 - first)
        start, end = aligned.span(tokens[first][1], tokens[last][2])
        folded = fold(name)
        held = tuple(p.id for p in products if fold(p.product) == folded) if ids is None else ids
        found.append(ProductMention(product=name, subscriptions=held, score=score, start=start, end=end))

    by_id = {_tokens(product.id): product for product in products}
    for size in range(min(_LONGEST, len(tokens)), 0, -1):
        for at in range(len(tokens) - size + 1):
            if any(used[at : at + size]):
                continue
            words = tuple(token for token, _, _ in tokens[at : at + size])
            if (ref := by_id.get(words)) is not None and (size > 1 or len(words[0]) >= 5):
                add(ref.product, at, at + size - 1, 1.0, (ref.id,))
            elif (name := index.get(words)) is not None:
                start, end = aligned.span(tokens[at][1], tokens[at + size - 1][2])
                if not name.common or (aligned.text[start:end][:1].isupper() and start > 0):
                    add(name.product, at, at + size - 1, 1.0)
    _mistyped(tokens, used, index, frozenset("".join(_tokens(name)) for name in owned), add)
    return tuple(sorted(found, key=lambda mention: mention.start))


@cache
def _ordinary() -> frozenset[str]:
    from assistant.engine.understanding.vocabulary import concept_words

    lists = ("french", "english", "foreign", "frustration", "greetings")
    words = {word for name in lists for word in map(str, word_data()[name])}
    common = {fold(product.name) for product in catalog() if product.common}
    return frozenset(words) | common | concept_words() | frozenset(map(str, word_data()["not_products"]))


def _mistyped(
    tokens: list[tuple[str, int, int]],
    used: list[bool],
    index: dict[tuple[str, ...], _Name],
    own: frozenset[str],
    add: Callable[[str, int, int, float], None],
) -> None:
    from rapidfuzz import fuzz, process

    names = {
        "".join(words): name for words, name in index.items() if len("".join(words)) >= 4 and not name.common
    }
    spelled = list(names)
    ordinary = _ordinary()
    budget = _FUZZY_WORDS
    for size in (3, 2, 1):
        for at in range(len(tokens) - size + 1):
            if any(used[at : at + size]) or budget <= 0:
                continue
            part = [token for token, _, _ in tokens[at : at + size]]
            joined = "".join(part)
            if not 4 <= len(joined) <= 32 or (part[0] in ordinary) or (size > 1 and part[-1] in ordinary):
                continue
            budget -= 1
            matches = process.extract(
                joined, spelled, scorer=fuzz.ratio, score_cutoff=_needed(joined), limit=3
            )
            if not matches:
                continue
            # The person's own product wins over a stranger that is hardly closer.
            match = next((m for m in matches if m[0] in own and m[1] >= matches[0][1] - 6), matches[0])
            name = names[match[0]]
            if size > 1 and not _word_by_word(part, name.words):
                continue
            add(name.product, at, at + size - 1, round(match[1] / 100, 2))


def _needed(joined: str) -> float:
    return 80.0 if len(joined) == 5 else CLOSE if len(joined) > 5 else 88.0


def _word_by_word(part: Sequence[str], name: Sequence[str]) -> bool:
    """Whether several words are a name written apart or mistyped, not a name and a stranger beside it."""
    if len(part) != len(name):
        return "".join(part) == "".join(name)
    return all(
        abs(len(one) - len(two)) <= 2 and one[:1] == two[:1] for one, two in zip(part, name, strict=True)
    )


def read_described(
    aligned: Aligned,
    products: Sequence[ProductRef],
    terms: Sequence[TermMention],
    seats: Sequence[SeatMention],
    dates: Sequence[DateMention],
) -> tuple[str, ...]:
    """The person's subscriptions a description picks out; none when it fits all of them or none."""
    kept = list(products)
    told = False
    for term in terms:
        before = aligned.text[max(0, term.start - 24) : term.start].lower()
        if (
            term.role == "plain"
            and re.search(
                r"(?:l['’]|le |la |les |mon |ma |mes |celui |abonnement[s]? |abos? |licences? |en )$", before
            )
            and not re.search(
                r"(?:passer|passe|passez|convertir|changer) (?:\S+ ){0,4}(?:en |a |à )?$", before
            )
        ):
            kept, told = [p for p in kept if p.term == term.term], True
    if re.search(
        r"(?<!\w)(?:celui|celle|ceux|abonnement|abo|licence"
        r"|contrat)[^.?!]{0,24}(?:expir|termin|finit|echeance|fin )",
        aligned.folded,
    ):
        for mention in dates:
            chosen = [p for p in kept if p.expires_on and mention.first <= p.expires_on <= mention.last]
            same_month = [
                p
                for p in kept
                if p.expires_on and not mention.relative and p.expires_on.month == mention.first.month
            ]
            kept, told = chosen or same_month, True
    for seat in seats:
        before = aligned.text[max(0, seat.start - 20) : seat.start].lower()
        if seat.count and re.search(
            r"(?:celui|celle|abonnement|abo|licence)s?(?: \S+)? (?:à|a|de|avec) $", before
        ):
            kept, told = [p for p in kept if p.seats == seat.count], True
    if any_of("trial_mention").search(aligned.folded):
        kept, told = [p for p in kept if p.kind == "trial"], True
    return tuple(p.id for p in kept) if told and len(kept) < len(products) else ()


@cache
def _ordinals() -> re.Pattern[str]:
    words = sorted(word_data()["ordinals"], key=len, reverse=True)
    after = "|".join(word_data()["not_ordinal_after"])
    return re.compile(
        rf"(?<!\w)(?:(?:le|la|les|l'|du|numero|n°|option|choix|reponse) ?)({'|'.join(map(re.escape, words))})"
        rf"(?!\w)(?! (?:{after})(?!\w))"
    )


_NUMBERED = re.compile(
    r"(?<!\w)(?:(?:le|la|numero|n°|no|option|choix) ?(?:numero |n° ?)?)([1-9])(?![\w€%])(?! (?:postes?"
    r"|licences?|ans?|mois|jours?|janv|fev|mars|avr|mai|juin|juil|aout|sept|oct|nov|dec))"
)


@cache
def _alone() -> re.Pattern[str]:
    words = sorted(word_data()["ordinals"], key=len, reverse=True)
    return re.compile(rf"\W*({'|'.join(map(re.escape, words))}|[1-9])\W*$")


def read_references(aligned: Aligned) -> tuple[Reference, ...]:
    """Pointers: "le deuxième", "les deux", "tous", "celui-là", "l'autre", "aucun"."""
    found: list[Reference] = []
    taken: list[tuple[int, int]] = []

    def add(kind: str, index: int | None, start: int, end: int) -> None:
        if not any(first < end and start < last for first, last in taken):
            taken.append((start, end))
            found.append(Reference(kind=kind, index=index, start=start, end=end))  # type: ignore[arg-type]

    ordinals = word_data()["ordinals"]
    if alone := _alone().match(aligned.folded):
        place = ordinals.get(alone[1], int(alone[1]) - 1 if alone[1].isdigit() else None)
        add("ordinal", place, *aligned.span(*alone.span(1)))
    for match, start, end in aligned.find(any_of("both")):
        if not re.match(r" (?:autres|dernier|premier)", aligned.folded[match.end() : match.end() + 12]):
            add("both", None, start, end)
    for match, start, end in aligned.find(_ordinals()):
        add("ordinal", ordinals[match[1]], start, end)
    for match, start, end in aligned.find(_NUMBERED):
        add("ordinal", int(match[1]) - 1, start, end)
    for kind in ("other", "that", "none"):
        for _, start, end in aligned.find(any_of(kind)):
            add(kind, None, start, end)
    unlike = _unlike_all()
    for match, start, end in aligned.find(any_of("all")):
        if not unlike.match(aligned.folded, match.end()):
            add("all", None, start, end)
    return tuple(sorted(found, key=lambda reference: reference.start))


@cache
def _unlike_all() -> re.Pattern[str]:
    return re.compile(rf"[ -](?:{alternatives('not_all_after')})(?!\w)")
