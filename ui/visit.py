"""One request of the page: who speaks, in which conversation, and what the page shows next. No Gradio here.

Nothing the client sends is believed but its signed cookie and its signed ticket: the person, the conversation
and what is pending are read again from the server at every step.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assistant.answer import Answer
from assistant.conversation import Assistant, MessageTooLong, UnknownConversation
from assistant.http.errors import ApiError
from assistant.http.guard import RateLimit
from tools.rules.models import User
from tools.store.demo import demo_introductions
from ui import view
from ui.sessions import Session, Sessions
from ui.texts import text, texts

NO_TICKET = "-"
"""Where there is no conversation to come back to: browsers do not keep an empty value in place of another."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What changes on the page; None leaves a part as it is, "" empties it."""

    header: str | None = None
    welcome: str | None = None
    sign_in: str | None = None
    thread: str | None = None
    turn: str | None = None
    status: str | None = None
    pending: str | None = None
    proposal: str | None = None
    chips: tuple[str, ...] | None = None
    panel: str | None = None
    ticket: str | None = None
    message: str | None = None


class Visit:
    """What one request may see and do.

    `cookies` are the request's, `host` is where it comes from, `ticket` what the browser kept to find its
    conversation again.
    """

    def __init__(
        self,
        assistant: Assistant,
        sessions: Sessions,
        rate: RateLimit,
        *,
        cookies: Mapping[str, str],
        host: str,
        ticket: str | None,
    ) -> None:
        self._assistant, self._sessions, self._rate, self._host = assistant, sessions, rate, host
        self._received = assistant.clock.now()
        self._session = sessions.read(cookies)
        self._user = self._known_user(self._session)
        if self._session and self._session.person and self._user is None:
            self._session = Session(None, self._session.key, chosen=False)
        self._conversation = sessions.conversation(self._session, ticket) if self._session else None

    def _known_user(self, session: Session | None) -> User | None:
        if session is None or session.person is None:
            return None
        return self._assistant.accounts.user(session.person)

    @property
    def _person(self) -> str | None:
        return self._user.id if self._user else None

    def open(self) -> Screen:
        """The whole page, as it opens or is loaded again."""
        try:
            return self._whole(self._transcript())
        except Exception as error:
            return replace(_trouble(error), welcome="")

    def renew(self) -> Screen:
        """The page with a new conversation; the old one stays on the server."""
        self._conversation = None
        return self._whole([])

    def say(self, message: str) -> Iterator[Screen]:
        """Answer a message: the page after each checked part, then with the answer whole."""
        if self._session is None:
            yield _remark(text("notice.expired"))
            return
        if not message.strip():
            yield _remark(text("notice.empty"))
            return
        header = view.header(self._shown_person(), stranger=False)
        turn = view.speaking(message, "")
        yield Screen(header=header, turn=turn, welcome="", sign_in="", message="", chips=())
        try:
            self._rate.take(f"person {self._person}" if self._person else f"visitor {self._host}")
            yield from self._stream(message)
        except (MessageTooLong, ApiError) as error:
            yield replace(_remark(str(error)), message=message)
        except UnknownConversation:
            self._conversation = None
            yield from self._stream(message)
        except Exception as error:
            yield replace(_trouble(error), message=message)

    def _stream(self, message: str) -> Iterator[Screen]:
        said: list[str] = []
        parts = self._assistant.stream(
            message, person=self._person, conversation=self._conversation, received=self._received
        )
        for part in parts:
            if isinstance(part, Answer):
                yield self._answered(part)
            else:
                said.append(part)
                yield Screen(turn=view.speaking(message, "".join(said)))

    def decide(self, proposal: str, *, accept: bool) -> Screen:
        """The person's click on Confirm or Cancel under the change that `proposal` names."""
        if self._session is None or self._conversation is None:
            return _remark(text("notice.expired"))
        try:
            answer = self._assistant.decide(
                person=self._person, conversation=self._conversation, proposal=proposal, accept=accept
            )
        except UnknownConversation:
            return replace(_remark(text("notice.nothing_pending")), pending="", proposal="")
        except Exception as error:
            return _trouble(error)
        return self._answered(answer)

    def _answered(self, answer: Answer) -> Screen:
        assert self._session is not None
        self._conversation = answer.conversation
        plain = answer.to_json()
        waiting = self._pending()
        return Screen(
            thread=view.exchange(self._transcript()),
            turn="",
            status=view.status(plain),
            chips=() if waiting["pending"] else answer.suggestions,
            panel=self._panel(),
            ticket=self._sessions.ticket(self._session, answer.conversation),
            **waiting,
        )

    def _whole(self, turns: Sequence[Mapping[str, Any]]) -> Screen:
        person = self._shown_person()
        stranger = self._session is None or not (self._session.person or self._session.chosen)
        answers = [turn["answer"] for turn in turns if turn.get("answer")]
        waiting = self._pending()
        starters: list[str] = texts()["chips"]["signed_in" if person else "visitor"]
        chips = answers[-1].get("suggestions", ()) if answers else starters
        return Screen(
            header=view.header(person, stranger=stranger and not turns),
            welcome="" if turns else view.welcome(person, stranger=stranger),
            sign_in=view.sign_in(self._identities()) if stranger and not turns else "",
            thread=view.exchange(turns) if turns else "",
            turn="",
            status=view.announce(""),
            chips=() if waiting["pending"] else tuple(chips),
            panel=self._panel(),
            ticket=self._sessions.ticket(self._session, self._conversation)
            if self._session and self._conversation
            else NO_TICKET,
            message="",
            **waiting,
        )

    def _transcript(self) -> list[dict[str, Any]]:
        if self._conversation is None:
            return []
        try:
            return self._assistant.transcript(person=self._person, conversation=self._conversation)
        except UnknownConversation:
            self._conversation = None
            return []

    def _pending(self) -> dict[str, str]:
        if self._conversation is None:
            return {"pending": "", "proposal": ""}
        try:
            proposal = self._assistant.pending(person=self._person, conversation=self._conversation)
        except UnknownConversation:
            proposal = None
        if proposal is None:
            return {"pending": "", "proposal": ""}
        return {"pending": view.pending(proposal), "proposal": proposal["id"]}

    def _shown_person(self) -> dict[str, Any] | None:
        if self._user is None:
            return None
        demo = any(user.id == self._user.id for user in self._assistant.accounts.demo_users())
        return {"name": self._user.name, "demo": demo, "staff": self._user.is_staff}

    def _panel(self) -> str:
        if self._user is None:
            return view.panel(None)
        return view.panel(self._assistant.overview(self._user.id), staff=self._user.is_staff)

    def _identities(self) -> list[dict[str, Any]]:
        accounts, about = self._assistant.accounts, demo_introductions()
        order = [*about, *(user.id for user in accounts.demo_users())]
        names = {organization.id: organization.name for organization in accounts.organizations()}
        return [
            {
                "id": user.id,
                "name": user.name,
                "organization": names.get(user.organization) if user.organization else None,
                "about": about.get(user.id),
            }
            for user in sorted(accounts.demo_users(), key=lambda user: (order.index(user.id), user.id))
        ]


def _remark(words: str) -> Screen:
    return Screen(turn=view.notice(words), status=view.announce(words))


def _trouble(error: Exception) -> Screen:
    """Whatever happened, the person gets a French sentence. The log gets the kind alone: the message of an
    unforeseen error may hold what was typed.
    """
    _log.error("a request of the page failed: %s", type(error).__name__)
    return _remark(text("notice.trouble"))
