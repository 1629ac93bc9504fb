"""The bundled model in NumPy: questions are embedded without importing torch.

The architecture is BERT's (post-norm, GELU by the error function), mean pooling, vectors of length 1. The
result is that of sentence-transformers on the same folder, which a test holds.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

_MASKED = -1e9


class MiniLM:
    """A BERT sentence encoder read from a sentence-transformers folder.

    Raises OSError, KeyError or ValueError where the folder is not whole.
    """

    def __init__(self, folder: Path) -> None:
        import numpy as np
        from safetensors.numpy import load_file
        from threadpoolctl import ThreadpoolController
        from tokenizers import Tokenizer

        self._threads: Any = ThreadpoolController()
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        about = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
        self.dimensions: int = config["hidden_size"]
        self._heads: int = config["num_attention_heads"]
        self._epsilon: float = config["layer_norm_eps"]
        self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(max_length=about["model_max_length"])
        self._tokenizer.enable_padding(pad_id=config["pad_token_id"], pad_token=about["pad_token"])
        weights = {
            name: tensor.astype(np.float32)
            for name, tensor in load_file(folder / "model.safetensors").items()
        }
        self._words = weights["embeddings.word_embeddings.weight"]
        self._positions = (
            weights["embeddings.position_embeddings.weight"]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        self._first = _pair(weights, "embeddings.LayerNorm")
        self._layers = [
            _Layer(weights, f"encoder.layer.{number}.") for number in range(config["num_hidden_layers"])
        ]

    def encode(self, texts: Sequence[str]) -> Array:
        """Embed texts as one batch: (n, dimensions) float32, each of length 1."""
        import numpy as np

        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        # On one thread: the matrices are small, and BLAS threads that wait for a busy core cost seconds.
        with self._threads.limit(limits=1, user_api="blas"):
            return self._embed(texts)

    def _embed(self, texts: Sequence[str]) -> Array:
        import numpy as np

        encodings = self._tokenizer.encode_batch(list(texts))
        ids = np.array([encoding.ids for encoding in encodings])
        mask = np.array([encoding.attention_mask for encoding in encodings], dtype=np.float32)
        hidden = self._norm(self._words[ids] + self._positions[: ids.shape[1]], self._first)
        bias = (1 - mask)[:, None, None, :] * np.float32(_MASKED)
        for layer in self._layers:
            hidden = self._norm(hidden + self._attention(layer, hidden, bias), layer.attention_norm)
            inner = _gelu(_linear(hidden, layer.widen))
            hidden = self._norm(hidden + _linear(inner, layer.narrow), layer.output_norm)
        pooled = (hidden * mask[:, :, None]).sum(axis=1) / np.maximum(mask.sum(axis=1, keepdims=True), 1e-9)
        unit: Array = pooled / np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-12)
        return unit

    def _attention(self, layer: _Layer, hidden: Array, bias: Array) -> Array:
        import numpy as np

        batch, length, width = hidden.shape
        size = width // self._heads
        joined = _linear(hidden, layer.joined).reshape(batch, length, 3, self._heads, size)
        query, key, value = joined.transpose(2, 0, 3, 1, 4)
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(size)) + bias
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        mixed = (scores @ value).transpose(0, 2, 1, 3).reshape(batch, length, width)
        return _linear(mixed, layer.out)

    def _norm(self, hidden: Array, scale: tuple[Array, Array]) -> Array:
        import numpy as np

        centred = hidden - hidden.mean(axis=-1, keepdims=True)
        variance = np.square(centred).mean(axis=-1, keepdims=True)
        normed: Array = centred / np.sqrt(variance + np.float32(self._epsilon)) * scale[0] + scale[1]
        return normed


class _Layer:
    def __init__(self, weights: dict[str, Array], prefix: str) -> None:
        import numpy as np

        parts = [_pair(weights, f"{prefix}attention.self.{part}") for part in ("query", "key", "value")]
        matrix, offset = (np.concatenate([part[at] for part in parts]) for at in (0, 1))
        self.joined = _ready((matrix, offset))
        self.out = _ready(_pair(weights, prefix + "attention.output.dense"))
        self.attention_norm = _pair(weights, prefix + "attention.output.LayerNorm")
        self.widen = _ready(_pair(weights, prefix + "intermediate.dense"))
        self.narrow = _ready(_pair(weights, prefix + "output.dense"))
        self.output_norm = _pair(weights, prefix + "output.LayerNorm")


def _pair(weights: dict[str, Array], name: str) -> tuple[Array, Array]:
    return weights[name + ".weight"], weights[name + ".bias"]


def _ready(pair: tuple[Array, Array]) -> tuple[Array, Array]:
    import numpy as np

    return np.ascontiguousarray(pair[0].T), pair[1]


def _linear(hidden: Array, pair: tuple[Array, Array]) -> Array:
    flat = hidden.reshape(-1, hidden.shape[-1])
    out: Array = flat @ pair[0]
    out += pair[1]
    return out.reshape(*hidden.shape[:-1], -1)


def _gelu(hidden: Array) -> Array:
    import numpy as np

    # The error function by Abramowitz and Stegun 7.1.26 is off by 1.5e-7 at most.
    scaled = np.abs(hidden) * np.float32(0.70710678)
    t = 1 / (1 + np.float32(0.3275911) * scaled)
    series = t * np.float32(1.061405429) - np.float32(1.453152027)
    series = t * series + np.float32(1.421413741)
    series = t * series - np.float32(0.284496736)
    series = t * series + np.float32(0.254829592)
    tail = t * series * np.exp(-scaled * scaled)
    upper: Array = hidden * np.where(hidden >= 0, 1 - tail / 2, tail / 2)
    return upper
