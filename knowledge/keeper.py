"""Keeps what search works on in step with the database, and mends the index when it is missing or broken."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from knowledge.dense import Encoder
from knowledge.holdings import Holdings, hold
from knowledge.index import Index, IndexBrokenError, IndexFolder, version_name
from knowledge.lexical import LexicalIndex
from knowledge.messages import reason
from knowledge.models import KnowledgeError
from knowledge.rows import Live
from knowledge.store import Store
from knowledge.sync import make_index, refresh

_LOOK_AGAIN_S = 1.0
_MEND_AGAIN_S = 30.0
_PATIENCE_S = 8.0
_SMALL = 500
"""Up to so many passages the first search waits a little for the index rather than answer by words alone."""


@dataclass(frozen=True, slots=True)
class State:
    """Articles and the index made of exactly them."""

    holdings: Holdings
    index: Index


class Keeper:
    """Gives the state to search on. Another process may change the articles at any time.

    While a new index version is being built the former articles go on being found; where there is no
    usable version at all, words alone are searched and a background thread builds one.
    """

    def __init__(self, store: Store, indexes: IndexFolder, encoder: Encoder) -> None:
        self._store = store
        self._indexes = indexes
        self._encoder = encoder
        self._state: State | None = None
        self._held: Holdings | None = None
        self._changing = threading.RLock()
        self._looked_at: float | None = None
        self._mending: threading.Thread | None = None
        self._mended_at: float | None = None
        self.problem: str | None = None

    def look_again(self) -> None:
        """Look at the database at the next call, whenever the last look was."""
        self._looked_at = self._mended_at = None
        self.problem = None

    def holdings(self) -> Holdings | None:
        """The articles in use, or None where nothing was ever synced. Opens no index."""
        if self._fresh() and (self._state or self._held):
            return self._state.holdings if self._state else self._held
        with self._changing:
            live = self._store.live()
            if live is None:
                return None
            if self._state and (self._state.holdings.content == live.content or not self._settled(live)):
                return self._state.holdings
            return self._hold(live)

    def state(self) -> State | None:
        """Articles and index to search on, or None where nothing was ever synced."""
        if self._state is not None and self._fresh():
            return self._state
        with self._changing:
            live = self._store.live()
            self._looked_at = time.monotonic()
            if live is None:
                return None
            state = self._state
            if state is None or not self._current(state, live):
                state = self._open(live)
        if not state.index.hybrid and self._encoder.problem is None:
            self._mend()
            if len(state.holdings.passages) <= _SMALL and self._mending is not None:
                self._mending.join(_PATIENCE_S)
                state = self._state or state
        return state

    def report_broken(self, state: State, reason: str) -> None:
        """Stop using an index that failed in use: words alone from now on, until it is mended."""
        with self._changing:
            self.problem = reason
            if self._state is state:
                self._state = self._by_words(state.holdings)
                state.index.close()
        self._mend()

    def _fresh(self) -> bool:
        return self._looked_at is not None and time.monotonic() - self._looked_at < _LOOK_AGAIN_S

    def _versions(self, content: str) -> tuple[str, str]:
        return version_name(content, self._encoder.key), version_name(content, None)

    def _settled(self, live: Live) -> bool:
        return live.version in self._versions(live.content)

    def _current(self, state: State, live: Live) -> bool:
        if state.holdings.content != live.content:
            return state.index.hybrid and not self._settled(live)
        return state.index.hybrid or state.index.version == live.version or not self._settled(live)

    def _hold(self, live: Live) -> Holdings:
        if self._held is None or self._held.content != live.content:
            self._held = hold(self._store, live.content)
        return self._held

    def _by_words(self, holdings: Holdings) -> State:
        documents = [holdings.document(passage) for passage in holdings.passages]
        return State(holdings, Index("", LexicalIndex.build(documents)))

    def _open(self, live: Live) -> State:
        holdings = self._hold(live)
        former = self._state
        state: State | None = None
        if live.version is not None and self._settled(live):
            try:
                state = State(holdings, self._indexes.open(live.version))
                if state.index.hybrid:
                    self.problem = None
            except IndexBrokenError as error:
                self.problem = str(error)
        if state is None:
            same = former is not None and former.holdings is holdings and not former.index.hybrid
            state = former if former and same else self._by_words(holdings)
        if former is not None and former is not state:
            former.index.close()
        self._state = state
        return state

    def _mend(self) -> None:
        with self._changing:
            now = time.monotonic()
            recent = self._mended_at is not None and now - self._mended_at < _MEND_AGAIN_S
            if recent or (self._mending is not None and self._mending.is_alive()):
                return
            self._mended_at = now
            self._mending = threading.Thread(target=self._make, name="library-mend", daemon=True)
            self._mending.start()

    def _make(self) -> None:
        try:
            with self._indexes.lock(0):
                refresh(self._store)
                live = self._store.live()
                if live is None:
                    return
                _, warnings = make_index(self._store, self._indexes, self._encoder, live)
            with self._changing:
                self.problem = "; ".join(warnings) or None
                live = self._store.live()
                if live is not None:
                    self._open(live)
        except (KnowledgeError, OSError) as error:
            self.problem = reason(error)
