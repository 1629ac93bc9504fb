"""Where the drawn dates stand, and what the drawing says in words."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.timeline import LEFT, RIGHT, WIDTH, describe, draw, lay_out

EXPIRES = date(2026, 2, 10)


def subscription(expires: date = EXPIRES, *, grace: int = 30, kind: str = "paid") -> dict[str, Any]:
    return {
        "kind": kind,
        "starts_on": (expires - timedelta(days=30)).isoformat(),
        "expires_on": expires.isoformat(),
        "window_opens_on": (expires - timedelta(days=90)).isoformat(),
        "grace_ends_on": (expires + timedelta(days=grace)).isoformat(),
        "grace_days": grace,
    }


days = st.dates(date(2000, 1, 1), date(2100, 1, 1))


@given(days, st.sampled_from([0, 30, 45]), st.integers(-2000, 2000), st.sampled_from(["paid", "trial"]))
def test_what_comes_later_never_stands_further_left(expires: date, grace: int, away: int, kind: str) -> None:
    today = expires + timedelta(days=away)
    timeline = lay_out(subscription(expires, grace=grace, kind=kind), today)
    points = sorted([*((mark.day, mark.x) for mark in timeline.marks), (today, timeline.today_x)])
    places = [x for _, x in points]
    assert places == sorted(places)
    assert all(LEFT <= x <= RIGHT for x in places)


@given(days, st.sampled_from([0, 30, 45]), st.integers(-2000, 2000), st.sampled_from(["paid", "trial"]))
def test_every_drawing_is_well_formed_and_stays_inside(
    expires: date, grace: int, away: int, kind: str
) -> None:
    drawn = draw(subscription(expires, grace=grace, kind=kind), expires + timedelta(days=away))
    svg = ElementTree.fromstring(str(drawn))
    assert svg.get("role") == "img"
    numbers = [float(value) for part in svg for key, value in part.items() if key in {"x", "x1", "x2", "cx"}]
    assert all(0 <= number <= WIDTH for number in numbers)


@pytest.mark.parametrize(
    ("today", "beyond"),
    [
        (date(2025, 11, 12), 0),
        (date(2025, 10, 18), 0),
        (date(2025, 10, 17), -1),
        (date(2026, 3, 12), 0),
        (date(2026, 4, 6), 0),
        (date(2026, 4, 7), 1),
    ],
)
def test_today_is_at_the_edge_once_farther_than_25_days(today: date, beyond: int) -> None:
    assert lay_out(subscription(), today).beyond == beyond


@pytest.mark.parametrize(
    ("grace", "kind", "keys"),
    [
        (30, "paid", ["opens", "expires", "grace_ends"]),
        (45, "paid", ["opens", "expires", "grace_ends"]),
        (0, "paid", ["opens", "expires"]),
        (0, "trial", ["starts", "trial_ends"]),
    ],
)
def test_only_the_dates_a_subscription_has_are_marked(grace: int, kind: str, keys: list[str]) -> None:
    timeline = lay_out(subscription(grace=grace, kind=kind), EXPIRES)
    assert [mark.key for mark in timeline.marks] == keys


def test_the_description_tells_every_date_in_order() -> None:
    said = describe(lay_out(subscription(), date(2026, 1, 15))).replace("\u00a0", " ")
    assert said == (
        "Renouvellement ouvert à partir du 12 novembre 2025, aujourd’hui, 15 janvier 2026, "
        "échéance le 10 février 2026, dernier jour du délai le 12 mars 2026."
    )
