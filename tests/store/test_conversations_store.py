"""Conversations: whose they are, turns that do not interleave, and how a transcript finds its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from tools.store.conversations import Conversation, Conversations
from tools.store.database import reading
from tools.store.errors import ConversationConflict
from tools.store.schema import feedback

NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


def turn(
    store: Conversations, conversation: Conversation, asked: str, answered: str, at: datetime = NOW
) -> Conversation:
    messages = [{"type": "human", "content": asked}, {"type": "ai", "content": answered}]
    return store.append_turn(
        conversation,
        spoken=[("user", asked), ("assistant", answered)],
        messages_added=messages,
        answer={"answer": answered},
        now=at,
    )


def test_a_conversation_is_read_back_as_it_was_recorded(engine: Engine) -> None:
    store = Conversations(engine)
    first = turn(store, store.begin("ines", NOW), "Bonjour\x00\ud83d", "Bonjour !")
    second = turn(store, first, "Puis-je renouveler ?", "Oui.", NOW + timedelta(minutes=1))
    loaded = store.load(first.id, "ines")
    assert loaded == second
    assert loaded is not None
    assert loaded.version == 2
    assert [message["content"] for message in loaded.messages[2:]] == ["Puis-je renouveler ?", "Oui."]
    assert loaded.answers == ({"answer": "Bonjour !"}, {"answer": "Oui."})
    assert store.of_person("ines") == [first.id]


@pytest.mark.parametrize("id", ["c-unknown", "", "é", "\x00", "c" * 10_000, "c-\n"])
def test_an_unknown_conversation_is_none(engine: Engine, id: str) -> None:
    assert Conversations(engine).load(id, "ines") is None


def test_somebody_elses_conversation_is_like_an_unknown_one(engine: Engine) -> None:
    store = Conversations(engine)
    hers = turn(store, store.begin("ines", NOW), "a", "b")
    anonymous = turn(store, store.begin(None, NOW), "a", "b")
    assert [store.load(hers.id, who) for who in ("paul", None, "")] == [None, None, None]
    assert [store.load(anonymous.id, who) for who in ("paul", "ines")] == [None, None]
    assert store.load(anonymous.id, None) == anonymous


def test_a_conversation_without_a_turn_leaves_no_trace(engine: Engine) -> None:
    store = Conversations(engine)
    begun = store.begin("ines", NOW)
    assert store.load(begun.id, "ines") is None
    assert store.count() == 0


def test_ids_cannot_be_guessed_from_one_another(sqlite_engine: Engine) -> None:
    store = Conversations(sqlite_engine)
    ids = {store.begin(None, NOW).id for _ in range(100)}
    assert len(ids) == 100
    assert all(id.startswith("c-") and len(id) == 24 for id in ids)


def test_of_turns_made_at_once_on_the_same_state_one_is_recorded(engine: Engine) -> None:
    store = Conversations(engine)
    start = turn(store, store.begin("ines", NOW), "a", "b")

    def attempt(index: int) -> Any:
        try:
            return turn(store, start, f"q{index}", f"r{index}")
        except ConversationConflict:
            return None

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(attempt, range(6)))
    (recorded,) = [result for result in results if result is not None]
    assert store.load(start.id, "ines") == recorded
    assert len(recorded.messages) == 4


def test_a_first_turn_recorded_twice_is_a_conflict(engine: Engine) -> None:
    store = Conversations(engine)
    begun = store.begin(None, NOW)
    turn(store, begun, "a", "b")
    with pytest.raises(ConversationConflict):
        turn(store, begun, "a", "b")


def test_a_transcript_finds_the_newest_conversation_of_the_same_speaker(engine: Engine) -> None:
    store = Conversations(engine)
    said = [("user", "Bonjour"), ("assistant", "Bonjour !")]
    older = turn(store, store.begin("ines", NOW), "Bonjour", "Bonjour !")
    newer = turn(store, store.begin("ines", NOW), "Bonjour", "Bonjour !", NOW + timedelta(seconds=1))
    turn(store, store.begin("paul", NOW), "Bonjour", "Bonjour !", NOW + timedelta(seconds=9))
    assert store.find_by_transcript("ines", said) == newer.id
    assert (
        store.find_by_transcript("ines", [("user", " Bonjour\n"), ("assistant", "Bonjour\u00a0!")])
        == newer.id
    )
    assert store.find_by_transcript(None, said) is None
    turn(store, newer, "Et Revit ?", "Aussi.")
    assert store.find_by_transcript("ines", said) == older.id
    assert (
        store.find_by_transcript("ines", [*said, ("user", "Et Revit ?"), ("assistant", "Aussi.")]) == newer.id
    )


@pytest.mark.parametrize(
    "said",
    [
        [],
        [("user", "Bonjour")],
        [("user", "Bonjour"), ("assistant", "Au revoir")],
        [("assistant", "Bonjour"), ("user", "Bonjour !")],
        [("user", "Bonjour Bonjour !")],
        [("user", "Bonjour\nassistant\nBonjour !")],
        [("user", "Bonjour"), ("assistant", "Bonjour !"), ("user", "")],
    ],
)
def test_another_transcript_finds_nothing(engine: Engine, said: list[tuple[str, str]]) -> None:
    store = Conversations(engine)
    turn(store, store.begin(None, NOW), "Bonjour", "Bonjour !")
    assert store.find_by_transcript(None, said) is None


lines = st.lists(st.tuples(st.sampled_from(["user", "assistant"]), st.text(max_size=8)), max_size=5)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=lines, other=lines)
def test_transcripts_hash_alike_exactly_when_they_say_the_same(
    sqlite_engine: Engine, one: list[tuple[str, str]], other: list[tuple[str, str]]
) -> None:
    def plain(said: list[tuple[str, str]]) -> list[tuple[str, str]]:
        return [(role, " ".join(text.split())) for role, text in said]

    store = Conversations(sqlite_engine)
    assert (store.transcript_of(one) == store.transcript_of(other)) == (plain(one) == plain(other))


def test_feedback_is_kept(engine: Engine) -> None:
    store = Conversations(engine)
    conversation = turn(store, store.begin("ines", NOW), "a", "b")
    store.add_feedback(conversation, turn=1, helpful=False, comment="Trop long\x00", now=NOW)
    with reading(engine) as connection:
        row = connection.execute(select(feedback)).one()
    assert (row.person, row.turn, row.helpful, row.comment) == ("ines", 1, False, "Trop long\ufffd")
