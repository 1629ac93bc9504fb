"""Bearer tokens of the HTTP API: shown once, stored as SHA-256, revocable."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import Engine, insert, select, update

from tools.rules.models import UserId
from tools.store.database import reading, writing
from tools.store.schema import tokens


class Tokens:
    """The bearer tokens of one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def issue(self, person: str, now: datetime) -> str:
        """A new token for a stored user; it cannot be read again later."""
        token = f"pj_{secrets.token_urlsafe(32)}"
        with writing(self._engine) as connection:
            connection.execute(insert(tokens).values(token=_digest(token), person=person, created_at=now))
        return token

    def person(self, token: str) -> UserId | None:
        """Whose token this is; None when it is unknown or revoked."""
        query = select(tokens.c.person).where(tokens.c.token == _digest(token), tokens.c.revoked_at.is_(None))
        with reading(self._engine) as connection:
            found = connection.execute(query).scalar_one_or_none()
        return None if found is None else UserId(found)

    def revoke(self, token: str, now: datetime) -> bool:
        """End a token; False when it was not valid."""
        condition = (tokens.c.token == _digest(token)) & tokens.c.revoked_at.is_(None)
        with writing(self._engine) as connection:
            return connection.execute(update(tokens).where(condition).values(revoked_at=now)).rowcount == 1

    def revoke_all(self, person: str, now: datetime) -> int:
        """End all tokens of a person; gives how many there were."""
        condition = (tokens.c.person == person) & tokens.c.revoked_at.is_(None)
        with writing(self._engine) as connection:
            return connection.execute(update(tokens).where(condition).values(revoked_at=now)).rowcount


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
