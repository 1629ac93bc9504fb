"""A clause as hashed word and character n-grams: what the lexical half of the intent classifier sees.

Standard library and numpy only. Text is folded (case, accents, elision) by `knowledge.text`; product names,
order numbers, addresses and figures are masked, so that what is learned with one product holds for all.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from math import log, sqrt
from zlib import crc32

from assistant.engine.understanding.catalog import known_names
from assistant.engine.understanding.vocabulary import Spelling, concepts
from knowledge.text import fold, words

BUCKETS = 1 << 14
"""Size of the hashed space; collisions at this size cost less than a tenth of a point of accuracy."""

_SIZES = (2, 3, 4, 5)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_CODE = re.compile(r"\b(?=[a-z0-9-]{0,20}\d)[a-z0-9]{2,}(?:-[a-z0-9]{2,}){1,4}\b")
_NUMBER = re.compile(r"\b\d+(?:[.,]\d+)?\b")


@lru_cache(maxsize=256)
def _names(extra: tuple[str, ...]) -> re.Pattern[str]:
    folded = {fold(name) for name in (*known_names(), *extra)} - {""}
    longest_first = sorted(folded, key=lambda name: (-len(name), name))
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)")


def masked(text: str, own: tuple[str, ...] = ()) -> str:
    """Folded text with the particulars replaced by one word each; `own` are product names of the person's."""
    plain = _EMAIL.sub(" xmail ", fold(text))
    plain = _names(own).sub(" xprod ", plain)
    return _NUMBER.sub(" xnum ", _CODE.sub(" xcode ", plain))


def _grams(tokens: list[str], question: bool) -> tuple[list[str], list[str]]:
    wide = [f"w {token}" for token in tokens]
    wide += [f"b {one} {two}" for one, two in pairwise(tokens)]
    wide += [f"s {one} {two}" for one, two in zip(tokens, tokens[2:], strict=False)]
    if tokens:
        wide += [f"^ {tokens[0]}", f"^ {' '.join(tokens[:2])}", f"$ {tokens[-1]}"]
    wide.append(f"l {min(len(tokens), 12) // 2}")
    if question:
        wide.append("?")
    fine = [
        padded[at : at + size]
        for token in tokens
        for padded in (f" {token} ",)
        for size in _SIZES
        for at in range(max(len(padded) - size + 1, 0))
    ]
    return wide, fine


def _meanings(tokens: list[str], question: bool) -> list[str]:
    found = concepts(tokens) + (["?"] if question else [])
    pairs = [f"{one}+{two}" for at, one in enumerate(found) for two in found[at + 1 :]]
    return [f"k {name}" for name in found] + [f"p {pair}" for pair in pairs]


def _weighted(grams: Iterable[str]) -> dict[int, float]:
    counts = Counter(crc32(gram.encode()) % BUCKETS for gram in grams)
    return {bucket: 1.0 + log(count) for bucket, count in counts.items()}


Parts = tuple[dict[int, float], dict[int, float], dict[int, float]]


def buckets(text: str, spelling: Spelling, own: tuple[str, ...] = ()) -> Parts:
    """The hashed word n-grams, character n-grams and meanings of a clause, with damped counts (no idf
    yet).
    """
    typed = words(masked(text, own))
    tokens = spelling.corrected(typed)
    wide, fine = _grams(tokens, "?" in text)
    return _weighted(wide), _weighted(f"c{gram}" for gram in fine), _weighted(_meanings(tokens, "?" in text))


def weigh(parts: Parts, idf: list[float]) -> dict[int, float]:
    """The three kinds weighted by inverse document frequency, each brought to length 1, then added up."""
    total: dict[int, float] = {}
    for part in parts:
        scaled = {bucket: value * idf[bucket] for bucket, value in part.items()}
        norm = sqrt(sum(value * value for value in scaled.values())) or 1.0
        for bucket, value in scaled.items():
            total[bucket] = total.get(bucket, 0.0) + value / norm
    return total
