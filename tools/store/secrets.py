"""Secrets the server makes for itself once and keeps in the database, and the ids it gives out."""

from __future__ import annotations

import secrets
from functools import lru_cache

from sqlalchemy import Engine, insert, select

from tools.store.database import reading, serialise, writing
from tools.store.schema import key_values


def new_id(prefix: str) -> str:
    """An id nobody can guess: the prefix, a hyphen and 22 URL-safe characters."""
    return f"{prefix}-{secrets.token_urlsafe(16)}"


@lru_cache(maxsize=64)
def server_secret(engine: Engine, purpose: str) -> bytes:
    """The server's secret for a purpose (32 bytes), the same in every process and at every start."""
    key = f"secret.{purpose}"
    query = select(key_values.c.value).where(key_values.c.key == key)
    with reading(engine) as connection:
        stored = connection.execute(query).scalar_one_or_none()
    if stored is None:
        with writing(engine) as connection:
            serialise(connection, key)
            stored = connection.execute(query).scalar_one_or_none()
            if stored is None:
                stored = secrets.token_hex(32)
                connection.execute(insert(key_values).values(key=key, value=stored))
    return bytes.fromhex(stored)
