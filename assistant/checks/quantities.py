"""Reads the figures of a text: dates, times, sums, percentages, durations, counts, links, addresses, codes.

French, English and ISO notation, digits and words. An ambiguous notation (« 1,234 ») is read both ways. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

ANY = "any"
"""The unit of a number of which nothing is known: it may be said with any unit."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure as read.

    `kind`: number, money, date, time, link, email, phone or code. `values`: the readings of a number.
    `unit`: what a number counts, or None. `currencies`: those a sum may be in. `parts`: (year, month, day)
    of a date or (hour, minute) of a time. `key`: the folded text of a link, address or code.
    `raw`: the text as it stands; `start`: where it begins; `spelled`: written in words.
    """

    kind: str
    raw: str
    start: int = 0
    values: frozenset[Decimal] = frozenset()
    unit: str | None = None
    currencies: frozenset[str] = frozenset()
    parts: tuple[int | None, ...] = ()
    key: str = ""
    spelled: bool = False
    after: str = field(default="", compare=False)


@cache
def data() -> dict[str, Any]:
    """The reading tables, from `data/figures.yaml`."""
    import yaml

    path = Path(__file__).with_name("data") / "figures.yaml"
    loaded: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return loaded


_VARIANTS = str.maketrans(
    dict.fromkeys("’‘ʼ`´", "'")
    | dict.fromkeys("\u00a0\u202f\u2009\u2007\t", " ")
    | dict.fromkeys("‐‑‒–—−", "-")
)


class _Flattening(dict[int, str]):
    """What each character becomes, found out once."""

    def __missing__(self, code: int) -> str:
        char = chr(code).translate(_VARIANTS)
        plain = unicodedata.normalize("NFD", char)[0].lower()
        self[code] = plain if len(plain) == 1 else char
        return self[code]


_FLATTENING = _Flattening()


def flat(text: str) -> str:
    """Lower case without accents, one character for each character, so that offsets stay."""
    return text.translate(_FLATTENING)


@lru_cache(maxsize=4096)
def read(text: str) -> tuple[Figure, ...]:
    """Every figure of a text, in order. The same sentences of articles are read in turn after turn: kept."""
    return tuple(sorted(_Reader(text).figures(), key=lambda figure: figure.start))


_URL = re.compile(r"\b(?:https?://|www\.)[^\s<>()\[\]«»\"']+", re.I)
_EMAIL = re.compile(r"(?<![\w.+*•-])[\w.+*•-]{1,64}@[\w*•-]+(?:\.[\w*•-]+)+")
_PHONE = re.compile(
    r"(?<![\w-])(?:\+\d{1,3}[ .-]?(?:\(0\))?(?:\d[ .-]?){6,12}\d|0\d(?:[ .-]\d\d){4}|0[1-9]\d{8}"
    r"|(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[.-])\d{3}[ .-]\d{4})(?![\w-])"
)
_ISO = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)(?:t(\d\d):(\d\d)(?::\d\d(?:\.\d+)?)?(?:z|[+-]\d\d:?\d\d)?)?")
_SLASHED = re.compile(r"\b(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d\d)\b(?![/.-]\d)")
_SHORT = re.compile(r"\b(0?[1-9]|[12]\d|3[01])/(0?[1-9]|1[0-2])\b(?!/)")
_TIME = re.compile(r"\b([01]?\d|2[0-3]) ?(?:h(?: ?([0-5]\d))?|:([0-5]\d))(?![\w:])")
_ORDINAL = re.compile(r"\b\d+ ?(?:ere?s?|re|emes?|e|nde?s?|iemes?|st|nd|rd|th)\b")
_CODE = re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[a-z_])[a-z0-9_]+(?:-[a-z0-9_]+)*\b|\b\d+(?:-\d+){2,}\b")
_NUMBER = re.compile(r"(?<![\w.,])[-+]?(?:\d{1,3}(?:[ .,']\d{3})+(?:[.,]\d{1,4})?|\d+(?:[.,]\d+)?)(?!\w)")
_MARKER = re.compile(r"\[[^\[\]\n]{1,40}\](?!\()")
_LIST = re.compile(r"^[ \t>*_-]*\(?\d{1,2}[.)](?=[ \t]|$)", re.M)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.left = flat(text)

    def figures(self) -> Iterator[Figure]:
        yield from self._links()
        self._blank(_MARKER)
        self._blank(_LIST)
        self._blank(_numbering())
        yield from self._take(_PHONE, lambda m: {"kind": "phone", "key": digits(m.group())})
        spelled = self._spell()
        yield from self._dates()
        yield from self._take(_TIME, _time)
        self._blank(_ORDINAL)
        yield from self._take(_currency_before(), _sum_before)
        yield from self._numbers(glued=True, spelled=spelled)
        yield from self._take(_CODE, lambda m: {"kind": "code", "key": m.group()})
        yield from self._numbers(glued=False, spelled=spelled)

    def _links(self) -> Iterator[Figure]:
        yield from self._take(_EMAIL, lambda m: {"kind": "email", "key": m.group().strip(".")})
        yield from self._take(_URL, lambda m: {"kind": "link", "key": _link(m.group())})
        yield from self._take(_domain(), lambda m: {"kind": "link", "key": _link(m.group())})

    def _dates(self) -> Iterator[Figure]:
        yield from self._take(_ISO, lambda m: _date(m[1], m[2], m[3]))
        yield from self._take(_SLASHED, lambda m: _date(m[4] if len(m[4]) == 4 else f"20{m[4]}", m[3], m[1]))
        yield from self._take(_SHORT, lambda m: _date(None, m[2], m[1]))
        several, french, english, month = _date_patterns()
        numbers = _month_numbers()
        for match in several.finditer(self.left):
            for name in ("first", "second"):
                if match[name]:
                    parts = _date(match["year"], numbers[match["month"]], match[name])
                    yield Figure(raw=self._raw(match), start=match.start(name), **parts)
        self._blank(several)
        yield from self._take(french, lambda m: _date(m["year"], numbers[m["month"]], m["day"]))
        yield from self._take(english, lambda m: _date(m["year"], numbers[m["month"]], m["day"]))
        yield from self._take(month, lambda m: _date(m["year"], numbers[m["month"]], None))

    def _numbers(self, *, glued: bool, spelled: dict[int, str]) -> Iterator[Figure]:
        """Numbers; `glued`: only those written together with their unit (« 30j », « 5% »)."""
        pattern = _glued() if glued else _NUMBER
        for match in list(pattern.finditer(self.left)):
            raw = match["number"] if glued else match.group()
            after = self.left[match.end("number") if glued else match.end() :][:40]
            unit, currencies = _following(after)
            words = _phrase(after)
            yield Figure(
                kind="money" if currencies else "number",
                raw=spelled.get(match.start(), self._raw(match)),
                start=match.start(),
                values=readings(raw),
                unit=unit or self._shared_unit(match.end()),
                currencies=currencies,
                spelled=match.start() in spelled,
                after=words,
            )
        self._blank(pattern)

    def _shared_unit(self, end: int) -> str | None:
        """The unit of « 30 » in « 30 ou 45 jours »."""
        follows = re.match(r" ?(?:ou|et|a|-|/) ?\d+(?: ?(?:ou|et|a|-|/) ?\d+)*", self.left[end : end + 30])
        return _following(self.left[end + follows.end() :][:40])[0] if follows else None

    def _spell(self) -> dict[int, str]:
        """Put number words as digits, padded to their width; gives the offsets of those it replaced."""
        found: dict[int, str] = {}
        pattern = _spelled()
        for match in list(pattern.finditer(self.left)):
            value = spelled_value(match.group())
            if value is None or not self._certain(match):
                continue
            shown = str(value)
            if len(shown) > len(match.group()):
                continue
            # Padded on the left: the unit that follows must stay right behind the digits.
            start = match.end() - len(shown)
            self.left = (
                self.left[: match.start()] + " " * (start - match.start()) + shown + self.left[match.end() :]
            )
            found[start] = self._raw(match)
        return found

    def _certain(self, match: re.Match[str]) -> bool:
        if match.group() not in data()["doubtful_words"]:
            return True
        after = self.left[match.end() : match.end() + 30].strip()
        return bool(_following(" " + after)[0]) or after.split(" ")[0] in _month_numbers()

    def _take(self, pattern: re.Pattern[str], make: Any) -> Iterator[Figure]:
        for match in list(pattern.finditer(self.left)):
            yield Figure(raw=self._raw(match), start=match.start(), **make(match))
        self._blank(pattern)

    def _blank(self, pattern: re.Pattern[str]) -> None:
        self.left = pattern.sub(lambda m: "\x00" * len(m.group()), self.left)

    def _raw(self, match: re.Match[str]) -> str:
        return self.text[match.start() : match.end()].strip()


def digits(text: str) -> str:
    """The digits of a text."""
    return re.sub(r"\D", "", text)


def _link(text: str) -> str:
    link = re.sub(r"^https?://", "", text.lower()).removeprefix("www.")
    return link.rstrip(".,;:!?*_/")


def readings(text: str) -> frozenset[Decimal]:
    """The values a written number can have: « 1,234 » is 1.234 and 1234."""
    bare = text.lstrip("+-").replace(" ", "").replace("'", "")
    options = set()
    if re.fullmatch(r"\d+", bare):
        options.add(bare)
    elif re.fullmatch(r"\d+[.,]\d+", bare):
        options.add(bare.replace(",", "."))
        if re.fullmatch(r"\d{1,3}[.,]\d{3}", bare):
            options.add(re.sub(r"[.,]", "", bare))
    elif re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?", bare):
        options.add(bare.replace(".", "").replace(",", "."))
    elif re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", bare):
        options.add(bare.replace(",", ""))
    found = set()
    for option in options:
        try:
            found.add(Decimal(option).normalize())
        except InvalidOperation:
            continue
    return frozenset(found)


def spelled_value(text: str) -> int | None:
    """The number that words spell (« quatre-vingt-dix »: 90), or None."""
    table: dict[str, int] = data()["number_words"]
    total = current = 0
    seen = False
    for word in re.split(r"[ -]+", text):
        if word in ("et", ""):
            continue
        value = 1 if word in data()["unit_words"] else table.get(word)
        if value is None:
            return None
        seen = True
        if value >= 1000:
            total += max(current, 1) * value
            current = 0
        elif value == 100 and current:
            current *= 100
        elif value == 20 and current == 4:
            current = 80
        else:
            current += value
    return total + current if seen else None


def _date(year: str | None, month: int | str, day: str | None) -> dict[str, Any]:
    return {
        "kind": "date",
        "parts": (int(year) if year else None, int(month), int(day) if day else None),
    }


def _time(match: re.Match[str]) -> dict[str, Any]:
    return {"kind": "time", "parts": (int(match[1]), int(match[2] or match[3] or 0))}


def _sum_before(match: re.Match[str]) -> dict[str, Any]:
    return {
        "kind": "money",
        "values": readings(match["number"]),
        "currencies": _symbols()[match["symbol"].strip()],
    }


def _following(after: str) -> tuple[str | None, frozenset[str]]:
    """The unit or the currencies named right after a number."""
    if symbol := _currency_after().match(after):
        return None, _symbols()[symbol["symbol"]]
    unit = _unit_after().match(after)
    return (_unit_words()[unit["unit"]] if unit else None), frozenset()


def _phrase(after: str) -> str:
    return re.sub(r"[^a-z ]+", " ", after.split(".")[0]).strip()


def _alternatives(options: Any) -> str:
    return "|".join(re.escape(option) for option in sorted(options, key=len, reverse=True))


@cache
def _month_numbers() -> dict[str, int]:
    return {name: number for number, names in data()["months"].items() for name in names}


@cache
def _unit_words() -> dict[str, str]:
    return {word: unit for unit, words in data()["units"].items() for word in words}


@cache
def _unit_after() -> re.Pattern[str]:
    between = _alternatives(data()["between"])
    return re.compile(rf"[ -]?(?:(?:{between}) )?(?P<unit>{_alternatives(_unit_words())})(?!\w)")


@cache
def _glued() -> re.Pattern[str]:
    units = _alternatives(word for word in _unit_words() if len(word) <= 8)
    return re.compile(
        rf"(?<![\w.,-])(?P<number>\d+(?:[.,]\d+)?)(?:(?={units}\b)|(?=%)|(?={_alternatives(_symbols())}(?!\w)))"
    )


@cache
def _symbols() -> dict[str, frozenset[str]]:
    """Every way a currency is written in French or English, folded, and the currencies it may mean."""
    from babel.numbers import get_currency_name, get_currency_symbol

    found: dict[str, set[str]] = {name: set(codes) for name, codes in data()["currency_names"].items()}
    for code in data()["currencies"]:
        names = {code}
        for locale in ("fr_FR", "fr_CA", "en_US"):
            names |= {get_currency_symbol(code, locale)}
            names |= {get_currency_name(code, count, locale=locale) for count in (1, 2)}
        for name in names:
            found.setdefault(flat(name), set()).add(code)
    return {name: frozenset(codes) for name, codes in found.items()}


@cache
def _currency_after() -> re.Pattern[str]:
    return re.compile(rf" ?(?:d')?(?P<symbol>{_alternatives(_symbols())})(?!\w)")


@cache
def _currency_before() -> re.Pattern[str]:
    number = r"\d{1,3}(?:[ .,']\d{3})+(?:[.,]\d{1,4})?|\d+(?:[.,]\d+)?"
    return re.compile(rf"(?<![\w])(?P<symbol>{_alternatives(_symbols())}) ?(?P<number>{number})(?![\w%])")


@cache
def _numbering() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_alternatives(data()['numbering_words'])}) ?\d{{1,2}}\b(?! ?[%€$])")


@cache
def _domain() -> re.Pattern[str]:
    endings = _alternatives(data()["domains"])
    return re.compile(rf"(?<![\w.-])(?:[a-z0-9-]{{1,63}}\.){{1,8}}(?:{endings})\b(?:/[^\s<>()\[\]«»\"']*)?")


@cache
def _spelled() -> re.Pattern[str]:
    word = _alternatives(data()["number_words"])
    more = _alternatives([*data()["number_words"], *data()["unit_words"]])
    return re.compile(rf"(?<![\w'-])(?:{word})(?:(?:[ -]et[ -]|[ -])(?:{more}))*(?![\w-])")


@cache
def _date_patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    names = _alternatives(_month_numbers())
    day = r"(?:0?[1-9]|[12]\d|3[01])"
    year = r"(?:,? +(?:de +)?(?P<year>\d{4})\b)?"
    month = rf"(?P<month>{names})\b\.?"
    return (
        re.compile(
            rf"\b(?P<first>{day})(?:er)?(?: et le | au | et | ou | a |-| - )"
            rf"(?P<second>{day})(?:er)? +{month}{year}"
        ),
        re.compile(rf"\b(?P<day>{day})(?:er)? +{month}{year}"),
        re.compile(rf"\b{month} +(?P<day>{day})(?:st|nd|rd|th)?\b(?!\d){year}"),
        re.compile(rf"\b{month} +(?P<year>\d{{4}})\b"),
    )
