"""Alembic's entry: runs the migrations on the connection `tools.store.database` hands in."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import TypeDecorator

from tools.store.schema import metadata


def _render(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """Write plain SQL types into migrations, so that an old migration never depends on today's code."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_item=_render,
)
with context.begin_transaction():
    context.run_migrations()
