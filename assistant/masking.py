"""Keeps order passwords out of what is stored, logged and handed over."""

from __future__ import annotations

import re
from collections.abc import Iterable

MASK = "••••••"

_SAID = re.compile(
    r"(?i)(?P<lead>\b(?:mots?[ -]de[ -]passe|mdp|pass ?word|passe|pwd|clef?)\b"
    r"(?:\s+(?:de|pour)\s+(?:la|ma)\s+commande)?"
    r"(?:\s+[A-Z0-9-]{6,20}(?=\s*[:=]|\s+est\b))?\s*(?:est|c['’]est|is|:|=|»)?\s*:?\s*[«\"'“]?\s*)"
    r"(?P<secret>(?=\S*[\d_!@#$%&*+?-])(?-i:(?=\S*[a-zà-ÿ]))[^\s«»\"'“”,;]{8,})"
)
"""« mot de passe : xyz »: a word of eight characters or more, not plain letters and not an order number."""


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """The text with order passwords replaced: those known by now, and what is called a password in it."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return _SAID.sub(lambda match: match["lead"] + MASK, text)
