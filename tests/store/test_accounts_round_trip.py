"""Laws of import and export over any accounts the contract allows."""

from __future__ import annotations

import copy
import json
from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete

from tools.store.accounts import Accounts
from tools.store.database import writing
from tools.store.exchange import export_accounts, export_text, import_text
from tools.store.schema import orders, organizations, subscriptions, users

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
days = st.dates(date(1, 1, 1), date(9999, 12, 31)).map(date.isoformat)
numbers = st.text("ABZ059-", min_size=6, max_size=20)
zones = st.sampled_from(["Europe/Paris", "America/Montreal", "Asia/Tokyo", "UTC"])
money = st.builds(
    lambda whole, cents, currency: {"amount": whole + cents, "currency": currency},
    st.text("0123456789", min_size=1, max_size=30),
    st.sampled_from(["", ".5", ".00", ".99"]),
    st.text("EURJPY", min_size=3, max_size=3),
)


def optional(entry: dict[str, Any], name: str, draw: Any, strategy: Any) -> None:
    if draw(st.booleans()):
        entry[name] = draw(strategy)


@st.composite
def accounts(draw: Any) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    organization_ids = draw(st.lists(text, unique=True, min_size=1, max_size=3))
    found["organizations"] = [{"id": id, "name": draw(text), "country": "FR"} for id in organization_ids]
    for organization in found["organizations"]:
        optional(organization, "time_zone", draw, zones)
    user_ids = draw(st.lists(text, unique=True, min_size=1, max_size=4))
    found["users"] = []
    for id in user_ids:
        user = {"id": id, "name": draw(text), "email": "a@é.example", "kind": draw(KINDS)}
        if user["kind"] == "customer":
            user["organization"] = draw(st.sampled_from(organization_ids))
        else:
            optional(user, "organization", draw, st.sampled_from([None, *organization_ids]))
        found["users"].append(user)
    found["orders"] = [
        {
            "number": number,
            "organization": draw(st.sampled_from(organization_ids)),
            "buyer": draw(st.sampled_from(user_ids)),
            "placed_on": draw(days),
            "channel": draw(st.sampled_from(["online", "partner", "sales"])),
        }
        for number in draw(st.lists(numbers, unique=True, min_size=1, max_size=3))
    ]
    found["subscriptions"] = []
    for id in draw(st.lists(text, unique=True, max_size=4)):
        payment = {"method": draw(st.sampled_from(["card", "konbini", "none"]))}
        optional(payment, "valid_until", draw, st.none() | days)
        entry = {
            "id": id,
            "order": draw(st.sampled_from(found["orders"]))["number"],
            "product": draw(text),
            "kind": draw(st.sampled_from(["paid", "trial"])),
            "term": draw(st.sampled_from(["monthly", "annual", "three_year", "trial"])),
            "seats": draw(st.integers(1, 2**63 - 1)),
            "starts_on": draw(days),
            "expires_on": draw(days),
            "auto_renew": draw(st.booleans()),
            "payment": payment,
            "methods": draw(st.permutations(["auto", "online", "quote"]))[: draw(st.integers(0, 3))],
            "grace_days": draw(st.sampled_from([0, 30, 45])),
        }
        optional(entry, "primary_admin", draw, st.sampled_from([None, *user_ids]))
        optional(entry, "term_change", draw, st.sampled_from(["account", "support", "none"]))
        optional(entry, "unit_price", draw, st.none() | money)
        found["subscriptions"].append(entry)
    return found


KINDS = st.sampled_from(["customer", "agent", "admin"])


def with_defaults(source: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    filled = copy.deepcopy(source)
    for organization in filled["organizations"]:
        organization.setdefault("time_zone", "Europe/Paris")
    for user in filled["users"]:
        user.setdefault("organization", None)
    for entry in filled["subscriptions"]:
        entry.setdefault("primary_admin", None)
        entry.setdefault("term_change", "none")
        entry.setdefault("unit_price", None)
        entry["payment"].setdefault("valid_until", None)
        entry["methods"] = sorted(entry["methods"])
    for name, key in (
        ("organizations", "id"),
        ("users", "id"),
        ("orders", "number"),
        ("subscriptions", "id"),
    ):
        filled[name].sort(key=lambda entry, key=key: entry[key])  # type: ignore[misc]
    return filled


def clear(engine: Engine) -> None:
    with writing(engine) as connection:
        for table in (subscriptions, orders, users, organizations):
            connection.execute(delete(table))


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(source=accounts())
def test_what_is_imported_is_exported_and_imports_again_as_unchanged(
    empty: Engine, source: dict[str, list[dict[str, Any]]]
) -> None:
    clear(empty)
    count = sum(len(entries) for entries in source.values())
    assert import_text(empty, json.dumps(source), "a.json").added == count
    exported = export_accounts(empty)
    assert exported == with_defaults(source)
    assert import_text(empty, export_text(empty), "b.json").unchanged == count
    assert export_accounts(empty) == exported


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=accounts(), second=accounts())
def test_the_last_import_wins_and_the_rest_stays(
    sqlite_engine: Engine, first: dict[str, list[dict[str, Any]]], second: dict[str, list[dict[str, Any]]]
) -> None:
    clear(sqlite_engine)
    import_text(sqlite_engine, json.dumps(first), "first.json")
    import_text(sqlite_engine, json.dumps(second), "second.json")
    exported = export_accounts(sqlite_engine)
    for name, key in (
        ("organizations", "id"),
        ("users", "id"),
        ("orders", "number"),
        ("subscriptions", "id"),
    ):
        merged = {entry[key]: entry for entry in with_defaults(first)[name]}
        merged |= {entry[key]: entry for entry in with_defaults(second)[name]}
        assert {entry[key]: entry for entry in exported[name]} == merged


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(source=accounts())
def test_a_person_sees_the_subscriptions_of_exactly_the_organisations_they_are_tied_to(
    sqlite_engine: Engine, source: dict[str, list[dict[str, Any]]]
) -> None:
    clear(sqlite_engine)
    import_text(sqlite_engine, json.dumps(source), "a.json")
    stored = Accounts(sqlite_engine)
    records = [record for entry in source["subscriptions"] if (record := stored.record(entry["id"]))]
    assert len(records) == len(source["subscriptions"])
    for user in source["users"]:
        tied = {user.get("organization")} - {None}
        for record in records:
            if user["id"] in (record.buyer.id, record.primary_admin.id):
                tied.add(record.organization.id)
        assert stored.tied_organizations(user["id"]) == tied
        seen = {record.subscription.id for record in stored.records_for(user["id"])}
        assert seen == {record.subscription.id for record in records if record.organization.id in tied}
