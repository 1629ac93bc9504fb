"""Numbers in digits and words, seats and terms."""

from __future__ import annotations

import re
from functools import cache

from assistant.engine.understanding.aligned import Aligned, alternatives, word_data
from assistant.engine.understanding.records import SeatMention, TermMention

_MOST = 100_000


@cache
def _units() -> dict[str, int]:
    return {str(word): int(value) for word, value in word_data()["units"].items()}


@cache
def number_pattern() -> str:
    """A number in digits or in words, as a regular expression over folded text."""
    words = "|".join(sorted(map(re.escape, _units()), key=len, reverse=True))
    return rf"(?:\d{{1,6}}|(?:{words})(?:(?:-| et |-et-| )(?:{words}))" + r"{0,4})"


def number(text: str) -> int | None:
    """The value of "12", "douze", "vingt et un", "quatre-vingt-dix-sept", "nonante-trois"; None when it is
    none.
    """
    text = text.strip()
    if text.isdigit():
        return int(text) if int(text) <= _MOST else None
    total, group = 0, 0
    parts = [part for part in re.split(r"[ -]+", text) if part and part != "et"]
    for part in parts:
        value = _units().get(part)
        if value is None:
            return None
        if value == 20 and group == 4:
            group = 80
        elif value == 100:
            group = max(group, 1) * 100
        elif value == 1000:
            total, group = total + max(group, 1) * 1000, 0
        else:
            group += value
    return total + group if parts and total + group <= _MOST else None


@cache
def _seat_patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    n, seats = number_pattern(), alternatives("seats")
    less = r"(?:de |en )?moins|en trop"
    more = r"(?:de |en )?plus(?! que)|supplementaires?|additionnel\w*|more"
    return tuple(
        (re.compile(pattern), kind)
        for pattern, kind in (
            (rf"(?<!\w)(?P<n>{n}) (?:{seats}) (?:\S+ )?(?:{less})(?!\w)", "less"),
            (rf"(?<!\w)(?P<n>{n}) (?:{seats}) (?:\S+ )?(?:{more})(?!\w)", "more"),
            (rf"(?<!\w)(?P<n>{n}) (?:de|en) moins(?!\w)", "less"),
            (rf"(?<!\w)(?P<n>{n}) (?:de|en) plus(?!\w)", "more"),
            (
                rf"(?<!\w)(?:enlev\w*|retir\w*|supprim\w*|remove|moins) (?P<n>{n})(?: (?:{seats}))?(?!\w)",
                "less",
            ),
            (rf"(?<!\w)(?:r?ajout\w*|add|en plus) (?P<n>{n})(?: (?:{seats}))?(?!\w)", "more"),
            (
                rf"(?<!\w)(?:au lieu|a la place) (?:de |d'|des )(?P<n>{n})(?: (?:{seats}))?(?!\w)",
                "before",
            ),
            (
                rf"(?<!\w)de (?P<m>{n})(?: (?:{seats}))? a (?P<n>{n})(?: (?:{seats}))?(?! ?(?:ans?"
                rf"|mois|jours?)(?!\w))(?!\w)",
                "to",
            ),
            (
                rf"(?<!\w)(?:passe\w*|descend\w*|baiss\w*|redui\w*"
                rf"|diminu\w*|augment\w*|monter|limite\w*) (?:\S+ ){{0,9}}?a (?P<n>{n})"
                rf"(?: (?:{seats}))?(?! ?(?:ans?|mois|jours?)(?!\w))(?!\w)",
                "to",
            ),
            (rf"(?<!\w)plus que (?:de )?(?P<n>{n})(?: (?:{seats}))?(?!\w)", "to"),
            (rf"(?<!\w)(?P<n>{n}) (?:{seats})(?!\w)", "count"),
            (rf"(?<!\w)(?P<n>{n}) (?:\S+ ){{0,2}}(?:postes?|licences?|sieges?)(?!\w)", "count"),
        )
    )


_BARE = re.compile(
    r"\W*(?:(?:pour|avec|a|il (?:en |m'en |nous en )?faut"
    r"|j'en veux|plutot|seulement|juste|mettez|mets)\W+){0,3}"
)


def read_seats(aligned: Aligned) -> tuple[SeatMention, ...]:
    """Numbers of seats wanted or stated, and changes: "deux postes de moins", "passer de 5 à 3"."""
    found: list[SeatMention] = []
    taken: list[tuple[int, int]] = []
    for pattern, kind in _seat_patterns():
        for match, start, end in aligned.find(pattern):
            value = number(match["n"])
            if value is None or any(first < end and start < last for first, last in taken):
                continue
            taken.append((start, end))
            if kind == "before" or (value == 0 and kind != "to"):
                continue
            if (
                kind == "count"
                and match["n"] in ("un", "une")
                and re.search(r"d'$|comme $", aligned.folded[: match.start()][-6:])
            ):
                continue
            delta = {"less": -value, "more": value}.get(kind)
            found.append(SeatMention(count=None if delta else value, delta=delta, start=start, end=end))
    return tuple(sorted(found, key=lambda mention: mention.start))


def read_bare_number(aligned: Aligned) -> SeatMention | None:
    """The number that is the whole answer to "how many seats?"."""
    lead = _BARE.match(aligned.folded)
    at = lead.end() if lead else 0
    match = re.compile(rf"({number_pattern()})(?!\w)").match(aligned.folded, at)
    if not match or (value := number(match[1])) is None:
        return None
    start, end = aligned.span(*match.span(1))
    return SeatMention(count=value, delta=None, start=start, end=end)


@cache
def _terms() -> tuple[tuple[re.Pattern[str], str], ...]:
    names = (("three_year", "three_year"), ("monthly", "monthly"), ("annual", "annual"))
    return tuple((re.compile(rf"(?<!\w)(?:{alternatives(name)})(?!\w)"), term) for name, term in names)


_FROM = re.compile(
    r"(?:(?<!\w)(?:de|du|d'un|d'une|au lieu d[eu']\w*|plutot qu\w*|a la place d\w*"
    r"|from|de l'|mon|abonnement|abo|pas)[ ']?(?:abonnement |abo |forfait )?)$"
)
_TO = re.compile(
    r"(?:(?<!\w)(?:a|au|en|a l'|vers|to|pour|sur|pour du|un|une"
    r"|abonnement)[ ']?(?:abonnement |abo |forfait |formule |engagement |d')?)$"
)
_AGO = re.compile(
    r"(?<!\w)(?:il y a|depuis|dans|ca fait|voila|encore|reste|apres|avant|pendant|essai d')(?: \w+)? ?$"
)


def read_terms(aligned: Aligned) -> tuple[TermMention, ...]:
    """Terms named, and for "passer de … à …" which is which."""
    raw: list[tuple[str, int, int, str]] = []
    taken: list[tuple[int, int]] = []
    for pattern, term in _terms():
        for match, start, end in aligned.find(pattern):
            before = aligned.folded[max(0, match.start() - 28) : match.start()]
            if any(first < end and start < last for first, last in taken):
                continue
            if match.group()[-2:] in ("an", "ns", "is", "ee") and _AGO.search(before):
                continue
            taken.append((start, end))
            raw.append((term, start, end, before))
    raw.sort(key=lambda item: item[1])
    distinct = {term for term, *_ in raw}
    found = []
    for place, (term, start, end, before) in enumerate(raw):
        role = "plain"
        if len(distinct) > 1:
            source = bool(_FROM.search(before)) and not re.search(
                r"(?:en abonnement|un abonnement|en abo) $", before
            )
            role = "from" if source or (place == 0 and not _TO.search(before)) else "to"
        elif re.search(
            r"(?:pass\w+|convert\w+|transform\w+|chang\w+|mettre|mets|mettez)[^.?!]{0,60}$",
            aligned.folded[: aligned.folded.find(before) + len(before)][-90:],
        ):
            role = "to" if _TO.search(before) or before.endswith(("par ", " ")) else "plain"
        found.append(TermMention(term=term, role=role, start=start, end=end))  # type: ignore[arg-type]
    if len(distinct) > 1 and not any(mention.role == "to" for mention in found):
        last = found[-1]
        found[-1] = TermMention(term=last.term, role="to", start=last.start, end=last.end)
    return tuple(found)
