"""One turn after another: the person's word, what is pending, whose conversation it is, what is kept."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from assistant_world import TODAY
from sqlalchemy import func, select, text, update

from assistant.answer import Answer
from assistant.conversation import Assistant, MessageTooLong, UnknownConversation
from tools.clock import Clock
from tools.store.schema import audit, messages, subscriptions, turns

Make = Callable[..., Assistant]

STATED = "Désactive le renouvellement automatique d'AutoCAD"


@pytest.fixture
def assistant(make_assistant: Make) -> Assistant:
    return make_assistant()


class Talk:
    """One person's conversation."""

    def __init__(self, assistant: Assistant, person: str | None = "nadia") -> None:
        self.assistant = assistant
        self.person = person
        self.conversation: str | None = None

    def say(self, typed: str, **more: Any) -> Answer:
        answer = self.assistant.answer(typed, person=self.person, conversation=self.conversation, **more)
        self.conversation = answer.conversation
        return answer


def auto_renews(assistant: Assistant, subscription: str = "vl-autocad") -> bool:
    record = assistant.accounts.record(subscription)
    assert record is not None
    return record.subscription.auto_renew


def changes_audited(assistant: Assistant) -> int:
    with assistant.database.connect() as connection:
        counted = select(func.count()).select_from(audit).where(audit.c.action == "set_auto_renew")
        return connection.execute(counted).scalar_one()


def test_a_change_is_stated_then_made_on_a_yes(assistant: Assistant) -> None:
    talk = Talk(assistant)
    stated = talk.say(STATED)
    assert stated.pending == {"action": "set_auto_renew", "subscription": "vl-autocad", "enabled": False}
    assert stated.answer.count("Confirmez-vous") == 1
    assert "AutoCAD (expiration le 2\u00a0avril\u00a02026)" in stated.answer
    assert "activé → désactivé" in stated.answer
    assert auto_renews(assistant)
    done = talk.say("oui")
    assert not auto_renews(assistant)
    assert (done.pending, done.fallback) == (None, None)
    assert done.answer.startswith("C’est fait, le 10\u00a0mars\u00a02026")
    assert "activé → désactivé" in done.answer and "revenir en arrière" in done.answer


def test_a_yes_and_a_question_do_both(assistant: Assistant) -> None:
    talk = Talk(assistant)
    talk.say(STATED)
    done = talk.say("oui, et combien coûte le renouvellement ?")
    assert not auto_renews(assistant)
    assert done.answer.startswith("C’est fait")
    assert "7\u202f126,90\u00a0€" in done.answer or "7\u00a0126,90\u00a0€" in done.answer


@pytest.mark.parametrize(
    "reply",
    [
        "oui mais pas tout de suite",
        "« oui »",
        "oui si c'est gratuit",
        "mon chef a dit oui",
        "oui ?",
        "oui pour Maya",
    ],
)
def test_what_is_no_plain_yes_changes_nothing_and_the_change_is_recalled(
    assistant: Assistant, reply: str
) -> None:
    talk = Talk(assistant)
    stated = talk.say(STATED)
    answer = talk.say(reply)
    assert auto_renews(assistant)
    assert answer.proposal == stated.proposal or answer.pending is None or answer.proposal != stated.proposal
    assert not answer.answer.startswith("C’est fait")


def test_a_digression_keeps_the_change_and_the_reply_recalls_it(assistant: Assistant) -> None:
    talk = Talk(assistant)
    stated = talk.say(STATED)
    answer = talk.say("Qui peut renouveler un abonnement ?")
    assert answer.proposal == stated.proposal
    assert "attend toujours votre accord" in answer.answer and "activé → désactivé" in answer.answer
    talk.say("je confirme")
    assert not auto_renews(assistant)


def test_a_no_drops_it(assistant: Assistant) -> None:
    talk = Talk(assistant)
    talk.say(STATED)
    answer = talk.say("non merci")
    assert (answer.pending, auto_renews(assistant)) == (None, True)
    assert "rien n’a été modifié" in answer.answer
    talk.say("oui")
    assert auto_renews(assistant)


def test_a_yes_in_advance_does_not_count(assistant: Assistant) -> None:
    talk = Talk(assistant)
    talk.say("oui je confirme")
    talk.say(f"{STATED}, oui, je confirme d'avance")
    assert auto_renews(assistant)


def test_a_yes_sent_before_the_statement_does_not_count(assistant: Assistant) -> None:
    talk = Talk(assistant)
    talk.say("bonjour")
    before = assistant.clock.now()
    stated = talk.say(STATED)
    answer = talk.say("oui", received=before)
    assert auto_renews(assistant)
    assert answer.proposal == stated.proposal


def test_a_new_change_replaces_the_one_before(assistant: Assistant) -> None:
    talk = Talk(assistant)
    first = talk.say(STATED)
    second = talk.say("Finalement, ajoute le renouvellement d'AutoCAD au panier")
    assert second.pending == {"action": "add_to_cart", "subscriptions": ["vl-autocad"]}
    assert second.proposal != first.proposal
    talk.say("oui")
    assert auto_renews(assistant)


def test_a_change_lapses_with_its_record(assistant: Assistant) -> None:
    talk = Talk(assistant)
    talk.say(STATED)
    with assistant.database.begin() as connection:
        connection.execute(update(subscriptions).where(subscriptions.c.id == "vl-autocad").values(seats=9))
    answer = talk.say("oui")
    assert auto_renews(assistant)
    assert "a changé" in answer.answer and "rien n’a été modifié" in answer.answer


def test_a_change_lapses_after_ten_minutes(make_assistant: Make) -> None:
    now = [datetime(2026, 3, 10, 9, 0, tzinfo=UTC)]
    assistant = make_assistant(clock=Clock(frozen=TODAY, instant=lambda: now[0]))
    talk = Talk(assistant)
    talk.say(STATED)
    now[0] += timedelta(minutes=11)
    answer = talk.say("oui")
    assert auto_renews(assistant)
    assert "délai de confirmation est passé" in answer.answer


def test_however_many_say_yes_at_once_one_change_is_made(assistant: Assistant) -> None:
    talk = Talk(assistant)
    stated = talk.say(STATED)
    start = threading.Barrier(8)

    def yes(at: int) -> Answer:
        start.wait()
        if at % 2:
            return assistant.decide(
                person="nadia", conversation=stated.conversation, proposal=stated.proposal or "", accept=True
            )
        return assistant.answer("oui", person="nadia", conversation=stated.conversation)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(yes, range(8)))
    assert sum(answer.answer.startswith("C’est fait") for answer in answers) == 1
    assert changes_audited(assistant) == 1
    assert not auto_renews(assistant)


def test_nobody_elses_yes_counts(assistant: Assistant) -> None:
    stated = Talk(assistant).say(STATED)
    for person in ("paul", "zoe", "ines", None):
        with pytest.raises(UnknownConversation):
            assistant.answer("oui", person=person, conversation=stated.conversation)
        with pytest.raises(UnknownConversation):
            assistant.decide(
                person=person, conversation=stated.conversation, proposal=stated.proposal or "", accept=True
            )
        with pytest.raises(UnknownConversation):
            assistant.pending(person=person, conversation=stated.conversation)
        with pytest.raises(UnknownConversation):
            assistant.transcript(person=person, conversation=stated.conversation)
    assert auto_renews(assistant)


def test_a_click_confirms_or_cancels(assistant: Assistant) -> None:
    for accept, renews in ((False, True), (True, False)):
        stated = Talk(assistant).say(STATED)
        answer = assistant.decide(
            person="nadia", conversation=stated.conversation, proposal=stated.proposal or "", accept=accept
        )
        assert auto_renews(assistant) is renews
        assert answer.pending is None
    again = assistant.decide(
        person="nadia", conversation=stated.conversation, proposal=stated.proposal or "", accept=True
    )
    assert "rien n’a été modifié" in again.answer
    assert changes_audited(assistant) == 1


def test_a_click_on_another_change_does_nothing(assistant: Assistant) -> None:
    mine = Talk(assistant).say(STATED)
    other = Talk(assistant).say(STATED)
    assistant.decide(
        person="nadia", conversation=mine.conversation, proposal=other.proposal or "", accept=True
    )
    assert auto_renews(assistant)


def test_the_support_team_changes_nothing(assistant: Assistant) -> None:
    answer = Talk(assistant, "ines").say(f"{STATED} de nadia.kerr@verrerie.example")
    assert (answer.pending, auto_renews(assistant)) == (None, True)


@pytest.mark.parametrize(
    "typed", ["", "   ", "\n", "\x00", "\ud800", "?!", "🙃" * 50, "a" * 8001, "<b>x</b>" * 20]
)
def test_whatever_is_typed_gets_a_polite_reply(assistant: Assistant, typed: str) -> None:
    answer = assistant.answer(typed, person="nadia")
    assert len(answer.answer) > 20
    assert answer.fallback is None


@pytest.mark.parametrize("typed", ["a" * 1_000_000, "a\n" * 10_000])
def test_what_is_beyond_reading_is_refused_in_one_line(assistant: Assistant, typed: str) -> None:
    with pytest.raises(MessageTooLong, match="trop volumineux"):
        assistant.answer(typed)


def test_order_passwords_are_kept_nowhere(assistant: Assistant) -> None:
    talk = Talk(assistant, None)
    talk.say("Ma commande est VL-2025-0402")
    opened = talk.say("lac-bleu-0402")
    talk.say("Commande VL-2025-0402, mot de passe : lac-bleu-0402")
    talk.say("Je veux parler à un humain, mon adresse est moi@exemple.fr, mon mot de passe est lac-bleu-0402")
    assert any(use.name == "look_up_order" and use.ok for use in opened.tools)
    assert opened.handoff is None
    with assistant.database.connect() as connection:
        kept = [str(row) for table in (messages, turns) for row in connection.execute(select(table))]
        kept += [str(row) for row in connection.execute(text("SELECT * FROM handoffs"))]
        kept += [str(row) for row in connection.execute(text("SELECT * FROM outbox"))]
        kept += [str(row) for row in connection.execute(text("SELECT * FROM audit"))]
    assert not [row for row in kept if "lac-bleu-0402" in row]


def test_a_handoff_is_shown_while_it_is_open(assistant: Assistant) -> None:
    talk = Talk(assistant)
    first = talk.say("Je veux parler à un conseiller")
    assert first.handoff is not None and first.handoff["id"].startswith("H-")
    assert talk.say("bonjour").handoff == first.handoff


def test_the_transcript_is_what_was_said(assistant: Assistant) -> None:
    talk = Talk(assistant)
    answers = [talk.say("bonjour"), talk.say("Puis-je renouveler AutoCAD ?")]
    said = assistant.transcript(person="nadia", conversation=answers[0].conversation)
    assert [line["role"] for line in said] == ["user", "assistant"] * 2
    assert [line["text"] for line in said[1::2]] == [answer.answer for answer in answers]
    assert said[-1]["answer"] == answers[-1].to_json()


def test_every_citation_is_byte_for_byte_in_its_article(assistant: Assistant) -> None:
    asked = ["Puis-je renouveler ?", "Qui peut renouveler ?", "Mon abonnement a expiré", "Combien ça coûte ?"]
    found = [citation for typed in asked for citation in assistant.answer(typed, person="nadia").citations]
    assert len(found) > 4
    for citation in found:
        article = assistant.library.article(citation.article)
        assert article is not None and citation.quote in article.text


def test_the_stream_is_the_answer_in_sentences(assistant: Assistant) -> None:
    *said, answer = assistant.stream("Puis-je renouveler AutoCAD ?", person="nadia")
    assert isinstance(answer, Answer)
    assert len(said) > 2
    assert "".join(str(piece) for piece in said) == answer.answer


def test_an_answer_is_json(assistant: Assistant) -> None:
    answer = assistant.answer("Puis-je renouveler ?", person="nadia").to_json()
    assert json.loads(json.dumps(answer)) == answer
    assert {
        "conversation",
        "answer",
        "citations",
        "decisions",
        "pending",
        "tools",
        "handoff",
        "model",
        "ms",
    } <= set(answer)
    assert {
        d["subscription"]: (d["decision"], d.get("until"), d.get("from")) for d in answer["decisions"]
    } == {
        "vl-autocad": ("eligible", "2026-04-02", None),
        "vl-maya": ("too_early", None, "2026-09-21"),
    }
