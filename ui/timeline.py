"""A subscription's dates as a drawing: window opens, today, expiry, grace ends (F07, F08). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from markupsafe import Markup, escape

from assistant.wording.formats import day as long_date
from ui.texts import short_date, text

WIDTH, HEIGHT = 320.0, 74.0
LEFT, RIGHT, AXIS = 14.0, 288.0, 34.0
_MARGIN = timedelta(days=25)
_TODAY_HALF = 32.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A dated point of the axis: its key in the texts, its day and where it stands (user units)."""

    key: str
    day: date
    x: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """Where everything stands. `beyond` is -1 or 1 where today lies outside the drawn days, else 0."""

    marks: tuple[Mark, ...]
    today: date
    today_x: float
    beyond: int

    def mark(self, key: str) -> Mark | None:
        """The mark with this key, or None."""
        return next((mark for mark in self.marks if mark.key == key), None)


def lay_out(subscription: Mapping[str, Any], today: date) -> Timeline:
    """Place a subscription's dates on the axis.

    The axis runs from the first mark to the last with 25 days beyond on the side where today lies outside;
    a today farther away stands at the edge.
    """
    expires = date.fromisoformat(subscription["expires_on"])
    if subscription["kind"] == "trial":
        days = {"starts": date.fromisoformat(subscription["starts_on"]), "trial_ends": expires}
    else:
        days = {"opens": date.fromisoformat(subscription["window_opens_on"]), "expires": expires}
        if subscription["grace_days"]:
            days["grace_ends"] = date.fromisoformat(subscription["grace_ends_on"])
    first, last = min(days.values()), max(days.values())
    start = max(min(first, today), first - _MARGIN)
    end = min(max(last, today), last + _MARGIN)
    span = max((end - start).days, 1)

    def place(day: date) -> float:
        share = (min(max(day, start), end) - start).days / span
        return round(LEFT + share * (RIGHT - LEFT), 1)

    marks = tuple(Mark(key, day, place(day)) for key, day in days.items())
    beyond = (today > end) - (today < start)
    return Timeline(marks=marks, today=today, today_x=place(today), beyond=beyond)


def describe(timeline: Timeline) -> str:
    """The drawing in words, in the order of the days."""
    spoken = [mark for mark in timeline.marks if mark.key != "starts"]
    points = [(mark.day, 0, text(f"timeline.label_{mark.key}", date=long_date(mark.day))) for mark in spoken]
    points.append((timeline.today, 1, text("timeline.label_today", date=long_date(timeline.today))))
    words = ", ".join(words for _, _, words in sorted(points))
    return f"{words[:1].upper()}{words[1:]}."


def draw(subscription: Mapping[str, Any], today: date) -> Markup:
    """The SVG of a subscription's dates; colours come from the page's style sheet, never from here."""
    timeline = lay_out(subscription, today)
    parts = [
        *_stretches(timeline),
        *(part for mark in timeline.marks for part in _mark(mark)),
        *_today(timeline),
    ]
    return Markup(
        '<svg class="timeline" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{label}">'
        "{body}</svg>"
    ).format(width=WIDTH, height=HEIGHT, label=describe(timeline), body=Markup("").join(parts))


def _stretches(timeline: Timeline) -> list[Markup]:
    def stretch(name: str, start: float, end: float) -> Markup:
        return Markup('<line class="tl-{}" x1="{:g}" x2="{:g}" y1="{:g}" y2="{:g}"/>').format(
            name, start, end, AXIS, AXIS
        )

    first = timeline.marks[0].x
    last = timeline.mark("expires") or timeline.marks[-1]
    grace = timeline.mark("grace_ends")
    far = "tl-far" if timeline.beyond else ""
    drawn = [
        Markup('<line class="tl-axis {}" x1="{:g}" x2="{:g}" y1="{:g}" y2="{:g}"/>').format(
            far, LEFT - 8, RIGHT + 8, AXIS, AXIS
        ),
        stretch("open", first, last.x),
    ]
    return [*drawn, stretch("grace", last.x, grace.x)] if grace else drawn


def _mark(mark: Mark) -> list[Markup]:
    if mark.key == "starts":
        return []
    edge = max(WIDTH - mark.x, 0)
    anchor = "start" if mark.x < 60 else "end" if mark.key == "expires" or edge < 30 else "middle"
    shift = {"start": -6.0, "end": 8.0 if edge > 8 else edge, "middle": 0.0}[anchor]
    label = Markup(
        '<text class="tl-date" x="{x:g}" y="{y1:g}" text-anchor="{anchor}">{date}</text>'
        '<text class="tl-name" x="{x:g}" y="{y2:g}" text-anchor="{anchor}">{name}</text>'
    ).format(
        x=mark.x + shift,
        y1=AXIS + 20,
        y2=AXIS + 33,
        anchor=anchor,
        date=short_date(mark.day),
        name=text(f"timeline.{mark.key}"),
    )
    tick = Markup('<line class="tl-tick tl-at-{}" x1="{x:g}" x2="{x:g}" y1="{y1:g}" y2="{y2:g}"/>').format(
        mark.key, x=mark.x, y1=AXIS - 6, y2=AXIS + 6
    )
    return [tick, label]


def _today(timeline: Timeline) -> list[Markup]:
    x = timeline.today_x
    label_x = min(max(x, _TODAY_HALF), WIDTH - _TODAY_HALF)
    arrow = {-1: "← ", 0: "", 1: " →"}[timeline.beyond]
    name = text("timeline.today")
    words = f"{arrow}{name}" if timeline.beyond < 0 else f"{name}{arrow}"
    return [
        Markup('<line class="tl-today" x1="{x:g}" x2="{x:g}" y1="16" y2="{y:g}"/>').format(x=x, y=AXIS),
        Markup('<circle class="tl-now" cx="{x:g}" cy="{y:g}" r="5"/>').format(x=x, y=AXIS),
        Markup('<text class="tl-today-name" x="{x:g}" y="11" text-anchor="middle">{words}</text>').format(
            x=label_x, words=escape(words)
        ),
    ]
