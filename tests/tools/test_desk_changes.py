"""Proposals: what they state, what is refused beside them, when they lapse. Hand-offs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from desk_world import World, caller

from tools.store.accounts import Accounts
from tools.store.handoffs import Handoffs
from tools.store.proposals import Committed, Lapsed, Proposals

NADIA, OMAR, YVES, VISITOR = (caller(id) for id in ("nadia", "omar", "yves", None))


def commit(world: World, result: dict[str, Any], who: Any) -> Committed | Lapsed:
    proposals = Proposals(world.engine)
    return proposals.commit(result["proposal"]["id"], who, world.clock.now(), world.desk.allows)


def test_one_proposal_holds_all_that_is_allowed_and_the_rest_is_told_apart(world: World) -> None:
    found = world.desk.propose_auto_renewal(
        NADIA, ["f-revit", "f-maya", "f-late", "f-trial", "e-plant", "f-civil", "f-revit"], True
    )
    assert (found["ok"], found["status"]) == (True, "proposed")
    proposal = found["proposal"]
    assert (proposal["action"], proposal["enabled"]) == ("set_auto_renew", True)
    assert proposal["subscriptions"] == ["f-revit", "f-civil"]
    assert proposal["items"][0] == {
        "subscription": "f-revit",
        "product": "Revit",
        "before": {"auto_renew": False},
        "after": {"auto_renew": True},
        "warnings": [],
    }
    assert {each["subscription"]: each["code"] for each in found["refused"]} == {
        "f-maya": "already_on",
        "f-late": "after_expiry",
        "f-trial": "trial",
        "e-plant": "not_found",
    }


def test_nothing_changes_before_the_word_and_all_of_it_after(world: World) -> None:
    found = world.desk.propose_auto_renewal(NADIA, ["f-revit"], True)
    assert found["proposal"]["subscription"] == "f-revit"
    accounts = Accounts(world.engine)
    before = accounts.record("f-revit")
    assert before is not None
    assert not before.subscription.auto_renew
    assert isinstance(commit(world, found, NADIA), Committed)
    after = accounts.record("f-revit")
    assert after is not None
    assert after.subscription.auto_renew
    again = world.desk.propose_auto_renewal(NADIA, ["f-revit"], True)
    assert (again["ok"], again["status"], again["proposal"]) == (False, "already", None)


def test_a_proposal_lapses_when_the_record_has_changed(world: World) -> None:
    first = world.desk.propose_auto_renewal(NADIA, ["f-revit"], True)
    elsewhere = caller("nadia", "c-elsewhere")
    commit(world, world.desk.propose_primary_admin(elsewhere, "f-revit", "nadia"), elsewhere)
    outcome = commit(world, first, NADIA)
    assert isinstance(outcome, Lapsed)
    assert outcome.reason == "changed"


def test_the_rules_are_asked_again_at_the_word(world: World) -> None:
    world.desk.look_up_order(VISITOR, "LF-2025-01", "Sésame-forge")
    world.time.pass_by(minutes=25)
    found = world.desk.propose_cart(VISITOR, ["f-revit"])
    assert found["ok"]
    world.time.pass_by(minutes=6)
    outcome = commit(world, found, VISITOR)
    assert isinstance(outcome, Lapsed)
    assert outcome.reason == "refused"


def test_the_cart_takes_several_at_once_and_nothing_twice(world: World) -> None:
    found = world.desk.propose_cart(NADIA, ["f-revit", "f-maya", "f-late", "f-gone", "f-civil"])
    assert found["proposal"]["subscriptions"] == ["f-revit", "f-maya", "f-late"]
    assert found["proposal"]["items"][1]["warnings"] == ["renews_itself"]
    assert [(each["code"], each.get("from"), each.get("since")) for each in found["refused"]] == [
        ("expired", None, "2026-01-01"),
        ("too_early", "2026-06-03", None),
    ]
    assert isinstance(commit(world, found, NADIA), Committed)
    again = world.desk.propose_cart(NADIA, ["f-revit"])
    assert (again["status"], again["refused"][0]["code"]) == ("already", "already_in_cart")


@pytest.mark.parametrize(
    ("who", "ids", "asked", "arguments"),
    [
        (NADIA, ["f-revit"], {}, {"seats": 4, "term": "annual", "to": "sales"}),
        (NADIA, ["f-revit"], {"seats": 2}, {"seats": 2, "term": "annual", "to": "sales"}),
        (
            NADIA,
            ["f-revit"],
            {"term": "three_year", "to": "partner"},
            {"seats": 4, "term": "three_year", "to": "partner"},
        ),
        (NADIA, ["f-revit", "f-maya"], {}, {"seats": None, "term": "annual", "to": "sales"}),
        (NADIA, ["f-revit", "f-maya"], {"seats": 9}, {"seats": 9, "term": "annual", "to": "sales"}),
        (YVES, ["e-plant"], {}, {"seats": 4, "term": "annual", "to": "partner"}),
        (YVES, ["e-plant"], {"to": "sales"}, {"seats": 4, "term": "annual", "to": "sales"}),
    ],
)
def test_a_quote_states_what_was_asked_and_keeps_the_rest(
    world: World, who: Any, ids: list[str], asked: dict[str, Any], arguments: dict[str, Any]
) -> None:
    found = world.desk.propose_quote(who, ids, **asked)
    proposal = found["proposal"]
    assert {name: proposal[name] for name in arguments} == arguments
    assert proposal["subscriptions"] == ids
    assert proposal["items"][0]["after"] == {
        "seats": asked.get("seats", 4),
        "term": asked.get("term", "annual"),
        "to": arguments["to"],
    }
    assert isinstance(commit(world, found, who), Committed)


@pytest.mark.parametrize(
    ("who", "asked", "code"),
    [
        (OMAR, {}, "not_buyer"),
        (NADIA, {"seats": 0}, "invalid_seats"),
        (NADIA, {"term": "trial"}, "invalid_term"),
    ],
)
def test_a_quote_that_may_not_be_asked_for_is_refused(
    world: World, who: Any, asked: dict[str, Any], code: str
) -> None:
    found = world.desk.propose_quote(who, ["f-revit"], **asked)
    assert (found["ok"], found["status"], found["refused"][0]["code"]) == (False, "refused", code)


def test_the_buyer_gives_the_primary_admin_role_to_a_colleague(world: World) -> None:
    found = world.desk.propose_primary_admin(NADIA, "f-revit", "SALL")
    assert (found["proposal"]["subscription"], found["proposal"]["user"]) == ("f-revit", "omar2")
    (item,) = found["proposal"]["items"]
    assert item["before"] == {"primary_admin": {"id": "omar", "name": "Omar Diop"}}
    assert item["after"] == {"primary_admin": {"id": "omar2", "name": "Omar Sall"}}
    assert isinstance(commit(world, found, NADIA), Committed)
    record = Accounts(world.engine).record("f-revit")
    assert record is not None
    assert record.primary_admin.id == "omar2"


@pytest.mark.parametrize(
    ("who", "person", "status", "code"),
    [
        (NADIA, "Omar", "ambiguous_person", "not_member"),
        (NADIA, "Yves Côté", "unknown_person", "not_member"),
        (NADIA, "yves", "unknown_person", "not_member"),
        (NADIA, "Personne Inconnue", "unknown_person", "not_member"),
        (NADIA, "ines", "unknown_person", "not_member"),
        (NADIA, "Omar Diop", "already", "already_primary_admin"),
        (OMAR, "Omar Sall", "refused", "not_buyer"),
        (YVES, "Omar Sall", "refused", "not_found"),
        (VISITOR, "Omar Sall", "signed_out", "not_found"),
    ],
)
def test_a_role_that_cannot_be_given(world: World, who: Any, person: str, status: str, code: str) -> None:
    found = world.desk.propose_primary_admin(who, "f-revit", person)
    assert (found["ok"], found["status"], found["refused"][0]["code"]) == (False, status, code)


def test_whoever_opened_the_order_cannot_give_the_role(world: World) -> None:
    world.desk.look_up_order(VISITOR, "LF-2025-01", "Sésame-forge")
    found = world.desk.propose_primary_admin(VISITOR, "f-revit", "Omar Sall")
    assert (found["status"], found["refused"][0]["code"]) == ("refused", "not_buyer")
    assert found["refused"][0]["buyer"] is None


def test_a_signed_in_person_is_handed_off_at_once_and_once(world: World) -> None:
    first = world.desk.hand_off(NADIA, "Parler à quelqu’un", transcript=[("user", "Bonjour")])
    assert (first["status"], first["handoff"]["id"]) == ("created", "H-000001")
    second = world.desk.hand_off(NADIA, "Encore")
    assert (second["status"], second["handoff"]) == ("already_open", first["handoff"])
    stored = Handoffs(world.engine).get("H-000001")
    assert stored is not None
    assert stored.transcript == (("user", "Bonjour"),)
    assert {"id": "f-late", "state": "late"} in stored.context["subscriptions"]
    assert stored.email == "nadia.forge@mail.example"


@pytest.mark.parametrize("email", [None, "", "pas une adresse", "a@b", "a b@c.example"])
def test_a_visitor_is_first_asked_for_an_address(world: World, email: str | None) -> None:
    assert world.desk.hand_off(VISITOR, "Un humain", email)["status"] == "email_needed"
    assert Handoffs(world.engine).all_open() == []
    assert world.desk.hand_off(VISITOR, "Un humain", " moi@ici.example ")["status"] == "created"
    assert Handoffs(world.engine).all_open()[0].email == "moi@ici.example"
    assert world.desk.hand_off(VISITOR, "Un humain")["status"] == "already_open"


def test_what_was_asked_for_is_told_to_whoever_asked_for_it_alone(world: World) -> None:
    assert world.desk.list_requests(NADIA) == {
        "ok": True,
        "status": "ok",
        "cart": [],
        "changes": [],
        "handoffs": [],
        "sources": [],
    }
    left = world.desk.propose_cart(NADIA, ["f-revit"])
    world.desk.propose_quote(NADIA, ["f-revit"], seats=9)
    quoted = world.desk.propose_quote(NADIA, ["f-revit"], seats=6)
    assert isinstance(commit(world, left, NADIA), Lapsed)
    assert isinstance(commit(world, quoted, NADIA), Committed)
    world.time.now += timedelta(minutes=1)
    assert isinstance(commit(world, world.desk.propose_cart(NADIA, ["f-revit"]), NADIA), Committed)
    handoff = world.desk.hand_off(NADIA, "une question de facture")["handoff"]

    found = world.desk.list_requests(caller("nadia", "c-another"))
    assert found["cart"] == [{"subscription": "f-revit", "product": "Revit"}]
    assert [each["action"] for each in found["changes"]] == ["add_to_cart", "request_quote"]
    assert (found["changes"][1]["seats"], found["changes"][1]["reference"]) == (6, "Q-000001")
    assert found["handoffs"] == [handoff]

    for other in (OMAR, VISITOR, caller("ines")):
        theirs = world.desk.list_requests(other)
        assert (theirs["cart"], theirs["changes"], theirs["handoffs"]) == ([], [], [])
