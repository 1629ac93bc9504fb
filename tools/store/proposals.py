"""Changes that wait for the person's word, and the only write path there is.

A proposal is bound to a person and a conversation, to an action with its arguments, and to the state of the
records it was made on. `commit` consumes it in one transaction with its effect and its audit line: however
often and from however many processes it is called, the effect happens once or not at all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Engine, and_, insert, select, update

from tools.caller import Caller
from tools.rules.models import Record, UserId
from tools.store import audit, effects
from tools.store.accounts import Accounts
from tools.store.database import reading, serialise, writing
from tools.store.schema import Action, ProposalStatus, proposals
from tools.store.secrets import new_id

LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A change as stated to the person.

    `arguments` are the contract's (`enabled`, `seats`, `term`, `to`, `user`); `items` hold one
    `{"subscription", "product", "before", "after"}` for each subscription; `state` is the hash of the
    records seen.
    """

    id: str
    conversation: str
    person: UserId | None
    action: Action
    subscriptions: tuple[str, ...]
    arguments: dict[str, Any]
    items: tuple[dict[str, Any], ...]
    state: str
    status: ProposalStatus
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """The change was made, now and by this call.

    `receipt` is JSON-ready: `{"action", "arguments", "items", "reference", "at"}`; `reference` is the number
    of the quote request (`Q-000123`), else null.
    """

    proposal: Proposal
    receipt: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapsed:
    """Nothing was changed by this call.

    `reason`: `unknown` (no such proposal of this caller), `committed` (it already was, earlier), `dropped`,
    `replaced`, `expired` (its ten minutes are over), `changed` (the records are not what they were),
    `refused` (the rules now say no).
    """

    reason: Literal["unknown", "committed", "dropped", "replaced", "expired", "changed", "refused"]
    proposal: Proposal | None = None


Recheck = Callable[[Connection, Proposal], bool]
"""Asks the rules again inside the transaction; it reads through the connection given and writes nothing."""


def state_of(records: Iterable[Record]) -> str:
    """A hash of all there is to know about some subscriptions: it differs as soon as they do."""
    seen = [asdict(record) for record in sorted(records, key=lambda record: record.subscription.id)]
    for entry in seen:
        entry["subscription"]["methods"] = sorted(entry["subscription"]["methods"])
    return hashlib.sha256(json.dumps(seen, sort_keys=True, default=str).encode()).hexdigest()


class Proposals:
    """The proposed changes of one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(
        self,
        caller: Caller,
        *,
        action: Action,
        arguments: dict[str, Any],
        items: Sequence[dict[str, Any]],
        records: Sequence[Record],
        now: datetime,
    ) -> Proposal:
        """Keep a change for the person's word; it replaces the one that was pending in the conversation.

        `records` are those the change was decided on, one for each of its subscriptions, in the order of
        `items`.
        """
        proposal = Proposal(
            id=new_id("p"),
            conversation=caller.conversation,
            person=caller.person,
            action=Action(action),
            subscriptions=tuple(record.subscription.id for record in records),
            arguments=dict(arguments),
            items=tuple(items),
            state=state_of(records),
            status=ProposalStatus.PENDING,
            created_at=now,
            expires_at=now + LIFETIME,
        )
        with writing(self._engine) as connection:
            serialise(connection, f"proposals {caller.conversation}")
            connection.execute(
                update(proposals)
                .where(proposals.c.conversation == caller.conversation)
                .where(proposals.c.status == ProposalStatus.PENDING)
                .values(status=ProposalStatus.REPLACED, closed_at=now)
            )
            connection.execute(insert(proposals).values(asdict(proposal)))
        return proposal

    def pending(self, caller: Caller, now: datetime) -> Proposal | None:
        """The change that waits for the caller's word; None once it expired or its records changed."""
        newest = self.latest(caller, now)
        return newest if newest is not None and newest.status is ProposalStatus.PENDING else None

    def latest(self, caller: Caller, now: datetime) -> Proposal | None:
        """The newest proposal of the caller's conversation with the status it has at `now`."""
        query = (
            select(proposals)
            .where(_bound_to(caller))
            .order_by(proposals.c.created_at.desc(), (proposals.c.status == ProposalStatus.PENDING).desc())
            .limit(1)
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                return None
            records = Accounts(connection).records(row.subscriptions)
        proposal = _proposal(row)
        stale = now >= proposal.expires_at or state_of(records) != proposal.state
        if proposal.status is ProposalStatus.PENDING and stale:
            return replace(proposal, status=ProposalStatus.LAPSED)
        return proposal

    def drop(self, proposal_id: str, caller: Caller, now: datetime) -> Proposal | None:
        """Let a pending change go at the person's no; None when it was not pending or is not the caller's."""
        with writing(self._engine) as connection:
            row = connection.execute(
                update(proposals)
                .where(proposals.c.id == proposal_id, _bound_to(caller))
                .where(proposals.c.status == ProposalStatus.PENDING, proposals.c.expires_at > now)
                .values(status=ProposalStatus.DROPPED, closed_at=now)
                .returning(proposals)
            ).one_or_none()
        return None if row is None else _proposal(row)

    def commit(self, proposal_id: str, caller: Caller, now: datetime, recheck: Recheck) -> Committed | Lapsed:
        """Make the change, on the person's word. The confirm handler alone calls this."""
        with writing(self._engine) as connection:
            taken = connection.execute(
                update(proposals)
                .where(proposals.c.id == proposal_id, _bound_to(caller))
                .where(proposals.c.status == ProposalStatus.PENDING)
                .values(status=ProposalStatus.COMMITTED, closed_at=now)
                .returning(proposals)
            ).one_or_none()
            if taken is None:
                return self._why_not(connection, proposal_id, caller)
            proposal = _proposal(taken)
            records = Accounts(connection).lock(proposal.subscriptions)
            obstacle = _obstacle(connection, proposal, records, now, recheck)
            if obstacle is not None:
                connection.execute(
                    update(proposals)
                    .where(proposals.c.id == proposal_id)
                    .values(status=ProposalStatus.LAPSED)
                )
                return Lapsed(reason=obstacle, proposal=replace(proposal, status=ProposalStatus.LAPSED))
            change = effects.Change(
                proposal=proposal.id,
                caller=caller,
                action=proposal.action,
                arguments=proposal.arguments,
                items=proposal.items,
                records=tuple(records),
                now=now,
            )
            receipt = effects.apply(connection, change)
            audit.record(
                connection,
                now=now,
                action=proposal.action,
                caller=caller,
                subject=" ".join(proposal.subscriptions),
                detail=receipt,
                proposal=proposal.id,
            )
        return Committed(proposal=proposal, receipt=receipt)

    def _why_not(self, connection: Connection, proposal_id: str, caller: Caller) -> Lapsed:
        query = select(proposals).where(proposals.c.id == proposal_id, _bound_to(caller))
        row = connection.execute(query).one_or_none()
        if row is None:
            return Lapsed(reason="unknown")
        proposal = _proposal(row)
        if proposal.status is ProposalStatus.LAPSED:
            expired = row.closed_at >= proposal.expires_at
            return Lapsed(reason="expired" if expired else "changed", proposal=proposal)
        reasons: dict[ProposalStatus, Literal["committed", "dropped", "replaced"]] = {
            ProposalStatus.COMMITTED: "committed",
            ProposalStatus.DROPPED: "dropped",
            ProposalStatus.REPLACED: "replaced",
        }
        return Lapsed(reason=reasons[proposal.status], proposal=proposal)


def _obstacle(
    connection: Connection, proposal: Proposal, records: Sequence[Record], now: datetime, recheck: Recheck
) -> Literal["expired", "changed", "refused"] | None:
    if now >= proposal.expires_at:
        return "expired"
    if state_of(records) != proposal.state:
        return "changed"
    return None if recheck(connection, proposal) else "refused"


def _bound_to(caller: Caller) -> ColumnElement[bool]:
    person = proposals.c.person
    return and_(
        proposals.c.conversation == caller.conversation,
        person.is_(None) if caller.person is None else person == caller.person,
    )


def _proposal(row: Any) -> Proposal:
    return Proposal(
        id=row.id,
        conversation=row.conversation,
        person=row.person,
        action=row.action,
        subscriptions=tuple(row.subscriptions),
        arguments=row.arguments,
        items=tuple(row._mapping["items"]),
        state=row.state,
        status=row.status,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
