"""Order numbers and passwords: the check, the lock-out, what stays open and for how long, the reset."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from tools.store import audit, outbox
from tools.store.accounts import normalize_order_number
from tools.store.database import reading
from tools.store.errors import StoreError
from tools.store.orders import Check, Orders, hash_password, verify_password
from tools.store.schema import order_failures, orders, password_resets

NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
RIGHT = "jura-jura-1"
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    "typed",
    [
        "SJ-000001",
        "sj-000001",
        " sj-000 001\n",
        "SJ\u2011000001",
        "sj\u00a0-\u202f000001",
        "ＳＪ-000001",
        "SJ–000001",
    ],
)
def test_case_and_spaces_of_a_number_do_not_matter(engine: Engine, typed: str) -> None:
    assert Orders(engine).check_password(typed, RIGHT, NOW) is Check.RIGHT


@pytest.mark.parametrize(
    ("number", "password"),
    [
        ("SJ-000001", "Jura-jura-1"),
        ("SJ-000001", f"{RIGHT} "),
        ("SJ-000001", ""),
        ("SJ-000001", "x" * 1_000_000),
        ("SJ-000001", "\ud800\x00"),
        ("SJ-000002", ""),
        ("SJ-000002", RIGHT),
        ("SJ-999999", RIGHT),
        ("SJ000001", RIGHT),
        ("", RIGHT),
        ("\x00\ud800", RIGHT),
        ("9" * 100_000, RIGHT),
    ],
)
def test_a_wrong_number_and_a_wrong_password_give_the_same_result(
    engine: Engine, number: str, password: str
) -> None:
    checks = [Orders(engine).check_password(number, password, NOW) for _ in range(6)]
    assert checks == [Check.WRONG] * 5 + [Check.LOCKED]


@pytest.mark.parametrize("number", ["SJ-000001", "SJ-404404"])
def test_five_failures_lock_a_number_for_fifteen_minutes_even_for_the_right_password(
    engine: Engine, number: str
) -> None:
    store = Orders(engine)
    for minute in range(5):
        assert store.check_password(number, "wrong", NOW + minute * MINUTE) is Check.WRONG
    locked_at = NOW + 4 * MINUTE
    for after in (timedelta(0), MINUTE, 15 * MINUTE - timedelta(seconds=1)):
        assert store.check_password(number, RIGHT, locked_at + after) is Check.LOCKED
        assert store.check_password(number, "wrong", locked_at + after) is Check.LOCKED
    unlocked = Check.RIGHT if number == "SJ-000001" else Check.WRONG
    assert store.check_password(number, RIGHT, locked_at + 15 * MINUTE) is unlocked


def test_other_numbers_are_not_affected_by_a_lock(engine: Engine) -> None:
    store = Orders(engine)
    for _ in range(5):
        store.check_password("SJ-000001", "wrong", NOW)
    assert store.check_password("PF-000003", "phare-phare-3", NOW) is Check.RIGHT


def test_failures_more_than_fifteen_minutes_apart_do_not_add_up(engine: Engine) -> None:
    store = Orders(engine)
    for index in range(12):
        assert store.check_password("SJ-000001", "wrong", NOW + index * 4 * MINUTE) is Check.WRONG
    assert store.check_password("SJ-000001", RIGHT, NOW + 45 * MINUTE) is Check.RIGHT


def test_failures_exactly_fifteen_minutes_apart_add_up(engine: Engine) -> None:
    store = Orders(engine)
    for minute in (0, 1, 2, 3, 15):
        store.check_password("SJ-000001", "wrong", NOW + minute * MINUTE)
    assert store.check_password("SJ-000001", RIGHT, NOW + 15 * MINUTE) is Check.LOCKED


def test_a_right_password_in_between_does_not_forgive_failures(engine: Engine) -> None:
    store = Orders(engine)
    for password in ("a", "b", RIGHT, "c", "d", RIGHT, "e"):
        store.check_password("SJ-000001", password, NOW)
    assert store.check_password("SJ-000001", RIGHT, NOW) is Check.LOCKED


def test_checks_while_locked_do_not_prolong_the_lock(engine: Engine) -> None:
    store = Orders(engine)
    for _ in range(9):
        store.check_password("SJ-000001", "wrong", NOW)
    for minute in range(1, 15):
        store.check_password("SJ-000001", "wrong", NOW + minute * MINUTE)
    assert store.check_password("SJ-000001", RIGHT, NOW + 15 * MINUTE) is Check.RIGHT


def test_of_many_guesses_at_once_five_are_judged(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(
            pool.map(
                lambda index: Orders(engine).check_password("SJ-000001", f"guess-{index}", NOW), range(24)
            )
        )
    assert (found.count(Check.WRONG), found.count(Check.LOCKED)) == (5, 19)


def test_no_typed_text_is_kept_that_is_no_order_number(engine: Engine) -> None:
    Orders(engine).check_password("mon mot de passe est zebre", "x", NOW)
    with reading(engine) as connection:
        kept = connection.execute(select(order_failures.c.number)).scalar_one()
    assert re.fullmatch(r"#[0-9a-f]{64}", kept)


def test_an_opened_order_closes_after_thirty_minutes_in_its_own_conversation_only(engine: Engine) -> None:
    store = Orders(engine)
    assert store.open_order("c-one", "sj-000001", NOW) == NOW + 30 * MINUTE
    store.open_order("c-one", "PF-000003", NOW + 10 * MINUTE)
    assert list(store.opened_orders("c-one", NOW + 29 * MINUTE)) == ["PF-000003", "SJ-000001"]
    assert list(store.opened_orders("c-one", NOW + 30 * MINUTE)) == ["PF-000003"]
    assert store.opened_orders("c-one", NOW + 40 * MINUTE) == {}
    assert store.opened_orders("c-two", NOW) == {}


def test_opening_again_prolongs(engine: Engine) -> None:
    store = Orders(engine)
    store.open_order("c-one", "SJ-000001", NOW)
    store.open_order("c-one", "SJ-000001", NOW + 5 * MINUTE)
    assert store.opened_orders("c-one", NOW + 34 * MINUTE) == {"SJ-000001": NOW + 35 * MINUTE}


def code_of(engine: Engine) -> str:
    found = re.search("réinitialisation\u00a0: (\\S+)", outbox.messages(engine)[-1].body)
    assert found
    return found.group(1)


def test_a_reset_goes_to_the_buyers_own_address_and_works_once(engine: Engine) -> None:
    store = Orders(engine)
    store.request_password_reset("pf-000003", NOW)
    (mail,) = outbox.messages(engine)
    assert (mail.kind, mail.recipient, mail.address) == (
        "order_password_reset",
        "person",
        "ines@scierie.example",
    )
    assert store.check_password("PF-000003", "phare-phare-3", NOW) is Check.RIGHT
    code = code_of(engine)
    store.open_order("c-one", "PF-000003", NOW)
    assert store.use_reset(code, "nouveau-phare", NOW + 59 * MINUTE) == "PF-000003"
    assert store.check_password("PF-000003", "phare-phare-3", NOW) is Check.WRONG
    assert store.check_password("PF-000003", "nouveau-phare", NOW) is Check.RIGHT
    assert store.opened_orders("c-one", NOW) == {}
    assert store.use_reset(code, "encore-un-autre", NOW + 59 * MINUTE) is None
    assert store.check_password("PF-000003", "nouveau-phare", NOW) is Check.RIGHT


def test_a_reset_code_lasts_one_hour_and_is_stored_as_a_digest(engine: Engine) -> None:
    store = Orders(engine)
    store.request_password_reset("SJ-000001", NOW)
    code = code_of(engine)
    with reading(engine) as connection:
        assert code not in connection.execute(select(password_resets.c.token)).scalars().all()
    assert store.use_reset(code, "trop-tard-1", NOW + 60 * MINUTE) is None
    assert store.use_reset("autre", "trop-tard-1", NOW) is None
    with pytest.raises(StoreError):
        store.use_reset(code, "court", NOW)
    assert store.check_password("SJ-000001", RIGHT, NOW) is Check.RIGHT


def test_using_one_code_ends_the_others(engine: Engine) -> None:
    store = Orders(engine)
    codes = []
    for _ in range(2):
        store.request_password_reset("SJ-000001", NOW)
        codes.append(code_of(engine))
    assert store.use_reset(codes[1], "tout-neuf-1", NOW) == "SJ-000001"
    assert store.use_reset(codes[0], "tout-neuf-2", NOW) is None


def test_one_code_used_at_once_twice_works_once(engine: Engine) -> None:
    store = Orders(engine)
    store.request_password_reset("SJ-000001", NOW)
    code = code_of(engine)
    with ThreadPoolExecutor(4) as pool:
        used = list(pool.map(lambda index: store.use_reset(code, f"nouveau-{index}", NOW), range(4)))
    assert sorted(map(str, used)) == ["None", "None", "None", "SJ-000001"]


@pytest.mark.parametrize("number", ["SJ-404404", "nonsense", ""])
def test_a_reset_of_an_unknown_order_mails_nobody_but_is_audited_alike(engine: Engine, number: str) -> None:
    Orders(engine).request_password_reset(number, NOW)
    assert outbox.messages(engine) == []
    assert [line.action for line in audit.lines(engine)] == ["order_password_reset_requested"]


def test_a_mailbox_cannot_be_flooded_with_resets(engine: Engine) -> None:
    for _ in range(9):
        Orders(engine).request_password_reset("SJ-000001", NOW)
    assert len(outbox.messages(engine)) == 5
    Orders(engine).request_password_reset("SJ-000001", NOW + 61 * MINUTE)
    assert len(outbox.messages(engine)) == 6


def test_passwords_are_stored_as_argon2id(engine: Engine) -> None:
    with reading(engine) as connection:
        stored = connection.execute(select(orders.c.password_hash)).scalars().all()
    assert sorted(str(value)[:9] for value in stored) == ["$argon2id", "$argon2id", "None"]
    assert RIGHT not in repr(stored)


@settings(deadline=None, max_examples=20)
@given(password=st.text(max_size=20), other=st.text(max_size=20))
def test_exactly_the_password_verifies(password: str, other: str) -> None:
    stored = hash_password(password)
    assert verify_password(stored, password)
    assert verify_password(stored, other) == (password == other)
    assert not verify_password(None, password)
    assert not verify_password("damaged", password)


@given(st.text("abzABZ019- \t\u00a0\u2011", max_size=24))
def test_normalising_a_number_twice_is_normalising_it_once(typed: str) -> None:
    once = normalize_order_number(typed)
    assert normalize_order_number(once) == once
    assert normalize_order_number(typed.lower()) == normalize_order_number(typed.upper()) == once
