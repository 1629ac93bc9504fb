"""Fit the intent classifier to the skills' examples: `python -m assistant.engine.understanding.train`.

scikit-learn is needed here only.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.engine.understanding.features import BUCKETS, Parts, buckets, weigh
from assistant.engine.understanding.intents import NOTHING, SHIPPED, SKILLS, examples_digest
from assistant.engine.understanding.noise import roughen
from assistant.engine.understanding.vocabulary import Spelling, concept_words
from knowledge.dense import Encoder
from knowledge.text import words

ROUGHENED = 3
"""Roughened copies the lexical half learns with each example."""
EMBEDDED = 1
"""… and the dense half, whose cost is the embedding of each."""
LEXICAL_C = 20.0
DENSE_C = 30.0
DENSE_WEIGHT = 0.35
TEMPERATURE = 1.1
LEXICAL_TEMPERATURE = 1.2

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Example:
    """One utterance; `family` names its group of like wordings."""

    text: str
    intent: str
    family: str


def load_examples(skills: Path = SKILLS) -> list[Example]:
    """Every example of every skill, and of `fragments.yaml`."""
    import yaml

    found = []
    for path in [*sorted(skills.glob("*.yaml")), Path(__file__).with_name("fragments.yaml")]:
        content = path.read_text(encoding="utf-8")
        listed = yaml.load(content[content.find("\nexamples:") :], Loader=yaml.CBaseLoader) or {}
        intent = NOTHING if path.stem == "fragments" else path.stem
        for place, family in enumerate(listed.get("examples") or []):
            found += [Example(text, intent, f"{intent}/{place}") for text in family]
    return found


@dataclass(frozen=True)
class Fitted:
    """The weights of both halves, and what they were fitted with."""

    names: tuple[str, ...]
    lexical: Any
    dense: Any
    rarity: Floats
    vocabulary: tuple[str, ...]


def _roughened(examples: Sequence[Example], copies: int) -> list[tuple[str, str]]:
    return [
        (roughen(example.text, seed) if seed else example.text, example.intent)
        for seed in range(copies + 1)
        for example in examples
    ]


def _vocabulary(examples: Sequence[Example]) -> tuple[str, ...]:
    """The words taken for well spelt: a slip is seldom made twice, so a word seen once is none of them."""
    seen = Counter(word for example in examples for word in set(words(example.text)))
    return tuple(sorted(concept_words() | {word for word, count in seen.items() if count > 1}))


def _rarity(parts: Sequence[Parts]) -> Floats:
    counts = np.zeros(BUCKETS)
    for each in parts:
        for part in each:
            counts[list(part)] += 1
    return np.asarray(np.log((1 + len(parts)) / (1 + counts)) + 1, dtype=np.float32)


def _matrix(parts: Sequence[Parts], rarity: Floats) -> Any:
    from scipy import sparse  # type: ignore[import-untyped]

    idf: list[float] = rarity.tolist()
    at: list[int] = []
    values: list[float] = []
    ends = [0]
    for each in parts:
        weights = weigh(each, idf)
        at += weights.keys()
        values += weights.values()
        ends.append(len(at))
    return sparse.csr_matrix((values, at, ends), shape=(len(parts), BUCKETS), dtype=np.float32)


def fit(examples: Sequence[Example], encoder: Encoder) -> Fitted:
    """Fit both halves; the same examples and embedding give the same weights."""
    from sklearn.linear_model import LogisticRegression

    rows = _roughened(examples, ROUGHENED)
    vocabulary = _vocabulary(examples)
    spelling = Spelling(vocabulary)
    labels = np.array([intent for _, intent in rows])
    parts = [buckets(text, spelling) for text, _ in rows]
    rarity = _rarity(parts)
    lexical = LogisticRegression(C=LEXICAL_C, max_iter=200, tol=1e-3).fit(_matrix(parts, rarity), labels)
    embedded = _roughened(examples, EMBEDDED)
    vectors = encoder.encode_many([text for text, _ in embedded])
    dense = LogisticRegression(C=DENSE_C, max_iter=200, tol=1e-3).fit(vectors, labels[: len(embedded)])
    return Fitted(tuple(map(str, lexical.classes_)), lexical, dense, rarity, vocabulary)


def save(fitted: Fitted, encoder: Encoder, path: Path) -> None:
    """Write the weights, the large ones as whole bytes with a scale for each class."""
    weights = np.asarray(fitted.lexical.coef_, dtype=np.float32).T
    scale = np.abs(weights).max(axis=0) / 127.0
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting = path.with_name(f"{path.stem}.new.npz")
    np.savez_compressed(
        waiting,
        names=np.array(fitted.names),
        lexical=np.rint(weights / scale).astype(np.int8),
        lexical_scale=scale.astype(np.float32),
        lexical_offset=fitted.lexical.intercept_.astype(np.float32),
        dense=fitted.dense.coef_.T.astype(np.float16),
        dense_offset=fitted.dense.intercept_.astype(np.float32),
        rarity=fitted.rarity.astype(np.float16),
        vocabulary=np.array(" ".join(fitted.vocabulary)),
        digest=np.array(examples_digest()),
        embedding=np.array(encoder.key),
        dense_weight=np.array(DENSE_WEIGHT),
        temperature=np.array(TEMPERATURE),
        lexical_temperature=np.array(LEXICAL_TEMPERATURE),
    )
    waiting.replace(path)


def train(path: Path = SHIPPED, encoder: Encoder | None = None) -> None:
    """Fit to the examples as they are and write the weights."""
    encoder = encoder or Encoder()
    save(fit(load_examples(), encoder), encoder, path)


def folds(examples: Sequence[Example], count: int = 5, *, by: str = "family") -> list[int]:
    """The fold of each example: whole wording families kept together, or by utterance (`by="utterance"`)."""
    chance = random.Random(0)
    intents: dict[str, list[str]] = {}
    for place, example in enumerate(examples):
        key = example.family if by == "family" else str(place)
        intents.setdefault(example.intent, [])
        if key not in intents[example.intent]:
            intents[example.intent].append(key)
    fold_of: dict[str, int] = {}
    turn = 0
    for keys in intents.values():
        chance.shuffle(keys)
        for key in keys:
            fold_of[key] = turn % count
            turn += 1
    return [fold_of[e.family if by == "family" else str(place)] for place, e in enumerate(examples)]


def main() -> None:
    """Write `intents.npz`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=SHIPPED)
    out = parser.parse_args().out
    begun = time.perf_counter()
    train(out)
    print(f"{out.name}: {out.stat().st_size / 1e6:.2f} MB, {time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
