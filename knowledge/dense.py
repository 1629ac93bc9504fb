"""Sentence embeddings, by the bundled French model or any sentence-transformers one."""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.models import ModelUnavailableError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BUNDLED = "bundled"

_FOLDER = Path(__file__).with_name("embedding")
_CACHED_TEXTS = 4096
_BATCH = 32


class Encoder:
    """Embeds texts with one model, loaded when first needed; safe to use from several threads.

    `name` is "bundled", a folder, or the name of a sentence-transformers model this machine already
    holds: nothing is ever downloaded.
    """

    def __init__(self, name: str = BUNDLED) -> None:
        self.name = name
        self._model: Any = None
        self._problem: str | None = None
        self._loading = threading.Lock()
        self._using = threading.Lock()
        self._cache: OrderedDict[str, NDArray[np.float32]] = OrderedDict()

    @property
    def key(self) -> str:
        """What tells this model's vectors from another's; known without loading the model."""
        folder = self._folder()
        if folder is None:
            return self.name
        digest = hashlib.sha256()
        for file in sorted(folder.glob("*.safetensors")) + sorted(folder.glob("*.json")):
            with file.open("rb") as content:
                # Size and head tell weights apart without reading them whole at each start.
                digest.update(f"{file.name}\0{file.stat().st_size}\0".encode() + content.read(65_536))
        return f"{BUNDLED if self.name == BUNDLED else folder.name}:{digest.hexdigest()[:16]}"

    @property
    def loaded(self) -> bool:
        """Whether the model is in memory."""
        return self._model is not None

    @property
    def problem(self) -> str | None:
        """Why the model could not be loaded, if it was tried."""
        return self._problem

    def _folder(self) -> Path | None:
        if self.name == BUNDLED:
            return _FOLDER
        folder = Path(self.name).expanduser()
        return folder if folder.is_dir() else None

    def load(self) -> None:
        """Load the model if it is not; raises ModelUnavailableError with one clear line."""
        with self._loading:
            if self._model is not None:
                return
            if self._problem is not None:
                raise ModelUnavailableError(self._problem)
            os.environ.setdefault("HF_HUB_OFFLINE", "1")
            os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging as transformers_logging

            transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
            folder = self._folder()
            try:
                self._model = SentenceTransformer(
                    str(folder or self.name), device="cpu", local_files_only=True
                ).float()
            except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
                reason = (
                    str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
                )
                self._problem = f"embedding model {self.name!r} cannot be loaded: {reason}"
                raise ModelUnavailableError(self._problem) from error

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts: (n, dimensions) float32, each of length 1. The last texts are remembered."""
        import numpy as np

        self.load()
        with self._using:
            known = {text: self._cache[text] for text in texts if text in self._cache}
            missing = [text for text in dict.fromkeys(texts) if text not in known]
            if missing:
                known |= dict(zip(missing, self._run(missing), strict=True))
            for text in texts:
                self._cache[text] = known[text]
                self._cache.move_to_end(text)
            while len(self._cache) > _CACHED_TEXTS:
                self._cache.popitem(last=False)
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        return np.stack([known[text] for text in texts])

    def encode_one(self, text: str) -> NDArray[np.float32]:
        """Embed one text: (dimensions,) float32 of length 1."""
        vector: NDArray[np.float32] = self.encode([text])[0]
        return vector

    @property
    def dimensions(self) -> int:
        """The length of a vector; loads the model."""
        self.load()
        return int(self._model.get_embedding_dimension())

    def encode_many(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed a corpus in batches of like length; nothing is remembered."""
        import numpy as np

        self.load()
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        found = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for begin in range(0, len(order), _BATCH):
            part = order[begin : begin + _BATCH]
            with self._using:
                found[part] = self._run([texts[at] for at in part])
        return found

    def _run(self, texts: Sequence[str]) -> NDArray[np.float32]:
        import numpy as np

        vectors = self._model.encode(
            list(texts),
            batch_size=_BATCH,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.asarray(vectors, dtype=np.float32)
