"""Which sentences of a passage answer a query, and how likely the articles answer it at all."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from knowledge.lexical import LexicalIndex, Query
from knowledge.rows import StoredSentence

_LISTED_ITEM = 60
"""A list item of at most so many characters says little without the sentence that introduces the list."""

_INTERCEPT, _COVERAGE, _COSINE, _DISTANCE = -4.1, 6.5, 10.9, -0.6
"""Logistic weights of `answerable`, fitted by `benchmarks/answerable.py`."""


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


def answerable(covered: float, cosine: float | None, distance: float) -> float:
    """How likely the articles answer a query, 0..1.

    `covered`: the best coverage of the query by a passage; `cosine`: the best cosine (None without vectors);
    `distance`: how many standard deviations that cosine lies above the mean of all passages.
    """
    if cosine is None:
        return covered
    total = _INTERCEPT + _COVERAGE * covered + _COSINE * cosine + _DISTANCE * min(distance, 6.0)
    return 1 / (1 + math.exp(-total))
