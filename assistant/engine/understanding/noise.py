"""Examples roughened as hurried people type: lost accents, typos, texting, courtesies. A function of text
and seed.
"""

from __future__ import annotations

import random
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from assistant.engine.understanding.catalog import catalog

_FILE = Path(__file__).with_name("noise.yaml")
_PUNCTUATION = re.compile(r"[?!.,;:«»\"]+")


@cache
def _data() -> dict[str, Any]:
    import yaml

    data: dict[str, Any] = yaml.load(_FILE.read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)
    return data


@cache
def _products() -> re.Pattern[str]:
    names = sorted((product.name for product in catalog() if not product.common), key=len, reverse=True)
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, names)) + r")(?!\w)", re.IGNORECASE)


def without_accents(text: str) -> str:
    """The text with accents dropped, as on a foreign keyboard."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def texting(text: str, rng: random.Random) -> str:
    """Some of the words spelt as in a text message."""
    for word, spellings in _data()["texting"].items():
        if rng.random() < 0.6:
            text = re.sub(
                rf"(?<!\w){re.escape(word)}(?!\w)", rng.choice(spellings), text, flags=re.IGNORECASE
            )
    return text


def typo(text: str, rng: random.Random) -> str:
    """One letter doubled, lost, swapped with the next, or replaced by a neighbour of the keyboard."""
    places = [at for at in range(1, len(text) - 1) if text[at].isalpha() and text[at - 1].isalpha()]
    if not places:
        return text
    at = rng.choice(places)
    letter = text[at]
    match rng.randrange(4):
        case 0:
            return text[:at] + letter + text[at:]
        case 1:
            return text[:at] + text[at + 1 :]
        case 2:
            return text[:at] + text[at + 1] + letter + text[at + 2 :]
        case _:
            near = _data()["neighbours"].get(letter.lower(), letter)
            return f"{text[:at]}{rng.choice(near)}{text[at + 1 :]}"


def roughen(text: str, seed: int) -> str:
    """The text with a few of these at once, always the same for the same text and seed."""
    rng = random.Random(f"{seed}|{text}")
    if rng.random() < 0.35:
        text = texting(text, rng)
    if rng.random() < 0.3:
        swap = rng.choice([product.name for product in catalog()])
        text = _products().sub(lambda _: swap, text)
    for _ in range(rng.choice((0, 0, 1, 1, 2, 3)) if len(text) > 8 else 0):
        text = typo(text, rng)
    if rng.random() < 0.5:
        text = without_accents(text)
    if rng.random() < 0.45:
        text = text.lower()
    elif rng.random() < 0.08:
        text = text.upper()
    if rng.random() < 0.4:
        text = " ".join(_PUNCTUATION.sub(" ", text).split()) or text
    if rng.random() < 0.2:
        text = text.replace("-", " ").replace("'", rng.choice((" ", "")))
    if rng.random() < 0.2 and len(text) > 12:
        text = f"{rng.choice(_data()['openings'])} {text}"
    if rng.random() < 0.2 and len(text) > 12:
        text = f"{text} {rng.choice(_data()['closings'])}"
    return text
