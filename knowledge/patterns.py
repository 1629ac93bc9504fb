"""The term language of the fact register's rules. Standard library only.

Terms are folded words, as `knowledge.text` folds them: `*` ends a word freely, `~` stands for up to six words
between two others, `@name` for a concept of the register, DUREE and TAUX for a duration or a percentage.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Group:
    """Alternative terms; a sentence meets the group when it holds one of them."""

    pattern: re.Pattern[str]

    def find(self, text: str) -> str | None:
        """The first stretch of folded text that meets the group."""
        match = self.pattern.search(text)
        return match.group() if match else None


def compile_group(terms: str | list[str], concepts: Mapping[str, list[str]]) -> Group:
    """Compile alternative terms; raises `ValueError` for an unknown concept."""
    listed = [terms] if isinstance(terms, str) else terms
    alternatives = "|".join(_expression(term, concepts) for term in listed)
    return Group(re.compile(rf"(?<!\S)(?:{alternatives})(?!\S)"))


def _expression(term: str, concepts: Mapping[str, list[str]]) -> str:
    pieces = []
    for word in term.split():
        if word == "~":
            pieces.append(r"(?:\S+ ){0,6}?")
        elif word.startswith("@"):
            if word[1:] not in concepts:
                raise ValueError(f"unknown concept {word} in term {term!r}")
            pieces.append(f"(?:{'|'.join(_expression(entry, concepts) for entry in concepts[word[1:]])}) ")
        elif word in ("DUREE", "TAUX"):
            pieces.append(rf"{word.lower()}\d+ ")
        else:
            pieces.append(re.escape(word).replace(r"\*", r"\w*") + " ")
    return "".join(pieces).removesuffix(" ")
