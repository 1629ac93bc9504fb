"""The demo accounts: loaded once, dated from the day, showing every decision."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, update

from tools.rules.models import Decision, Standing
from tools.rules.renewal import decide_renewal
from tools.store.accounts import Accounts
from tools.store.database import writing
from tools.store.demo import demo_accounts, demo_introductions, load_demo, refresh_demo
from tools.store.exchange import import_text
from tools.store.schema import subscriptions
from tools.store.validation import AccountsFile

TODAY = date(2026, 1, 15)


def verdicts(engine: Engine, today: date) -> dict[str, Any]:
    accounts = Accounts(engine)
    buyer = Standing(buyer=True, tied=True)
    return {
        each.id: decide_renewal(accounts.record(each.id), buyer, today, asked=each.id).decision
        for each in accounts.subscriptions()
    }


def test_the_demo_is_loaded_once_and_only_without_accounts(empty: Engine) -> None:
    assert load_demo(empty, TODAY)
    assert not load_demo(empty, TODAY)
    users = Accounts(empty).demo_users()
    assert {user.id for user in users} == set(demo_introductions())
    assert {user.kind for user in users} == {"customer", "agent", "admin"}


def test_the_demo_is_not_loaded_over_other_accounts(engine: Engine) -> None:
    assert not load_demo(engine, TODAY)
    assert Accounts(engine).demo_users() == []


def test_between_them_the_demo_subscriptions_show_every_decision_a_buyer_can_get(empty: Engine) -> None:
    load_demo(empty, TODAY)
    shown = set(verdicts(empty, TODAY).values())
    assert shown == set(Decision) - {Decision.NOT_FOUND, Decision.NOT_BUYER}


def test_there_are_people_who_are_not_the_buyer(empty: Engine) -> None:
    load_demo(empty, TODAY)
    accounts = Accounts(empty)
    others = {
        user.id: {record.primary_admin.id == user.id for record in records}
        for user in accounts.demo_users()
        if (records := accounts.records_for(user.id))
        and all(record.buyer.id != user.id for record in records)
    }
    assert any(True in roles for roles in others.values())
    assert any(roles == {False} for roles in others.values())


def test_a_later_start_dates_the_demo_anew(empty: Engine) -> None:
    load_demo(empty, TODAY)
    before = verdicts(empty, TODAY)
    later = TODAY + timedelta(days=137)
    assert verdicts(empty, later) != before
    assert refresh_demo(empty, later) > 0
    assert verdicts(empty, later) == before
    assert refresh_demo(empty, later) == 0


def test_a_refresh_leaves_alone_what_was_changed(empty: Engine) -> None:
    load_demo(empty, TODAY)
    accounts = Accounts(empty)
    changed, renewed = accounts.subscriptions()[:2]
    moved_to = changed.expires_on + timedelta(days=1)
    with writing(empty) as connection:
        statement = update(subscriptions).where(subscriptions.c.id == changed.id)
        connection.execute(statement.values(expires_on=moved_to))
        statement = update(subscriptions).where(subscriptions.c.id == renewed.id)
        connection.execute(statement.values(auto_renew=not renewed.auto_renew))
    refresh_demo(empty, TODAY + timedelta(days=10))
    after = {each.id: each for each in accounts.subscriptions()}
    assert after[changed.id].expires_on == moved_to
    assert after[renewed.id].expires_on == renewed.expires_on + timedelta(days=10)
    assert after[renewed.id].auto_renew is not renewed.auto_renew


def test_without_a_demo_there_is_nothing_to_refresh(engine: Engine) -> None:
    assert refresh_demo(engine, TODAY) == 0


def test_an_import_over_a_demo_user_ends_the_mark(empty: Engine) -> None:
    import json

    load_demo(empty, TODAY)
    accounts = demo_accounts(TODAY)
    part = {"organizations": [], "users": accounts["users"][:1], "orders": [], "subscriptions": []}
    assert import_text(empty, json.dumps(part), "part.json").updated == 1
    assert accounts["users"][0]["id"] not in {user.id for user in Accounts(empty).demo_users()}


@given(today=st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_on_any_day_the_demo_is_a_faultless_accounts_file(today: date) -> None:
    import json

    file = AccountsFile(json.dumps(demo_accounts(today)), "demo")
    assert (file.warnings, file.references) == ((), [])
    placed = {order["number"]: order["placed_on"] for order in file.data["orders"]}
    for entry in file.data["subscriptions"]:
        assert date.fromisoformat(placed[entry["order"]]) <= date.fromisoformat(
            entry["starts_on"]
        ) + timedelta(3)


@pytest.mark.parametrize("id", sorted(demo_introductions()))
def test_every_demo_person_is_introduced(id: str) -> None:
    assert demo_introductions()[id].strip()
