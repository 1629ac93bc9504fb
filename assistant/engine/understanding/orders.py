"""Order numbers and order passwords, in any spelling."""

from __future__ import annotations

import re

from assistant.engine.understanding.aligned import Aligned
from assistant.engine.understanding.records import Span

_SHAPE = re.compile(r"[A-Z0-9-]{6,20}\Z")
_LABEL = re.compile(
    r"(?<!\w)(?:(?:numero|num|n[o°]?|no\.?|reference|ref|number)(?: (?:de|d'|of))? ?(?:ma |la |notre |my )?)?"
    r"(?:commande|cmd|cde|order)(?: (?:number|numero|num|n[o°]?|no))?(?!\w)[ .:#n°=]{0,6}"
    r"(?:(?:c'est|est|cest|is|qui est|suivante?|porte le numero|la|le)[ :]{1,3}){0,3}"
)
_NUMBER_LABEL = re.compile(
    r"(?<!\w)(?:numero|num|n°)(?! de )[ ,.:#=]{0,3}(?:(?:c'est|cest|est|is)[ :,]{1,3}){0,2}"
)
_JOINED = re.compile(r"(?<![\w-])[a-z]{1,6}(?:[ -]{1,3}\d{2,8}){1,3}(?![\w-])")
_SPACED = re.compile(r"(?<![\w-])[A-Z]{2,4}(?: \d{3,6}){2}(?![\w-])")
_TOKEN = re.compile(r"(?<![\w@.-])[a-z0-9]+(?:-[a-z0-9]+){0,5}(?![\w@-])")
_PASSWORD_LABEL = re.compile(
    r"(?<!\w)(?:(?:mot de passe|mdp|motdepasse|password|mot de pass|pass|pwd"
    r"|code)(?: (?:de|d'|of) (?:ma |la |cette |my )?(?:commande|cmd|cde|order))?)"
    r"(?!\w)[ ]{0,2}(?:(?:c'est|cest|est|is|est le suivant|suivant"
    r"|etant)(?!\w)[ ]{0,2})?,?[ ]{0,2}(?:c'est[ ]{0,2})?[:=]?[ ]{0,2}"
)
_RAW = re.compile(
    r"«\s*([^»\n]{1,100}?)\s*»|\"([^\"\n]{1,100})\"|“([^”\n]{1,100})”|'([^'\n]{4,100})'|(\S{1,100})"
)
_QUOTED = re.compile(r"«\s*([^»\n]{4,100}?)\s*»|\"([^\"\n]{4,100})\"|“([^”\n]{4,100})”")
_DATE_LIKE = re.compile(r"\d{1,4}-\d{1,2}-\d{1,4}\Z|\d{6}\Z(?<=20\d{4})")
_STRONG = re.compile(r"(?=.*\d)(?=.*[a-zA-Z]).{8,}")
_WORDY = re.compile(r"[a-zà-ÿ'’]+\Z", re.IGNORECASE)


_APART = re.compile(r"\s*([A-Za-z]{1,6})((?:[ \u00a0\u202f]{1,3}\d{2,8}){1,3})\s*\Z")


def normal(number: str) -> str:
    """An order number as it is stored: capitals, no spaces; blanks between letters and groups of figures
    stand for hyphens.
    """
    if apart := _APART.match(number):
        number = "-".join([apart[1], *apart[2].split()])
    return re.sub(r"\s+", "", number).upper().replace("–", "-").replace("—", "-").replace("‑", "-")


def _plausible(number: str) -> bool:
    return (
        bool(_SHAPE.match(number))
        and sum(char.isdigit() for char in number) >= 2
        and not number.startswith("-")
    )


def read_numbers(aligned: Aligned) -> tuple[Span, ...]:
    """Order numbers: after a label in any spelling, or bare when they have letters, digits and a hyphen."""
    found: dict[int, Span] = {}
    for pattern in (_LABEL, _NUMBER_LABEL):
        for label in pattern.finditer(aligned.folded):
            if span := _after(aligned, label.end()):
                found.setdefault(span.start, span)
    for match in _SPACED.finditer(aligned.text):
        if not any(span.start < match.end() and match.start() < span.end for span in found.values()):
            start, end = match.span()
            found[start] = Span(value=normal(match.group()), start=start, end=end)
    bare: dict[int, Span] = {}
    for match in _TOKEN.finditer(aligned.folded):
        start, end = aligned.span(*match.span())
        value = normal(aligned.text[start:end])
        mixed = "-" in value and any(map(str.isdigit, value)) and (value[0].isalpha() or value[-1].isalpha())
        capitals = aligned.text[start:end].isupper()
        long_mixed = len(value) >= 7 and any(map(str.isalpha, value)) and sum(map(str.isdigit, value)) >= 4
        taken = any(span.start < end and start < span.end for span in found.values())
        shaped = (mixed and sum(map(str.isdigit, value)) >= 3) or (capitals and long_mixed)
        if not taken and _plausible(value) and shaped and not _DATE_LIKE.match(value):
            bare[start] = Span(value=value, start=start, end=end)
    secret = _called_passwords(aligned, {**found, **bare})
    found |= {start: span for start, span in bare.items() if start not in secret}
    return tuple(found[at] for at in sorted(found))


def _called_passwords(aligned: Aligned, spans: dict[int, Span]) -> set[int]:
    """Where what has the shape of a number is the password: behind « mot de passe », or in small letters
    beside a number in capitals. « mot de passe de la commande AB-2025-0417 » names the order.
    """
    capitals = {start for start, span in spans.items() if aligned.text[start : span.end].isupper()}
    secret: set[int] = spans.keys() - capitals if capitals else set()
    for label in _PASSWORD_LABEL.finditer(aligned.folded):
        if label.end() >= len(aligned.origin):
            continue
        at = aligned.origin[label.end()]
        names_the_order = re.search(r"commande|cmd|cde|order", label.group())
        stated = re.search(r"[:=]|est|is", label.group())
        alone = len(spans) == 1 and at in capitals
        if stated or not (names_the_order or alone):
            quotes = re.compile(r"[\s«\"“']*")
            secret |= {start for start in spans if start >= at and quotes.fullmatch(aligned.text, at, start)}
    return secret


def _after(aligned: Aligned, at: int) -> Span | None:
    for pattern in (_JOINED, _TOKEN):
        match = pattern.match(aligned.folded, at)
        if match:
            start, end = aligned.span(*match.span())
            value = normal(aligned.text[start:end])
            if _plausible(value):
                return Span(value=value, start=start, end=end)
    return None


def read_passwords(aligned: Aligned, numbers: tuple[Span, ...]) -> tuple[Span, ...]:
    """Order passwords, exact: after a label, or the one other strong token beside an order number."""
    found: list[Span] = []
    for label in _PASSWORD_LABEL.finditer(aligned.folded):
        if label.end() >= len(aligned.origin):
            continue
        stated = any(mark in label.group() for mark in (":", "=", "est", "is"))
        span = _raw(aligned.text, aligned.origin[label.end()])
        free = span and not any(n.start < span.end and span.start < n.end for n in numbers)
        if span and free and (_looks_secret(span, aligned.text) or (stated and len(span.value) >= 8)):
            found.append(span)
    if not found and numbers:
        rest = [
            Span(value=match.group(), start=match.start(), end=match.end())
            for match in re.finditer(r"[^\s«»\"“”]+", aligned.text)
            if not any(n.start < match.end() and match.start() < n.end for n in numbers)
        ]
        beside = [_stripped(span) for span in rest if "@" not in span.value[1:]]
        strong = [span for span in beside if _STRONG.match(span.value) and not _DATE_LIKE.match(span.value)]
        found = strong[:1] if len(strong) == 1 else []
    return tuple(found)


def read_raw_password(text: str) -> Span | None:
    """The whole answer to "what is the password?": the one token left once labels and quotes are off."""
    if quoted := _QUOTED.search(text):
        group = quoted.lastindex or 0
        return Span(value=quoted[group], start=quoted.start(group), end=quoted.end(group))
    parts = [
        _stripped(Span(value=m.group(), start=m.start(), end=m.end()))
        for m in re.finditer(r"[^\s«»\"“”]+", text)
    ]
    likely = [span for span in parts if not _WORDY.match(span.value) and len(span.value) >= 4]
    if len(parts) == 1 and len(parts[0].value) >= 4:
        return parts[0]
    return likely[0] if len(likely) == 1 else None


def _raw(text: str, at: int) -> Span | None:
    while at < len(text) and text[at].isspace():
        at += 1
    match = _RAW.match(text, at)
    if not match:
        return None
    group = match.lastindex or 0
    span = Span(value=match[group], start=match.start(group), end=match.end(group))
    return _stripped(span) if group == 5 else span


def _stripped(span: Span) -> Span:
    """Without the full stop or comma of the sentence around it; `!` and `?` stay, they may belong to a
    password.
    """
    value = span.value.rstrip(".,;:)")
    return Span(value=value, start=span.start, end=span.start + len(value))


def _looks_secret(span: Span, text: str) -> bool:
    quoted = text[span.start - 1 : span.start] in ("«", '"', "“", "'", "\u00a0", "\u202f") and span.start > 0
    return len(span.value) >= 4 and (not _WORDY.match(span.value) or (quoted and len(span.value) >= 8))
