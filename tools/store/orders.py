"""Order numbers and order passwords: the check, its lock-out, what a conversation has opened, and the reset.

A wrong number and a wrong password give the same result after the same work: one Argon2 verification and one
write.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from tools.rules.models import OrderNumber
from tools.store import audit, outbox
from tools.store.accounts import Accounts, normalize_order_number
from tools.store.database import reading, serialise, writing
from tools.store.errors import StoreError, say
from tools.store.schema import opened_orders, order_failures, order_locks, orders, password_resets

if TYPE_CHECKING:
    from argon2 import PasswordHasher

FAILURES_ALLOWED = 5
FAILURE_WINDOW = timedelta(minutes=15)
LOCKED_FOR = timedelta(minutes=15)
OPEN_FOR = timedelta(minutes=30)
RESET_VALID_FOR = timedelta(minutes=60)
RESETS_AN_HOUR = 5
"""How many reset messages an order's buyer gets within an hour, so that nobody can flood their mailbox."""
PASSWORD_MIN_LENGTH = 8

_NUMBER = re.compile(r"[A-Z0-9-]{6,20}")


class Check(StrEnum):
    """What became of a number and a password."""

    RIGHT = "right"
    WRONG = "wrong"
    LOCKED = "locked"


class Orders:
    """Order passwords and opened orders, over an engine or inside the transaction of a connection."""

    def __init__(self, bind: Engine | Connection) -> None:
        self._bind = bind

    def check_password(self, number: str, password: str, now: datetime) -> Check:
        """Whether the password is the order's.

        After five failures on one number (existing or not) within 15 minutes it is locked for 15 minutes:
        every check then gives `LOCKED`, whatever the password. Checks made while locked do not count as
        failures.
        """
        number = _key(number)
        with reading(self._bind) as connection:
            query = select(orders.c.password_hash).where(orders.c.number == number)
            stored = connection.execute(query).scalar_one_or_none()
        right = verify_password(stored, password)
        # Judged under the lock, after the slow part: of many guesses at once only the allowed ones count.
        with writing(self._bind) as connection:
            serialise(connection, f"order {number}")
            if _locked(connection, number, now):
                return Check.LOCKED
            if right:
                return Check.RIGHT
            _count_failure(connection, number, now)
            return Check.WRONG

    def open_order(self, conversation: str, number: str, now: datetime) -> datetime:
        """Open an order for a conversation after a right check; gives the instant it closes again."""
        until = now + OPEN_FOR
        number = normalize_order_number(number)
        with writing(self._bind) as connection:
            serialise(connection, f"opened {conversation}")
            connection.execute(
                delete(opened_orders)
                .where(opened_orders.c.conversation == conversation)
                .where((opened_orders.c.order == number) | (opened_orders.c.expires_at <= now))
            )
            connection.execute(
                insert(opened_orders).values(conversation=conversation, order=number, expires_at=until)
            )
        return until

    def opened_orders(self, conversation: str, now: datetime) -> dict[OrderNumber, datetime]:
        """The orders open in a conversation, each with the instant until which it is."""
        query = (
            select(opened_orders.c.order, opened_orders.c.expires_at)
            .where(opened_orders.c.conversation == conversation, opened_orders.c.expires_at > now)
            .order_by(opened_orders.c.order)
        )
        with reading(self._bind) as connection:
            return {OrderNumber(number): until for number, until in connection.execute(query)}

    def request_password_reset(self, number: str, now: datetime) -> None:
        """Mail a single-use reset code to the buyer's own address, if there is such an order.

        The caller learns nothing of whether there is; the old password works until the code is used.
        """
        number = _key(number)
        token = secrets.token_urlsafe(18)
        values = {"number": number, "token": token, "minutes": RESET_VALID_FOR // timedelta(minutes=1)}
        with writing(self._bind) as connection:
            serialise(connection, f"order {number}")
            audit.record(connection, now=now, action="order_password_reset_requested", subject=number)
            accounts = Accounts(connection)
            order = accounts.order(number)
            buyer = accounts.user(order.buyer if order else "")
            if buyer is None or _resets_since(connection, number, now - timedelta(hours=1)) >= RESETS_AN_HOUR:
                # Worded all the same, so that the time taken says nothing either.
                outbox.render("order_password_reset", {**values, "person": {"name": ""}})
                return
            connection.execute(
                insert(password_resets).values(
                    token=_digest(token), order=number, created_at=now, expires_at=now + RESET_VALID_FOR
                )
            )
            outbox.post(
                connection, kind="order_password_reset", to=buyer, values=values, reference=number, now=now
            )

    def use_reset(self, token: str, new_password: str, now: datetime) -> OrderNumber | None:
        """Set a new order password by a reset code; None when the code is unknown, used or out of date.

        The order's other codes end with it, and so does every conversation's access to the order. Raises
        `StoreError` when the password is shorter than eight characters.
        """
        if len(new_password) < PASSWORD_MIN_LENGTH:
            raise StoreError(say("password.too_short", wanted=PASSWORD_MIN_LENGTH))
        hashed = hash_password(new_password)
        with writing(self._bind) as connection:
            number = connection.execute(
                update(password_resets)
                .where(password_resets.c.token == _digest(token))
                .where(password_resets.c.used_at.is_(None), password_resets.c.expires_at > now)
                .values(used_at=now)
                .returning(password_resets.c.order)
            ).scalar_one_or_none()
            if number is None:
                return None
            connection.execute(update(orders).where(orders.c.number == number).values(password_hash=hashed))
            connection.execute(
                update(password_resets)
                .where(password_resets.c.order == number, password_resets.c.used_at.is_(None))
                .values(used_at=now)
            )
            connection.execute(delete(opened_orders).where(opened_orders.c.order == number))
            audit.record(connection, now=now, action="order_password_changed", subject=number)
        return OrderNumber(number)


def hash_password(password: str) -> str:
    """The Argon2id hash to store (OWASP's parameters: 19 MiB, 2 passes, 1 lane)."""
    return _hasher().hash(_bytes(password))


def verify_password(stored: str | None, password: str) -> bool:
    """Whether a password is the one stored; without a stored one: no, after the same work."""
    from argon2.exceptions import InvalidHashError, VerificationError

    decoy = _decoy()
    try:
        matches = _hasher().verify(stored or decoy, _bytes(password))
    except (VerificationError, InvalidHashError):
        return False
    return matches and stored is not None


def _locked(connection: Connection, number: str, now: datetime) -> bool:
    query = select(order_locks.c.until).where(order_locks.c.number == number)
    until = connection.execute(query).scalar_one_or_none()
    return until is not None and now < until


def _count_failure(connection: Connection, number: str, now: datetime) -> None:
    since = now - FAILURE_WINDOW
    connection.execute(delete(order_failures).where(order_failures.c.at < since))
    connection.execute(delete(order_locks).where(order_locks.c.until <= now))
    connection.execute(insert(order_failures).values(number=number, at=now))
    failures = connection.execute(
        select(func.count()).select_from(order_failures).where(order_failures.c.number == number)
    ).scalar_one()
    if failures >= FAILURES_ALLOWED:
        connection.execute(insert(order_locks).values(number=number, until=now + LOCKED_FOR))
        connection.execute(delete(order_failures).where(order_failures.c.number == number))


def _resets_since(connection: Connection, number: str, since: datetime) -> int:
    query = (
        select(func.count())
        .select_from(password_resets)
        .where(password_resets.c.order == number, password_resets.c.created_at > since)
    )
    return connection.execute(query).scalar_one()


def _key(typed: str) -> str:
    """What failures are counted on: the number, or a digest of what can be none."""
    number = normalize_order_number(typed)
    return number if _NUMBER.fullmatch(number) else f"#{_digest(number)}"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _digest(text: str) -> str:
    return hashlib.sha256(_bytes(text)).hexdigest()


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@cache
def _decoy() -> str:
    return hash_password(secrets.token_urlsafe(24))
