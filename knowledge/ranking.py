"""Which sentences of a passage answer a query, and how likely the articles answer it at all."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from knowledge.lexical import LexicalIndex, Query
from knowledge.rows import StoredSentence

_LISTED_ITEM = 60
"""A list item of at most so many characters says little without the sentence that introduces the list."""

_FROM_FAR = (-1.15, 5.83, 10.8, -0.33, -8.66)
_FROM_NEAR = (5.2, 1.78, 8.17, -0.5, -17.92)
"""Intercept and logistic weights, in the order of `Signals`, that tell answered queries from those far off
and from those on topics nearby; fitted by `benchmarks/answerable.py`."""

_FARTHEST = 6.0


@dataclass(frozen=True, slots=True)
class Signals:
    """What tells whether the articles answer a query, whatever the size of the library.

    `covered`: the share of the query (by IDF) that the best passage holds; `cosine`: the best cosine (None
    without vectors); `distance`: how many standard deviations that lies above the mean of all passages;
    `elsewhere`: how near the query is to topics that such articles leave out (`other_topics.txt`).
    """

    covered: float
    cosine: float | None = None
    distance: float = 0.0
    elsewhere: float = 0.0

    def vector(self) -> tuple[float, float, float, float]:
        """The signals as numbers."""
        return self.covered, self.cosine or 0.0, min(self.distance, _FARTHEST), self.elsewhere


def coverage(query: Query, stems: Collection[str], index: LexicalIndex) -> float:
    """How much of what the query says (by IDF) the stems hold, 0..1; an unknown word counts as missing."""
    held = total = 0.0
    for word, meanings in query.parts:
        weight = index.idf(next(iter(meanings), word))
        total += weight
        held += weight * max((meanings[stem] for stem in meanings if stem in stems), default=0.0)
    return held / total if total else 0.0


def best_sentences(
    query: Query,
    sentences: Sequence[StoredSentence],
    stems: Sequence[Collection[str]],
    index: LexicalIndex,
    limit: int,
) -> list[StoredSentence]:
    """The sentences that hold most of the query, best first; a short list item brings its introduction.

    Where none holds anything of it, the first sentence stands for the passage. Headings are never given.
    """
    usable = [at for at, sentence in enumerate(sentences) if sentence.kind != "heading"]
    scored = sorted(((coverage(query, stems[at], index), -at) for at in usable), reverse=True)
    chosen: list[StoredSentence] = []
    by_ref = {sentence.ref: sentence for sentence in sentences}
    for score, minus in scored:
        if len(chosen) >= limit or (score <= 0.0 and chosen):
            break
        sentence = sentences[-minus]
        if sentence not in chosen:
            chosen.append(sentence)
        intro = by_ref.get(sentence.intro or "")
        if intro and intro not in chosen and sentence.end - sentence.start <= _LISTED_ITEM:
            chosen.append(intro)
    return chosen[:limit]


def answerable(signals: Signals) -> float:
    """How likely the articles answer a query, 0..1: neither far off nor on a topic nearby."""
    if signals.cosine is None:
        return signals.covered
    return sum(_logistic(weights, signals.vector()) for weights in (_FROM_FAR, _FROM_NEAR)) / 2


def _logistic(weights: Sequence[float], signals: Sequence[float]) -> float:
    total = weights[0] + sum(weight * signal for weight, signal in zip(weights[1:], signals, strict=True))
    return 1 / (1 + math.exp(-total))
