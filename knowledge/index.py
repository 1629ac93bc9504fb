"""Index versions: BM25, Chroma and vectors, built beside the live one, probed, and never changed afterwards.

A version is named after the articles, the model and the code it was built from, so that the same
input gives the same version on every machine, and a version that is missing or damaged can be built
again from SQL. Under `home/index/<version>/` lie `lexical/`, `vectors.npy` (float16), `spread.npz`
(mean and covariance of the vectors), `topics.npy` (vectors of `other_topics.txt`), `chroma-…/` (unless a
Chroma server holds the vectors), and `version.json`, written last.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from knowledge.derivation import INDEX_SOURCES, ROW_SOURCES, digest_of
from knowledge.lexical import LexicalIndex
from knowledge.messages import reason, say
from knowledge.models import KnowledgeError, LibraryBusyError, Progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LAYOUT = "1"
_PREFIX = "puis-je-"
_CANDIDATES = 100
_HASHED_BYTES = 50_000_000
_PROBES = 3
_ITSELF = 0.99
_NEAR_TOPICS = 3


class IndexBrokenError(KnowledgeError):
    """An index version is missing, damaged, or cannot be read."""


def version_name(content: str, model: str | None) -> str:
    """The version that articles (their digest) and a model (None: words only) lead to."""
    parts = "\0".join((LAYOUT, digest_of(ROW_SOURCES + INDEX_SOURCES), content, model or ""))
    return hashlib.sha256(parts.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Passages worth scoring with their cosines; mean and deviation of the cosines of all passages."""

    numbers: NDArray[np.int64]
    cosines: NDArray[np.float32]
    mean: float
    deviation: float


class Index:
    """An opened version. Passage numbers are places in the order of the store's passages."""

    def __init__(
        self,
        version: str,
        lexical: LexicalIndex,
        vectors: NDArray[np.float16] | None = None,
        spread: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None,
        topics: NDArray[np.float16] | None = None,
        collection: Any = None,
        client: Any = None,
    ) -> None:
        self.version = version
        self.lexical = lexical
        self._vectors = vectors
        self._spread = spread
        self._topics = topics
        self._collection = collection
        self._client = client

    @property
    def hybrid(self) -> bool:
        """Whether the version holds vectors."""
        return self._vectors is not None

    def nearest(self, vector: NDArray[np.float32], also: NDArray[np.int64]) -> Candidates:
        """The passages nearest to a query vector, with those in `also`; raises IndexBrokenError."""
        import numpy as np

        if self._vectors is None or self._spread is None:
            raise IndexBrokenError(say("index.words_only"))
        wanted = min(_CANDIDATES, len(self._vectors))
        try:
            answer = self._collection.query(
                query_embeddings=[vector.tolist()], n_results=wanted, include=["distances"]
            )
            numbers = np.array([int(id) for id in answer["ids"][0]], dtype=np.int64)
        except Exception as error:  # Chroma's own, its Rust core's and its HTTP client's errors share no base
            raise IndexBrokenError(say("index.no_answer", reason=reason(error))) from error
        numbers = np.union1d(numbers, also)
        if len(numbers) and numbers[-1] >= len(self._vectors):
            raise IndexBrokenError(say("index.mismatch"))
        mean, covariance = self._spread
        return Candidates(
            numbers=numbers,
            cosines=np.asarray(self._vectors[numbers], dtype=np.float32) @ vector,
            mean=float(mean @ vector),
            deviation=float(np.sqrt(max(float(vector @ covariance @ vector), 0.0))),
        )

    def elsewhere(self, vector: NDArray[np.float32]) -> float:
        """How near a query is to topics that articles on renewals leave out: the mean of three cosines."""
        import numpy as np

        if self._topics is None or not len(self._topics):
            return 0.0
        cosines = np.sort(np.asarray(self._topics, dtype=np.float32) @ vector)
        return float(cosines[-_NEAR_TOPICS:].mean())

    def probe(self) -> None:
        """Ask for some of the vectors themselves; raises IndexBrokenError where one is not found."""
        import numpy as np

        count = 0 if self._vectors is None else len(self._vectors)
        for number in np.linspace(0, count - 1, min(count, _PROBES)).astype(int):
            assert self._vectors is not None
            vector = np.asarray(self._vectors[number], dtype=np.float32)
            # Candidates are what the vector index names: the nearest of a vector is itself or its double.
            found = self.nearest(vector, np.zeros(0, dtype=np.int64))
            if not len(found.cosines) or float(found.cosines.max()) < _ITSELF:
                raise IndexBrokenError(say("index.lost"))

    def close(self) -> None:
        """Let go of the files."""
        if self._client is not None:
            self._client.close()
            self._client = self._collection = None


class IndexFolder:
    """The versions under `home/index`, and their collections on a Chroma server where one is used."""

    def __init__(self, home: Path, chroma_url: str | None = None) -> None:
        self._root = home / "index"
        self._url = chroma_url

    @contextmanager
    def lock(self, wait_s: float) -> Iterator[None]:
        """Hold the library for changing it; raises LibraryBusyError after `wait_s` seconds."""
        from filelock import FileLock, Timeout

        self._root.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self._root / ".lock", timeout=wait_s):
                yield
        except Timeout:
            raise LibraryBusyError(say("library.busy")) from None

    def exists(self, version: str) -> bool:
        """Whether the version was built here."""
        return (self._root / version / "version.json").is_file()

    def open(self, version: str) -> Index:
        """Open a version; raises IndexBrokenError where it is missing or damaged."""
        import numpy as np

        folder = self._root / version
        try:
            about = json.loads((folder / "version.json").read_text(encoding="utf-8"))
            if about["files"] != _fingerprint(folder):
                raise IndexBrokenError(say("index.damaged", version=version))
            lexical = LexicalIndex.load(folder / "lexical")
            if not about["hybrid"]:
                return Index(version, lexical)
            vectors = np.load(folder / "vectors.npy", mmap_mode="r")
            topics = np.load(folder / "topics.npy")
            with np.load(folder / "spread.npz") as spread:
                mean, covariance = spread["mean"], spread["covariance"]
        except (OSError, ValueError, KeyError, EOFError) as error:
            line = say("index.missing", version=version, reason=reason(error))
            raise IndexBrokenError(line) from error
        with _crash_noted(folder):
            client, collection = self._collection(version, folder / about["chroma"])
            index = Index(version, lexical, vectors, (mean, covariance), topics, collection, client)
            try:
                index.probe()
            except IndexBrokenError:
                index.close()
                raise
        return index

    def _client(self, folder: Path) -> Any:
        import chromadb
        from chromadb.config import Settings

        settings = Settings(anonymized_telemetry=False)
        if not self._url:
            return chromadb.PersistentClient(path=str(folder), settings=settings)
        parts = urlsplit(self._url)
        secure = parts.scheme == "https"
        return chromadb.HttpClient(
            host=parts.hostname or "localhost",
            port=parts.port or (443 if secure else 8000),
            ssl=secure,
            settings=settings,
        )

    def _collection(self, version: str, folder: Path, *, create: bool = False) -> tuple[Any, Any]:
        client: Any = None
        try:
            client = self._client(folder)
            name = _PREFIX + version
            if not create:
                return client, client.get_collection(name, embedding_function=None)
            if any(each.name == name for each in client.list_collections()):
                client.delete_collection(name)
            cosine: Any = {"hnsw": {"space": "cosine"}}
            return client, client.create_collection(name, embedding_function=None, configuration=cosine)
        except Exception as error:  # as in `Index.nearest`
            if client is not None:
                client.close()
            raise IndexBrokenError(say("index.unopened", reason=reason(error))) from error

    def build(
        self,
        version: str,
        documents: Sequence[str],
        vectors: NDArray[np.float32] | None,
        topics: NDArray[np.float32] | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Build a version beside the others, probe it, and put it in its place. Call it under the lock."""
        import numpy as np

        beside = self._root / f".building-{version}-{os.getpid()}"
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        # Chroma keeps what it knows of a path for as long as the process lives: a new build has a new one.
        chroma = f"chroma-{secrets.token_hex(4)}"
        try:
            LexicalIndex.build(documents).save(beside / "lexical")
            if vectors is not None:
                np.save(beside / "vectors.npy", vectors.astype(np.float16))
                np.save(beside / "topics.npy", (vectors[:0] if topics is None else topics).astype(np.float16))
                centred = vectors - vectors.mean(axis=0) if len(vectors) else vectors
                np.savez(
                    beside / "spread.npz",
                    mean=vectors.mean(axis=0) if len(vectors) else np.zeros(vectors.shape[1], np.float32),
                    covariance=centred.T @ centred / max(len(vectors), 1),
                )
                self._fill(version, beside / chroma, vectors, progress)
            about = {"hybrid": vectors is not None, "chroma": chroma, "files": _fingerprint(beside)}
            (beside / "version.json").write_text(json.dumps(about), encoding="utf-8")
            final = self._root / version
            shutil.rmtree(final, ignore_errors=True)
            beside.replace(final)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        self.open(version).close()

    def _fill(
        self, version: str, folder: Path, vectors: NDArray[np.float32], progress: Progress | None
    ) -> None:
        client, collection = self._collection(version, folder, create=True)
        try:
            step = min(2000, client.get_max_batch_size())
            for begin in range(0, len(vectors), step):
                part = vectors[begin : begin + step]
                collection.add(ids=[str(begin + at) for at in range(len(part))], embeddings=part)
                if progress is not None:
                    progress("index", min(begin + step, len(vectors)), len(vectors))
            if collection.count() != len(vectors):
                raise IndexBrokenError(say("index.partial"))
        finally:
            client.close()

    def sweep(self, live: str) -> None:
        """Remove every version but the live one, and what killed builds left. Call it under the lock."""
        if self._root.is_dir():
            for folder in self._root.iterdir():
                if folder.is_dir() and folder.name != live:
                    shutil.rmtree(folder, ignore_errors=True)
        if self._url and (self._root / live / "vectors.npy").exists():
            client = self._client(self._root)
            try:
                for collection in client.list_collections():
                    if collection.name.startswith(_PREFIX) and collection.name != _PREFIX + live:
                        client.delete_collection(collection.name)
            finally:
                client.close()


@contextmanager
def _crash_noted(folder: Path) -> Iterator[None]:
    """Leave a mark while Chroma opens its files: where damage kills the process, the next one knows."""
    for mark in folder.glob("opening-*"):
        if not _alive(int(mark.name.removeprefix("opening-").split(".")[0])):
            raise IndexBrokenError(say("index.crashed", version=folder.name))
    mark = folder / f"opening-{os.getpid()}.{threading.get_ident()}"
    try:
        mark.touch()
    except OSError:
        # A folder that cannot be written can still be read.
        yield
        return
    try:
        yield
    finally:
        mark.unlink(missing_ok=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _fingerprint(folder: Path) -> dict[str, str]:
    """What a version's files were when it was built; those that Chroma rewrites by itself are left out."""
    found: dict[str, str] = {}
    for file in sorted(folder.rglob("*")):
        inside = file.relative_to(folder)
        if not file.is_file() or inside.parts[0].startswith(("version.json", "chroma-", "opening-")):
            continue
        size = file.stat().st_size
        digest = hashlib.sha256(file.read_bytes()).hexdigest()[:16] if size <= _HASHED_BYTES else ""
        found[inside.as_posix()] = f"{size}:{digest}"
    return found
