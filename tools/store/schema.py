"""The tables. Instants are aware UTC, days are DATE, money is exact text with its currency.

Conversations are named by their id in the other tables without a foreign key: an id is handed out when a
conversation begins, its row is written with its first recorded turn.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)

from tools.rules.models import (
    Channel,
    PaymentMethod,
    SubscriptionKind,
    Term,
    TermChange,
    UserKind,
)
from tools.store.columns import Code, FreeText, Instant

REVISION = "0001"
"""The newest migration; at start Alembic is imported only if the database's own differs from it."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class ProposalStatus(StrEnum):
    """Where a proposed change stands; only `pending` may go on to another."""

    PENDING = "pending"
    COMMITTED = "committed"
    DROPPED = "dropped"
    REPLACED = "replaced"
    LAPSED = "lapsed"


class Action(StrEnum):
    """The changes a person may ask for, as the contract names them."""

    SET_AUTO_RENEW = "set_auto_renew"
    ADD_TO_CART = "add_to_cart"
    REQUEST_QUOTE = "request_quote"
    REASSIGN_PRIMARY_ADMIN = "reassign_primary_admin"


def _among(name: str, members: type[StrEnum]) -> CheckConstraint:
    values = ", ".join(f"'{member.value}'" for member in members)
    return CheckConstraint(f"{name} IN ({values})", name=name)


organizations = Table(
    "organizations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("country", String(2), nullable=False),
    Column("time_zone", Text, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("kind", Code(UserKind), nullable=False),
    Column("organization", Text, ForeignKey("organizations.id"), index=True),
    Column("demo", Boolean, nullable=False, server_default=text("false")),
    _among("kind", UserKind),
    CheckConstraint("kind <> 'customer' OR organization IS NOT NULL", name="customer_has_organization"),
)

orders = Table(
    "orders",
    metadata,
    Column("number", String(20), primary_key=True),
    Column("organization", Text, ForeignKey("organizations.id"), nullable=False, index=True),
    Column("buyer", Text, ForeignKey("users.id"), nullable=False, index=True),
    Column("placed_on", Date, nullable=False),
    Column("channel", Code(Channel), nullable=False),
    Column("password_hash", Text),
    _among("channel", Channel),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("order", String(20), ForeignKey("orders.number"), nullable=False, index=True),
    Column("product", Text, nullable=False),
    Column("kind", Code(SubscriptionKind), nullable=False),
    Column("term", Code(Term), nullable=False),
    Column("seats", BigInteger, nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("expires_on", Date, nullable=False),
    Column("auto_renew", Boolean, nullable=False),
    Column("payment_method", Code(PaymentMethod), nullable=False),
    Column("payment_valid_until", Date),
    Column("methods", JSON, nullable=False),
    Column("grace_days", Integer, nullable=False),
    Column("primary_admin", Text, ForeignKey("users.id"), index=True),
    Column("term_change", Code(TermChange), nullable=False),
    Column("price_amount", Text),
    Column("price_currency", String(3)),
    _among("kind", SubscriptionKind),
    _among("term", Term),
    _among("payment_method", PaymentMethod),
    _among("term_change", TermChange),
    CheckConstraint("seats >= 1", name="seats"),
    CheckConstraint("grace_days IN (0, 30, 45)", name="grace_days"),
    CheckConstraint("(price_amount IS NULL) = (price_currency IS NULL)", name="price"),
)

proposals = Table(
    "proposals",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("conversation", String(64), nullable=False, index=True),
    Column("person", Text, ForeignKey("users.id")),
    Column("action", Code(Action), nullable=False),
    Column("subscriptions", JSON, nullable=False),
    Column("arguments", JSON, nullable=False),
    Column("items", JSON, nullable=False),
    Column("state", String(64), nullable=False),
    Column("status", Code(ProposalStatus), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("closed_at", Instant),
    _among("action", Action),
    _among("status", ProposalStatus),
    Index(
        "uq_proposals_one_pending",
        "conversation",
        unique=True,
        sqlite_where=text("status = 'pending'"),
        postgresql_where=text("status = 'pending'"),
    ),
)

carts = Table(
    "carts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner", Text, nullable=False, unique=True),
    Column("person", Text, ForeignKey("users.id")),
    Column("created_at", Instant, nullable=False),
)

cart_lines = Table(
    "cart_lines",
    metadata,
    Column("cart", Integer, ForeignKey("carts.id"), primary_key=True),
    Column("subscription", Text, ForeignKey("subscriptions.id"), primary_key=True),
    Column("proposal", String(40), ForeignKey("proposals.id"), nullable=False),
    Column("added_at", Instant, nullable=False),
)

quotes = Table(
    "quotes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("proposal", String(40), ForeignKey("proposals.id"), nullable=False, unique=True),
    Column("person", Text, ForeignKey("users.id")),
    Column("conversation", String(64), nullable=False),
    Column("recipient", String(16), nullable=False),
    Column("seats", BigInteger),
    Column("term", Code(Term)),
    Column("status", String(16), nullable=False),
    Column("created_at", Instant, nullable=False),
    CheckConstraint("recipient IN ('partner', 'sales')", name="recipient"),
)

quote_lines = Table(
    "quote_lines",
    metadata,
    Column("quote", Integer, ForeignKey("quotes.id"), primary_key=True),
    Column("subscription", Text, ForeignKey("subscriptions.id"), primary_key=True),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    Column("person", Text),
    Column("conversation", String(64)),
    Column("action", String(64), nullable=False),
    Column("subject", FreeText),
    Column("detail", JSON, nullable=False),
    Column("proposal", String(40), ForeignKey("proposals.id")),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("recipient", String(16), nullable=False),
    Column("address", FreeText),
    Column("subject", FreeText, nullable=False),
    Column("body", FreeText, nullable=False),
    Column("reference", String(40)),
    CheckConstraint("recipient IN ('person', 'partner', 'sales', 'support')", name="recipient"),
    CheckConstraint("recipient <> 'person' OR address IS NOT NULL", name="person_has_address"),
)

handoffs = Table(
    "handoffs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation", String(64), nullable=False, index=True),
    Column("person", Text, ForeignKey("users.id")),
    Column("email", FreeText),
    Column("reason", FreeText, nullable=False),
    Column("status", String(16), nullable=False),
    Column("transcript", JSON, nullable=False),
    Column("context", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    CheckConstraint("status IN ('open', 'closed')", name="status"),
    Index(
        "uq_handoffs_one_open",
        "conversation",
        unique=True,
        sqlite_where=text("status = 'open'"),
        postgresql_where=text("status = 'open'"),
    ),
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("person", Text, ForeignKey("users.id")),
    Column("version", Integer, nullable=False),
    Column("transcript", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index("ix_conversations_person_transcript", "person", "transcript"),
    Index("ix_conversations_transcript", "transcript"),
)

turns = Table(
    "turns",
    metadata,
    Column("conversation", String(64), ForeignKey("conversations.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("answer", JSON, nullable=False),
    Column("at", Instant, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("conversation", String(64), ForeignKey("conversations.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("turn", Integer, nullable=False),
    Column("message", JSON, nullable=False),
)

opened_orders = Table(
    "opened_orders",
    metadata,
    Column("conversation", String(64), primary_key=True),
    Column("order", String(20), ForeignKey("orders.number"), primary_key=True),
    Column("expires_at", Instant, nullable=False),
)

order_failures = Table(
    "order_failures",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", FreeText, nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_order_failures_number_at", "number", "at"),
)

order_locks = Table(
    "order_locks",
    metadata,
    Column("number", FreeText, primary_key=True),
    Column("until", Instant, nullable=False),
)

password_resets = Table(
    "password_resets",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("order", String(20), ForeignKey("orders.number"), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)

tokens = Table(
    "tokens",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("person", Text, ForeignKey("users.id"), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)

feedback = Table(
    "feedback",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("conversation", String(64), ForeignKey("conversations.id"), nullable=False, index=True),
    Column("turn", Integer, nullable=False),
    Column("person", Text, ForeignKey("users.id")),
    Column("helpful", Boolean, nullable=False),
    Column("comment", FreeText),
)

key_values = Table(
    "key_values",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)
