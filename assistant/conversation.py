"""One turn: the pending change and the person's word on it, else the agent; checks; recall; record.

What was said lives on the server. Only code reads a yes and commits, and only to the change that the last
message of this conversation stated, before the reply was sent, by the same person.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from assistant.answer import Answer
from assistant.confirmation import Reply, Word, read_reply
from assistant.drafting import Drafted, Drafter, Request
from assistant.masking import without_payment_details
from assistant.speech import pieces
from assistant.turn import ANALYSED, Outcome, Record, Report, compose, stated_in
from assistant.wording import changes
from assistant.wording.texts import text
from tools.caller import Caller
from tools.clock import Clock
from tools.desk import Desk
from tools.desk_views import proposal as proposal_json
from tools.rules.models import UserId
from tools.store.accounts import Accounts
from tools.store.conversations import Conversation, Conversations
from tools.store.errors import ConversationConflict
from tools.store.handoffs import Handoffs
from tools.store.proposals import Committed, Lapsed, Proposals
from tools.store.tokens import Tokens

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from knowledge.library import Library

MOST_CHARACTERS = 100_000
MOST_LINES = 5_000
_ATTEMPTS = 4


class UnknownConversation(LookupError):
    """There is no such conversation, or it is somebody else's: one and the same error."""


class MessageTooLong(ValueError):
    """The message is beyond what is read at all; the message of the error is a French line."""


class Assistant:
    """The assistant over one database: what the page, the terminal and the API call. Safe from several
    threads.

    `drafter` is made at the first turn: building an assistant is cheap. `library` and `accounts` are for
    those who render sources and people.
    """

    def __init__(
        self, *, database: Engine, library: Library, clock: Clock, drafter: Callable[[Desk], Drafter]
    ) -> None:
        self.database = database
        self.library = library
        self.clock = clock
        self.accounts = Accounts(database)
        self.listeners: list[Callable[[Report], None]] = []
        self._make_drafter = drafter
        self._desk = Desk(database, library, clock)
        self._conversations = Conversations(database)
        self._proposals = Proposals(database)
        self._handoffs = Handoffs(database)
        self._locks: WeakValueDictionary[str, _Lock] = WeakValueDictionary()
        self._locks_guard = threading.Lock()
        self._drafter_guard = threading.Lock()
        self._warmed = threading.Event()

    @cached_property
    def _drafter(self) -> Drafter:
        return self._make_drafter(self._desk)

    def warm(self) -> threading.Thread:
        """Load models and indexes in the background; join the thread to wait for it."""

        def work() -> None:
            self._ready_drafter().warm()
            self._warmed.set()
            self.library.warm().join()

        thread = threading.Thread(target=work, name="puis-je-warm", daemon=True)
        thread.start()
        return thread

    def answer(
        self,
        typed: str,
        *,
        person: str | None = None,
        conversation: str | None = None,
        received: datetime | None = None,
        origin: str | None = None,
    ) -> Answer:
        """One turn. `conversation` None begins one; `received`: when the message came in, if earlier.

        `origin` tells one visitor from another where transcripts are matched (`conversation_repeated`).
        Raises `UnknownConversation`, `MessageTooLong`.
        """
        typed = _storable(typed)
        _check_size(typed)
        arrived = received or self.clock.now()

        def work(stored: Conversation, outcome: Outcome) -> None:
            self._respond(stored, typed, arrived, outcome)

        return self._turn(typed, person, conversation, work, origin)

    def stream(
        self,
        typed: str,
        *,
        person: str | None = None,
        conversation: str | None = None,
        received: datetime | None = None,
    ) -> Iterator[str | Answer]:
        """The text sentence by sentence, once all of it has passed the checks, and at last the Answer."""
        answer = self.answer(typed, person=person, conversation=conversation, received=received)
        yield from pieces(answer.answer)
        yield answer

    def decide(self, *, person: str | None, conversation: str, proposal: str, accept: bool) -> Answer:
        """The person's click on Confirm or Cancel under a stated change. Raises `UnknownConversation`."""

        def work(stored: Conversation, outcome: Outcome) -> None:
            stated = stated_in(stored)
            known = stated if stated and stated["id"] == proposal else None
            if known is None:
                outcome.parts.append(text("lapsed.unknown"))
            elif accept:
                self._commit(stored, known, outcome)
            else:
                self._drop(stored, known, outcome)
            if known is not None and (rest := _waiting(stored)):
                self._draft(stored, rest, outcome)

        return self._turn(text("click.accept" if accept else "click.refuse"), person, conversation, work)

    def pending(self, *, person: str | None, conversation: str) -> dict[str, Any] | None:
        """The change that waits for the person's word, as a PROPOSAL object. Raises `UnknownConversation`."""
        self._load(person, conversation)
        return self._pending(_caller(person, conversation))

    def overview(self, person: str | None) -> dict[str, Any]:
        """The person's subscriptions, as `list_subscriptions` gives them."""
        return self._desk.list_subscriptions(_caller(person, ""))

    def transcript(self, *, person: str | None, conversation: str) -> list[dict[str, Any]]:
        """The turns so far, oldest first: `{"role": "user", "text"}`, `{"role": "assistant", "text",
        "answer"}`.

        Raises `UnknownConversation`.
        """
        said: list[dict[str, Any]] = []
        for turn in self._load(person, conversation).answers:
            said.append({"role": "user", "text": turn["typed"]})
            said.append({"role": "assistant", "text": turn["answer"]["answer"], "answer": turn["answer"]})
        return said

    def conversation_repeated(
        self, person: str | None, said: Sequence[tuple[str, str]], *, origin: str | None = None
    ) -> str | None:
        """The newest conversation of this speaker in which exactly this was said (role, text), or None.

        A visitor has no name to be known by: theirs is one that began from the same `origin`.
        """
        found = self._conversations.find_by_transcript(
            person, [(role, _storable(line)) for role, line in said]
        )
        if found is None or person is not None:
            return found
        stored = self._conversations.load(found, person)
        return found if stored and stored.answers[-1].get("origin") == origin else None

    def ready(self) -> bool:
        """Whether a turn can be answered now: the database answers and the engine is loaded."""
        from sqlalchemy import text as sql
        from sqlalchemy.exc import SQLAlchemyError

        try:
            with self.database.connect() as connection:
                connection.execute(sql("SELECT 1"))
        except SQLAlchemyError:
            return False
        return self._warmed.is_set()

    def person_of_token(self, token: str) -> str | None:
        """The user id a bearer token stands for; None: not valid."""
        return Tokens(self.database).person(token)

    def person_name(self, person: str) -> str | None:
        """The name of a user, or None."""
        user = self.accounts.user(person)
        return user.name if user else None

    def _turn(
        self,
        typed: str,
        person: str | None,
        conversation: str | None,
        work: Callable[[Conversation, Outcome], None],
        origin: str | None = None,
    ) -> Answer:
        started = time.perf_counter()
        with self._one_at_a_time(conversation):
            stored = self._load(person, conversation)
            outcome = Outcome(parts=[])
            for attempt in range(_ATTEMPTS):
                # What was committed stays committed: after a conflict only the record is made again.
                if attempt == 0 or not outcome.committed:
                    outcome = Outcome(parts=[])
                    work(stored, outcome)
                record = self._finish(stored, typed, outcome, started)
                record.stored["answer"]["origin"] = origin
                try:
                    self._conversations.append_turn(stored, now=self.clock.now(), **record.stored)
                except ConversationConflict:
                    if attempt == _ATTEMPTS - 1:
                        raise
                    stored = self._load(person, stored.id)
                    continue
                break
        for listener in self.listeners:
            listener(record.report)
        return record.answer

    def _load(self, person: str | None, conversation: str | None) -> Conversation:
        if conversation is None:
            return self._conversations.begin(person, self.clock.now())
        found = self._conversations.load(conversation, person)
        if found is None:
            raise UnknownConversation
        return found

    def _respond(self, stored: Conversation, typed: str, received: datetime, outcome: Outcome) -> None:
        if not typed.strip():
            outcome.parts.append(text("nothing_typed"))
            return
        if len(typed) > ANALYSED:
            outcome.parts.append(text("too_long", length=len(typed), limit=ANALYSED))
            return
        stated = stated_in(stored)
        reply = self._word_on(stored, stated, typed, received)
        rest = typed
        if stated and reply.word is not Word.OTHER:
            if reply.word is Word.YES:
                self._commit(stored, stated, outcome)
            else:
                self._drop(stored, stated, outcome)
            rest = reply.rest or _waiting(stored)
        if rest.strip():
            self._draft(stored, rest, outcome)

    def _word_on(
        self, stored: Conversation, stated: Mapping[str, Any] | None, typed: str, received: datetime
    ) -> Reply:
        """The person's word on the change that the last message stated, if they had it before them."""
        other = Reply(word=Word.OTHER)
        if stated is None or received < datetime.fromisoformat(stored.answers[-1]["at"]):
            return other
        reply = read_reply(
            typed,
            action=changes.reply_subject(stated),
            names=[item["product"] for item in stated["items"]],
            count=len(stated["items"]),
        )
        ambiguous = reply.word is Word.YES and stored.answers[-1]["asked_beside"] and not reply.explicit
        return other if ambiguous else reply

    def _commit(self, stored: Conversation, stated: Mapping[str, Any], outcome: Outcome) -> None:
        caller = _caller(stored.person, stored.id)
        done = self._proposals.commit(stated["id"], caller, self.clock.now(), self._desk.allows)
        if isinstance(done, Committed):
            outcome.committed = True
            at = self.clock.today().isoformat() if self.clock.frozen else done.receipt["at"]
            outcome.parts.append(changes.receipt(stated, at=at, reference=done.receipt["reference"]))
        else:
            outcome.parts.append(_why_lapsed(done))

    def _drop(self, stored: Conversation, stated: Mapping[str, Any], outcome: Outcome) -> None:
        self._proposals.drop(stated["id"], _caller(stored.person, stored.id), self.clock.now())
        outcome.parts.append(text("dropped"))

    def _draft(self, stored: Conversation, typed: str, outcome: Outcome) -> None:
        caller = _caller(stored.person, stored.id)
        before = self._proposals.pending(caller, self.clock.now()) if stored.version else None
        outcome.drafted = self._ready_drafter().draft(
            Request(
                text=without_payment_details(typed),
                history=stored.messages,
                caller=caller,
                done=frozenset({"change"} if outcome.committed else ()),
                today=self.clock.today(),
                signed_out=stored.person is None,
            )
        )
        if outcome.drafted.fallback:
            self._drop_orphan(caller, before.id if before else None, outcome.drafted)

    def _drop_orphan(self, caller: Caller, before: str | None, drafted: Drafted) -> None:
        """A proposal made on the way by a model whose answer was not used is nobody's: it goes."""
        pending = self._proposals.pending(caller, self.clock.now())
        if pending is None or pending.id == before:
            return
        kept = {(result.payload.get("proposal") or {}).get("id") for result in drafted.results}
        if pending.id not in kept:
            self._proposals.drop(pending.id, caller, self.clock.now())

    def _pending(self, caller: Caller) -> dict[str, Any] | None:
        found = self._proposals.pending(caller, self.clock.now())
        if found is None:
            return None
        pending = proposal_json(found)
        records = {record.subscription.id: record for record in self.accounts.records(found.subscriptions)}
        for item in pending["items"]:
            record = records[item["subscription"]]
            item["expires_on"] = record.subscription.expires_on.isoformat()
        return pending

    def _ready_drafter(self) -> Drafter:
        with self._drafter_guard:
            return self._drafter

    def _finish(self, stored: Conversation, typed: str, outcome: Outcome, started: float) -> Record:
        caller = _caller(stored.person, stored.id)
        handoff = self._handoffs.current(caller)
        return compose(
            stored,
            typed,
            outcome,
            pending=self._pending(caller),
            handoff=handoff.to_json() if handoff else None,
            now=self.clock.now(),
            started=started,
        )

    @contextmanager
    def _one_at_a_time(self, conversation: str | None) -> Iterator[None]:
        """The turns of one conversation follow each other; those of others do not wait."""
        if conversation is None:
            yield
            return
        with self._locks_guard:
            lock = self._locks.setdefault(conversation, _Lock())
        with lock.lock:
            yield


class _Lock:
    """A lock that a weak dictionary can hold."""

    __slots__ = ("__weakref__", "lock")

    def __init__(self) -> None:
        self.lock = threading.Lock()


def _waiting(stored: Conversation) -> str:
    """What the person said of changes that wait for the one just settled (one at a time), in their words."""
    said = [message for message in stored.messages if message["role"] == "assistant"]
    notes = said[-1].get("notes") if said else None
    return ". ".join((notes or {}).get("next") or ())


def _caller(person: str | None, conversation: str) -> Caller:
    return Caller(person=None if person is None else UserId(person), conversation=conversation)


_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def _storable(typed: str) -> str:
    """What no database can keep (NUL, lone surrogates) becomes U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", typed)


def _check_size(typed: str) -> None:
    if len(typed) > MOST_CHARACTERS or typed.count("\n") >= MOST_LINES:
        raise MessageTooLong(text("too_large", limit=MOST_CHARACTERS, lines=MOST_LINES))


def _why_lapsed(lapsed: Lapsed) -> str:
    return text(f"lapsed.{lapsed.reason}")
