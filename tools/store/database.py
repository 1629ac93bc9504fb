"""The one way to the database: opening it (with its migrations) and the two kinds of transaction.

SQLite runs in WAL mode with full synchronisation and foreign keys. A transaction that writes is opened with
`writing`, which takes SQLite's write lock at once: a read followed by a write can then never fail half way
because somebody else wrote in between. On a server database the same promises rest on row and advisory locks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, StaticPool, create_engine, event, exc, inspect, make_url, text
from sqlalchemy.engine import URL

from tools.store.errors import StoreError, say
from tools.store.schema import REVISION

BUSY_TIMEOUT_MS = 15_000
"""How long a SQLite writer waits for another one."""


def open_database(url: str) -> Engine:
    """Open the database at a SQLAlchemy URL, creating its folder and bringing its tables up to date.

    Safe when several processes start at once. Raises `StoreError` with one line that never holds a password.
    """
    try:
        location = make_url(url)
    except exc.ArgumentError:
        raise StoreError(say("database.url")) from None
    _make_file(location)
    try:
        engine = _engine(location)
    except exc.NoSuchModuleError:
        raise StoreError(say("database.unknown_driver", name=location.drivername)) from None
    except ModuleNotFoundError as error:
        raise StoreError(
            say("database.missing_driver", name=location.drivername, module=error.name)
        ) from None
    try:
        _bring_up_to_date(engine)
    except exc.DBAPIError as error:
        engine.dispose()
        raise StoreError(_plain(location, error)) from None
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def reading(bind: Engine | Connection) -> Iterator[Connection]:
    """A connection for reads; a connection that is handed in is used as it is, inside its own transaction."""
    if isinstance(bind, Connection):
        yield bind
        return
    with bind.connect() as connection:
        yield connection


@contextmanager
def writing(bind: Engine | Connection) -> Iterator[Connection]:
    """A transaction that writes: committed at the end, rolled back on any exception.

    A connection that is handed in is used as it is: its owner commits.
    """
    if isinstance(bind, Connection):
        yield bind
        return
    with bind.connect().execution_options(immediate=True) as connection, connection.begin():
        yield connection


def serialise(connection: Connection, key: str) -> None:
    """Let one transaction at a time go on for a key, until it ends.

    On SQLite `writing` already holds the write lock; on PostgreSQL this takes an advisory lock.
    """
    if connection.dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big", signed=True)
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def _make_file(location: URL) -> None:
    """Make a SQLite file and its folder where they are missing, closed to other users: it holds secrets."""
    if location.get_backend_name() != "sqlite" or _in_memory(location):
        return
    file = Path(str(location.database).removeprefix("file:"))
    folder = file.parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not file.exists():
            file.touch(mode=0o600)
    except OSError as error:
        raise StoreError(say("database.folder", folder=folder, reason=error.strerror)) from None


def _in_memory(location: URL) -> bool:
    return location.database in (None, "", ":memory:") or location.query.get("mode") == "memory"


def _engine(location: URL) -> Engine:
    if location.get_backend_name() != "sqlite":
        return create_engine(location, pool_pre_ping=True)
    options: dict[str, Any] = {"connect_args": {"timeout": BUSY_TIMEOUT_MS / 1000}}
    if _in_memory(location):
        options["poolclass"] = StaticPool
        options["connect_args"]["check_same_thread"] = False
    engine = create_engine(location, **options)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(dbapi_connection: Any, _record: Any) -> None:
    # The driver's own transactions would begin late and leave DDL outside: `_begin_sqlite` begins ours.
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _bring_up_to_date(engine: Engine) -> None:
    with reading(engine) as connection:
        if _revision(connection) == REVISION:
            return
    with writing(engine) as connection:
        serialise(connection, "migrate")
        if _revision(connection) != REVISION:
            _migrate(connection)


def _migrate(connection: Connection) -> None:
    """Run Alembic inside the transaction of `connection`, so that a kill half way leaves nothing behind."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    folder = Path(__file__).parent / "migrations"
    config.set_main_option("script_location", folder.as_posix().replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreError(say("database.other_version", reason=error)) from None


def _plain(location: URL, error: exc.DBAPIError) -> str:
    lines = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
    reason = lines[0].strip()
    if location.password:
        reason = reason.replace(str(location.password), "***")
    return say("database.unusable", url=location.render_as_string(hide_password=True), reason=reason)
