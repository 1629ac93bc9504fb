"""The engine's small word lists, and text folded to be looked up in them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_WORDS = Path(__file__).with_name("words.yaml")


def folded(text: str) -> str:
    """Lower case without accents or punctuation, single spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = re.sub(r"[^\w\s@.+-]", " ", "".join(c for c in plain if not unicodedata.combining(c)))
    return " ".join(re.sub(r"[-.+](?!\w)|(?<!\w)[-.+]", " ", kept).split())


@cache
def words() -> Mapping[str, tuple[str, ...]]:
    """The lists of `words.yaml` by name."""
    import yaml

    lists = yaml.safe_load(_WORDS.read_text(encoding="utf-8"))
    return {name: tuple(map(str, each)) for name, each in lists.items()}


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(r"(?<!\w)(?:" + "|".join(words()[name]) + r")(?!\w)")


def says(name: str, text: str) -> re.Match[str] | None:
    """Where a text says something of a list, a list of patterns over folded text."""
    return _pattern(name).search(folded(text).replace("-", " ").replace(".", " "))
