"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "key_values",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_key_values")),
    )
    op.create_table(
        "order_failures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_failures")),
    )
    op.create_index("ix_order_failures_number_at", "order_failures", ["number", "at"], unique=False)
    op.create_table(
        "order_locks",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_order_locks")),
    )
    op.create_table(
        "organizations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizations")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("recipient", sa.String(length=16), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=True),
        sa.CheckConstraint(
            "recipient <> 'person' OR address IS NOT NULL", name=op.f("ck_outbox_person_has_address")
        ),
        sa.CheckConstraint(
            "recipient IN ('person', 'partner', 'sales', 'support')", name=op.f("ck_outbox_recipient")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("organization", sa.Text(), nullable=True),
        sa.Column("demo", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.CheckConstraint(
            "kind <> 'customer' OR organization IS NOT NULL", name=op.f("ck_users_customer_has_organization")
        ),
        sa.CheckConstraint("kind IN ('customer', 'agent', 'admin')", name=op.f("ck_users_kind")),
        sa.ForeignKeyConstraint(["organization"], ["organizations.id"], name=op.f("fk_users_organization")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
    )
    op.create_index(op.f("ix_users_organization"), "users", ["organization"], unique=False)
    op.create_table(
        "carts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["users.id"], name=op.f("fk_carts_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carts")),
        sa.UniqueConstraint("owner", name=op.f("uq_carts_owner")),
    )
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("transcript", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["users.id"], name=op.f("fk_conversations_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
    )
    op.create_index(
        "ix_conversations_person_transcript", "conversations", ["person", "transcript"], unique=False
    )
    op.create_index("ix_conversations_transcript", "conversations", ["transcript"], unique=False)
    op.create_table(
        "handoffs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("transcript", sa.JSON(), nullable=False),
        sa.Column("context", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('open', 'closed')", name=op.f("ck_handoffs_status")),
        sa.ForeignKeyConstraint(["person"], ["users.id"], name=op.f("fk_handoffs_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handoffs")),
    )
    op.create_index(op.f("ix_handoffs_conversation"), "handoffs", ["conversation"], unique=False)
    op.create_index(
        "uq_handoffs_one_open",
        "handoffs",
        ["conversation"],
        unique=True,
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "orders",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("organization", sa.Text(), nullable=False),
        sa.Column("buyer", sa.Text(), nullable=False),
        sa.Column("placed_on", sa.Date(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.CheckConstraint("channel IN ('online', 'partner', 'sales')", name=op.f("ck_orders_channel")),
        sa.ForeignKeyConstraint(["buyer"], ["users.id"], name=op.f("fk_orders_buyer")),
        sa.ForeignKeyConstraint(["organization"], ["organizations.id"], name=op.f("fk_orders_organization")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_orders")),
    )
    op.create_index(op.f("ix_orders_buyer"), "orders", ["buyer"], unique=False)
    op.create_index(op.f("ix_orders_organization"), "orders", ["organization"], unique=False)
    op.create_table(
        "proposals",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("subscriptions", sa.JSON(), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "action IN ('set_auto_renew', 'add_to_cart', 'request_quote', 'reassign_primary_admin')",
            name=op.f("ck_proposals_action"),
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'committed', 'dropped', 'replaced', 'lapsed')",
            name=op.f("ck_proposals_status"),
        ),
        sa.ForeignKeyConstraint(["person"], ["users.id"], name=op.f("fk_proposals_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
    )
    op.create_index(op.f("ix_proposals_conversation"), "proposals", ["conversation"], unique=False)
    op.create_index(
        "uq_proposals_one_pending",
        "proposals",
        ["conversation"],
        unique=True,
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_table(
        "tokens",
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["users.id"], name=op.f("fk_tokens_person")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_tokens")),
    )
    op.create_index(op.f("ix_tokens_person"), "tokens", ["person"], unique=False)
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("conversation", sa.String(length=64), nullable=True),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("proposal", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["proposal"], ["proposals.id"], name=op.f("fk_audit_proposal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
    op.create_table(
        "feedback",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("helpful", sa.Boolean(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation"], ["conversations.id"], name=op.f("fk_feedback_conversation")
        ),
        sa.ForeignKeyConstraint(["person"], ["users.id"], name=op.f("fk_feedback_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
    )
    op.create_index(op.f("ix_feedback_conversation"), "feedback", ["conversation"], unique=False)
    op.create_table(
        "messages",
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("message", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation"], ["conversations.id"], name=op.f("fk_messages_conversation")
        ),
        sa.PrimaryKeyConstraint("conversation", "position", name=op.f("pk_messages")),
    )
    op.create_table(
        "opened_orders",
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("order", sa.String(length=20), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order"], ["orders.number"], name=op.f("fk_opened_orders_order")),
        sa.PrimaryKeyConstraint("conversation", "order", name=op.f("pk_opened_orders")),
    )
    op.create_table(
        "password_resets",
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("order", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["order"], ["orders.number"], name=op.f("fk_password_resets_order")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_password_resets")),
    )
    op.create_index(op.f("ix_password_resets_order"), "password_resets", ["order"], unique=False)
    op.create_table(
        "quotes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal", sa.String(length=40), nullable=False),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("recipient", sa.String(length=16), nullable=False),
        sa.Column("seats", sa.BigInteger(), nullable=True),
        sa.Column("term", sa.String(length=32), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("recipient IN ('partner', 'sales')", name=op.f("ck_quotes_recipient")),
        sa.ForeignKeyConstraint(["person"], ["users.id"], name=op.f("fk_quotes_person")),
        sa.ForeignKeyConstraint(["proposal"], ["proposals.id"], name=op.f("fk_quotes_proposal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quotes")),
        sa.UniqueConstraint("proposal", name=op.f("uq_quotes_proposal")),
    )
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order", sa.String(length=20), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("term", sa.String(length=32), nullable=False),
        sa.Column("seats", sa.BigInteger(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("auto_renew", sa.Boolean(), nullable=False),
        sa.Column("payment_method", sa.String(length=32), nullable=False),
        sa.Column("payment_valid_until", sa.Date(), nullable=True),
        sa.Column("methods", sa.JSON(), nullable=False),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("primary_admin", sa.Text(), nullable=True),
        sa.Column("term_change", sa.String(length=32), nullable=False),
        sa.Column("price_amount", sa.Text(), nullable=True),
        sa.Column("price_currency", sa.String(length=3), nullable=True),
        sa.CheckConstraint("kind IN ('paid', 'trial')", name=op.f("ck_subscriptions_kind")),
        sa.CheckConstraint(
            "payment_method IN ('card', 'paypal', 'direct_debit', 'alipay', 'konbini', "
            "'bank_transfer', 'none')",
            name=op.f("ck_subscriptions_payment_method"),
        ),
        sa.CheckConstraint(
            "term IN ('monthly', 'annual', 'three_year', 'trial')", name=op.f("ck_subscriptions_term")
        ),
        sa.CheckConstraint(
            "term_change IN ('account', 'support', 'none')", name=op.f("ck_subscriptions_term_change")
        ),
        sa.CheckConstraint(
            "(price_amount IS NULL) = (price_currency IS NULL)", name=op.f("ck_subscriptions_price")
        ),
        sa.CheckConstraint("grace_days IN (0, 30, 45)", name=op.f("ck_subscriptions_grace_days")),
        sa.CheckConstraint("seats >= 1", name=op.f("ck_subscriptions_seats")),
        sa.ForeignKeyConstraint(["order"], ["orders.number"], name=op.f("fk_subscriptions_order")),
        sa.ForeignKeyConstraint(["primary_admin"], ["users.id"], name=op.f("fk_subscriptions_primary_admin")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
    )
    op.create_index(op.f("ix_subscriptions_order"), "subscriptions", ["order"], unique=False)
    op.create_index(op.f("ix_subscriptions_primary_admin"), "subscriptions", ["primary_admin"], unique=False)
    op.create_table(
        "turns",
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["conversation"], ["conversations.id"], name=op.f("fk_turns_conversation")),
        sa.PrimaryKeyConstraint("conversation", "number", name=op.f("pk_turns")),
    )
    op.create_table(
        "cart_lines",
        sa.Column("cart", sa.Integer(), nullable=False),
        sa.Column("subscription", sa.Text(), nullable=False),
        sa.Column("proposal", sa.String(length=40), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["cart"], ["carts.id"], name=op.f("fk_cart_lines_cart")),
        sa.ForeignKeyConstraint(["proposal"], ["proposals.id"], name=op.f("fk_cart_lines_proposal")),
        sa.ForeignKeyConstraint(
            ["subscription"], ["subscriptions.id"], name=op.f("fk_cart_lines_subscription")
        ),
        sa.PrimaryKeyConstraint("cart", "subscription", name=op.f("pk_cart_lines")),
    )
    op.create_table(
        "quote_lines",
        sa.Column("quote", sa.Integer(), nullable=False),
        sa.Column("subscription", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["quote"], ["quotes.id"], name=op.f("fk_quote_lines_quote")),
        sa.ForeignKeyConstraint(
            ["subscription"], ["subscriptions.id"], name=op.f("fk_quote_lines_subscription")
        ),
        sa.PrimaryKeyConstraint("quote", "subscription", name=op.f("pk_quote_lines")),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("quote_lines")
    op.drop_table("cart_lines")
    op.drop_table("turns")
    op.drop_index(op.f("ix_subscriptions_primary_admin"), table_name="subscriptions")
    op.drop_index(op.f("ix_subscriptions_order"), table_name="subscriptions")
    op.drop_table("subscriptions")
    op.drop_table("quotes")
    op.drop_index(op.f("ix_password_resets_order"), table_name="password_resets")
    op.drop_table("password_resets")
    op.drop_table("opened_orders")
    op.drop_table("messages")
    op.drop_index(op.f("ix_feedback_conversation"), table_name="feedback")
    op.drop_table("feedback")
    op.drop_index(op.f("ix_audit_at"), table_name="audit")
    op.drop_table("audit")
    op.drop_index(op.f("ix_tokens_person"), table_name="tokens")
    op.drop_table("tokens")
    op.drop_index(
        "uq_proposals_one_pending",
        table_name="proposals",
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.drop_index(op.f("ix_proposals_conversation"), table_name="proposals")
    op.drop_table("proposals")
    op.drop_index(op.f("ix_orders_organization"), table_name="orders")
    op.drop_index(op.f("ix_orders_buyer"), table_name="orders")
    op.drop_table("orders")
    op.drop_index(
        "uq_handoffs_one_open",
        table_name="handoffs",
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.drop_index(op.f("ix_handoffs_conversation"), table_name="handoffs")
    op.drop_table("handoffs")
    op.drop_index("ix_conversations_transcript", table_name="conversations")
    op.drop_index("ix_conversations_person_transcript", table_name="conversations")
    op.drop_table("conversations")
    op.drop_table("carts")
    op.drop_index(op.f("ix_users_organization"), table_name="users")
    op.drop_table("users")
    op.drop_table("outbox")
    op.drop_table("organizations")
    op.drop_table("order_locks")
    op.drop_index("ix_order_failures_number_at", table_name="order_failures")
    op.drop_table("order_failures")
    op.drop_table("key_values")
