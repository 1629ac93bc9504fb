"""The outbox: what would be sent by e-mail, worded in `messages.yaml`.

A message goes to a person's own stored address, or to a team (`partner`, `sales`, `support`), whose address
whoever empties the outbox knows: none is invented here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, Engine, insert, select

from tools.rules.models import User
from tools.store.database import reading, writing
from tools.store.schema import outbox

_LINE_ENDS = re.compile(r"[\r\n]+")

Team = Literal["partner", "sales", "support"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMessage:
    """One message; `address` is null for a team."""

    id: int
    at: datetime
    kind: str
    recipient: str
    address: str | None
    subject: str
    body: str
    reference: str | None


def post(
    bind: Engine | Connection,
    *,
    kind: str,
    to: User | Team,
    values: dict[str, Any],
    now: datetime,
    reference: str | None = None,
) -> None:
    """Write one message; over a connection it is part of that transaction."""
    person = to if isinstance(to, User) else None
    subject, body = render(kind, {**values, "person": person, "team": None if person else to})
    with writing(bind) as connection:
        connection.execute(
            insert(outbox).values(
                at=now,
                kind=kind,
                recipient="person" if person else to,
                address=person.email if person else None,
                subject=subject,
                body=body,
                reference=reference,
            )
        )


def render(kind: str, values: dict[str, Any]) -> tuple[str, str]:
    """The subject and the body of a kind of message, in French."""
    subject, body = _templates()[kind]
    return _LINE_ENDS.sub(" ", subject.render(values).strip()), body.render(values).strip() + "\n"


def messages(bind: Engine | Connection) -> list[OutboxMessage]:
    """All messages, oldest first."""
    with reading(bind) as connection:
        return [
            OutboxMessage(
                id=row.id,
                at=row.at,
                kind=row.kind,
                recipient=row.recipient,
                address=row.address,
                subject=row.subject,
                body=row.body,
                reference=row.reference,
            )
            for row in connection.execute(select(outbox).order_by(outbox.c.id))
        ]


@cache
def _templates() -> dict[str, tuple[Any, Any]]:
    import yaml
    from jinja2 import Environment, StrictUndefined

    text = (Path(__file__).parent / "messages.yaml").read_text(encoding="utf-8")
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["day"] = _french_day
    return {
        kind: (environment.from_string(entry["subject"]), environment.from_string(entry["body"]))
        for kind, entry in yaml.safe_load(text).items()
    }


def _french_day(day: date) -> str:
    from babel.dates import format_date

    written = format_date(day, "d MMMM y", locale="fr")
    return f"1er{written[1:]}" if day.day == 1 else written
