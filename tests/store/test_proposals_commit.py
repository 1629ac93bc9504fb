"""The write path: a change happens once and whole, on its person's word, on the state they saw."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, func, select, update

from tools.caller import Caller
from tools.rules.models import UserId
from tools.store import audit, outbox
from tools.store.accounts import Accounts
from tools.store.database import open_database, reading, writing
from tools.store.effects import cart_of
from tools.store.orders import Orders
from tools.store.proposals import LIFETIME, Committed, Lapsed, Proposal, Proposals
from tools.store.schema import Action, ProposalStatus, quotes, subscriptions, users

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


def caller(person: str | None = "ines", conversation: str = "c-one") -> Caller:
    return Caller(person=None if person is None else UserId(person), conversation=conversation)


def agree(_connection: Connection, _proposal: Proposal) -> bool:
    return True


@dataclass(frozen=True)
class Case:
    """A change, and how to see in the database whether it happened."""

    action: Action
    arguments: dict[str, Any]
    done: Callable[[Engine], Any]
    before: Any
    after: Any
    mails: int


def subscription(engine: Engine, id: str) -> Any:
    record = Accounts(engine).record(id)
    assert record is not None
    return record.subscription


def quote_count(engine: Engine) -> int:
    with reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(quotes)).scalar_one()


CASES = [
    Case(
        Action.SET_AUTO_RENEW,
        {"enabled": True},
        lambda engine: [subscription(engine, id).auto_renew for id in ("plan", "mur", "bois")],
        [False, False, False],
        [True, True, False],
        1,
    ),
    Case(Action.ADD_TO_CART, {}, lambda engine: cart_of(engine, caller()), set(), {"plan", "mur"}, 1),
    Case(Action.REQUEST_QUOTE, {"to": "sales", "seats": 5, "term": "three_year"}, quote_count, 0, 1, 2),
    Case(
        Action.REASSIGN_PRIMARY_ADMIN,
        {"user": "paul"},
        lambda engine: [subscription(engine, id).primary_admin for id in ("plan", "mur")],
        [None, "paul"],
        ["paul", "paul"],
        2,
    ),
]
each_action = pytest.mark.parametrize("case", CASES, ids=lambda case: case.action.value)


def propose(
    engine: Engine, case: Case = CASES[0], who: Caller | None = None, ids: tuple[str, ...] = ("plan", "mur")
) -> Proposal:
    records = Accounts(engine).records(ids)
    items = [
        {
            "subscription": record.subscription.id,
            "product": record.subscription.product,
            "before": {"x": False},
            "after": {"x": True},
        }
        for record in records
    ]
    return Proposals(engine).create(
        who or caller(), action=case.action, arguments=case.arguments, items=items, records=records, now=NOW
    )


def audited(engine: Engine, proposal: Proposal) -> int:
    return sum(line.proposal == proposal.id for line in audit.lines(engine))


@each_action
def test_a_yes_makes_the_change_once_with_its_audit_line_and_messages(engine: Engine, case: Case) -> None:
    proposal = propose(engine, case)
    assert (case.done(engine), audited(engine, proposal)) == (case.before, 0)
    result = Proposals(engine).commit(proposal.id, caller(), NOW, agree)
    assert isinstance(result, Committed)
    assert result.receipt["items"] == list(proposal.items)
    assert result.receipt["reference"] == ("Q-000001" if case.action is Action.REQUEST_QUOTE else None)
    assert (case.done(engine), audited(engine, proposal)) == (case.after, 1)
    assert len(outbox.messages(engine)) == case.mails
    again = Proposals(engine).commit(proposal.id, caller(), NOW, agree)
    assert isinstance(again, Lapsed)
    assert again.reason == "committed"
    assert (case.done(engine), audited(engine, proposal)) == (case.after, 1)
    assert len(outbox.messages(engine)) == case.mails


@each_action
def test_many_yeses_at_once_from_threads_make_the_change_once(engine: Engine, case: Case) -> None:
    proposal = propose(engine, case)
    with ThreadPoolExecutor(8) as pool:
        results = list(
            pool.map(lambda _: Proposals(engine).commit(proposal.id, caller(), NOW, agree), range(8))
        )
    assert sum(isinstance(result, Committed) for result in results) == 1
    assert {result.reason for result in results if isinstance(result, Lapsed)} == {"committed"}
    assert (case.done(engine), audited(engine, proposal)) == (case.after, 1)
    assert len(outbox.messages(engine)) == case.mails


COMMIT = """
import sys
from datetime import datetime
from tools.caller import Caller
from tools.store.database import open_database
from tools.store.proposals import Proposals
url, proposal, now = sys.argv[1:]
engine = open_database(url)
caller = Caller(person="ines", conversation="c-one")
result = Proposals(engine).commit(proposal, caller, datetime.fromisoformat(now), lambda *_: True)
print(type(result).__name__)
"""


def test_many_yeses_at_once_from_processes_make_the_change_once(engine: Engine) -> None:
    proposal = propose(engine, CASES[2])
    url = engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", COMMIT, url, proposal.id, NOW.isoformat()]
    children = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    results = sorted(child.communicate()[0].strip() for child in children)
    assert results == ["Committed", "Lapsed", "Lapsed", "Lapsed"]
    assert (quote_count(engine), audited(engine, proposal)) == (1, 1)


def commit_and_die(url: str, proposal_id: str, at: int) -> None:
    engine = open_database(url)
    executed = 0

    def count(*_: Any) -> None:
        nonlocal executed
        executed += 1
        if executed == at:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "before_cursor_execute", count)
    event.listen(engine, "commit", count)
    Proposals(engine).commit(proposal_id, caller(), NOW, agree)


def killed(work: Callable[[], None]) -> bool:
    """Do the work in a forked process that leaves without any clean-up; whether it was killed meanwhile."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_kill_at_any_statement_leaves_all_or_nothing(engine: Engine) -> None:
    proposal = propose(engine, CASES[2])
    url = engine.url.render_as_string(hide_password=False)
    kills = 0
    while killed(partial(commit_and_die, url, proposal.id, kills + 1)):
        kills += 1
        assert (quote_count(engine), audited(engine, proposal), len(outbox.messages(engine))) == (0, 0, 0)
        assert Proposals(engine).pending(caller(), NOW) == proposal
    assert kills > 8
    assert (quote_count(engine), audited(engine, proposal)) == (1, 1)


@pytest.mark.parametrize(
    "stranger",
    [caller("paul"), caller(None), caller("ines", "c-two"), caller("aide")],
    ids=["another person", "anonymous", "another conversation", "staff"],
)
def test_nobody_else_can_commit_or_drop_or_see_a_proposal(engine: Engine, stranger: Caller) -> None:
    proposal = propose(engine)
    store = Proposals(engine)
    result = store.commit(proposal.id, stranger, NOW, agree)
    assert isinstance(result, Lapsed)
    assert (result.reason, result.proposal) == ("unknown", None)
    assert store.drop(proposal.id, stranger, NOW) is None
    assert store.pending(stranger, NOW) is None
    assert CASES[0].done(engine) == CASES[0].before
    assert store.pending(caller(), NOW) == proposal


def test_an_anonymous_proposal_is_bound_to_its_conversation(engine: Engine) -> None:
    proposal = propose(engine, CASES[1], caller(None, "c-anonymous"))
    store = Proposals(engine)
    assert isinstance(store.commit(proposal.id, caller(None, "c-other"), NOW, agree), Lapsed)
    assert isinstance(store.commit(proposal.id, caller("ines", "c-anonymous"), NOW, agree), Lapsed)
    assert isinstance(store.commit(proposal.id, caller(None, "c-anonymous"), NOW, agree), Committed)
    assert cart_of(engine, caller(None, "c-anonymous")) == {"plan", "mur"}
    assert cart_of(engine, caller(None, "c-other")) == set()


@pytest.mark.parametrize(
    ("after", "alive"),
    [(timedelta(0), True), (LIFETIME - timedelta(seconds=1), True), (LIFETIME, False), (LIFETIME * 9, False)],
)
def test_a_proposal_lapses_after_ten_minutes(engine: Engine, after: timedelta, alive: bool) -> None:
    proposal = propose(engine)
    store = Proposals(engine)
    assert (store.pending(caller(), NOW + after) is not None) == alive
    latest = store.latest(caller(), NOW + after)
    assert latest is not None
    assert latest.status is (ProposalStatus.PENDING if alive else ProposalStatus.LAPSED)
    result = store.commit(proposal.id, caller(), NOW + after, agree)
    assert isinstance(result, Committed) == alive
    if isinstance(result, Lapsed):
        assert result.reason == "expired"
        assert store.drop(proposal.id, caller(), NOW + after) is None
        assert CASES[0].done(engine) == CASES[0].before


@pytest.mark.parametrize(
    ("table", "id", "values"),
    [
        (subscriptions, "mur", {"auto_renew": True}),
        (subscriptions, "plan", {"seats": 4}),
        (subscriptions, "plan", {"expires_on": NOW.date()}),
        (subscriptions, "plan", {"price_amount": "480.51"}),
        (subscriptions, "plan", {"methods": ["online"]}),
        (users, "ines", {"name": "Inès Martin"}),
    ],
)
def test_a_proposal_lapses_when_a_record_it_rests_on_changes(
    engine: Engine, table: Any, id: str, values: dict[str, Any]
) -> None:
    proposal = propose(engine)
    with writing(engine) as connection:
        connection.execute(update(table).where(table.c.id == id).values(values))
    store = Proposals(engine)
    assert store.pending(caller(), NOW) is None
    result = store.commit(proposal.id, caller(), NOW, agree)
    assert isinstance(result, Lapsed)
    assert result.reason == "changed"
    again = store.commit(proposal.id, caller(), NOW, agree)
    assert isinstance(again, Lapsed)
    assert again.reason == "changed"
    assert audited(engine, proposal) == 0


def test_a_change_of_another_subscription_does_not_matter(engine: Engine) -> None:
    proposal = propose(engine)
    with writing(engine) as connection:
        connection.execute(update(subscriptions).where(subscriptions.c.id == "bois").values(seats=9))
    assert isinstance(Proposals(engine).commit(proposal.id, caller(), NOW, agree), Committed)


def test_two_proposals_on_one_record_do_not_both_go_through(engine: Engine) -> None:
    store = Proposals(engine)
    mine = propose(engine)
    other = propose(engine, CASES[3], caller("ines", "c-two"))
    tries = [(mine.id, caller()), (other.id, caller("ines", "c-two"))] * 4
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda job: store.commit(*job, NOW, agree), tries))
    assert sum(isinstance(result, Committed) for result in results) == 1
    assert any(isinstance(result, Lapsed) and result.reason == "changed" for result in results)


def test_the_rules_are_asked_again_inside_the_transaction(engine: Engine) -> None:
    def refuse(connection: Connection, found: Proposal) -> bool:
        order = next(iter(Orders(connection).opened_orders(found.conversation, NOW)), None)
        return order is not None and Accounts(connection).order(order) is not None

    proposal = propose(engine)
    result = Proposals(engine).commit(proposal.id, caller(), NOW, refuse)
    assert isinstance(result, Lapsed)
    assert result.reason == "refused"
    assert CASES[0].done(engine) == CASES[0].before


def test_an_error_in_the_middle_leaves_the_proposal_pending(engine: Engine) -> None:
    def fail(_connection: Connection, _proposal: Proposal) -> bool:
        raise RuntimeError("rules broke")

    proposal = propose(engine)
    with pytest.raises(RuntimeError):
        Proposals(engine).commit(proposal.id, caller(), NOW, fail)
    assert Proposals(engine).pending(caller(), NOW) == proposal


def test_a_new_proposal_replaces_the_pending_one(engine: Engine) -> None:
    store = Proposals(engine)
    first, second = propose(engine), propose(engine, CASES[2])
    assert store.pending(caller(), NOW) == second
    result = store.commit(first.id, caller(), NOW, agree)
    assert isinstance(result, Lapsed)
    assert result.reason == "replaced"
    elsewhere = propose(engine, who=caller("ines", "c-two"))
    assert store.pending(caller(), NOW) == second
    assert store.pending(caller("ines", "c-two"), NOW) == elsewhere


def test_proposals_made_at_once_leave_one_pending(engine: Engine) -> None:
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda _: propose(engine), range(6)))
    store = Proposals(engine)
    results = [store.commit(proposal.id, caller(), NOW, agree) for proposal in made]
    assert sum(isinstance(result, Committed) for result in results) == 1


def test_a_no_drops_it_for_good(engine: Engine) -> None:
    proposal = propose(engine)
    store = Proposals(engine)
    assert store.drop(proposal.id, caller(), NOW) is not None
    assert store.pending(caller(), NOW) is None
    assert store.drop(proposal.id, caller(), NOW) is None
    result = store.commit(proposal.id, caller(), NOW, agree)
    assert isinstance(result, Lapsed)
    assert result.reason == "dropped"


def test_a_yes_and_a_no_at_once_end_in_one_of_the_two(engine: Engine) -> None:
    store = Proposals(engine)
    proposal = propose(engine)
    with ThreadPoolExecutor(2) as pool:
        yes = pool.submit(store.commit, proposal.id, caller(), NOW, agree)
        no = pool.submit(store.drop, proposal.id, caller(), NOW)
    assert isinstance(yes.result(), Committed) != (no.result() is not None)
    assert (CASES[0].done(engine) == CASES[0].after) == isinstance(yes.result(), Committed)


def test_adding_to_the_cart_again_adds_no_second_line(engine: Engine) -> None:
    store = Proposals(engine)
    for ids in (("plan",), ("plan", "bois")):
        proposal = propose(engine, CASES[1], ids=ids)
        assert isinstance(store.commit(proposal.id, caller(), NOW, agree), Committed)
    assert cart_of(engine, caller()) == {"plan", "bois"}
    assert cart_of(engine, caller("ines", "c-two")) == {"plan", "bois"}
    assert cart_of(engine, caller("paul")) == set()


def test_messages_go_to_the_buyer_the_team_and_the_new_admin(engine: Engine) -> None:
    store = Proposals(engine)
    quote = propose(engine, CASES[2])
    store.commit(quote.id, caller(), NOW, agree)
    admin = propose(engine, CASES[3])
    store.commit(admin.id, caller(), NOW, agree)
    sent = [(mail.kind, mail.recipient, mail.address) for mail in outbox.messages(engine)]
    assert sent == [
        ("request_quote", "sales", None),
        ("request_quote_confirmation", "person", "ines@scierie.example"),
        ("new_primary_admin", "person", "paul@scierie.example"),
        ("reassign_primary_admin_confirmation", "person", "ines@scierie.example"),
    ]
    text = outbox.messages(engine)[0].body
    for detail in ("Q-000001", "AutoCAD", "Revit", "1er février 2026", "ines@scierie.example"):
        assert detail in text
