"""Which facts of the articles (F01-F27) each rule rests on, and which facts disagree."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

FACTS_OF_RULE = MappingProxyType(
    {
        "R0": (),
        "R1": (),
        "R2": ("F16",),
        "R3": ("F01", "F05"),
        "R4": ("F07", "F18"),
        "R5": ("F08", "F09"),
        "R6": ("F11", "F08", "F09"),
        "R7": ("F08", "F09", "F06", "F10"),
        "R8": ("F07", "F06", "F10", "F18"),
        "auto_renewal": ("F18", "F19", "F23", "F16", "F01", "F05", "F08", "F09"),
        "price": ("F15", "F25", "F26", "F10", "F16", "F01", "F05"),
        "cart": ("F24", "F06", "F13"),
        "quote": ("F06", "F12", "F11", "F13"),
        "primary_admin": ("F04",),
    }
)
"""Rule id -> the facts a decision under it may rest on; the decision itself names those it does rest on."""

DISAGREEMENTS: tuple[tuple[str, str], ...] = (("F08", "F09"), ("F01", "F05"))
"""Pairs of facts on which the articles disagree; the first of each pair is the newer article's."""


def with_both_sides(facts: Iterable[str]) -> tuple[str, ...]:
    """The facts, each followed by what another article says against it, without repeats."""
    other = {side: pair for pair in DISAGREEMENTS for side in pair}
    return tuple(dict.fromkeys(each for fact in facts for each in (fact, *other.get(fact, ()))))
