"""French BM25 over passages, with queries forgiving of typing errors, chat spellings and synonyms."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.messages import say
from knowledge.text import fold, stem, stems, terms, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SYNONYM_WEIGHT = 0.25
"""Weight of a synonym of a word of the query, against 1 for the word itself."""

CORRECTION_WEIGHT = 0.8
"""Weight of a word that was corrected, for each letter that differs."""

_ELIDED = ("qu", "l", "d", "j", "m", "n", "s", "t", "c")


@dataclass(frozen=True, slots=True)
class Synonyms:
    """The domain's synonyms (stems), short forms (folded words), and chat words that mean nothing."""

    same: dict[str, frozenset[str]]
    short: dict[str, tuple[str, ...]]
    noise: frozenset[str]


@lru_cache(maxsize=1)
def synonyms() -> Synonyms:
    """What `wordlists/synonyms.yaml` says."""
    import yaml

    data = yaml.safe_load(Path(__file__).with_name("wordlists").joinpath("synonyms.yaml").read_text("utf-8"))
    same: dict[str, set[str]] = {}
    for group in data["same"]:
        members = {stem(fold(word)) for word in group}
        for member in members:
            same.setdefault(member, set()).update(members - {member})
    return Synonyms(
        same={member: frozenset(others) for member, others in same.items()},
        short={fold(form): tuple(terms(meaning)) for form, meaning in data["short"].items()},
        noise=frozenset(fold(str(word)) for word in data["noise"]),
    )


@dataclass(frozen=True, slots=True)
class Query:
    """A query as the index reads it: for each word typed, the stems it stands for with their weights.

    A word the index knows nothing of has no stems: it counts as not covered.
    """

    text: str
    parts: tuple[tuple[str, dict[str, float]], ...] = field(default=())

    def weights(self) -> dict[str, float]:
        """Each stem with the best weight it has in any part."""
        merged: dict[str, float] = {}
        for _, part in self.parts:
            for word, weight in part.items():
                merged[word] = max(weight, merged.get(word, 0.0))
        return merged


def _bm25s() -> Any:
    import bm25s

    # Importing it sets its own logger to DEBUG.
    logging.getLogger("bm25s").setLevel(logging.WARNING)
    return bm25s


class LexicalIndex:
    """BM25 over documents given as texts; document numbers are their places in the sequence."""

    def __init__(self, model: Any, vocabulary: dict[str, int], idf: Sequence[float]) -> None:
        self._model = model
        self._words = vocabulary
        self._stems: dict[str, int] = model.vocab_dict if model is not None else {}
        self._idf = idf
        self._by_length: dict[int, list[str]] = {}
        for word in vocabulary:
            self._by_length.setdefault(len(word), []).append(word)

    @classmethod
    def build(cls, documents: Sequence[str]) -> LexicalIndex:
        """Index the documents; words are counted for correcting typing errors."""
        import numpy as np

        bm25s = _bm25s()
        tokens = [stems(document) for document in documents]
        counts: dict[str, int] = {}
        for document in documents:
            for word in words(document):
                if len(word) > 2 and not word.isdigit():
                    counts[word] = counts.get(word, 0) + 1
        if not any(tokens):
            return cls(None, {}, [])
        model = bm25s.BM25(k1=1.5, b=0.75)
        model.index(tokens, show_progress=False)
        holds = np.zeros(len(model.vocab_dict))
        for document_tokens in tokens:
            for token in set(document_tokens):
                holds[model.vocab_dict[token]] += 1
        idf = np.log(1 + (len(tokens) - holds + 0.5) / (holds + 0.5))
        return cls(model, counts, [float(value) for value in idf])

    def save(self, folder: Path) -> None:
        """Write the index into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "words.json").write_text(json.dumps([self._words, list(self._idf)]), encoding="utf-8")
        if self._model is not None:
            self._model.save(str(folder), show_progress=False)

    @classmethod
    def load(cls, folder: Path) -> LexicalIndex:
        """Read an index written by `save`; raises OSError or ValueError where it is not whole."""
        bm25s = _bm25s()
        vocabulary, idf = json.loads((folder / "words.json").read_text(encoding="utf-8"))
        if not idf:
            return cls(None, {}, [])
        model = bm25s.BM25.load(str(folder), load_corpus=False, load_vocab=True)
        if len(model.vocab_dict) < len(idf):
            raise ValueError(say("index.words"))
        return cls(model, vocabulary, idf)

    def knows(self, stemmed: str) -> bool:
        """Whether any document holds the stem."""
        return stemmed in self._stems

    def idf(self, stemmed: str) -> float:
        """How much a stem tells (a stem the index lacks tells as much as the rarest)."""
        number = self._stems.get(stemmed)
        if number is None or number >= len(self._idf):
            return max(self._idf, default=1.0)
        return self._idf[number]

    def query(self, text: str) -> Query:
        """Read a query: stems, corrections of words the index lacks, short forms, synonyms."""
        known = synonyms()
        parts: list[tuple[str, dict[str, float]]] = []
        for word in terms(text):
            if word in known.noise and stem(word) not in self._stems:
                continue
            found = self._meaning(word, known)
            for stemmed in [stemmed for stemmed, weight in found.items() if weight >= CORRECTION_WEIGHT]:
                for other in known.same.get(stemmed, frozenset()):
                    if other in self._stems and other not in found:
                        found[other] = SYNONYM_WEIGHT
            parts.append((word, found))
        return Query(text, tuple(parts))

    def _meaning(self, word: str, known: Synonyms) -> dict[str, float]:
        stemmed = stem(word)
        found = {stemmed: 1.0} if stemmed in self._stems else {}
        if word in known.short:
            for meant in known.short[word]:
                if stem(meant) in self._stems:
                    found.setdefault(stem(meant), 0.9)
        if not found and known.same.get(stemmed):
            found = {other: CORRECTION_WEIGHT for other in known.same[stemmed] if other in self._stems}
        if not found:
            corrected, letters = self._corrected(word)
            if corrected:
                found = {stem(corrected): CORRECTION_WEIGHT**letters}
        return {stemmed: weight for stemmed, weight in found.items() if stemmed in self._stems}

    def _corrected(self, word: str) -> tuple[str, int]:
        if word.isdigit() or len(word) < 4:
            return "", 0
        for elided in _ELIDED:
            # "labonnement", "dabonnement": the apostrophe was left out.
            if word.startswith(elided) and word[len(elided) :] in self._words and len(word) - len(elided) > 3:
                return word[len(elided) :], 0
        from rapidfuzz.distance import OSA

        allowed = 1 if len(word) < 7 else 2
        best: tuple[int, int, str] = (allowed + 1, 0, "")
        for length in range(len(word) - allowed, len(word) + allowed + 1):
            for candidate in self._by_length.get(length, ()):
                letters = OSA.distance(word, candidate, score_cutoff=allowed)
                if letters <= allowed:
                    best = min(best, (letters, -self._words[candidate], candidate))
        return (best[2], best[0]) if best[2] else ("", 0)

    def scores(self, query: Query) -> NDArray[np.float32]:
        """The BM25 score of every document."""
        import numpy as np

        if self._model is None:
            return np.zeros(0, dtype=np.float32)
        by_weight: dict[float, list[int]] = {}
        for stemmed, weight in query.weights().items():
            by_weight.setdefault(weight, []).append(self._stems[stemmed])
        total = np.zeros(self._model.scores["num_docs"], dtype=np.float32)
        for weight, numbers in by_weight.items():
            total += weight * self._model.get_scores_from_ids(numbers)
        return total
