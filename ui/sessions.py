"""Who the browser speaks for: a signed cookie, and signed tickets that bind a conversation to that cookie.

Gradio's own session hash is chosen by the client and proves nothing: handlers read the person from here.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer

COOKIE = "puis_je_session"
LIFETIME = 12 * 60 * 60
"""Seconds a sign-in lasts."""


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in of one browser.

    `person` None is a visitor, who either chose to be one (`chosen`) or has not said yet. `key` cannot be
    guessed and differs at each sign-in.
    """

    person: str | None
    key: str
    chosen: bool = True


class Sessions:
    """Signs and reads cookies and conversation tickets with the server's secret."""

    def __init__(self, secret: bytes) -> None:
        self._cookies = URLSafeTimedSerializer(secret, salt="puis-je.session")
        self._tickets = URLSafeSerializer(secret, salt="puis-je.conversation")

    def open(self, person: str | None, *, chosen: bool = True) -> str:
        """The cookie value of a new session of `person` (None: a visitor)."""
        return self._cookies.dumps({"p": person, "k": secrets.token_urlsafe(16), "c": chosen})

    def read(self, cookies: Mapping[str, str]) -> Session | None:
        """The session of a request; None where the cookie is absent, forged or older than `LIFETIME`."""
        try:
            held = self._cookies.loads(cookies.get(COOKIE, ""), max_age=LIFETIME)
        except BadSignature:
            return None
        return Session(person=held["p"], key=held["k"], chosen=held["c"])

    def ticket(self, session: Session, conversation: str) -> str:
        """What a browser keeps to come back to its conversation."""
        return self._tickets.dumps([session.key, conversation])

    def conversation(self, session: Session, ticket: str | None) -> str | None:
        """The conversation a ticket names; None for one that is forged or was given to another session."""
        try:
            key, conversation = self._tickets.loads(ticket or "")
        except BadSignature:
            return None
        return str(conversation) if secrets.compare_digest(str(key), session.key) else None
