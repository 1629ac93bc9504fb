"""How something is said: yes or no, on or off, negation, hypothesis, quotation, language, temper; names
and addresses.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from assistant.engine.understanding.aligned import Aligned, alternatives, any_of, word_data
from assistant.engine.understanding.records import Language, Polarity, SalesTarget, Span
from knowledge.text import fold

_QUOTE = re.compile(
    r"«\s*([^«»]{1,400}?)\s*»|“([^“”]{1,400})”|\"([^\"\n]{1,400})\"|(?m:^[ \t]*>[ \t]?(.{1,400})$)"
)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_NAME = r"[A-ZÀ-ÖØ-Þ][\w’'-]{1,30}(?:[ -](?:de |du |la |le |El |Ben )?[A-ZÀ-ÖØ-Þ][\w’'-]{0,30}){0,3}"
_TITLE = r"(?:(?:Mme|M\.|Mr|Mlle|Madame|Monsieur|Dr)\s+)?"
_LATIN = re.compile(r"[^\W\d_]")
_SHOUT = re.compile(r"[!]{2,}|[?!]{3,}")


@cache
def _person() -> tuple[re.Pattern[str], ...]:
    name = rf"(?P<who>{_TITLE}{_NAME})"
    verbs = (
        r"(?:[Nn]omm\w+|[Dd]ésign\w+|[Dd]esign\w+|[Mm]ets|[Mm]ettez|[Mm]ettre"
        r"|[Pp]asse[rz]?|[Ff]aites de|[Cc]hoisi\w+|[Mm]ake|[Ii]nstall\w+)"
    )
    return tuple(
        re.compile(pattern)
        for pattern in (
            rf"(?<!\w){verbs}\s+{name}",
            rf"(?<!\w)(?:que|Que)\s+{name}\s+(?:devienne|soit|prenne|remplace)",
            rf"{name}\s+(?:doit|va|devient|sera|deviendra|prend|remplace)(?!\w)[^.?!]{{0,30}}admin",
            rf"(?<!\w)admin\w*(?:\s+principale?)?[^.?!]{{0,30}}?\s(?:à|a|par|to)\s+{name}",
            rf"(?<!\w)(?:rôle|role|main|droits?|administration)[^.?!]{{0,40}}?\s(?:à|a|to)\s+{name}",
            rf"(?<!\w)(?:c'est|C'est|par|à|to)\s+(?:maintenant\s+)?{name}",
        )
    )


@cache
def _third_person() -> re.Pattern[str]:
    name = rf"(?P<who>{_TITLE}{_NAME})"
    return re.compile(
        rf"{name},?\s+(?:(?:peut|pourrait|doit)-(?:il|elle)|a-t-(?:il|elle)|est-(?:il|elle))(?!\w)"
        rf"|(?<!\w)(?:[Ee]st[- ]ce qu(?:e |['’])|[Ss]i |[Cc]an )(?P<said>{_TITLE}{_NAME}"
        r")\s+(?:peut|pourrait|a le droit|renew)(?!\w)"
        rf"|(?<!\w)(?:(?:abonnements?|compte|licences?|éligibilité) d(?:e |['’])"
        rf"|client |cliente )(?P<client>{_TITLE}{_NAME})"
    )


_LOWER_NAME = re.compile(
    r"(?<!\w)(?:nomm\w+|design\w+|mets|mettez"
    r"|make)\s+(?P<who>[a-z][a-z'-]{1,30}(?: [a-z'-]{2,30})?)(?=\s+(?:comme "
    r"|en |the |a )?(?:nouvel |nouvelle )?(?:admin|primary))"
)


def read_quotes(aligned: Aligned) -> tuple[Span, ...]:
    """What stands in quotation marks or on a line quoted with `>`: someone else's words."""
    found = []
    for match in _QUOTE.finditer(aligned.text):
        group = match.lastindex or 0
        found.append(Span(value=match[group], start=match.start(), end=match.end()))
    return tuple(found)


def read_emails(aligned: Aligned) -> tuple[Span, ...]:
    """E-mail addresses as typed."""
    return tuple(
        Span(value=m.group().rstrip(".-"), start=m.start(), end=m.start() + len(m.group().rstrip(".-")))
        for m in _EMAIL.finditer(aligned.text)
    )


def read_person(aligned: Aligned, emails: tuple[Span, ...], taken: list[tuple[int, int]]) -> Span | None:
    """The person a role is to go to: the raw name after "nommer", "à", "par" …, else an address in such a
    wish; or the one asked about ("Paul Durand peut-il …", "le compte de Paul Durand").
    """
    not_names = _vocabularies()["not_names"]
    if not re.search(r"(?<!\w)(?:admin|role|primary|principal|passe la main)", aligned.folded):
        for match in _third_person().finditer(aligned.text):
            start, end = match.span(match.lastgroup or 0)
            first = fold(match[match.lastgroup or 0].split()[0])
            ordinary = first in not_names or first in _vocabularies()["french"]
            if not ordinary and not any(one < end and start < two for one, two in taken):
                return Span(value=aligned.text[start:end], start=start, end=end)
        return None
    for pattern in _person():
        for match in pattern.finditer(aligned.text):
            start, end = match.span("who")
            first = match["who"].split()[0]
            if fold(first) not in not_names and not any(one < end and start < two for one, two in taken):
                return Span(value=match["who"], start=start, end=end)
    if emails:
        return emails[0]
    for match, _, _ in aligned.find(_LOWER_NAME):
        start, end = aligned.span(*match.span("who"))
        return Span(value=aligned.text[start:end], start=start, end=end)
    return None


def read_bare_person(text: str) -> Span | None:
    """The name that is the whole answer to "who?"."""
    lead = re.match(
        r"\W*(?:(?:c'est|ce sera|ça sera|à|a|pour|par|nommez|nomme|mets|mettez|plutôt)\s+)*",
        text,
        re.IGNORECASE,
    )
    at = lead.end() if lead else 0
    match = re.compile(rf"{_TITLE}[^\W\d_][\w’'.-]*(?: [^\W\d_][\w’'.-]*){{0,3}}").match(text, at)
    if not match:
        return None
    value = match.group().rstrip(".,")
    return Span(value=value, start=match.start(), end=match.start() + len(value))


def read_target(aligned: Aligned) -> SalesTarget | None:
    """Whom a quote is to be asked of."""
    partner, sales = any_of("partner").search(aligned.folded), any_of("sales").search(aligned.folded)
    if partner and sales:
        return None
    return "partner" if partner else "sales" if sales else None


@cache
def _hypothetical() -> tuple[re.Pattern[str], re.Pattern[str]]:
    return re.compile("|".join(word_data()["hypothetical"])), re.compile(
        "|".join(word_data()["not_hypothetical"])
    )


def is_hypothetical(aligned: Aligned) -> bool:
    """Whether it is only imagined ("si je désactivais …"); "savoir si" asks, it imagines nothing."""
    imagined, indirect = _hypothetical()
    asked = [match.span() for match in indirect.finditer(aligned.folded)]
    return any(
        not any(first <= match.start() < last for first, last in asked)
        for match in imagined.finditer(aligned.folded)
    )


@cache
def _negation() -> re.Pattern[str]:
    return re.compile("|".join(word_data()["negation"]))


def is_negated(aligned: Aligned) -> bool:
    """Whether something is denied."""
    return bool(_negation().search(aligned.folded))


_REFUSED = re.compile(
    r"(?:ne |n'|veux pas |veux plus |souhaite pas |voudrais pas "
    r"|faut pas |don't want[^.?!]{0,12} |not )[^.?!,]{0,36}"
    r"(?:renouvel|automatique|auto(?!\w)|reconduit|preleve|debite)"
)
_UNDONE = re.compile(
    r"(?<!\w)(?:ne|n'|pas|not)[ ']?(?:\w+ ){0,2}(?:desactiv"
    r"|coup|arret|enlev|annul|resili|disable|turn off|cancel)"
)


def read_polarity(aligned: Aligned) -> Polarity | None:
    """Which way auto-renewal is to go, the last said counting ("désactiver, pas activer" is off)."""
    folded = re.sub(
        r",? (?:et )?(?:pas|non pas|plutot que d'|au lieu d'|au lieu de )\s*(?:l')?(?:des|re)?activ\w*",
        "",
        aligned.folded,
    )
    off = [match.start() for match in any_of("off").finditer(folded)]
    on = [match.start() for match in any_of("on").finditer(folded)]
    if off and _UNDONE.search(folded):
        return None
    if off or on:
        return "off" if max(off, default=-1) > max(on, default=-1) else "on"
    if _REFUSED.search(folded) and re.search(r"veux|souhait|voudr|want|faut", folded):
        return "off"
    return None


@cache
def _answers() -> dict[str, re.Pattern[str]]:
    lead = r"(?:\W|(?:ah|eh|ben|bien|bah|euh|bon|alors|mais|bonjour|merci|et|hum|donc|hein)(?!\w))*"
    return {
        "yes": re.compile(rf"{lead}(?:{alternatives('yes')})(?!\w)"),
        "no": re.compile(rf"{lead}(?:{alternatives('no')})(?!\w)"),
        "late": re.compile(
            rf"(?<!\w)(?:mais|finalement|en fait|plutot) (?:{alternatives('no')})(?!\w)"
            rf"|(?<!\w)non (?:finalement|attend|en fait)"
        ),
    }


def read_answer(aligned: Aligned, quoted: tuple[Span, ...]) -> Literal["yes", "no"] | None:
    """The yes or no a message begins with, quotations set aside; "oui, mais non" is a no, "oui et non" is
    neither.
    """
    folded = aligned.folded
    if quoted and aligned.text[: quoted[0].start].strip() == "":
        return None
    no, yes = _answers()["no"].match(folded), _answers()["yes"].match(folded)
    if no and yes:
        no, yes = (no, None) if no.end() >= yes.end() else (None, yes)
    if yes:
        rest = folded[yes.end() :]
        if re.match(r"[\s,]*(?:et|ou)\s+non(?!\w)", rest) or "?" in rest[:3]:
            return None
        if _answers()["late"].search(rest):
            return "no"
        if re.match(r"\s*(?:si|quand|que|pour combien|combien)(?!\w)", rest) and not re.match(
            r"\s*oui", folded
        ):
            return None
        return "yes"
    if no:
        if re.match(r"[\s,]*(?:et|ou)\s+oui(?!\w)", folded[no.end() :]):
            return None
        return "no"
    return None


@cache
def _vocabularies() -> dict[str, frozenset[str]]:
    return {
        name: frozenset(map(str, word_data()[name])) for name in ("french", "english", "foreign", "not_names")
    }


def read_language(aligned: Aligned) -> Language:
    """French or English by their small words, other by script or theirs, none when there are no words."""
    letters = [char for char in aligned.text if _LATIN.match(char)]
    if not letters:
        return "none"
    if sum(ord(char) > 0x24F for char in letters) * 2 > len(letters):
        return "other"
    words = re.findall(r"[^\W\d_]+", aligned.folded)
    lists = _vocabularies()
    french, english, foreign = (
        sum(word in lists[name] for word in words) for name in ("french", "english", "foreign")
    )
    if foreign > max(french, english) or (
        re.search(r"[¿¡ßñåøłżźčşğőűãõ]", aligned.text.lower()) and foreign >= french
    ):
        return "other"
    if english > french:
        return "en"
    return "fr"


def is_frustrated(aligned: Aligned) -> bool:
    """Whether the person sounds upset: their words, or shouting."""
    if any_of("frustration").search(aligned.folded):
        return True
    letters = [char for char in aligned.text if char.isalpha()]
    shouted = len(letters) >= 20 and sum(char.isupper() for char in letters) * 10 > len(letters) * 9
    return bool(_SHOUT.search(aligned.text)) and shouted
