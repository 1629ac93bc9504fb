"""Hand-offs, bearer tokens, the outbox and the audit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, select

from tools.caller import Caller
from tools.rules.models import UserId
from tools.store import audit, outbox
from tools.store.accounts import Accounts
from tools.store.database import reading
from tools.store.handoffs import Handoffs
from tools.store.schema import tokens
from tools.store.tokens import Tokens

NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
INES = Caller(person=UserId("ines"), conversation="c-one")
ANONYMOUS = Caller(person=None, conversation="c-two")


def test_a_handoff_is_a_numbered_record_with_transcript_and_context(engine: Engine) -> None:
    store = Handoffs(engine)
    handoff, created = store.open(
        INES,
        reason="Question de facture\x00",
        now=NOW,
        email="other@evil.example",
        transcript=[("user", "Ma facture est fausse"), ("assistant", "Je transmets.")],
        context={"decisions": []},
    )
    assert created
    assert handoff.to_json() == {"id": "H-000001", "status": "open", "reason": "Question de facture\ufffd"}
    assert handoff.email == "ines@scierie.example"
    assert store.get("h-000001") == store.current(INES) == handoff
    (mail,) = outbox.messages(engine)
    assert (mail.recipient, mail.reference) == ("support", "H-000001")
    assert "Client\u00a0: Ma facture est fausse" in mail.body
    assert [(line.action, line.subject) for line in audit.lines(engine)] == [("handoff_opened", "H-000001")]


def test_a_conversation_has_one_open_handoff_however_often_it_is_asked(engine: Engine) -> None:
    store = Handoffs(engine)
    with ThreadPoolExecutor(6) as pool:
        results = list(
            pool.map(lambda _: store.open(ANONYMOUS, reason="aide", now=NOW, email="x@y.example"), range(6))
        )
    assert sum(created for _, created in results) == 1
    assert {handoff.id for handoff, _ in results} == {"H-000001"}
    assert len(outbox.messages(engine)) == 1
    assert results[0][0].email == "x@y.example"


def test_after_closing_a_new_one_may_open(engine: Engine) -> None:
    store = Handoffs(engine)
    first, _ = store.open(INES, reason="a", now=NOW)
    assert store.close(first.id, Caller(person=UserId("aide"), conversation="c-staff"), NOW)
    assert not store.close(first.id, INES, NOW)
    assert store.current(INES) is None
    second, created = store.open(INES, reason="b", now=NOW)
    assert (created, second.id, [handoff.id for handoff in store.all_open()]) == (
        True,
        "H-000002",
        ["H-000002"],
    )


@pytest.mark.parametrize("id", ["H-000009", "H-", "x", "H-²", "H-99999999999999999999", ""])
def test_an_unknown_number_is_none(engine: Engine, id: str) -> None:
    assert Handoffs(engine).get(id) is None
    assert not Handoffs(engine).close(id, INES, NOW)


def test_a_token_says_who_speaks_until_it_is_revoked(engine: Engine) -> None:
    store = Tokens(engine)
    mine, other = store.issue("ines", NOW), store.issue("paul", NOW)
    assert (store.person(mine), store.person(other)) == ("ines", "paul")
    assert store.revoke(mine, NOW)
    assert not store.revoke(mine, NOW)
    assert (store.person(mine), store.person(other)) == (None, "paul")
    assert store.revoke_all("paul", NOW) == 1
    assert store.person(other) is None


@pytest.mark.parametrize("token", ["", "pj_", "\ud800", "x" * 1_000_000])
def test_any_other_token_is_nobodys(engine: Engine, token: str) -> None:
    assert Tokens(engine).person(token) is None


def test_tokens_are_stored_as_digests(engine: Engine) -> None:
    token = Tokens(engine).issue("ines", NOW)
    with reading(engine) as connection:
        (stored,) = connection.execute(select(tokens.c.token)).scalars()
    assert token not in stored
    assert len(stored) == 64


def test_a_subject_is_one_line_whatever_the_names_hold() -> None:
    values = {"number": "H-1", "reason": "r", "name": "A\r\nBcc: b@c", "email": None, "transcript": []}
    subject, _ = outbox.render("handoff", values)
    assert "\n" not in subject
    assert "\r" not in subject


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ines", ["ines"]),
        ("Inès Dubois", ["ines"]),
        ("ines  DUBOIS", ["ines"]),
        ("PAUL@scierie.example", ["paul"]),
        ("Rosa Cote", ["rosa"]),
        ("nobody", []),
        ("", []),
        ("\x00\ud800", []),
    ],
)
def test_a_user_is_found_by_id_email_or_name(engine: Engine, text: str, found: list[str]) -> None:
    assert [user.id for user in Accounts(engine).users_matching(text)] == found


def test_people_are_tied_as_members_buyers_and_primary_admins(engine: Engine) -> None:
    accounts = Accounts(engine)
    tied = {user.id: accounts.tied_organizations(user.id) for user in accounts.users()}
    assert tied == {
        "ines": {"scierie", "phare"},
        "paul": {"scierie"},
        "rosa": {"phare"},
        "leo": {"seule", "phare"},
        "aide": frozenset(),
    }
    seen = [record.subscription.id for record in accounts.records_for("ines")]
    assert seen == ["plan", "quai", "mur", "bois"]
    assert accounts.records(["quai", "nothing", "plan", "quai"]) == [
        accounts.record("quai"),
        accounts.record("plan"),
    ]
    assert [record.subscription.id for record in accounts.records_of_order(" sj-000001")] == ["plan", "mur"]
    assert accounts.record("mur").primary_admin.id == "paul"  # type: ignore[union-attr]
    assert accounts.record("plan").primary_admin.id == "ines"  # type: ignore[union-attr]
