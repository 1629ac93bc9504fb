"""Conversations as the server remembers them: whose they are, what was said, how a transcript finds its own.

A conversation belongs to the person it began with (or to nobody: an anonymous visitor who knows its id).
A turn is recorded in one transaction, and only onto the version it was made on.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, update

from tools.rules.models import UserId
from tools.store.database import reading, serialise, writing
from tools.store.errors import ConversationConflict, say
from tools.store.schema import conversations, feedback, messages, turns
from tools.store.secrets import new_id, server_secret

Spoken = tuple[str, str]
"""One line of a transcript: the role (`user` or `assistant`) and the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A conversation as last recorded.

    `version` is the number of recorded turns (0: not stored yet). `transcript` is the keyed hash of all that
    the two sides said so far. `messages` are serialised LangChain messages, `answers` what each turn
    answered, both oldest first.
    """

    id: str
    person: UserId | None
    version: int
    transcript: str
    created_at: datetime
    updated_at: datetime
    messages: tuple[dict[str, Any], ...] = ()
    answers: tuple[dict[str, Any], ...] = ()


class Conversations:
    """The recorded conversations of one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, person: str | None, now: datetime) -> Conversation:
        """A new conversation; it is stored with its first turn."""
        return Conversation(
            id=new_id("c"),
            person=None if person is None else UserId(person),
            version=0,
            transcript=self.transcript_of(()),
            created_at=now,
            updated_at=now,
        )

    def load(self, id: str, person: str | None) -> Conversation | None:
        """The conversation with this id; None when there is none and when it is somebody else's."""
        if len(id) > 64 or not id.isascii() or not id.isprintable():
            return None
        with reading(self._engine) as connection:
            row = connection.execute(select(conversations).where(conversations.c.id == id)).one_or_none()
            if row is None or row.person != person:
                return None
            said = (
                select(messages.c.message)
                .where(messages.c.conversation == id, messages.c.turn <= row.version)
                .order_by(messages.c.position)
            )
            answered = (
                select(turns.c.answer)
                .where(turns.c.conversation == id, turns.c.number <= row.version)
                .order_by(turns.c.number)
            )
            return Conversation(
                id=row.id,
                person=row.person,
                version=row.version,
                transcript=row.transcript,
                created_at=row.created_at,
                updated_at=row.updated_at,
                messages=tuple(connection.execute(said).scalars()),
                answers=tuple(connection.execute(answered).scalars()),
            )

    def append_turn(
        self,
        conversation: Conversation,
        *,
        spoken: Sequence[Spoken],
        messages_added: Sequence[dict[str, Any]],
        answer: dict[str, Any],
        now: datetime,
    ) -> Conversation:
        """Record one turn in one transaction and return the conversation after it.

        `spoken`: what was said aloud in this turn, in order (the user's text, then the answer's text).
        Raises `ConversationConflict` when another turn was recorded since `conversation` was loaded.
        """
        after = replace(
            conversation,
            version=conversation.version + 1,
            transcript=self._chain(conversation.transcript, spoken),
            updated_at=now,
            messages=conversation.messages + tuple(messages_added),
            answers=(*conversation.answers, answer),
        )
        values = {"version": after.version, "transcript": after.transcript, "updated_at": now}
        with writing(self._engine) as connection:
            if not self._move_on(connection, conversation, values):
                raise ConversationConflict(say("conversation.conflict"))
            connection.execute(
                insert(turns).values(conversation=after.id, number=after.version, answer=answer, at=now)
            )
            start = len(conversation.messages)
            if messages_added:
                connection.execute(
                    insert(messages),
                    [
                        {
                            "conversation": after.id,
                            "position": start + offset,
                            "turn": after.version,
                            "message": message,
                        }
                        for offset, message in enumerate(messages_added)
                    ],
                )
        return after

    def _move_on(self, connection: Connection, conversation: Conversation, values: dict[str, Any]) -> bool:
        """Store a conversation's new version; False when the old one is not the stored one any more."""
        serialise(connection, f"conversation {conversation.id}")
        same = conversations.c.id == conversation.id
        if conversation.version == 0:
            if connection.execute(select(conversations.c.id).where(same)).first() is not None:
                return False
            row = {
                "id": conversation.id,
                "person": conversation.person,
                "created_at": conversation.created_at,
            }
            connection.execute(insert(conversations).values(**row, **values))
            return True
        loaded = same & (conversations.c.version == conversation.version)
        return connection.execute(update(conversations).where(loaded).values(values)).rowcount == 1

    def find_by_transcript(self, person: str | None, spoken: Iterable[Spoken]) -> str | None:
        """The id of the newest conversation of this speaker in which exactly this was said, or None.

        White space does not matter. An empty transcript finds nothing.
        """
        spoken = list(spoken)
        if not spoken:
            return None
        query = (
            select(conversations.c.id)
            .where(conversations.c.transcript == self.transcript_of(spoken))
            .where(conversations.c.person.is_(None) if person is None else conversations.c.person == person)
            .order_by(conversations.c.updated_at.desc(), conversations.c.id)
            .limit(1)
        )
        with reading(self._engine) as connection:
            return connection.execute(query).scalar_one_or_none()

    def transcript_of(self, spoken: Iterable[Spoken]) -> str:
        """The keyed hash of a transcript."""
        return self._chain("", spoken)

    def of_person(self, person: str, *, limit: int = 20) -> list[str]:
        """The ids of a person's conversations, newest first."""
        query = (
            select(conversations.c.id)
            .where(conversations.c.person == person)
            .order_by(conversations.c.updated_at.desc(), conversations.c.id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return list(connection.execute(query).scalars())

    def count(self) -> int:
        """How many conversations are stored."""
        with reading(self._engine) as connection:
            return connection.execute(select(func.count()).select_from(conversations)).scalar_one()

    def add_feedback(
        self, conversation: Conversation, *, turn: int, helpful: bool, comment: str | None, now: datetime
    ) -> None:
        """Keep what the person thought of one answer (`turn` counts from 1)."""
        with writing(self._engine) as connection:
            connection.execute(
                insert(feedback).values(
                    at=now,
                    conversation=conversation.id,
                    turn=turn,
                    person=conversation.person,
                    helpful=helpful,
                    comment=comment,
                )
            )

    def _chain(self, start: str, spoken: Iterable[Spoken]) -> str:
        secret = server_secret(self._engine, "transcript")
        state = start
        for role, text in spoken:
            line = f"{state}\n{role}\n{' '.join(text.split())}"
            state = hmac.new(secret, line.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
        return state
