"""Organisations, users, orders and subscriptions, given as the records the rules decide on."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    RowMapping,
    Select,
    SelectLabelStyle,
    func,
    or_,
    select,
)

from tools.rules.models import (
    Money,
    Order,
    OrderNumber,
    Organization,
    OrganizationId,
    Payment,
    Record,
    RenewalMethod,
    Subscription,
    SubscriptionId,
    User,
    UserId,
)
from tools.store.database import reading
from tools.store.schema import orders, organizations, subscriptions, users

_CHUNK = 500
_IGNORED = re.compile(r"[\s\u200b-\u200d\u2060\ufeff]+")
_DASHES = re.compile("[\u00ad\u2010-\u2015\u2212]")

_buyers = users.alias("buyers")
_admins = users.alias("admins")


def normalize_order_number(typed: str) -> OrderNumber:
    """An order number as stored: capitals, no spaces, plain hyphens (case and spaces do not matter)."""
    plain = _DASHES.sub("-", unicodedata.normalize("NFKC", typed))
    return OrderNumber(_IGNORED.sub("", plain).upper())


class Accounts:
    """Read access to the accounts, over an engine or inside the transaction of a connection."""

    def __init__(self, bind: Engine | Connection) -> None:
        self._bind = bind

    def is_empty(self) -> bool:
        """Whether there are no accounts at all."""
        with reading(self._bind) as connection:
            tables = (organizations, users, orders, subscriptions)
            return not any(connection.execute(select(table).limit(1)).first() for table in tables)

    def record(self, id: str) -> Record | None:
        """The subscription with this id and what surrounds it, or None."""
        return next(iter(self.records([id])), None)

    def records(self, ids: Iterable[str]) -> list[Record]:
        """The records that exist among `ids`, in that order, each once."""
        wanted = list(dict.fromkeys(ids))
        found: dict[str, Record] = {}
        with reading(self._bind) as connection:
            for chunk in _chunks(wanted):
                for record in _read_records(connection, subscriptions.c.id.in_(chunk)):
                    found[record.subscription.id] = record
        return [found[id] for id in wanted if id in found]

    def lock(self, ids: Iterable[str]) -> list[Record]:
        """Like `records`, but nobody else can change these subscriptions until the transaction ends.

        Only over a connection in a writing transaction; SQLite already holds its write lock there.
        """
        wanted = list(dict.fromkeys(ids))
        with reading(self._bind) as connection:
            for chunk in _chunks(sorted(wanted)):
                connection.execute(
                    select(subscriptions.c.id)
                    .where(subscriptions.c.id.in_(chunk))
                    .order_by(subscriptions.c.id)
                    .with_for_update()
                ).all()
        return self.records(wanted)

    def records_of_organization(self, organization: str) -> list[Record]:
        """All subscriptions of an organisation, soonest expiry first."""
        with reading(self._bind) as connection:
            return _read_records(connection, orders.c.organization == organization)

    def records_of_order(self, number: str) -> list[Record]:
        """All subscriptions of an order (its number in any spelling), soonest expiry first."""
        with reading(self._bind) as connection:
            return _read_records(connection, orders.c.number == normalize_order_number(_clean(number)))

    def records_for(self, person: str) -> list[Record]:
        """All subscriptions of the organisations a person is tied to, soonest expiry first."""
        tied = self.tied_organizations(person)
        if not tied:
            return []
        with reading(self._bind) as connection:
            return _read_records(connection, orders.c.organization.in_(sorted(tied)))

    def tied_organizations(self, person: str) -> frozenset[OrganizationId]:
        """The organisations a person is tied to: as member, buyer of a subscription or its primary admin."""
        person = _clean(person)
        by_subscription = (
            select(orders.c.organization)
            .join(subscriptions, subscriptions.c.order == orders.c.number)
            .where(or_(orders.c.buyer == person, subscriptions.c.primary_admin == person))
        )
        as_member = select(users.c.organization).where(
            users.c.id == person, users.c.organization.is_not(None)
        )
        with reading(self._bind) as connection:
            return frozenset(
                OrganizationId(id) for id in connection.execute(as_member.union(by_subscription)).scalars()
            )

    def organization(self, id: str) -> Organization | None:
        """The organisation with this id, or None."""
        with reading(self._bind) as connection:
            query = select(organizations).where(organizations.c.id == _clean(id))
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else _organization(row, organizations.c)

    def organizations(self) -> list[Organization]:
        """All organisations by id."""
        with reading(self._bind) as connection:
            rows = connection.execute(select(organizations).order_by(organizations.c.id)).mappings()
            return [_organization(row, organizations.c) for row in rows]

    def user(self, id: str) -> User | None:
        """The user with this id, or None."""
        return next(iter(self._users(select(users).where(users.c.id == _clean(id)))), None)

    def users(self) -> list[User]:
        """All users by id."""
        return self._users(select(users).order_by(users.c.id))

    def members(self, organization: str) -> list[User]:
        """The users who belong to an organisation, by name."""
        query = select(users).where(users.c.organization == _clean(organization))
        return self._users(query.order_by(users.c.name, users.c.id))

    def users_matching(self, text: str) -> list[User]:
        """The users a text may mean: the one with that id, else those with that e-mail, else with that name.

        Case, accents and repeated spaces do not matter for e-mails and names.
        """
        exact = self.user(text)
        if exact is not None:
            return [exact]
        wanted = _fold(text)
        everyone = self.users()
        by_email = [user for user in everyone if _fold(user.email) == wanted]
        return by_email or [user for user in everyone if wanted in (_fold(user.name), _fold(user.id))]

    def user_by(self, text: str) -> User | None:
        """The one user a text means (id, e-mail or name); None when there is none or more than one."""
        found = self.users_matching(text)
        return found[0] if len(found) == 1 else None

    def demo_users(self) -> list[User]:
        """The users that came with the demo accounts, by id."""
        return self._users(select(users).where(users.c.demo.is_(True)).order_by(users.c.id))

    def order(self, number: str) -> Order | None:
        """The order with this number in any spelling, or None."""
        with reading(self._bind) as connection:
            query = select(orders).where(orders.c.number == normalize_order_number(_clean(number)))
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else _order(row, orders.c)

    def orders(self) -> list[Order]:
        """All orders by number."""
        with reading(self._bind) as connection:
            rows = connection.execute(select(orders).order_by(orders.c.number)).mappings()
            return [_order(row, orders.c) for row in rows]

    def subscriptions(self) -> list[Subscription]:
        """All subscriptions by id."""
        with reading(self._bind) as connection:
            rows = connection.execute(select(subscriptions).order_by(subscriptions.c.id)).mappings()
            return [_subscription(row, subscriptions.c) for row in rows]

    def _users(self, query: Select[Any]) -> list[User]:
        with reading(self._bind) as connection:
            return [_user(row, users.c) for row in connection.execute(query).mappings()]


def _clean(text: str) -> str:
    """A text that can be compared with stored ones: the characters no database holds can match nothing."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(plain.split())


def _chunks(ids: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), _CHUNK):
        yield [_clean(id) for id in ids[start : start + _CHUNK]]


def _read_records(connection: Connection, condition: ColumnElement[bool]) -> list[Record]:
    query = (
        select(subscriptions, orders, organizations, _buyers, _admins)
        .set_label_style(SelectLabelStyle.LABEL_STYLE_TABLENAME_PLUS_COL)
        .join(orders, subscriptions.c.order == orders.c.number)
        .join(organizations, orders.c.organization == organizations.c.id)
        .join(_buyers, orders.c.buyer == _buyers.c.id)
        .join(_admins, _admins.c.id == func.coalesce(subscriptions.c.primary_admin, orders.c.buyer))
        .where(condition)
        .order_by(subscriptions.c.expires_on, subscriptions.c.product, subscriptions.c.id)
    )
    return [
        Record(
            subscription=_subscription(row, subscriptions.c),
            order=_order(row, orders.c),
            organization=_organization(row, organizations.c),
            buyer=_user(row, _buyers.c),
            primary_admin=_user(row, _admins.c),
        )
        for row in connection.execute(query).mappings()
    ]


def _organization(row: RowMapping, c: Any) -> Organization:
    return Organization(
        id=OrganizationId(row[c.id]), name=row[c.name], country=row[c.country], time_zone=row[c.time_zone]
    )


def _user(row: RowMapping, c: Any) -> User:
    return User(
        id=UserId(row[c.id]),
        name=row[c.name],
        email=row[c.email],
        kind=row[c.kind],
        organization=row[c.organization],
    )


def _order(row: RowMapping, c: Any) -> Order:
    return Order(
        number=OrderNumber(row[c.number]),
        organization=row[c.organization],
        buyer=row[c.buyer],
        placed_on=row[c.placed_on],
        channel=row[c.channel],
    )


def _subscription(row: RowMapping, c: Any) -> Subscription:
    amount = row[c.price_amount]
    return Subscription(
        id=SubscriptionId(row[c.id]),
        order=OrderNumber(row[c.order]),
        product=row[c.product],
        kind=row[c.kind],
        term=row[c.term],
        seats=row[c.seats],
        starts_on=row[c.starts_on],
        expires_on=row[c.expires_on],
        auto_renew=row[c.auto_renew],
        payment=Payment(method=row[c.payment_method], valid_until=row[c.payment_valid_until]),
        methods=frozenset(RenewalMethod(method) for method in row[c.methods]),
        grace_days=row[c.grace_days],
        primary_admin=row[c.primary_admin],
        term_change=row[c.term_change],
        unit_price=None if amount is None else Money(amount=Decimal(amount), currency=row[c.price_currency]),
    )
