"""Accounts in and out: what a file may say, how it is refused, all or nothing, the same again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from tools.store.accounts import Accounts
from tools.store.database import reading
from tools.store.errors import StoreError
from tools.store.exchange import export_accounts, export_text, import_accounts, import_text
from tools.store.orders import verify_password
from tools.store.schema import metadata, orders
from tools.store.validation import AccountsFileError, read_text

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the folder `shared` is not beside the project")

GOOD = """\
{
  "organizations": [
    {"id": "o", "name": "Ô", "country": "FR"}
  ],
  "users": [
    {"id": "u", "name": "U", "email": "u@o.example", "kind": "customer", "organization": "o"},
    {"id": "staff", "name": "S", "email": "s@o.example", "kind": "admin"}
  ],
  "orders": [
    {"number": "AB-0001", "organization": "o", "buyer": "u", "placed_on": "2025-01-31",
     "channel": "online", "password": "long-enough"}
  ],
  "subscriptions": [
    {"id": "s", "order": "AB-0001", "product": "AutoCAD", "kind": "paid", "term": "annual",
     "seats": 3,
     "starts_on": "2025-01-31",
     "expires_on": "2026-01-31",
     "auto_renew": true,
     "payment": {"method": "card", "valid_until": "2027-08-31"},
     "methods": ["auto", "online"],
     "grace_days": 30,
     "unit_price": {"amount": "10.50", "currency": "EUR"}}
  ]
}
"""

# What to put in place of what, then the line and the field the first problem names.
BAD: list[tuple[str, str, int, str]] = [
    ('"seats": 3,', '"seats": 3', 16, ""),
    ('"seats": 3,', '"seats": 3,,', 15, ""),
    ("}\n  ]\n}\n", "}\n  ]\n", 24, ""),
    ('"seats": 3', '"seats": "3"', 15, "subscriptions[0].seats"),
    ('"seats": 3', '"seats": 0', 15, "subscriptions[0].seats"),
    ('"seats": 3', '"seats": 3.5', 15, "subscriptions[0].seats"),
    ('"seats": 3', '"seats": true', 15, "subscriptions[0].seats"),
    ('"seats": 3', '"seats": NaN', 15, "subscriptions[0].seats"),
    ('"seats": 3', '"seats": -Infinity', 15, "subscriptions[0].seats"),
    ('"seats": 3', '"seats": 1e999', 15, "subscriptions[0].seats"),
    ('"seats": 3', '"seats": 9223372036854775808', 15, "subscriptions[0].seats"),
    ('"seats": 3', f'"seats": {"9" * 5000}', 15, "subscriptions[0].seats"),
    ('"seats": 3', '"seats": 3, "seats": 4', 15, "subscriptions[0].seats"),
    ('"seats": 3,', "", 14, "subscriptions[0].seats"),
    ('"seats": 3', '"seats": 3, "colour": "red"', 15, "subscriptions[0].colour"),
    ('"seats": 3', '"seats": 3, "a b": 1', 15, 'subscriptions[0]."a b"'),
    ('"expires_on": "2026-01-31"', '"expires_on": "2026-02-30"', 17, "subscriptions[0].expires_on"),
    ('"expires_on": "2026-01-31"', '"expires_on": "2026-02-29"', 17, "subscriptions[0].expires_on"),
    ('"expires_on": "2026-01-31"', '"expires_on": "20260131"', 17, "subscriptions[0].expires_on"),
    ('"expires_on": "2026-01-31"', '"expires_on": "2026-W05-6"', 17, "subscriptions[0].expires_on"),
    ('"expires_on": "2026-01-31"', '"expires_on": "31/01/2026"', 17, "subscriptions[0].expires_on"),
    ('"expires_on": "2026-01-31"', '"expires_on": "0000-01-01"', 17, "subscriptions[0].expires_on"),
    ('"expires_on": "2026-01-31"', '"expires_on": null', 17, "subscriptions[0].expires_on"),
    ('"2027-08-31"', '"2027-09-31"', 19, "subscriptions[0].payment.valid_until"),
    ('{"method": "card"', '{"method": "cash"', 19, "subscriptions[0].payment.method"),
    ('{"method": "card", ', "{", 19, "subscriptions[0].payment.method"),
    ('"auto_renew": true', '"auto_renew": 1', 18, "subscriptions[0].auto_renew"),
    ('["auto", "online"]', '["auto", "auto"]', 20, "subscriptions[0].methods"),
    ('["auto", "online"]', '["auto", "fax"]', 20, "subscriptions[0].methods[1]"),
    ('"grace_days": 30', '"grace_days": 31', 21, "subscriptions[0].grace_days"),
    ('"grace_days": 30', '"grace_days": false', 21, "subscriptions[0].grace_days"),
    ('"10.50"', '"10.505"', 22, "subscriptions[0].unit_price.amount"),
    ('"10.50"', '"10.50\\n"', 22, "subscriptions[0].unit_price.amount"),
    ('"10.50"', "10.5", 22, "subscriptions[0].unit_price.amount"),
    ('"EUR"', '"eur"', 22, "subscriptions[0].unit_price.currency"),
    ('"term": "annual"', '"term": "weekly"', 14, "subscriptions[0].term"),
    ('"order": "AB-0001"', '"order": "AB-0002"', 14, "subscriptions[0].order"),
    ('"methods"', '"primary_admin": "nobody", "methods"', 20, "subscriptions[0].primary_admin"),
    ('"buyer": "u"', '"buyer": "v"', 10, "orders[0].buyer"),
    ('"number": "AB-0001"', '"number": "ab-0001"', 10, "orders[0].number"),
    ('"number": "AB-0001"', '"number": "AB 0001"', 10, "orders[0].number"),
    ('"password": "long-enough"', '"password": "short"', 11, "orders[0].password"),
    ('"password": "long-enough"', '"password": null', 11, "orders[0].password"),
    ('"organization": "o", "buyer"', '"organization": "p", "buyer"', 10, "orders[0].organization"),
    ('"organization": "o"}', '"organization": "p"}', 6, "users[0].organization"),
    ('"organization": "o"}', '"organization": null}', 6, "users[0].organization"),
    (', "organization": "o"}', "}", 6, "users[0].organization"),
    ('"email": "u@o.example"', '"email": "u"', 6, "users[0].email"),
    ('"email": "u@o.example"', '"email": "u@o.example\\nBcc: x@y"', 6, "users[0].email"),
    ('"id": "staff"', '"id": "u"', 7, "users[1].id"),
    ('"kind": "admin"', '"kind": "root"', 7, "users[1].kind"),
    ('"country": "FR"', '"country": "FRA"', 3, "organizations[0].country"),
    ('"country": "FR"', '"country": "FR\\n"', 3, "organizations[0].country"),
    ('"country": "FR"', '"country": "FR", "time_zone": "Europe/Pari"', 3, "organizations[0].time_zone"),
    ('"country": "FR"', '"country": "FR", "time_zone": "../etc/passwd"', 3, "organizations[0].time_zone"),
    ('"country": "FR"', '"country": "FR", "time_zone": ""', 3, "organizations[0].time_zone"),
    ('"country": "FR"', '"country": "FR", "time_zone": "Europe"', 3, "organizations[0].time_zone"),
    ('"country": "FR"', '"country": "FR", "time_zone": null', 3, "organizations[0].time_zone"),
    ('"name": "Ô"', '"name": "\\u0000"', 3, "organizations[0].name"),
    ('"name": "Ô"', '"name": "\\ud800"', 3, "organizations[0].name"),
    ('"organizations": [', '"extra": 1, "organizations": [', 2, "extra"),
    ('"orders": [', '"commandes": [', 1, "orders"),
    (GOOD, "[]", 1, ""),
    (GOOD, "null", 1, ""),
    (GOOD, "", 1, ""),
    (GOOD, "  \n ", 1, ""),
    (GOOD, "[" * 100_000, 1, ""),
    (GOOD, '{"organizations": ' + "[" * 400 + "]" * 400 + "}", 1, "orders"),
]


@pytest.mark.parametrize(("old", "new", "line", "field"), BAD)
def test_a_bad_file_is_refused_naming_line_and_field(
    sqlite_engine: Engine, old: str, new: str, line: int, field: str
) -> None:
    assert old in GOOD
    with pytest.raises(AccountsFileError) as caught:
        import_text(sqlite_engine, GOOD.replace(old, new, 1), "accounts.json")
    first = caught.value.problems[0]
    assert (first.line, first.field) == (line, field)
    assert str(caught.value).startswith(f"accounts.json:{line}: {field}")
    assert all(
        "\n" not in text and text.replace("\u00a0", " ").isprintable()
        for text in (str(caught.value), *caught.value.lines)
    )
    assert Accounts(sqlite_engine).is_empty()


def test_the_file_all_bad_ones_come_from_is_good(sqlite_engine: Engine) -> None:
    assert import_text(sqlite_engine, GOOD, "accounts.json").summary() == "5 added, 0 updated, 0 unchanged"


def test_every_problem_is_collected_in_the_order_of_the_file(sqlite_engine: Engine) -> None:
    text = GOOD.replace('"seats": 3', '"seats": 0').replace('"FR"', '"fr"').replace('"card"', '"cash"')
    with pytest.raises(AccountsFileError) as caught:
        import_text(sqlite_engine, text, "accounts.json")
    assert [problem.line for problem in caught.value.problems] == [3, 15, 19]
    assert str(caught.value).endswith("(et 2 autre(s) problème(s))")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "introuvable"),
        ("folder", "dossier"),
        (GOOD.encode().replace("Ô".encode(), b"\xd4"), ":3: ce n’est pas du texte UTF-8"),
        (GOOD.encode("utf-16"), ":1: ce n’est pas du texte UTF-8"),
        (b"", ":1: le fichier est vide"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: Any, said: str) -> None:
    path = tmp_path / "accounts.json"
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    engine = _open(tmp_path)
    with pytest.raises(StoreError) as caught:
        import_accounts(engine, path)
    assert str(path) in str(caught.value)
    assert said in str(caught.value)
    engine.dispose()


def test_a_byte_order_mark_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "bom.json").write_bytes(GOOD.encode("utf-8-sig"))
    assert read_text(tmp_path / "bom.json") == GOOD


def _open(folder: Path) -> Engine:
    from tools.store.database import open_database

    return open_database(f"sqlite:///{folder / 'store.sqlite3'}")


def everything(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    with reading(engine) as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }


def test_a_second_import_changes_nothing_at_all(empty: Engine) -> None:
    import_text(empty, GOOD, "accounts.json")
    before = everything(empty)
    assert import_text(empty, GOOD, "accounts.json").summary() == "0 added, 0 updated, 5 unchanged"
    assert everything(empty) == before


def test_an_import_overwrites_by_id_and_leaves_the_rest(empty: Engine) -> None:
    import_text(empty, GOOD, "accounts.json")
    part = {
        "organizations": [],
        "users": [{"id": "w", "name": "W", "email": "w@o.example", "kind": "customer", "organization": "o"}],
        "orders": [
            {
                "number": "AB-0001",
                "organization": "o",
                "buyer": "w",
                "placed_on": "2025-01-31",
                "channel": "sales",
            }
        ],
        "subscriptions": [],
    }
    report = import_text(empty, json.dumps(part), "part.json")
    assert report.summary() == "1 added, 1 updated, 0 unchanged"
    record = Accounts(empty).record("s")
    assert record is not None
    assert (record.buyer.id, record.order.channel, record.subscription.seats) == ("w", "sales", 3)


def stored_hash(engine: Engine) -> str:
    with reading(engine) as connection:
        return str(connection.execute(select(orders.c.password_hash)).scalar_one())


def test_an_order_without_password_keeps_the_stored_one(empty: Engine) -> None:
    import_text(empty, GOOD, "accounts.json")
    before = stored_hash(empty)
    assert import_text(empty, export_text(empty), "export.json").summary().startswith("0 added, 0 updated")
    assert stored_hash(empty) == before
    report = import_text(empty, GOOD.replace("long-enough", "another-one"), "accounts.json")
    assert report.summary() == "0 added, 1 updated, 4 unchanged"
    assert verify_password(stored_hash(empty), "another-one")


def test_one_bad_reference_writes_nothing_of_the_file(empty: Engine) -> None:
    import_text(empty, GOOD, "accounts.json")
    before = everything(empty)
    changed = GOOD.replace('"name": "Ô"', '"name": "Autre"').replace('"buyer": "u"', '"buyer": "nobody"')
    with pytest.raises(AccountsFileError, match=r"orders\[0\]\.buyer"):
        import_text(empty, changed, "accounts.json")
    assert everything(empty) == before


def test_what_is_odd_but_allowed_is_imported_with_a_warning(sqlite_engine: Engine) -> None:
    text = GOOD.replace('"starts_on": "2025-01-31"', '"starts_on": "2027-01-31"')
    text = text.replace('"kind": "paid"', '"kind": "trial"')
    report = import_text(sqlite_engine, text, "accounts.json")
    assert report.added == 5
    assert [warning.split(": ")[:2] for warning in report.warnings] == [
        ["accounts.json:16", "subscriptions[0].starts_on"],
        ["accounts.json:14", "subscriptions[0].term"],
    ]


def test_whole_numbers_may_be_written_with_a_point(sqlite_engine: Engine) -> None:
    import_text(sqlite_engine, GOOD.replace('"seats": 3', '"seats": 3.0'), "accounts.json")
    record = Accounts(sqlite_engine).record("s")
    assert record is not None
    assert (record.subscription.seats, type(record.subscription.seats)) == (3, int)


def test_an_export_holds_no_password_and_follows_the_schema(empty: Engine) -> None:
    from jsonschema import Draft202012Validator

    import_text(empty, GOOD, "accounts.json")
    exported = export_accounts(empty)
    schema = Path(__file__).resolve().parents[2] / "tools" / "store" / "accounts.schema.json"
    Draft202012Validator(json.loads(schema.read_text())).validate(exported)
    assert "password" not in json.dumps(exported)
    assert "argon2" not in json.dumps(exported)


def test_progress_counts_the_passwords(sqlite_engine: Engine) -> None:
    seen: list[tuple[int, int]] = []
    import_text(sqlite_engine, GOOD, "accounts.json", progress=lambda done, of: seen.append((done, of)))
    assert seen == [(1, 1)]


@needs_shared
def test_our_copy_of_the_schema_is_the_contract() -> None:
    ours = Path(__file__).resolve().parents[2] / "tools" / "store" / "accounts.schema.json"
    theirs = SHARED / "contract" / "accounts.schema.json"
    assert json.loads(ours.read_text()) == json.loads(theirs.read_text())


@needs_shared
def test_the_contracts_example_imports(empty: Engine) -> None:
    path = SHARED / "contract" / "accounts.example.json"
    assert import_accounts(empty, path).summary() == "10 added, 0 updated, 0 unchanged"
    assert import_accounts(empty, path).summary() == "0 added, 0 updated, 10 unchanged"
