"""The intent classifier at run time: two calibrated models, hashed n-grams and sentence embeddings, mixed.

Needs numpy only; `train` fits the weights (`intents.npz`) from the skills' examples.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.engine.understanding.features import BUCKETS, buckets, weigh
from assistant.engine.understanding.vocabulary import Spelling

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

SHIPPED = Path(__file__).with_name("intents.npz")
SKILLS = Path(__file__).parents[1] / "skills"
NOTHING = "_fragment"
"""The class of what stands for no skill by itself (`fragments.yaml`)."""

_LEARNED_FROM = ("fragments.yaml", "concepts.yaml", "noise.yaml", "products.yaml")
_CODE = ("features.py", "vocabulary.py", "noise.py")


@cache
def examples_digest() -> str:
    """The hash of all that the weights are learned from: examples, word lists, and how features are made."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for path in [here / name for name in (*_LEARNED_FROM, *_CODE)] + sorted(SKILLS.glob("*.yaml")):
        content = path.read_bytes()
        if path.parent == SKILLS:
            # A skill's examples are its last key: its wording may change without a new fit.
            begins = content.find(b"\nexamples:")
            if begins < 0:
                continue
            content = content[begins:]
        digest.update(f"{path.name}\0".encode() + content)
    return digest.hexdigest()


@dataclass(frozen=True)
class IntentModel:
    """The fitted weights.

    `lexical` (buckets, classes) and `dense` (dimensions, classes) with their offsets; `rarity` (buckets,)
    is idf; `temperature` divides the mixed log-probabilities, so that they say how often they are right;
    `embedding` is the `Encoder.key` the dense half was fitted to.
    """

    names: tuple[str, ...]
    lexical: Floats
    lexical_offset: Floats
    dense: Floats
    dense_offset: Floats
    rarity: list[float]
    spelling: Spelling
    digest: str
    embedding: str
    dense_weight: float
    temperature: float
    lexical_temperature: float

    def lexical_scores(self, texts: Sequence[str], own: tuple[str, ...] = ()) -> Floats:
        """Log-probabilities (texts, classes) by words alone."""
        import numpy as np

        scores = np.zeros((len(texts), len(self.names)), dtype=np.float32)
        for row, text in enumerate(texts):
            weights = weigh(buckets(text, self.spelling, own), self.rarity)
            at = np.fromiter(weights, dtype=np.intp, count=len(weights))
            values = np.fromiter(weights.values(), dtype=np.float32, count=len(weights))
            scores[row] = values @ self.lexical[at] + self.lexical_offset
        return _log_softmax(scores)

    def dense_scores(self, vectors: Floats) -> Floats:
        """Log-probabilities (texts, classes) by the texts' embeddings (texts, dimensions)."""
        return _log_softmax(vectors @ self.dense + self.dense_offset)

    def probabilities(self, lexical: Floats, dense: Floats | None = None) -> Floats:
        """Calibrated probabilities (texts, classes) of both halves together, or of the words alone."""
        import numpy as np

        if dense is None:
            return np.exp(_log_softmax(lexical / np.float32(self.lexical_temperature)))
        mixed = (1 - self.dense_weight) * lexical + self.dense_weight * dense
        return np.exp(_log_softmax(np.asarray(mixed / self.temperature, dtype=np.float32)))


def _log_softmax(scores: Floats) -> Floats:
    import numpy as np

    shifted = scores - scores.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)), dtype=np.float32)


def load_model(path: Path) -> IntentModel:
    """Read fitted weights; raises OSError, KeyError or ValueError when the file is not one of ours."""
    import numpy as np

    with np.load(path, allow_pickle=False) as stored:
        lexical = stored["lexical"].astype(np.float32) * stored["lexical_scale"].astype(np.float32)
        if lexical.shape[0] != BUCKETS:
            raise ValueError("fitted to another number of buckets")
        return IntentModel(
            names=tuple(map(str, stored["names"])),
            lexical=lexical,
            lexical_offset=stored["lexical_offset"].astype(np.float32),
            dense=stored["dense"].astype(np.float32),
            dense_offset=stored["dense_offset"].astype(np.float32),
            rarity=stored["rarity"].astype(np.float64).tolist(),
            spelling=Spelling(str(stored["vocabulary"]).split()),
            digest=str(stored["digest"]),
            embedding=str(stored["embedding"]),
            dense_weight=float(stored["dense_weight"]),
            temperature=float(stored["temperature"]),
            lexical_temperature=float(stored["lexical_temperature"]),
        )
