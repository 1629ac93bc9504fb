"""Days and stretches of days, named or counted from today."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta
from functools import cache

from assistant.engine.understanding.aligned import Aligned, within, word_data
from assistant.engine.understanding.quantities import number, number_pattern
from assistant.engine.understanding.records import DateMention

_ISO = re.compile(r"(?<![\w-])(\d{4})-(\d{1,2})-(\d{1,2})(?![\w-])")
_SLASHED = re.compile(r"(?<![\w/.])(\d{1,2})[/.](\d{1,2})(?:[/.](\d{4}|\d{2}))?(?![\w/]|\.\d)")


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    months = "|".join(sorted(word_data()["months"], key=len, reverse=True))
    weekdays = "|".join(word_data()["weekdays"])
    units = "|".join(sorted([*word_data()["spans"], *word_data()["month_spans"]], key=len, reverse=True))
    near = "|".join(re.escape(word) for word in sorted(word_data()["near_days"], key=len, reverse=True))
    n = number_pattern()
    return {
        "day": re.compile(rf"(?<!\w)(1er|\d{{1,2}}|premier)(?: |-)({months})\.?(?: (\d{{4}}))?(?!\w)"),
        "part": re.compile(
            rf"(?<!\w)(fin|debut|mi|courant|mi-)[ -](?:du mois de |de |d')?({months})(?: (\d{{4}}))?(?!\w)"
        ),
        "month": re.compile(
            rf"(?<!\w)(?:en|de|d'|du mois de|mois de|pour|depuis|in|avant|apres"
            rf"|jusqu'en) ?({months})(?: (\d{{4}}|dernier|prochain))?(?!\w)"
        ),
        "year_month": re.compile(rf"(?<!\w)({months}) (\d{{4}})(?!\w)"),
        "ago": re.compile(
            rf"(?<!\w)(?:il y a|ya|y a|depuis|ca fait|voila|cela fait)(?: (?:environ"
            rf"|a peu pres|plus de|deja|presque|bientot|maintenant))? ({n}) ({units})(?!\w)"
        ),
        "ago_en": re.compile(rf"(?<!\w)({n}) ({units}) ago(?!\w)"),
        "in": re.compile(
            rf"(?<!\w)(?:dans|d'ici|in)(?: (?:environ|a peu pres|moins de))? ({n}) ({units})(?!\w)"
        ),
        "relative": re.compile(
            r"(?<!\w)(?:la |le |l'|au |en )?(semaine|mois|annee|an|week|month"
            r"|year) (derniere|dernier|passee?|prochaine?|suivante?)(?!\w)"
        ),
        "end_month": re.compile(
            r"(?<!\w)(?:la )?(fin|debut) (?:du|de ce|de l'|de cette) (mois|annee|semaine)( prochaine?)?(?!\w)"
        ),
        "weekday": re.compile(rf"(?<!\w)({weekdays})(?: (dernier|prochain|passe))?(?!\w)"),
        "near": re.compile(rf"(?<![\w-])({near})(?!\w)"),
    }


def read_dates(aligned: Aligned, today: date | None) -> tuple[DateMention, ...]:
    """Dates named in full, in part ("fin janvier") or from today ("il y a trois semaines"); no year: the
    nearest one.

    Without `today` only dates that name their year are read.
    """
    found: list[DateMention] = []

    void: list[tuple[int, int]] = []

    def add(span: tuple[date, date] | None, start: int, end: int, *, relative: bool) -> None:
        if span is None:
            # A day that does not exist is no date, nor is the month in it.
            void.append((start, end))
        elif not within([*void, *((m.start, m.end) for m in found)], start, end):
            found.append(DateMention(first=span[0], last=span[1], relative=relative, start=start, end=end))

    for match, start, end in aligned.find(_ISO):
        add(_one(int(match[1]), int(match[2]), int(match[3])), start, end, relative=False)
    for match, start, end in aligned.find(_SLASHED):
        year = int(match[3]) + (2000 if len(match[3]) == 2 else 0) if match[3] else None
        add(_day(int(match[1]), int(match[2]), year, today), start, end, relative=False)
    patterns, months = _patterns(), word_data()["months"]
    for match, start, end in aligned.find(patterns["day"]):
        day = 1 if match[1] in ("1er", "premier") else int(match[1])
        add(
            _day(day, months[match[2]], int(match[3]) if match[3] else None, today),
            start,
            end,
            relative=False,
        )
    for match, start, end in aligned.find(patterns["part"]):
        year = int(match[3]) if match[3] else _near_year(months[match[2]], 15, today)
        add(_part(match[1].strip("-"), year, months[match[2]]), start, end, relative=False)
    for match, start, end in aligned.find(patterns["year_month"]):
        add(_part("", int(match[2]), months[match[1]]), start, end, relative=False)
    for match, start, end in aligned.find(patterns["month"]):
        add(
            _part("", _month_year(match[2], months[match[1]], today), months[match[1]]),
            start,
            end,
            relative=False,
        )
    if today is not None:
        for start, end, span in _counted(aligned, today):
            add(span, start, end, relative=True)
    return tuple(sorted(found, key=lambda mention: mention.start))


def _counted(aligned: Aligned, today: date) -> list[tuple[int, int, tuple[date, date] | None]]:
    patterns, found = _patterns(), []
    for name, sign in (("ago", -1), ("ago_en", -1), ("in", 1)):
        for match, start, end in aligned.find(patterns[name]):
            found.append((start, end, _shifted(today, sign, number(match[1]), match[2])))
    for match, start, end in aligned.find(patterns["relative"]):
        found.append((start, end, _stretch(today, match[1], 1 if match[2][:2] in ("pr", "su") else -1)))
    for match, start, end in aligned.find(patterns["end_month"]):
        found.append((start, end, _edge(today, match[1], match[2], bool(match[3]))))
    for match, start, end in aligned.find(patterns["near"]):
        day = today + timedelta(days=word_data()["near_days"][match[1]])
        found.append((start, end, (day, day)))
    for match, start, end in aligned.find(patterns["weekday"]):
        ahead = (word_data()["weekdays"][match[1]] - today.weekday()) % 7
        back = match[2] in ("dernier", "passe") or re.search(
            r"depuis $", aligned.folded[: match.start()][-8:]
        )
        day = today + timedelta(days=(ahead - 7 if ahead else -7) if back else ahead or 7)
        found.append((start, end, (day, day)))
    return found


def _one(year: int, month: int, day: int) -> tuple[date, date] | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found, found


def _near_year(month: int, day: int, today: date | None) -> int | None:
    if today is None:
        return None
    tries = [span[0] for year in (-1, 0, 1) if (span := _one(today.year + year, month, min(day, 28)))]
    return min(tries, key=lambda each: abs((each - today).days)).year if tries else None


def _month_year(said: str | None, month: int, today: date | None) -> int | None:
    if said and said.isdigit():
        return int(said)
    if today is None:
        return None
    if said == "dernier":
        return today.year if month < today.month else today.year - 1
    if said == "prochain":
        return today.year if month > today.month else today.year + 1
    return _near_year(month, 15, today)


def _day(day: int, month: int, year: int | None, today: date | None) -> tuple[date, date] | None:
    if not 1 <= month <= 12:
        return None
    year = year if year is not None else _near_year(month, day, today)
    return _one(year, month, day) if year is not None else None


def _part(part: str, year: int | None, month: int) -> tuple[date, date] | None:
    if year is None or not 1 <= year <= 9998:
        return None
    last = calendar.monthrange(year, month)[1]
    first_day, last_day = {"fin": (21, last), "debut": (1, 10), "mi": (11, 20)}.get(part, (1, last))
    return date(year, month, first_day), date(year, month, last_day)


def _months(day: date, months: int) -> date | None:
    at = day.year * 12 + day.month - 1 + months
    year, month = divmod(at, 12)
    if not 1 <= year <= 9998:
        return None
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _shifted(today: date, sign: int, count: int | None, unit: str) -> tuple[date, date] | None:
    if count is None or count > 5000:
        return None
    if unit in word_data()["spans"]:
        day: date | None = today + timedelta(days=sign * count * word_data()["spans"][unit])
    else:
        day = _months(today, sign * count * word_data()["month_spans"][unit])
    return (day, day) if day else None


def _stretch(today: date, unit: str, sign: int) -> tuple[date, date] | None:
    if unit in ("semaine", "week"):
        monday = today - timedelta(days=today.weekday()) + timedelta(days=7 * sign)
        return monday, monday + timedelta(days=6)
    if unit in ("mois", "month"):
        other = _months(today.replace(day=1), sign)
        return _part("", other.year, other.month) if other else None
    return date(today.year + sign, 1, 1), date(today.year + sign, 12, 31)


def _edge(today: date, edge: str, unit: str, following: bool) -> tuple[date, date] | None:
    if unit == "semaine":
        monday = today - timedelta(days=today.weekday()) + timedelta(days=7 * following)
        return (monday + timedelta(days=4), monday + timedelta(days=6)) if edge == "fin" else (monday, monday)
    if unit == "annee":
        return _part(edge, today.year + following, 12 if edge == "fin" else 1)
    month = _months(today.replace(day=1), 1 if following else 0)
    return _part(edge, month.year, month.month) if month else None
