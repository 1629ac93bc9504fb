"""What a caller asked for and got: the changes they confirmed, and their calls for a human, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Table, and_, select

from tools.caller import Caller
from tools.store.database import reading
from tools.store.schema import Action, ProposalStatus, handoffs, proposals, quotes

_MOST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A confirmed change; `reference` is the number of a quote request, `Q-000123`."""

    action: Action
    arguments: dict[str, Any]
    items: tuple[dict[str, Any], ...]
    at: datetime
    reference: str | None


def confirmed(bind: Engine | Connection, caller: Caller) -> list[Request]:
    """The last changes a person confirmed in any conversation; a visitor's are those of this one."""
    query = (
        select(proposals, quotes.c.id.label("quote"))
        .outerjoin(quotes, quotes.c.proposal == proposals.c.id)
        .where(_of(proposals, caller), proposals.c.status == ProposalStatus.COMMITTED)
        .order_by(proposals.c.closed_at.desc())
        .limit(_MOST)
    )
    with reading(bind) as connection:
        return [
            Request(
                action=row.action,
                arguments=row.arguments,
                items=tuple(row._mapping["items"]),
                at=row.closed_at,
                reference=None if row.quote is None else f"Q-{row.quote:06d}",
            )
            for row in connection.execute(query)
        ]


def handed_off(bind: Engine | Connection, caller: Caller) -> list[dict[str, str]]:
    """The caller's calls for a human, as the contract's hand-off objects."""
    query = select(handoffs).where(_of(handoffs, caller)).order_by(handoffs.c.id.desc()).limit(_MOST)
    with reading(bind) as connection:
        return [
            {"id": f"H-{row.id:06d}", "status": row.status, "reason": row.reason}
            for row in connection.execute(query)
        ]


def _of(table: Table, caller: Caller) -> ColumnElement[bool]:
    if caller.person is not None:
        return table.c.person == caller.person
    return and_(table.c.person.is_(None), table.c.conversation == caller.conversation)
