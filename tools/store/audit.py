"""The audit: one line for every change and for every look of the support team into a customer's account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select

from tools.caller import Caller
from tools.store.database import reading, writing
from tools.store.schema import audit


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """Who did what to what, and when; `detail` is JSON-ready."""

    at: datetime
    person: str | None
    conversation: str | None
    action: str
    subject: str | None
    detail: dict[str, Any]
    proposal: str | None


def record(
    bind: Engine | Connection,
    *,
    now: datetime,
    action: str,
    caller: Caller | None = None,
    subject: str | None = None,
    detail: dict[str, Any] | None = None,
    proposal: str | None = None,
) -> None:
    """Write one audit line; over a connection it is part of that transaction."""
    with writing(bind) as connection:
        connection.execute(
            insert(audit).values(
                at=now,
                person=caller.person if caller else None,
                conversation=caller.conversation if caller else None,
                action=action,
                subject=subject,
                detail=detail or {},
                proposal=proposal,
            )
        )


def lines(bind: Engine | Connection, *, limit: int = 1000) -> list[AuditLine]:
    """The newest audit lines, newest first."""
    with reading(bind) as connection:
        query = select(audit).order_by(audit.c.id.desc()).limit(limit)
        return [
            AuditLine(
                at=row.at,
                person=row.person,
                conversation=row.conversation,
                action=row.action,
                subject=row.subject,
                detail=row.detail,
                proposal=row.proposal,
            )
            for row in connection.execute(query)
        ]
