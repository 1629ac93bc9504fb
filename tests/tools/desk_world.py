"""A small world for the desk on 1 March 2026: two organisations, an agent, subscriptions in every state."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from tools.caller import Caller
from tools.clock import Clock
from tools.desk import Desk
from tools.rules.models import UserId

TODAY = date(2026, 3, 1)


def subscription(id: str, order: str, product: str, ends: date, **changed: Any) -> dict[str, Any]:
    return {
        "id": id,
        "order": order,
        "product": product,
        "kind": "paid",
        "term": "annual",
        "seats": 4,
        "starts_on": (ends - timedelta(365)).isoformat(),
        "expires_on": ends.isoformat(),
        "auto_renew": False,
        "payment": {"method": "card", "valid_until": "2030-12-31"},
        "methods": ["auto", "online", "quote"],
        "grace_days": 30,
        "primary_admin": None,
        "term_change": "account",
        "unit_price": {"amount": "1200.00", "currency": "EUR"},
        **changed,
    }


def customer(id: str, name: str, organization: str) -> dict[str, Any]:
    mail = f"{id}.{organization}@mail.example"
    return {"id": id, "name": name, "email": mail, "kind": "customer", "organization": organization}


ACCOUNTS: dict[str, Any] = {
    "organizations": [
        {"id": "forge", "name": "La Forge", "country": "FR"},
        {"id": "erable", "name": "Érable SA", "country": "CA", "time_zone": "America/Montreal"},
    ],
    "users": [
        customer("nadia", "Nadia Haddad", "forge"),
        customer("omar", "Omar Diop", "forge"),
        customer("omar2", "Omar Sall", "forge"),
        customer("yves", "Yves Côté", "erable"),
        {
            "id": "ines",
            "name": "Inès Paz",
            "email": "ines@help.example",
            "kind": "agent",
            "organization": None,
        },
    ],
    "orders": [
        {
            "number": "LF-2025-01",
            "organization": "forge",
            "buyer": "nadia",
            "placed_on": "2025-03-10",
            "channel": "online",
            "password": "Sésame-forge",
        },
        {
            "number": "ER-2025-01",
            "organization": "erable",
            "buyer": "yves",
            "placed_on": "2025-03-10",
            "channel": "partner",
            "password": "Sésame-érable",
        },
    ],
    "subscriptions": [
        subscription("f-revit", "LF-2025-01", "Revit", date(2026, 3, 20), primary_admin="omar"),
        subscription("f-maya", "LF-2025-01", "Maya", date(2026, 4, 20), auto_renew=True, seats=2),
        subscription("f-civil", "LF-2025-01", "Civil 3D", date(2026, 9, 1)),
        subscription("f-late", "LF-2025-01", "Inventor", date(2026, 2, 20)),
        subscription("f-gone", "LF-2025-01", "Vault", date(2026, 1, 1)),
        subscription(
            "f-trial", "LF-2025-01", "Fusion", date(2026, 3, 9), kind="trial", term="trial", unit_price=None
        ),
        subscription("e-plant", "ER-2025-01", "Plant 3D", date(2026, 3, 5), methods=[], grace_days=45),
    ],
}


@dataclass
class Time:
    """A clock a test can move: the day stays, the instants go on."""

    now: datetime = field(default_factory=lambda: datetime(2026, 3, 1, 9, 0, tzinfo=UTC))

    def pass_by(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class World:
    engine: Engine
    desk: Desk
    time: Time
    clock: Clock


def caller(person: str | None, conversation: str = "c-1") -> Caller:
    return Caller(person=UserId(person) if person else None, conversation=conversation)
