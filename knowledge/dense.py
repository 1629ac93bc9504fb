"""Sentence embeddings, by the bundled French model or any sentence-transformers one."""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.messages import reason, say
from knowledge.models import ModelUnavailableError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from knowledge.minilm import MiniLM

BUNDLED = "bundled"

_FOLDER = Path(__file__).with_name("embedding")
_CACHED_TEXTS = 4096
_BATCH = 32
_FEW = 128
"""Up to so many texts the bundled model embeds in NumPy: sooner done than torch is imported."""


class Encoder:
    """Embeds texts with one model, loaded when first needed; safe to use from several threads.

    `name` is "bundled", a folder, or the name of a sentence-transformers model this machine already
    holds: nothing is ever downloaded.
    """

    def __init__(self, name: str = BUNDLED) -> None:
        self.name = name
        self._light: MiniLM | None = None
        self._full: Any = None
        self._problem: str | None = None
        self._loading = threading.Lock()
        self._using = threading.Lock()
        self._cache: OrderedDict[str, NDArray[np.float32]] = OrderedDict()

    @cached_property
    def key(self) -> str:
        """What tells this model's vectors from another's; known without loading the model."""
        folder = self._folder()
        if folder is None:
            return self.name
        digest = hashlib.sha256()
        for file in sorted([*folder.glob("*.safetensors"), *folder.glob("*.json")]):
            with file.open("rb") as content:
                # Size and head tell weights apart without reading them whole at each start.
                digest.update(f"{file.name}\0{file.stat().st_size}\0".encode() + content.read(65_536))
        return f"{BUNDLED if self.name == BUNDLED else folder.name}:{digest.hexdigest()[:16]}"

    @property
    def loaded(self) -> bool:
        """Whether questions can be embedded at once."""
        return self._light is not None or self._full is not None

    @property
    def problem(self) -> str | None:
        """Why the model could not be loaded, if it was tried."""
        return self._problem

    @property
    def dimensions(self) -> int:
        """The length of a vector; loads the model."""
        self.load()
        return self._light.dimensions if self._light else int(self._full.get_embedding_dimension())

    def _folder(self) -> Path | None:
        if self.name == BUNDLED:
            return _FOLDER
        folder = Path(self.name).expanduser()
        return folder if folder.is_dir() else None

    def load(self) -> None:
        """Load what embeds questions if it is not; raises ModelUnavailableError with one clear line."""
        with self._loading:
            if self.loaded:
                return
            if self._problem is not None:
                raise ModelUnavailableError(self._problem)
            try:
                if self.name == BUNDLED:
                    from knowledge.minilm import MiniLM

                    self._light = MiniLM(_FOLDER)
                else:
                    self._full = self._sentence_transformer()
            except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
                self._problem = say("model.unusable", name=self.name, reason=reason(error))
                raise ModelUnavailableError(self._problem) from error

    def _sentence_transformer(self) -> Any:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        place = str(self._folder() or self.name)
        return SentenceTransformer(place, device="cpu", local_files_only=True).float()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts: (n, dimensions) float32, each of length 1. The last texts are remembered."""
        import numpy as np

        self.load()
        with self._using:
            known = {text: self._cache[text] for text in texts if text in self._cache}
            missing = [text for text in dict.fromkeys(texts) if text not in known]
            for begin in range(0, len(missing), _BATCH):
                part = missing[begin : begin + _BATCH]
                known |= dict(zip(part, self._run(part), strict=True))
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

    def encode_many(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed a corpus in batches of like length; nothing is remembered."""
        import numpy as np

        self.load()
        if len(texts) > _FEW:
            with self._loading:
                self._full = self._full or self._sentence_transformer()
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        found = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        batch = _BATCH if self._full else _BATCH // 4
        for begin in range(0, len(order), batch):
            part = order[begin : begin + batch]
            with self._using:
                found[part] = self._run([texts[at] for at in part], many=True)
        return found

    def _run(self, texts: Sequence[str], *, many: bool = False) -> NDArray[np.float32]:
        import numpy as np

        if self._full is None or (self._light is not None and not many):
            assert self._light is not None
            return self._light.encode(texts)
        vectors = self._full.encode(
            list(texts),
            batch_size=_BATCH,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.asarray(vectors, dtype=np.float32)
