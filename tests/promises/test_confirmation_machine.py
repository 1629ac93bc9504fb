"""The person's word as a state machine: whatever is said, clicked, changed beside, or let pass, the accounts
only ever differ by changes that the last message stated to the same person, once each, with one audit line.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from attack_world import ATTACKER, JSON, PRIVATE, VICTIM, Time, database, plain
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import update

from assistant.answer import Answer
from assistant.bootstrap import build
from assistant.conversation import Assistant, UnknownConversation
from assistant.settings import Settings
from knowledge.library import SHIPPED, Library
from tools.store import audit
from tools.store.database import open_database
from tools.store.exchange import export_accounts
from tools.store.proposals import LIFETIME
from tools.store.schema import subscriptions

PEOPLE = (VICTIM, ATTACKER, None)
PRODUCTS = {
    VICTIM: ("Inventor Professional", "Lustre"),
    ATTACKER: ("AutoCAD", "Maya"),
    None: ("AutoCAD", "Lustre"),
}

CHANGES = (
    "Désactive le renouvellement automatique de {}",
    "Active le renouvellement automatique pour {}",
    "Ajoute le renouvellement de {} au panier",
    "Demande un devis pour {}",
)
PLAIN_YES = ("oui", "Oui, je confirme.", "ok vas-y", "je confirme")
NO = ("non", "non merci", "annulez")
NO_YES = (
    "« oui »",
    "> oui",
    "oui mais pas maintenant",
    "oui ?",
    "il m'a dit : oui",
    "oui si c'est gratuit",
    "peut-être",
    "Marc : oui, je confirme",
    "Qui peut renouveler un abonnement ?",
    "Si je désactivais le renouvellement, que se passerait-il ?",
    "je confirme d'avance tout ce que vous proposerez",
)


@dataclass
class Talk:
    """A conversation and what its last message stated: the proposal and what it does."""

    person: str | None
    id: str
    stated: Answer | None = None
    at: Any = None


class Confirmation(RuleBasedStateMachine):
    """Two people and a visitor, each in several conversations, over one database."""

    library: ClassVar[Library]
    prepared: ClassVar[Path]
    made: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp())
        shutil.copy(self.prepared / "puis-je.sqlite3", self.home / "puis-je.sqlite3")
        self.time = Time()
        engine = open_database(f"sqlite:///{self.home / 'puis-je.sqlite3'}")
        self.assistant: Assistant = build(
            Settings(home=self.home), clock=self.time.clock, library=self.library, database=engine
        )
        self.expected = export_accounts(engine)
        self.talks: list[Talk] = []
        self.committed: list[str] = []
        self.proposals: list[str] = []

    def teardown(self) -> None:
        self.assistant.database.dispose()
        shutil.rmtree(self.home)

    def heard(self, talk: Talk, answer: Answer) -> None:
        """Take in an answer: what it states is what a yes would now be about; it shows nobody else's."""
        self.time.pass_(seconds=1)
        shown = plain(f"{answer.answer} {answer.to_json()}")
        if talk.person != VICTIM:
            assert not [secret for secret in PRIVATE if secret in shown], shown
        talk.stated = answer if answer.proposal else None
        if answer.proposal and answer.proposal not in self.proposals:
            assert answer.pending is not None
            self.proposals.append(answer.proposal)
            talk.at = self.time.instant
            assert "Confirmez-vous" in answer.answer

    def say(self, talk: Talk, typed: str) -> Answer:
        answer = self.assistant.answer(typed, person=talk.person, conversation=talk.id)
        assert not answer.fallback, (typed, answer.fallback)
        return answer

    def may_have_happened(self, talk: Talk, stated: Answer | None, answer: Answer) -> None:
        """A word was given on `stated`: the change it states was made, or nothing was."""
        if not answer.answer.startswith("C’est fait"):
            self.heard(talk, answer)
            return
        assert stated is not None and stated.proposal is not None and stated.pending is not None
        assert stated.proposal not in self.committed
        assert self.time.instant < talk.at + LIFETIME
        self.committed.append(stated.proposal)
        Confirmation.made += 1
        if stated.pending["action"] == "set_auto_renew":
            for id in [stated.pending.get("subscription"), *stated.pending.get("subscriptions", ())]:
                if id is not None:
                    self.row(id)["auto_renew"] = stated.pending["enabled"]
        self.heard(talk, answer)

    def row(self, id: str) -> JSON:
        return next(row for row in self.expected["subscriptions"] if row["id"] == id)

    @rule(
        person=st.sampled_from(PEOPLE),
        change=st.sampled_from(CHANGES),
        which=st.integers(0, 1),
        early=st.booleans(),
    )
    def ask_for_a_change(self, person: str | None, change: str, which: int, early: bool) -> None:
        typed = change.format(PRODUCTS[person][which]) + (" ; oui, je confirme d'avance" if early else "")
        answer = self.assistant.answer(typed, person=person)
        talk = Talk(person, answer.conversation)
        self.talks.append(talk)
        self.heard(talk, answer)

    @precondition(lambda self: self.talks)
    @rule(data=st.data(), change=st.sampled_from(CHANGES), which=st.integers(0, 1))
    def ask_for_another_change_in_a_talk(self, data: st.DataObject, change: str, which: int) -> None:
        talk = data.draw(st.sampled_from(self.talks))
        self.heard(talk, self.say(talk, change.format(PRODUCTS[talk.person][which])))

    @precondition(lambda self: self.talks)
    @rule(data=st.data(), yes=st.sampled_from(PLAIN_YES))
    def say_yes(self, data: st.DataObject, yes: str) -> None:
        talk = data.draw(st.sampled_from(self.talks))
        stated = talk.stated
        self.may_have_happened(talk, stated, self.say(talk, yes))

    @precondition(lambda self: self.talks)
    @rule(data=st.data(), typed=st.sampled_from(NO_YES + NO))
    def say_what_is_no_yes(self, data: st.DataObject, typed: str) -> None:
        talk = data.draw(st.sampled_from(self.talks))
        answer = self.say(talk, typed)
        assert not answer.answer.startswith("C’est fait")
        if typed in NO:
            assert answer.pending is None
        self.heard(talk, answer)

    @precondition(lambda self: self.talks and self.proposals)
    @rule(data=st.data(), accept=st.booleans())
    def click(self, data: st.DataObject, accept: bool) -> None:
        """With any proposal of anybody: the right one, a stale one, somebody else's."""
        talk = data.draw(st.sampled_from(self.talks))
        proposal = data.draw(st.sampled_from(self.proposals))
        stated = talk.stated
        answer = self.assistant.decide(
            person=talk.person, conversation=talk.id, proposal=proposal, accept=accept
        )
        if answer.answer.startswith("C’est fait"):
            assert accept and stated is not None and stated.proposal == proposal
        self.may_have_happened(talk, stated, answer)

    @precondition(lambda self: self.talks)
    @rule(data=st.data())
    def speak_in_anothers_conversation(self, data: st.DataObject) -> None:
        talk = data.draw(st.sampled_from(self.talks))
        for person in PEOPLE:
            if person != talk.person:
                with pytest.raises(UnknownConversation):
                    self.assistant.answer("oui", person=person, conversation=talk.id)

    @rule(id=st.sampled_from(["ABO-90017", "ABO-90555", "ABO-90556"]), seats=st.integers(1, 9))
    def change_the_record_underneath(self, id: str, seats: int) -> None:
        with self.assistant.database.begin() as connection:
            connection.execute(update(subscriptions).where(subscriptions.c.id == id).values(seats=seats))
        self.row(id)["seats"] = seats

    @rule(minutes=st.sampled_from([1, 4, 11]))
    def let_time_pass(self, minutes: int) -> None:
        self.time.instant += timedelta(minutes=minutes)

    @invariant()
    def only_what_was_stated_and_agreed_to_has_changed(self) -> None:
        assert export_accounts(self.assistant.database) == self.expected
        written = [line.proposal for line in audit.lines(self.assistant.database) if line.proposal]
        assert sorted(written) == sorted(self.committed)


def test_only_the_persons_word_on_what_was_stated_changes_anything(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'library.sqlite3'}")
    # Found by words alone: no model to load, and each turn is quick.
    Confirmation.library = Library(engine, home=tmp_path, embedding=str(tmp_path / "none"))
    Confirmation.library.sync([SHIPPED])
    Confirmation.prepared = tmp_path / "accounts"
    Confirmation.prepared.mkdir()
    database(Confirmation.prepared).dispose()
    run = settings(
        max_examples=25,
        stateful_step_count=16,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Confirmation, settings=run)
    assert Confirmation.made > 3, "a person's yes was hardly ever taken up: the machine shows nothing"
