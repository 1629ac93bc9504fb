from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event

from knowledge.derivation import prepare
from knowledge.models import Article
from knowledge.store import Store
from tools.store.database import open_database

ROUNDS = 15
ENGINES: dict[str, Callable[[str], Engine]] = {"accounts": open_database, "plain": create_engine}


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    made = ENGINES[request.param](f"sqlite:///{tmp_path / 'library.sqlite'}")
    yield made
    made.dispose()


def article(writer: int, number: int) -> Article:
    return Article(id=f"a{writer}", title="Titre", text=f"Le texte numéro {number} de {writer}.")


def test_two_writers_that_read_first_never_fail_each_other(engine: Engine) -> None:
    store = Store(engine)
    start = threading.Barrier(2, timeout=30)

    def write(writer: int) -> int:
        own = Store(engine)
        start.wait()
        for number in range(ROUNDS):
            live = own.apply([prepare(article(writer, number), {})], [])
            own.point(live.content, f"v{writer}")
            own.keep_vectors("modele", {f"{writer}-{number}": b"\0\0"})
        return ROUNDS

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(write, (1, 2), timeout=120)) == [ROUNDS, ROUNDS]
    assert [each.text for each in store.articles()] == [article(writer, ROUNDS - 1).text for writer in (1, 2)]
    live = store.live()
    assert live is not None
    assert store.apply([], []).content == live.content


def test_a_write_in_between_waits_for_a_writer_that_has_only_read(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'library.sqlite'}")
    store = Store(engine)
    content = store.apply([prepare(article(1, 1), {})], []).content
    others: list[threading.Thread] = []

    def write_meanwhile(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT") and not others:
            others.append(threading.Thread(target=Store(engine).keep_vectors, args=("m", {"d": b"\0"})))
            others[0].start()
            others[0].join(1.0)

    event.listen(engine, "after_cursor_execute", write_meanwhile)
    assert store.point(content, "v1")
    event.remove(engine, "after_cursor_execute", write_meanwhile)
    others[0].join(30)
    assert store.vectors("m", ["d"]) == {"d": b"\0"}
    engine.dispose()
