"""Opening a database: its tables, its migrations under concurrent starts, its errors."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

from tools.store.columns import Instant
from tools.store.database import open_database, reading, writing
from tools.store.errors import StoreError
from tools.store.schema import REVISION, key_values, metadata, organizations, users
from tools.store.secrets import server_secret

ROOT = Path(__file__).resolve().parents[2]
OPEN = """
import sys
from tools.store.database import open_database
from tools.store.secrets import server_secret
engine = open_database(sys.argv[1])
print(server_secret(engine, "test").hex(), "alembic" in sys.modules)
"""


def start(url: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", OPEN, url]
    return subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_migrations_make_exactly_the_declared_tables(empty: Engine) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with reading(empty) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == REVISION


def test_the_declared_revision_is_the_newest_migration() -> None:
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(ROOT / "tools" / "store" / "migrations"))
    assert scripts.get_heads() == [REVISION]


def test_processes_that_start_at_once_migrate_once_and_share_one_secret(url: str) -> None:
    results = [process.communicate() for process in [start(url) for _ in range(4)]]
    assert [stderr for _, stderr in results] == [""] * 4
    assert len({stdout.split()[0] for stdout, _ in results}) == 1


def test_alembic_is_not_imported_when_nothing_is_to_migrate(url: str) -> None:
    first, _ = start(url).communicate()
    second, _ = start(url).communicate()
    assert (first.split()[1], second.split()[1]) == ("True", "False")


def test_sqlite_is_set_up_for_durability_and_foreign_keys(sqlite_engine: Engine) -> None:
    with reading(sqlite_engine) as connection:
        found = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 15_000}


def test_a_failed_migration_leaves_nothing_behind(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from alembic import op

    original = op.create_table
    made: list[str] = []

    def fail_later(name: str, *columns: object, **options: object) -> object:
        if len(made) == 5:
            raise RuntimeError("power cut")
        made.append(name)
        return original(name, *columns, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(op, "create_table", fail_later)
    with pytest.raises(RuntimeError):
        open_database(url)
    monkeypatch.undo()
    engine = open_database(url)
    assert set(metadata.tables) <= set(inspect(engine).get_table_names())
    engine.dispose()


def test_a_folder_that_is_missing_is_made(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'é t é' / '100 %' / 'x.sqlite3'}")
    assert (tmp_path / "é t é" / "100 %" / "x.sqlite3").exists()
    engine.dispose()


def test_a_new_database_is_closed_to_other_users(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'home' / 'x.sqlite3'}")
    files = [tmp_path / "home", *(tmp_path / "home").iterdir()]
    assert len(files) > 1
    assert [file.stat().st_mode & 0o077 for file in files] == [0] * len(files)
    engine.dispose()


def refused(url: str) -> str:
    with pytest.raises(StoreError) as caught:
        open_database(url)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert str(tmp_path / "file") in refused(f"sqlite:///{tmp_path / 'file' / 'x.sqlite3'}")
    (tmp_path / "x.sqlite3").mkdir()
    assert "unable to open" in refused(f"sqlite:///{tmp_path / 'x.sqlite3'}")


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.sqlite3").write_text("not a database " * 100)
    assert "not a database" in refused(f"sqlite:///{tmp_path / 'x.sqlite3'}")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://me:s3cr3t-word@127.0.0.1:1/accounts",
        "postgresql+nothing://me:s3cr3t-word@127.0.0.1/accounts",
        "nothing://me:s3cr3t-word@127.0.0.1/accounts",
        "mysql+pymysql://me:s3cr3t-word@127.0.0.1:1/accounts",
        "s3cr3t-word",
        "",
    ],
)
def test_no_password_stands_in_a_message(url: str) -> None:
    assert "s3cr3t-word" not in refused(url)


def test_a_database_of_a_newer_version_is_refused(url: str) -> None:
    engine = open_database(url)
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    assert "autre version" in refused(url)


def test_foreign_keys_and_checks_hold(empty: Engine) -> None:
    user = {"id": "u", "name": "U", "email": "u@u.example", "kind": "customer", "organization": "nowhere"}
    with pytest.raises(IntegrityError), writing(empty) as connection:
        connection.execute(insert(users).values(user))
    with pytest.raises(IntegrityError), writing(empty) as connection:
        connection.execute(insert(users).values({**user, "organization": None}))


def test_an_exception_rolls_everything_back(empty: Engine) -> None:
    with pytest.raises(ZeroDivisionError), writing(empty) as connection:
        connection.execute(insert(organizations).values(id="o", name="O", country="FR", time_zone="UTC"))
        _ = 1 / 0
    with reading(empty) as connection:
        assert connection.execute(select(organizations)).all() == []


def test_a_writer_sees_what_was_written_before_it_began(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as connection:
        connection.execute(insert(key_values).values(key="n", value="0"))

    def add_one() -> None:
        for _ in range(25):
            with writing(sqlite_engine) as connection:
                value = connection.execute(select(key_values.c.value).where(key_values.c.key == "n"))
                number = int(value.scalar_one()) + 1
                connection.execute(key_values.update().values(value=str(number)))

    from threading import Thread

    threads = [Thread(target=add_one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(sqlite_engine) as connection:
        assert connection.execute(select(key_values.c.value)).scalar_one() == "100"


def test_naive_instants_are_refused() -> None:
    from datetime import datetime

    from sqlalchemy.dialects import sqlite

    with pytest.raises(ValueError, match="naive"):
        Instant().process_bind_param(datetime(2026, 1, 1), sqlite.dialect())  # noqa: DTZ001


def test_secrets_differ_by_purpose(empty: Engine) -> None:
    assert server_secret(empty, "a") == server_secret(empty, "a") != server_secret(empty, "b")
    assert len(server_secret(empty, "a")) == 32
