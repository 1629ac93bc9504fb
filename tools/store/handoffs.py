"""Hand-offs to a human: numbered records with transcript and context, one open for each conversation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update

from tools.caller import Caller
from tools.store import audit, outbox
from tools.store.accounts import Accounts
from tools.store.database import reading, serialise, writing
from tools.store.schema import handoffs


@dataclass(frozen=True, slots=True, kw_only=True)
class Handoff:
    """A hand-off as stored; `id` is its public number, `H-000123`; `transcript` is `[role, text]` lines."""

    id: str
    conversation: str
    person: str | None
    email: str | None
    reason: str
    status: str
    transcript: tuple[tuple[str, str], ...]
    context: dict[str, Any]
    created_at: datetime

    def to_json(self) -> dict[str, str]:
        """The contract's hand-off object."""
        return {"id": self.id, "status": self.status, "reason": self.reason}


class Handoffs:
    """The hand-offs of one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def open(
        self,
        caller: Caller,
        *,
        reason: str,
        now: datetime,
        email: str | None = None,
        transcript: Sequence[tuple[str, str]] = (),
        context: dict[str, Any] | None = None,
    ) -> tuple[Handoff, bool]:
        """The conversation's open hand-off, and whether it was created by this call.

        A signed-in person is reached at their stored address, whatever `email` says. The support team gets a
        message.
        """
        with writing(self._engine) as connection:
            serialise(connection, f"handoff {caller.conversation}")
            existing = _open_one(connection, caller)
            if existing is not None:
                return existing, False
            user = None if caller.person is None else Accounts(connection).user(caller.person)
            address = user.email if user else email
            values = {
                "conversation": caller.conversation,
                "person": caller.person,
                "email": address,
                "reason": reason,
                "status": "open",
                "transcript": [list(line) for line in transcript],
                "context": context or {},
                "created_at": now,
            }
            row = connection.execute(insert(handoffs).values(values).returning(handoffs)).one()
            created = _handoff(row)
            outbox.post(
                connection,
                kind="handoff",
                to="support",
                values={
                    "number": created.id,
                    "reason": created.reason,
                    "name": user.name if user else None,
                    "email": address,
                    "transcript": created.transcript,
                },
                reference=created.id,
                now=now,
            )
            audit.record(connection, now=now, action="handoff_opened", caller=caller, subject=created.id)
        return created, True

    def current(self, caller: Caller) -> Handoff | None:
        """The open hand-off of the caller's conversation, or None."""
        with reading(self._engine) as connection:
            return _open_one(connection, caller)

    def get(self, id: str) -> Handoff | None:
        """The hand-off with this number, or None. For the support team."""
        digits = id.strip().upper().removeprefix("H-")
        if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
            return None
        with reading(self._engine) as connection:
            row = connection.execute(select(handoffs).where(handoffs.c.id == int(digits))).one_or_none()
        return None if row is None else _handoff(row)

    def all_open(self) -> list[Handoff]:
        """All open hand-offs, oldest first. For the support team."""
        with reading(self._engine) as connection:
            query = select(handoffs).where(handoffs.c.status == "open").order_by(handoffs.c.id)
            return [_handoff(row) for row in connection.execute(query)]

    def close(self, id: str, caller: Caller, now: datetime) -> bool:
        """Close an open hand-off; False when there is no open one of this number."""
        found = self.get(id)
        if found is None:
            return False
        with writing(self._engine) as connection:
            closed = connection.execute(
                update(handoffs)
                .where(handoffs.c.id == int(found.id.removeprefix("H-")), handoffs.c.status == "open")
                .values(status="closed")
            )
            if closed.rowcount != 1:
                return False
            audit.record(connection, now=now, action="handoff_closed", caller=caller, subject=found.id)
        return True


def _open_one(connection: Connection, caller: Caller) -> Handoff | None:
    query = (
        select(handoffs)
        .where(handoffs.c.conversation == caller.conversation, handoffs.c.status == "open")
        .where(handoffs.c.person.is_(None) if caller.person is None else handoffs.c.person == caller.person)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _handoff(row)


def _handoff(row: Any) -> Handoff:
    return Handoff(
        id=f"H-{row.id:06d}",
        conversation=row.conversation,
        person=row.person,
        email=row.email,
        reason=row.reason,
        status=row.status,
        transcript=tuple((role, text) for role, text in row.transcript),
        context=row.context,
        created_at=row.created_at,
    )
