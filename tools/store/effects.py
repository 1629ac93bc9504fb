"""What a confirmed change does to the tables, one function an action; called by `proposals.commit` alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update

from tools.caller import Caller
from tools.rules.models import Record, SubscriptionId, Term, User
from tools.store import outbox
from tools.store.accounts import Accounts
from tools.store.database import reading, serialise
from tools.store.schema import Action, cart_lines, carts, quote_lines, quotes, subscriptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change the person has said yes to, with the records as they are in the transaction."""

    proposal: str
    caller: Caller
    action: Action
    arguments: dict[str, Any]
    items: tuple[dict[str, Any], ...]
    records: tuple[Record, ...]
    now: datetime

    @property
    def ids(self) -> tuple[SubscriptionId, ...]:
        """The subscriptions the change is about."""
        return tuple(record.subscription.id for record in self.records)

    @property
    def buyers(self) -> tuple[User, ...]:
        """The buyers of these subscriptions, each once."""
        return tuple({record.buyer.id: record.buyer for record in self.records}.values())


def apply(connection: Connection, change: Change) -> dict[str, Any]:
    """Make the change, write its messages to the outbox and give back the receipt (JSON-ready)."""
    reference = _EFFECTS[change.action](connection, change)
    for buyer in change.buyers:
        mine = [record.subscription.id for record in change.records if record.buyer.id == buyer.id]
        outbox.post(
            connection,
            kind=f"{change.action.value}_confirmation",
            to=buyer,
            values={
                "items": [item for item in change.items if item["subscription"] in mine],
                "arguments": change.arguments,
                "reference": reference,
                "records": {record.subscription.id: record for record in change.records},
            },
            reference=reference or change.proposal,
            now=change.now,
        )
    return {
        "action": change.action.value,
        "arguments": change.arguments,
        "items": list(change.items),
        "reference": reference,
        "at": change.now.isoformat(),
    }


def cart_of(bind: Engine | Connection, caller: Caller) -> frozenset[SubscriptionId]:
    """The subscriptions whose renewal lies in the caller's cart."""
    query = (
        select(cart_lines.c.subscription)
        .join(carts, carts.c.id == cart_lines.c.cart)
        .where(carts.c.owner == _cart_owner(caller))
    )
    with reading(bind) as connection:
        return frozenset(connection.execute(query).scalars())


def _cart_owner(caller: Caller) -> str:
    return f"conversation {caller.conversation}" if caller.person is None else f"person {caller.person}"


def _set_auto_renew(connection: Connection, change: Change) -> None:
    connection.execute(
        update(subscriptions)
        .where(subscriptions.c.id.in_(change.ids))
        .values(auto_renew=change.arguments["enabled"])
    )


def _add_to_cart(connection: Connection, change: Change) -> None:
    owner = _cart_owner(change.caller)
    serialise(connection, f"cart {owner}")
    cart = connection.execute(select(carts.c.id).where(carts.c.owner == owner)).scalar_one_or_none()
    if cart is None:
        cart = connection.execute(
            insert(carts)
            .values(owner=owner, person=change.caller.person, created_at=change.now)
            .returning(carts.c.id)
        ).scalar_one()
    present = cart_of(connection, change.caller)
    for id in change.ids:
        if id not in present:
            connection.execute(
                insert(cart_lines).values(
                    cart=cart, subscription=id, proposal=change.proposal, added_at=change.now
                )
            )


def _request_quote(connection: Connection, change: Change) -> str:
    term = change.arguments.get("term")
    quote = connection.execute(
        insert(quotes)
        .values(
            proposal=change.proposal,
            person=change.caller.person,
            conversation=change.caller.conversation,
            recipient=change.arguments["to"],
            seats=change.arguments.get("seats"),
            term=None if term is None else Term(term),
            status="requested",
            created_at=change.now,
        )
        .returning(quotes.c.id)
    ).scalar_one()
    connection.execute(
        insert(quote_lines), [{"quote": quote, "subscription": subscription} for subscription in change.ids]
    )
    reference = f"Q-{quote:06d}"
    outbox.post(
        connection,
        kind="request_quote",
        to=change.arguments["to"],
        values={"reference": reference, "arguments": change.arguments, "records": change.records},
        reference=reference,
        now=change.now,
    )
    return reference


def _reassign_primary_admin(connection: Connection, change: Change) -> None:
    user = Accounts(connection).user(change.arguments["user"])
    if user is None:
        raise LookupError("the new primary admin of a proposal is always a stored user")
    connection.execute(
        update(subscriptions).where(subscriptions.c.id.in_(change.ids)).values(primary_admin=user.id)
    )
    outbox.post(
        connection,
        kind="new_primary_admin",
        to=user,
        values={"records": change.records},
        reference=change.proposal,
        now=change.now,
    )


_EFFECTS: dict[Action, Callable[[Connection, Change], str | None]] = {
    Action.SET_AUTO_RENEW: _set_auto_renew,
    Action.ADD_TO_CART: _add_to_cart,
    Action.REQUEST_QUOTE: _request_quote,
    Action.REASSIGN_PRIMARY_ADMIN: _reassign_primary_admin,
}
