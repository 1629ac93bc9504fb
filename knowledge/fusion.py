"""How BM25 and embeddings become one score (docs/decisions/retrieval-fusion.md has the figures)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DENSE_WEIGHT = 0.5
"""Weight of the standardised cosine against BM25 / its maximum, chosen on the development queries."""


def fuse(
    lexical: NDArray[np.float32],
    cosine: NDArray[np.float32] | None,
    *,
    highest: float,
    mean: float = 0.0,
    deviation: float = 1.0,
    weight: float = DENSE_WEIGHT,
) -> NDArray[np.float32]:
    """BM25 / `highest` + `weight` × (cosine − mean) / (4 × standard deviation), element by element.

    `highest` is the best BM25 score of the query over all passages; `mean` and `deviation` are those of
    its cosines over all passages. Without cosines the score is BM25's alone.
    """
    score = lexical / highest if highest > 0 else lexical * 0
    if cosine is None:
        return score
    return score + weight * (cosine - mean) / (4 * max(deviation, 1e-6))
