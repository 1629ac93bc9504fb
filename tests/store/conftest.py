from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text, update
from sqlalchemy.engine import URL

from tools.store.database import open_database, writing
from tools.store.exchange import import_text
from tools.store.orders import hash_password
from tools.store.schema import metadata, orders

PASSWORDS = {"SJ-000001": "jura-jura-1", "PF-000003": "phare-phare-3"}


def sample() -> dict[str, list[dict[str, Any]]]:
    """Inès buys for her own organisation and, from outside, for a second one; a third has nothing."""
    return {
        "organizations": [
            {"id": "scierie", "name": "Scierie du Jura", "country": "FR"},
            {"id": "phare", "name": "Phare & Fils", "country": "CA", "time_zone": "America/Halifax"},
            {"id": "seule", "name": "Sans abonnement", "country": "BE"},
        ],
        "users": [
            _customer("ines", "Inès Dubois", "scierie"),
            _customer("paul", "Paul Weber", "scierie"),
            _customer("rosa", "Rosa Côté", "phare"),
            _customer("leo", "Léo Petit", "seule"),
            {"id": "aide", "name": "Aide Nord", "email": "aide@team.example", "kind": "agent"},
        ],
        "orders": [
            _order("SJ-000001", "scierie"),
            _order("SJ-000002", "scierie"),
            _order("PF-000003", "phare", channel="partner"),
        ],
        "subscriptions": [
            _subscription("plan", "SJ-000001", "AutoCAD"),
            _subscription("mur", "SJ-000001", "Revit", primary_admin="paul"),
            _subscription("bois", "SJ-000002", "AutoCAD LT", expires_on="2026-09-01"),
            _subscription("quai", "PF-000003", "Civil 3D", primary_admin="leo"),
        ],
    }


def _customer(id: str, name: str, organization: str) -> dict[str, Any]:
    email = f"{id}@{organization}.example"
    return {"id": id, "name": name, "email": email, "kind": "customer", "organization": organization}


def _order(number: str, organization: str, *, channel: str = "online", **fields: Any) -> dict[str, Any]:
    return {
        "number": number,
        "organization": organization,
        "buyer": "ines",
        "placed_on": "2025-02-01",
        "channel": channel,
        **fields,
    }


def _subscription(id: str, order: str, product: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": id,
        "order": order,
        "product": product,
        "kind": "paid",
        "term": "annual",
        "seats": 3,
        "starts_on": "2025-02-01",
        "expires_on": "2026-02-01",
        "auto_renew": False,
        "payment": {"method": "card", "valid_until": "2027-01-31"},
        "methods": ["auto", "online", "quote"],
        "grace_days": 30,
        "unit_price": {"amount": "480.50", "currency": "EUR"},
        **fields,
    }


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any tables, on SQLite and on PostgreSQL in turn."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path / 'new.sqlite3'}"
        return
    yield request.getfixturevalue("postgres_url")


@pytest.fixture(scope="session")
def postgres_engine(postgres: URL) -> Iterator[Engine]:
    engine = open_database(postgres.render_as_string(hide_password=False))
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "store.sqlite3"
    open_database(f"sqlite:///{path}").dispose()
    return path


@pytest.fixture
def sqlite_engine(sqlite_template: Path, tmp_path: Path) -> Iterator[Engine]:
    """A SQLite database with its tables and nothing in them."""
    path = tmp_path / "store.sqlite3"
    shutil.copy(sqlite_template, path)
    engine = open_database(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.fixture
def empty(backend: str, request: pytest.FixtureRequest) -> Engine:
    """A database with its tables and nothing in them, on SQLite and on PostgreSQL in turn."""
    if backend == "sqlite":
        sqlite: Engine = request.getfixturevalue("sqlite_engine")
        return sqlite
    engine: Engine = request.getfixturevalue("postgres_engine")
    names = ", ".join(f'"{name}"' for name in metadata.tables)
    with writing(engine) as connection:
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    return engine


@pytest.fixture(scope="session")
def password_hashes() -> dict[str, str]:
    return {number: hash_password(password) for number, password in PASSWORDS.items()}


@pytest.fixture
def engine(empty: Engine, password_hashes: dict[str, str]) -> Engine:
    """A database that holds the sample accounts, on SQLite and on PostgreSQL in turn."""
    import_text(empty, json.dumps(sample()), "sample.json")
    with writing(empty) as connection:
        for number, hashed in password_hashes.items():
            statement = update(orders).where(orders.c.number == number)
            connection.execute(statement.values(password_hash=hashed))
    return empty
