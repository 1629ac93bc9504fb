"""A record as plain JSON and back: what is kept beside a decision so that it can be replayed, and its
fingerprint.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

from tools.rules.models import (
    Channel,
    Money,
    Order,
    OrderNumber,
    Organization,
    OrganizationId,
    Payment,
    PaymentMethod,
    Record,
    RenewalMethod,
    Subscription,
    SubscriptionId,
    SubscriptionKind,
    Term,
    TermChange,
    User,
    UserId,
    UserKind,
)


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _parsed(day: str | None) -> date | None:
    return date.fromisoformat(day) if day else None


def _user(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "kind": user.kind.value,
        "organization": user.organization,
    }


def _restored_user(plain: Mapping[str, Any]) -> User:
    home = plain["organization"]
    return User(
        id=UserId(plain["id"]),
        name=plain["name"],
        email=plain["email"],
        kind=UserKind(plain["kind"]),
        organization=OrganizationId(home) if home is not None else None,
    )


def snapshot(record: Record) -> dict[str, Any]:
    """The record as JSON-ready data: dates ISO, amounts as text, the methods sorted."""
    subscription, order, organization = record.subscription, record.order, record.organization
    price = subscription.unit_price
    return {
        "subscription": {
            "id": subscription.id,
            "order": subscription.order,
            "product": subscription.product,
            "kind": subscription.kind.value,
            "term": subscription.term.value,
            "seats": subscription.seats,
            "starts_on": _day(subscription.starts_on),
            "expires_on": _day(subscription.expires_on),
            "auto_renew": subscription.auto_renew,
            "payment": {
                "method": subscription.payment.method.value,
                "valid_until": _day(subscription.payment.valid_until),
            },
            "methods": sorted(method.value for method in subscription.methods),
            "grace_days": subscription.grace_days,
            "primary_admin": subscription.primary_admin,
            "term_change": subscription.term_change.value,
            "unit_price": {"amount": str(price.amount), "currency": price.currency} if price else None,
        },
        "order": {
            "number": order.number,
            "organization": order.organization,
            "buyer": order.buyer,
            "placed_on": _day(order.placed_on),
            "channel": order.channel.value,
        },
        "organization": {
            "id": organization.id,
            "name": organization.name,
            "country": organization.country,
            "time_zone": organization.time_zone,
        },
        "buyer": _user(record.buyer),
        "primary_admin": _user(record.primary_admin),
    }


def restored(plain: Mapping[str, Any]) -> Record:
    """The record a snapshot was made of. Raises KeyError or ValueError on anything else."""
    its, order, organization = plain["subscription"], plain["order"], plain["organization"]
    price, admin = its["unit_price"], its["primary_admin"]
    return Record(
        subscription=Subscription(
            id=SubscriptionId(its["id"]),
            order=OrderNumber(its["order"]),
            product=its["product"],
            kind=SubscriptionKind(its["kind"]),
            term=Term(its["term"]),
            seats=its["seats"],
            starts_on=date.fromisoformat(its["starts_on"]),
            expires_on=date.fromisoformat(its["expires_on"]),
            auto_renew=its["auto_renew"],
            payment=Payment(
                method=PaymentMethod(its["payment"]["method"]),
                valid_until=_parsed(its["payment"]["valid_until"]),
            ),
            methods=frozenset(map(RenewalMethod, its["methods"])),
            grace_days=its["grace_days"],
            primary_admin=UserId(admin) if admin is not None else None,
            term_change=TermChange(its["term_change"]),
            unit_price=Money(amount=Decimal(price["amount"]), currency=price["currency"]) if price else None,
        ),
        order=Order(
            number=OrderNumber(order["number"]),
            organization=OrganizationId(order["organization"]),
            buyer=UserId(order["buyer"]),
            placed_on=date.fromisoformat(order["placed_on"]),
            channel=Channel(order["channel"]),
        ),
        organization=Organization(
            id=OrganizationId(organization["id"]),
            name=organization["name"],
            country=organization["country"],
            time_zone=organization["time_zone"],
        ),
        buyer=_restored_user(plain["buyer"]),
        primary_admin=_restored_user(plain["primary_admin"]),
    )


def fingerprint(record: Record) -> str:
    """SHA-256 of the snapshot, in hexadecimal: another one means that the record has changed."""
    plain = json.dumps(snapshot(record), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(plain.encode()).hexdigest()
