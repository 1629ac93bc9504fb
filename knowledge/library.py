"""The library of help articles: what everything above this package uses of it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from knowledge import ranking
from knowledge.dense import BUNDLED, Encoder
from knowledge.facts import load_register
from knowledge.fusion import fuse
from knowledge.index import IndexBrokenError, IndexFolder
from knowledge.keeper import Keeper, State
from knowledge.lexical import Query
from knowledge.models import (
    Article,
    Hit,
    LibraryStatus,
    ModelUnavailableError,
    Progress,
    SearchResult,
    Source,
    SyncReport,
)
from knowledge.rows import as_passage, as_source
from knowledge.store import Store
from knowledge.sync import sync

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from knowledge.conflicts import Conflict

SHIPPED = Path(__file__).with_name("articles")
"""The project's own articles."""

_QUERY_LIMIT = 2000
_SENTENCES = 4
_CANDIDATES = 100
_LOOKED_AT = 3


@dataclass(frozen=True, slots=True)
class _Found:
    """Candidates for one query: `numbers` are places among all passages, `order` places in `numbers`."""

    state: State
    query: Query
    numbers: NDArray[np.int64]
    lexical: NDArray[np.float32]
    cosines: NDArray[np.float32] | None
    scores: NDArray[np.float32]
    order: NDArray[np.int64]
    mean: float
    deviation: float
    elsewhere: float

    def signals(self) -> ranking.Signals:
        holdings, index = self.state.holdings, self.state.index.lexical
        best = (holdings.passages[int(self.numbers[at])] for at in self.order[:_LOOKED_AT])
        covered = max(
            (ranking.coverage(self.query, holdings.stems_of_passage(passage), index) for passage in best),
            default=0.0,
        )
        if self.cosines is None or not len(self.cosines):
            return ranking.Signals(covered)
        top = float(self.cosines.max())
        distance = (top - self.mean) / max(self.deviation, 1e-6)
        return ranking.Signals(covered, top, distance, self.elsewhere)


class Library:
    """Articles in SQL, found by words and by meaning; safe to use from several threads.

    `embedding` is "bundled", a folder or the name of a sentence-transformers model; `chroma_url` the
    address of a Chroma server (None: embedded, under `home`); `encoder` shares a model already loaded.
    Where the model or the vector index cannot be used, search goes on by words alone and the index
    mends itself.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        home: Path,
        embedding: str = BUNDLED,
        chroma_url: str | None = None,
        encoder: Encoder | None = None,
    ) -> None:
        self._store = Store(engine)
        self._indexes = IndexFolder(home, chroma_url)
        self._encoder = encoder or Encoder(embedding)
        self._keeper = Keeper(self._store, self._indexes, self._encoder)

    def article(self, id: str) -> Article | None:
        """The stored article, or None."""
        holdings = self._keeper.holdings()
        return holdings.articles.get(id) if holdings else None

    def articles(self) -> list[Article]:
        """All stored articles, by id."""
        holdings = self._keeper.holdings()
        return list(holdings.articles.values()) if holdings else []

    def source(self, ref: str) -> Source | None:
        """The sentence a ref stands for, or None."""
        holdings = self._keeper.holdings()
        sentence = holdings.by_ref.get(ref) if holdings else None
        return as_source(sentence, holdings.articles[sentence.article]) if holdings and sentence else None

    def evidence(self, facts: Iterable[str]) -> dict[str, tuple[Source, ...]]:
        """For each fact (F01 …) the sentences stating it, best first, at most one per article."""
        holdings = self._keeper.holdings()
        return {fact: holdings.evidence.get(fact, ()) if holdings else () for fact in facts}

    def statements(self, fact: str) -> tuple[Source, ...]:
        """Every sentence that states a fact or a part of it (steps, items), in the order of the texts."""
        holdings = self._keeper.holdings()
        return holdings.statements.get(fact, ()) if holdings else ()

    def status(self) -> LibraryStatus:
        """How the library stands; opens the index, not the model."""
        state = self._keeper.state()
        holdings = state.holdings if state else None
        problem = self._encoder.problem or self._keeper.problem
        hybrid = bool(state and state.index.hybrid and self._encoder.problem is None)
        return LibraryStatus(
            articles=len(holdings.articles) if holdings else 0,
            passages=len(holdings.passages) if holdings else 0,
            sentences=len(holdings.by_ref) if holdings else 0,
            embedding=self._encoder.name,
            index=(state.index.version or None) if state else None,
            mode="hybrid" if hybrid else "lexical",
            problem=None if hybrid else problem,
        )

    @property
    def encoder(self) -> Encoder:
        """The embedding model, to be shared with whoever else embeds texts."""
        return self._encoder

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts: (n, dimensions) float32 of length 1; the last texts are remembered.

        Raises ModelUnavailableError where the model cannot be loaded.
        """
        return self._encoder.encode(texts)

    def search(self, query: str, *, k: int = 8, sentences: int = _SENTENCES) -> SearchResult:
        """The `k` passages that answer a query best, each with its `sentences` that answer best."""
        found = self._find(query)
        if found is None:
            return SearchResult(hits=(), answerable=0.0, mode="lexical")
        return SearchResult(
            hits=tuple(self._hit(found, int(at), sentences) for at in found.order[:k]),
            answerable=ranking.answerable(found.signals()) if len(found.order) else 0.0,
            mode="lexical" if found.cosines is None else "hybrid",
        )

    def signals(self, query: str) -> ranking.Signals:
        """What `answerable` is told by."""
        found = self._find(query)
        return found.signals() if found else ranking.Signals(0.0)

    def _find(self, query: str) -> _Found | None:
        import numpy as np

        state = self._keeper.state()
        whole = query[:_QUERY_LIMIT].encode(errors="replace").decode()
        text = " ".join(whole.split())
        if state is None or not state.holdings.passages or not any(char.isalnum() for char in text):
            return None
        read = state.index.lexical.query(text)
        lexical = state.index.lexical.scores(read)
        highest = float(lexical.max(initial=0.0))
        numbers = np.sort(np.argsort(-lexical, kind="stable")[:_CANDIDATES])
        numbers = numbers[lexical[numbers] > 0]
        cosines, mean, deviation, elsewhere = None, 0.0, 1.0, 0.0
        vector = self._vector(text) if state.index.hybrid else None
        if vector is not None:
            try:
                near = state.index.nearest(vector, numbers)
                numbers, cosines, mean, deviation = near.numbers, near.cosines, near.mean, near.deviation
                elsewhere = state.index.elsewhere(vector)
            except IndexBrokenError as error:
                self._keeper.report_broken(state, str(error))
        scores = fuse(lexical[numbers], cosines, highest=highest, mean=mean, deviation=deviation)
        return _Found(
            state=state,
            query=read,
            numbers=numbers,
            lexical=lexical[numbers] / highest if highest > 0 else lexical[numbers],
            cosines=cosines,
            scores=scores,
            order=np.argsort(-scores, kind="stable"),
            mean=mean,
            deviation=deviation,
            elsewhere=elsewhere,
        )

    def _vector(self, text: str) -> NDArray[np.float32] | None:
        try:
            return self._encoder.encode_one(text)
        except ModelUnavailableError:
            return None

    def _hit(self, found: _Found, at: int, limit: int) -> Hit:
        holdings = found.state.holdings
        passage = holdings.passages[int(found.numbers[at])]
        article = holdings.articles[passage.article]
        inside = holdings.within(passage) if limit else []
        chosen = ranking.best_sentences(
            found.query,
            inside,
            [holdings.stems_of(sentence) for sentence in inside],
            found.state.index.lexical,
            limit,
        )
        return Hit(
            passage=as_passage(passage, article),
            title=article.title,
            score=float(found.scores[at]),
            lexical=float(found.lexical[at]),
            dense=None if found.cosines is None else float(found.cosines[at]),
            sentences=tuple(as_source(sentence, article) for sentence in chosen),
        )

    def conflicts(self) -> list[Conflict]:
        """The places where articles disagree."""
        from knowledge.conflicts import find_conflicts

        holdings = self._keeper.holdings()
        if holdings is None:
            return []
        return find_conflicts(holdings.found, load_register(), holdings.articles.values())

    def sync(
        self, folders: Sequence[Path], *, prune: bool = False, progress: Progress | None = None
    ) -> SyncReport:
        """Bring the library in line with folders of articles; what did not change is not embedded again.

        Raises KnowledgeError where a folder cannot be used or another process keeps the library too long.
        """
        report = sync(self._store, self._indexes, self._encoder, folders, prune=prune, progress=progress)
        self._keeper.look_again()
        return report

    def warm(self) -> threading.Thread:
        """Load model and index in the background; join the thread to wait for it."""
        thread = threading.Thread(target=self._warm, name="library-warm", daemon=True)
        thread.start()
        return thread

    def _warm(self) -> None:
        self.search("renouveler un abonnement", k=1)


def load_shipped(library: Library, progress: Progress | None = None) -> SyncReport | None:
    """Load the project's own articles into a library that holds none; None where it holds some."""
    if library.articles():
        return None
    return library.sync([SHIPPED], progress=progress)
