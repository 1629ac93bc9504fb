"""Accounts in and out as the contract's JSON.

An import validates everything first and then writes in one transaction: it inserts or overwrites by id,
leaves alone what the file does not name, and does nothing at all when the file says what is already stored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, bindparam, insert, select, update

from tools.rules.models import (
    Channel,
    PaymentMethod,
    RenewalMethod,
    SubscriptionKind,
    Term,
    TermChange,
    UserKind,
)
from tools.store.database import reading, serialise, writing
from tools.store.errors import say
from tools.store.orders import hash_password, verify_password
from tools.store.schema import orders, organizations, subscriptions, users
from tools.store.validation import AccountsFile, read_text, shown

Row = dict[str, Any]
Progress = Callable[[int, int], None]
"""Called with how many order passwords are dealt with, and of how many."""

_TABLES = {"organizations": organizations, "users": users, "orders": orders, "subscriptions": subscriptions}
_CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did, in records; `warnings` are one-line remarks on what looks like a slip."""

    added: int
    updated: int
    unchanged: int
    warnings: tuple[str, ...] = ()

    def summary(self) -> str:
        """The summary line."""
        return f"{self.added} added, {self.updated} updated, {self.unchanged} unchanged"


def import_accounts(engine: Engine, path: Path, *, progress: Progress | None = None) -> ImportReport:
    """Import an accounts file.

    Raises `AccountsFileError` (each problem with line and field) or another `StoreError`; then nothing was
    written.
    """
    return import_text(engine, read_text(path), str(path), progress=progress)


def import_text(
    engine: Engine, text: str, name: str, *, demo: bool = False, progress: Progress | None = None
) -> ImportReport:
    """Import accounts from JSON text; problems name it `name`, and `demo` marks the users as such."""
    file = AccountsFile(text, name)
    rows = {
        collection: [_TO_ROW[collection](entry) for entry in file.data[collection]] for collection in _TABLES
    }
    for user in rows["users"]:
        user["demo"] = demo
    passwords = {entry["number"]: entry["password"] for entry in file.data["orders"] if "password" in entry}
    # Argon2 is slow by design: done before the transaction, so that it does not hold up other writers.
    hashes = _hashes(engine, passwords, progress)
    with writing(engine) as connection:
        serialise(connection, "accounts")
        _resolve(connection, file)
        stored = {
            collection: _stored(connection, table, [row[_key(table)] for row in rows[collection]])
            for collection, table in _TABLES.items()
        }
        for row in rows["orders"]:
            row["password_hash"] = _hash_for(row["number"], stored["orders"], hashes, passwords)
        counts = [_write(connection, table, rows[name], stored[name]) for name, table in _TABLES.items()]
    added, updated, unchanged = (sum(column) for column in zip(*counts, strict=True))
    return ImportReport(added=added, updated=updated, unchanged=unchanged, warnings=file.warnings)


def export_accounts(bind: Engine | Connection) -> dict[str, list[Row]]:
    """All accounts as an object of the contract's schema, each list ordered by id. It holds no password."""
    with reading(bind) as connection:
        return {collection: _entries(connection, collection) for collection in _TABLES}


def export_text(bind: Engine | Connection) -> str:
    """All accounts as JSON text, ending with a line break."""
    return json.dumps(export_accounts(bind), ensure_ascii=False, indent=2) + "\n"


def _entries(connection: Connection, collection: str) -> list[Row]:
    table = _TABLES[collection]
    entries = [_FROM_ROW[collection](dict(row)) for row in connection.execute(select(table)).mappings()]
    # Sorted here: what order a database gives depends on its collation.
    return sorted(entries, key=lambda entry: str(entry[_key(table)]))


def _key(table: Table) -> str:
    return next(iter(table.primary_key.columns)).name


def _day(written: str | None) -> date | None:
    return None if written is None else date.fromisoformat(written)


def _organization_row(entry: Row) -> Row:
    return {name: entry[name] for name in ("id", "name", "country", "time_zone")}


def _user_row(entry: Row) -> Row:
    return {**entry, "kind": UserKind(entry["kind"])}


def _order_row(entry: Row) -> Row:
    return {
        "number": entry["number"],
        "organization": entry["organization"],
        "buyer": entry["buyer"],
        "placed_on": _day(entry["placed_on"]),
        "channel": Channel(entry["channel"]),
    }


def _subscription_row(entry: Row) -> Row:
    price = entry["unit_price"] or {"amount": None, "currency": None}
    return {
        "id": entry["id"],
        "order": entry["order"],
        "product": entry["product"],
        "kind": SubscriptionKind(entry["kind"]),
        "term": Term(entry["term"]),
        "seats": int(entry["seats"]),
        "starts_on": _day(entry["starts_on"]),
        "expires_on": _day(entry["expires_on"]),
        "auto_renew": entry["auto_renew"],
        "payment_method": PaymentMethod(entry["payment"]["method"]),
        "payment_valid_until": _day(entry["payment"]["valid_until"]),
        "methods": [method.value for method in RenewalMethod if method.value in entry["methods"]],
        "grace_days": int(entry["grace_days"]),
        "primary_admin": entry["primary_admin"],
        "term_change": TermChange(entry["term_change"]),
        "price_amount": price["amount"],
        "price_currency": price["currency"],
    }


_TO_ROW: dict[str, Callable[[Row], Row]] = {
    "organizations": _organization_row,
    "users": _user_row,
    "orders": _order_row,
    "subscriptions": _subscription_row,
}


def _user_entry(row: Row) -> Row:
    return {
        "id": row["id"],
        "name": row["name"],
        "email": row["email"],
        "kind": row["kind"].value,
        "organization": row["organization"],
    }


def _order_entry(row: Row) -> Row:
    return {
        "number": row["number"],
        "organization": row["organization"],
        "buyer": row["buyer"],
        "placed_on": row["placed_on"].isoformat(),
        "channel": row["channel"].value,
    }


def _subscription_entry(row: Row) -> Row:
    valid_until = row["payment_valid_until"]
    price = {"amount": row["price_amount"], "currency": row["price_currency"]}
    return {
        "id": row["id"],
        "order": row["order"],
        "product": row["product"],
        "kind": row["kind"].value,
        "term": row["term"].value,
        "seats": row["seats"],
        "starts_on": row["starts_on"].isoformat(),
        "expires_on": row["expires_on"].isoformat(),
        "auto_renew": row["auto_renew"],
        "payment": {
            "method": row["payment_method"].value,
            "valid_until": valid_until.isoformat() if valid_until else None,
        },
        "methods": row["methods"],
        "grace_days": row["grace_days"],
        "primary_admin": row["primary_admin"],
        "term_change": row["term_change"].value,
        "unit_price": price if row["price_amount"] is not None else None,
    }


_FROM_ROW: dict[str, Callable[[Row], Row]] = {
    "organizations": _organization_row,
    "users": _user_entry,
    "orders": _order_entry,
    "subscriptions": _subscription_entry,
}


def _stored(connection: Connection, table: Table, ids: Iterable[str]) -> dict[str, Row]:
    key = table.c[_key(table)]
    found: dict[str, Row] = {}
    for chunk in _chunks(ids):
        for row in connection.execute(select(table).where(key.in_(chunk))).mappings():
            found[row[key]] = {column.name: row[column] for column in table.columns}
    return found


def _chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    wanted = list(dict.fromkeys(ids))
    for start in range(0, len(wanted), _CHUNK):
        yield wanted[start : start + _CHUNK]


def _resolve(connection: Connection, file: AccountsFile) -> None:
    """Raise for the references that neither the file nor the database resolves."""
    stored = {
        collection: _stored(
            connection, table, [ref.id for ref in file.references if ref.collection == collection]
        )
        for collection, table in _TABLES.items()
    }
    dangling = [
        (ref.path, say("entry.dangling", value=shown(ref.id), collection=ref.collection))
        for ref in file.references
        if ref.id not in stored[ref.collection]
    ]
    if dangling:
        raise file.error(dangling)


def _hashes(
    engine: Engine, passwords: Mapping[str, str], progress: Progress | None
) -> dict[str, tuple[str | None, str]]:
    """For each order the hash that is stored and the one to store: the same where the password fits it."""
    if not passwords:
        return {}
    with reading(engine) as connection:
        stored = _stored(connection, orders, passwords)

    def one(number: str) -> tuple[str, tuple[str | None, str]]:
        before = stored[number]["password_hash"] if number in stored else None
        return number, (before, _fitting(before, passwords[number]))

    hashes: dict[str, tuple[str | None, str]] = {}
    with ThreadPoolExecutor(max_workers=4) as pool:
        for done, (number, pair) in enumerate(pool.map(one, passwords), start=1):
            hashes[number] = pair
            if progress is not None:
                progress(done, len(passwords))
    return hashes


def _fitting(stored: str | None, password: str) -> str:
    if stored is not None and verify_password(stored, password):
        return stored
    return hash_password(password)


def _hash_for(
    number: str,
    stored: Mapping[str, Row],
    hashes: Mapping[str, tuple[str | None, str]],
    passwords: Mapping[str, str],
) -> str | None:
    now = stored[number]["password_hash"] if number in stored else None
    if number not in hashes:
        return now
    before, wanted = hashes[number]
    # The password may have been reset since it was looked at, outside this transaction.
    return wanted if now == before else _fitting(now, passwords[number])


def _write(
    connection: Connection, table: Table, rows: list[Row], stored: Mapping[str, Row]
) -> tuple[int, int, int]:
    key = _key(table)
    added = [row for row in rows if row[key] not in stored]
    # In one order everywhere, so that two server transactions cannot wait for each other.
    updated = sorted(
        (row for row in rows if row[key] in stored and row != stored[row[key]]), key=lambda row: str(row[key])
    )
    if added:
        connection.execute(insert(table), added)
    if updated:
        columns = [column.name for column in table.columns if column.name != key]
        statement = update(table).where(table.c[key] == bindparam("_key"))
        connection.execute(
            statement.values({name: bindparam(f"_{name}") for name in columns}),
            [{"_key": row[key], **{f"_{name}": row[name] for name in columns}} for row in updated],
        )
    return len(added), len(updated), len(rows) - len(added) - len(updated)
