"""The demo accounts (`demo.yaml`): people and subscriptions that show every decision, dated from loading."""

from __future__ import annotations

import json
from calendar import monthrange
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, delete, insert, select, update

from tools.store.accounts import Accounts
from tools.store.database import serialise, writing
from tools.store.exchange import import_text
from tools.store.schema import key_values, orders, subscriptions

_ANCHOR = "demo.anchor"
_MONTHS = {"monthly": 1, "annual": 12, "three_year": 36, "trial": 1}


def load_demo(engine: Engine, today: date) -> bool:
    """Load the demo accounts, dated from `today`, if there are no accounts at all; says whether it did."""
    if not Accounts(engine).is_empty():
        return False
    # The anchor first: stopped in between, the next start finds no accounts and does both again.
    with writing(engine) as connection:
        _set_anchor(connection, today)
    import_text(engine, json.dumps(demo_accounts(today)), "demo.yaml", demo=True)
    return True


def refresh_demo(engine: Engine, today: date) -> int:
    """Date the demo accounts from `today`; gives how many records moved.

    Only records whose dates are still those they were loaded with move: what was imported over them stays.
    """
    with writing(engine) as connection:
        serialise(connection, "accounts")
        query = select(key_values.c.value).where(key_values.c.key == _ANCHOR)
        anchor = connection.execute(query).scalar_one_or_none()
        if anchor is None or date.fromisoformat(anchor) == today:
            return 0
        before, after = demo_accounts(date.fromisoformat(anchor)), demo_accounts(today)
        moved = sum(
            _move(connection, table, _dates(table, old), _dates(table, new))
            for table in (orders, subscriptions)
            for old, new in zip(before[table.name], after[table.name], strict=True)
        )
        _set_anchor(connection, today)
    return moved


def demo_accounts(today: date) -> dict[str, list[dict[str, Any]]]:
    """The demo accounts as an object of the contract's schema, dated from `today`."""
    source = _source()
    return {
        "organizations": source["organizations"],
        "users": [{name: user[name] for name in user if name != "about"} for user in source["users"]],
        "orders": [{**order, "placed_on": _on(today, order["placed_on"])} for order in source["orders"]],
        "subscriptions": [_subscription(today, entry) for entry in source["subscriptions"]],
    }


def demo_introductions() -> dict[str, str]:
    """For each demo user a line in French saying what they show."""
    return {user["id"]: user["about"] for user in _source()["users"]}


@cache
def _source() -> dict[str, Any]:
    import yaml

    text = (Path(__file__).parent / "demo.yaml").read_text(encoding="utf-8")
    source: dict[str, Any] = yaml.safe_load(text)
    return source


def _on(today: date, days: int) -> str:
    return (today + timedelta(days=days)).isoformat()


def _subscription(today: date, entry: dict[str, Any]) -> dict[str, Any]:
    expires_on = today + timedelta(days=entry["expires_on"])
    payment = dict(entry["payment"])
    if "valid_until" in payment:
        payment["valid_until"] = _on(today, payment["valid_until"])
    return {
        **entry,
        "starts_on": _months_before(expires_on, _MONTHS[entry["term"]]).isoformat(),
        "expires_on": expires_on.isoformat(),
        "payment": payment,
    }


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _dates(table: Table, entry: dict[str, Any]) -> dict[str, Any]:
    if table is orders:
        return {"number": entry["number"], "placed_on": date.fromisoformat(entry["placed_on"])}
    valid_until = entry["payment"].get("valid_until")
    return {
        "id": entry["id"],
        "starts_on": date.fromisoformat(entry["starts_on"]),
        "expires_on": date.fromisoformat(entry["expires_on"]),
        "payment_valid_until": date.fromisoformat(valid_until) if valid_until else None,
    }


def _move(connection: Connection, table: Table, before: dict[str, Any], after: dict[str, Any]) -> int:
    untouched = [table.c[name].is_not_distinct_from(value) for name, value in before.items()]
    return connection.execute(update(table).where(*untouched).values(after)).rowcount


def _set_anchor(connection: Connection, today: date) -> None:
    connection.execute(delete(key_values).where(key_values.c.key == _ANCHOR))
    connection.execute(insert(key_values).values(key=_ANCHOR, value=today.isoformat()))
