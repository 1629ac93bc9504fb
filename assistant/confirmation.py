"""Reads a reply to « Confirmez-vous ? »: yes, no, or something else. Code, never a model, and strict.

A yes counts only when all of its words are accounted for: yes words, politeness, the stated change itself,
the names of its products. Whatever is left over (a reservation, a condition, other words, a quotation)
makes it something else: then nothing happens and the change goes on waiting. A no needs less: nothing
changes by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from knowledge.text import fold


class Word(StrEnum):
    """What a reply says."""

    YES = "yes"
    NO = "no"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A reply as read.

    `explicit`: the yes names the act (« je confirme »). `rest`: what is left to be answered apart, as typed.
    """

    word: Word
    explicit: bool = False
    rest: str = ""


OTHER = Reply(word=Word.OTHER)

_QUOTES = re.compile('["«»“”„‟`]|^\\s*>|^\\s*\\S{1,30} ?:', re.M)
_SENTENCE_END = re.compile(r"(?<=[.!;\n])\s*|\n+")
_REPEATED = re.compile(r"([a-z])\1{2,}")
_TOKEN = re.compile(r"[a-z0-9]+(?:['-][a-z0-9]+)*'?|[^\sa-z0-9.,;:!…()_*~'-]")
_EMOJI_MODIFIERS = re.compile("[\ufe0f\u200d\U0001f3fb-\U0001f3ff]")
_LONGEST = 400


@cache
def _lists() -> dict[str, Any]:
    import yaml

    path = Path(__file__).with_name("wording") / "replies.fr.yaml"
    loaded: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return loaded


@cache
def _phrases(name: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(_tokens(phrase)) for phrase in _lists()[name])


@cache
def _objects(action: str) -> frozenset[tuple[str, ...]]:
    lists = _lists()["object"]
    return frozenset(tuple(_tokens(phrase)) for phrase in [*lists["any"], *lists.get(action, ())])


def _tokens(text: str) -> list[str]:
    folded = _REPEATED.sub(r"\1", _EMOJI_MODIFIERS.sub("", fold(text)))
    return _TOKEN.findall(folded)


def read_reply(text: str, *, action: str = "", names: Sequence[str] = (), count: int = 1) -> Reply:
    """What a message says to a pending change.

    `action`: the change's action as `replies.fr.yaml` names it; `names`: the products it is about; `count`:
    how many subscriptions. The words that name them may stand beside a yes; names of others make it
    something else.
    """
    if len(text) > _LONGEST * 20 or _QUOTES.search(text):
        return OTHER
    first, rest = _first_part(text)
    tokens = _tokens(first)
    allowed = _allowed(action, names, count)
    kinds = _consume(tokens, allowed)
    if kinds is not None and rest and not _answerable_apart(rest):
        refused = "refuse" in kinds and not kinds & {"agree", "confirm"}
        return Reply(word=Word.NO, rest=rest) if refused else OTHER
    if kinds is None:
        return _leading_no(text)
    agreed, refused = bool(kinds & {"agree", "confirm"}), "refuse" in kinds
    if agreed == refused:
        return OTHER
    word = Word.YES if agreed else Word.NO
    return Reply(word=word, explicit="confirm" in kinds, rest=rest)


def _first_part(text: str) -> tuple[str, str]:
    """The yes or no part and what follows it: a new sentence, or a question after « et »."""
    text = text.strip()
    if text.endswith("?"):
        for opening in sorted(_lists()["and_then"], key=len, reverse=True):
            found = re.match(
                rf"(?P<yes>[^?]{{1,60}}?)[\s,;.!…]+(?P<rest>{re.escape(opening)}\b.*)", text, re.I | re.S
            )
            if (
                found
                and not re.search(r"[.!;\n]", found["yes"].strip())
                and _consume(_tokens(found["yes"]), _bare())
            ):
                return found["yes"], found["rest"]
    pieces = [piece for piece in _SENTENCE_END.split(text) if piece and piece.strip()]
    taken = 0
    for piece in pieces:
        if "?" in piece or _consume(_tokens(piece), _bare()) is None:
            break
        taken += 1
    if 0 < taken < len(pieces):
        return " ".join(pieces[:taken]), " ".join(piece.strip() for piece in pieces[taken:])
    return text, ""


@cache
def _bare() -> tuple[tuple[str, frozenset[tuple[str, ...]]], ...]:
    return tuple((kind, _phrases(kind)) for kind in ("confirm", "agree", "refuse", "filler"))


def _allowed(
    action: str, names: Sequence[str], count: int
) -> tuple[tuple[str, frozenset[tuple[str, ...]]], ...]:
    named = {tuple(_tokens(name)) for name in names}
    links = {tuple(_tokens(word)) for word in ("pour", "de", "d'", "a", "au", "du", "sur", "l'abonnement")}
    elided = {tuple(_tokens(f"d'{name}")) for name in names}
    sizes: dict[str, int] = _lists()["group_sizes"]
    groups = {
        tuple(_tokens(group))
        for group in _lists()["groups"]
        if sizes.get(group.split()[-1], count) == count and count > 1
    }
    return (
        *_bare(),
        ("object", _objects(action)),
        ("name", frozenset(named | elided | groups | links)),
    )


def _consume(
    tokens: Sequence[str], allowed: Iterable[tuple[str, frozenset[tuple[str, ...]]]]
) -> frozenset[str] | None:
    """The kinds of phrases a reply is made of, longest phrases first; None when a word is left over."""
    kinds: set[str] = set()
    allowed = tuple(allowed)
    at = 0
    while at < len(tokens):
        for length in range(min(6, len(tokens) - at), 0, -1):
            piece = tuple(tokens[at : at + length])
            kind = next((kind for kind, phrases in allowed if piece in phrases), None)
            kind = kind or (_mistyped(piece) if length == 1 else None)
            if kind:
                kinds.add(kind)
                at += length
                break
        else:
            return None
    return frozenset(kinds)


def _mistyped(piece: tuple[str, ...]) -> str | None:
    """« confirm » words with one slip of the finger; shorter words are too close to others."""
    from rapidfuzz.distance import DamerauLevenshtein

    word = piece[0]
    known = ("confirme", "confirmer", "confirmez", "valider", "validez")
    close = len(word) > 6 and any(DamerauLevenshtein.distance(word, other) == 1 for other in known)
    return "confirm" if close else None


def _answerable_apart(rest: str) -> bool:
    """Whether what follows a yes is a matter of its own and takes nothing back from it."""
    tokens = _tokens(rest)
    joined = " ".join(tokens)
    openings = sorted(_lists()["and_then"], key=len, reverse=True)
    for opening in openings:
        joined = joined.removeprefix(" ".join(_tokens(opening)) + " ")
    head = joined.split(" ")
    reserved = any(
        joined.startswith(word + " ") or joined == word for word in map(fold, _lists()["reservations"])
    )
    return not reserved and rest.rstrip().endswith("?") and head[0] in _lists()["question_words"]


def _leading_no(text: str) -> Reply:
    """« non, je préfère … »: a no that goes on. « non ? » asks, and a yes further on undoes it."""
    found = re.match(
        r"\s*(?:bah |ben |euh,? |ah |finalement,? |en fait,? )?(non|nan|nope|no)\b[\s,.!;:]+(?P<rest>\S.*)",
        text,
        re.I | re.S,
    )
    if not found:
        return OTHER
    tokens = _tokens(found["rest"])
    agrees = {phrase for kind in ("agree", "confirm") for phrase in _phrases(kind)}
    says_yes = any(
        tuple(tokens[at : at + length]) in agrees
        for length in (1, 2, 3)
        for at in range(len(tokens) - length + 1)
    )
    hesitates = " ".join(tokens).startswith(("pas de ", "aucun ", "attend", "mais ", "?"))
    return OTHER if says_yes or hesitates else Reply(word=Word.NO, rest=found["rest"])
