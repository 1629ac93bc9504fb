"""What each caller may read: own, colleague's, opened, somebody else's, the support team's."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from desk_world import World, caller

from knowledge.library import Library
from tools.store import audit, outbox

NADIA, OMAR, YVES, INES, VISITOR = (caller(id) for id in ("nadia", "omar", "yves", "ines", None))
FORGE = ["f-gone", "f-late", "f-trial", "f-revit", "f-maya", "f-civil"]


def decisions(world: World, who: Any, ids: list[str] | None = None) -> dict[str, str]:
    found = world.desk.check_renewal_eligibility(who, ids)
    return {each["subscription"]: each["decision"] for each in found["decisions"]}


def test_the_buyer_gets_every_decision_with_its_dates(world: World) -> None:
    assert decisions(world, NADIA) == {
        "f-gone": "expired",
        "f-late": "late",
        "f-trial": "trial",
        "f-revit": "eligible",
        "f-maya": "eligible",
        "f-civil": "too_early",
    }
    found = world.desk.check_renewal_eligibility(NADIA, ["f-revit", "f-late", "f-gone", "f-civil"])[
        "decisions"
    ]
    assert [each.get("until") for each in found] == ["2026-03-20", "2026-03-22", None, None]
    assert [each.get("since") for each in found] == [None, None, "2026-01-01", None]
    assert [each.get("from") for each in found] == [None, None, None, "2026-06-03"]
    assert found[0]["price"]["estimate"] == {"amount": "4560.00", "currency": "EUR"}
    assert found[1]["days_since_expiry"] == 9


def test_a_colleague_is_sent_to_the_buyer_and_sees_no_payment_order_or_price(world: World) -> None:
    assert set(decisions(world, OMAR).values()) == {"not_buyer", "trial"}
    (decision,) = world.desk.check_renewal_eligibility(OMAR, ["f-revit"])["decisions"]
    assert decision["buyer"] == {"name": "Nadia Haddad", "email": "n***@mail.example"}
    assert decision["facts"] == ["F01", "F05"]
    listed = world.desk.list_subscriptions(OMAR)["subscriptions"]
    assert [each["id"] for each in listed] == FORGE
    assert {(each["order"], each["payment"]) for each in listed} == {(None, None)}
    assert listed[3]["your_roles"] == ["primary_admin", "member"]
    told = json.dumps(
        [
            listed,
            world.desk.check_renewal_eligibility(OMAR),
            world.desk.renewal_options(OMAR),
            world.desk.estimate_renewal_price(OMAR),
        ]
    )
    for secret in ("LF-2025-01", "1200.00", "4560.00", "2030-12-31", "nadia.forge@mail.example"):
        assert secret not in told
    (price,) = world.desk.estimate_renewal_price(OMAR, ["f-revit"])["estimates"]
    assert (price["code"], price["estimate"], price["buyer"]["name"]) == ("not_buyer", None, "Nadia Haddad")


@pytest.mark.parametrize("who", [YVES, VISITOR])
def test_what_is_not_yours_and_what_does_not_exist_are_told_in_the_same_words(world: World, who: Any) -> None:
    desk = world.desk
    for ask in (
        lambda id: desk.check_renewal_eligibility(who, [id]),
        lambda id: desk.renewal_options(who, [id]),
        lambda id: desk.estimate_renewal_price(who, [id], 3),
        lambda id: desk.propose_auto_renewal(who, [id], True),
        lambda id: desk.propose_cart(who, [id]),
        lambda id: desk.propose_quote(who, [id], 3, "annual", "sales"),
        lambda id: desk.propose_primary_admin(who, id, "Omar Diop"),
    ):
        theirs, missing = (json.dumps(ask(id)) for id in ("f-revit", "f-none!"))
        assert theirs == missing.replace("f-none!", "f-revit")


def test_a_stranger_sees_only_their_own(world: World) -> None:
    assert decisions(world, YVES) == {"e-plant": "contact_sales"}
    (decision,) = world.desk.check_renewal_eligibility(YVES)["decisions"]
    assert decision["contact"] == "partner"
    assert "until" not in decision


def test_a_visitor_has_nothing_until_an_order_is_opened_and_only_in_that_conversation(world: World) -> None:
    desk = world.desk
    assert desk.list_subscriptions(VISITOR)["status"] == "signed_out"
    assert desk.look_up_order(VISITOR, "LF-2025-01")["status"] == "password_needed"
    opened = desk.look_up_order(VISITOR, " lf-2025 -01", "Sésame-forge")
    assert (opened["status"], opened["order"]["number"]) == ("opened", "LF-2025-01")
    assert opened["until"] == "2026-03-01T09:30:00+00:00"
    assert decisions(world, VISITOR)["f-revit"] == "eligible"
    listed = desk.list_subscriptions(VISITOR)["subscriptions"]
    assert listed[0]["your_roles"] == ["opened"]
    assert listed[0]["order"] == "LF-2025-01"
    assert listed[0]["buyer"] is listed[0]["primary_admin"] is None
    assert desk.estimate_renewal_price(VISITOR, ["f-revit"])["estimates"][0]["code"] == "applies"
    assert decisions(world, caller(None, "c-2")) == {}
    assert desk.look_up_order(VISITOR, "LF-2025-01")["status"] == "opened"
    world.time.pass_by(minutes=30)
    assert desk.list_subscriptions(VISITOR)["status"] == "signed_out"
    assert desk.look_up_order(VISITOR, "LF-2025-01")["status"] == "password_needed"


def test_wrong_number_and_wrong_password_are_alike_and_lock_after_five(world: World) -> None:
    desk = world.desk
    for number in ("LF-2025-01", "XX-0000-00"):
        answers = {
            json.dumps(desk.look_up_order(caller(None, f"c-{i}"), number, "sésame-forge")) for i in range(5)
        }
        assert len(answers) == 1
        assert json.loads(answers.pop())["status"] == "refused"
    locked = [desk.look_up_order(VISITOR, number, "Sésame-forge") for number in ("LF-2025-01", "XX-0000-00")]
    assert locked[0] == locked[1]
    assert locked[0]["status"] == "locked"
    assert desk.look_up_order(NADIA, "LF-2025-01", "wrong")["status"] == "opened"
    world.time.pass_by(minutes=15)
    assert desk.look_up_order(VISITOR, "LF-2025-01", "Sésame-forge")["status"] == "opened"


def test_the_buyer_needs_no_password_and_others_of_the_organisation_do(world: World) -> None:
    assert world.desk.look_up_order(NADIA, "lf-2025-01")["status"] == "opened"
    assert world.desk.look_up_order(OMAR, "LF-2025-01") == world.desk.look_up_order(OMAR, "NO-2025-01")
    assert world.desk.look_up_order(OMAR, "LF-2025-01", "Sésame-forge")["status"] == "opened"
    assert decisions(world, OMAR)["f-revit"] == "eligible"


def test_a_password_reset_goes_to_the_buyer_and_says_nothing_of_the_order(world: World) -> None:
    desk = world.desk
    assert desk.send_order_password_reset(VISITOR, "LF-2025-01") == desk.send_order_password_reset(
        VISITOR, "XX-0000-00"
    )
    assert [message.address for message in outbox.messages(world.engine)] == ["nadia.forge@mail.example"]
    assert desk.look_up_order(VISITOR, "LF-2025-01", "Sésame-forge")["status"] == "opened"
    assert desk.send_order_password_reset(INES, "LF-2025-01")["status"] == "read_only"


def test_the_support_team_reads_any_account_audited_and_changes_nothing(world: World) -> None:
    desk = world.desk
    assert desk.list_subscriptions(INES)["status"] == "customer_needed"
    assert desk.check_renewal_eligibility(INES)["status"] == "customer_needed"
    assert audit.lines(world.engine) == []
    for customer in ("nadia", "NADIA.forge@mail.example", "nadia haddad", "Haddad"):
        found = desk.list_subscriptions(INES, customer)
        assert (found["status"], found["person"]["id"]) == ("ok", "nadia")
    assert [each["id"] for each in found["subscriptions"]] == FORGE
    assert found["subscriptions"][0]["order"] == "LF-2025-01"
    (decision,) = desk.check_renewal_eligibility(INES, ["f-revit"])["decisions"]
    assert (decision["decision"], decision["rules"]) == ("eligible", ["R0", "R8"])
    seen = audit.lines(world.engine)
    assert {line.person for line in seen} == {"ines"}
    assert seen[0].detail == {"tool": "check_renewal_eligibility", "subscriptions": ["f-revit"]}
    assert len(seen) == 5
    refused = desk.propose_auto_renewal(INES, ["f-revit"], True)
    assert (refused["status"], refused["refused"][0]["code"]) == ("refused", "read_only")


def test_the_support_team_is_asked_again_for_an_unclear_customer(world: World) -> None:
    found = world.desk.list_subscriptions(INES, "Omar")
    assert (found["ok"], found["status"]) == (False, "ambiguous_person")
    assert [each["name"] for each in found["candidates"]] == ["Omar Diop", "Omar Sall"]
    assert world.desk.list_subscriptions(INES, "Personne")["status"] == "unknown_person"


def test_naming_another_person_gives_a_customer_nothing(world: World) -> None:
    theirs, missing = (world.desk.list_subscriptions(YVES, name) for name in ("Nadia Haddad", "Zed Zed"))
    assert theirs == missing
    assert (theirs["status"], theirs["subscriptions"]) == ("not_found", [])
    assert len(world.desk.list_subscriptions(YVES, "Yves Côté")["subscriptions"]) == 1


def test_options_say_how_auto_renewal_stands(world: World) -> None:
    options = {each["subscription"]: each for each in world.desk.renewal_options(NADIA)["options"]}
    assert options["f-revit"]["auto_renew"] == {
        "on": False,
        "works": False,
        "problem": None,
        "can_turn_on": True,
        "code": "allowed",
    }
    assert options["f-maya"]["auto_renew"]["works"]
    assert options["f-maya"]["auto_renew"]["code"] == "already_on"
    assert options["f-late"]["auto_renew"]["code"] == "after_expiry"
    (plant,) = world.desk.renewal_options(YVES)["options"]
    assert (plant["methods"], plant["contact"]) == ([], "partner")
    assert plant["auto_renew"]["problem"] == "no_method"


def test_each_organisation_has_its_own_day(make_world: Callable[..., World]) -> None:
    world = make_world(frozen=None)
    world.time.now = datetime(2026, 3, 21, 3, 0, tzinfo=UTC)
    assert decisions(world, NADIA)["f-revit"] == "late"
    world.time.now = datetime(2026, 4, 20, 3, 0, tzinfo=UTC)
    found = world.desk.check_renewal_eligibility(YVES)
    assert (found["today"], found["decisions"][0]["decision"]) == ("2026-04-19", "contact_sales")
    world.time.now = datetime(2026, 4, 20, 5, 0, tzinfo=UTC)
    assert decisions(world, YVES) == {"e-plant": "expired"}


def test_a_person_who_is_no_longer_stored_is_a_visitor(world: World) -> None:
    assert world.desk.list_subscriptions(caller("gone"))["status"] == "signed_out"


def test_results_quote_the_articles_both_sides_where_they_disagree(
    world: World, shipped_library: Library
) -> None:
    for result in (
        world.desk.check_renewal_eligibility(NADIA, ["f-late"]),
        world.desk.check_renewal_eligibility(OMAR, ["f-revit"]),
        world.desk.renewal_options(NADIA),
        world.desk.estimate_renewal_price(NADIA),
        world.desk.read_facts(VISITOR, ["F08", "F19"]),
        world.desk.search_articles(VISITOR, "jusqu'à quand renouveler un abonnement expiré"),
    ):
        assert result["sources"]
        for source in result["sources"]:
            article = shipped_library.article(source["article"])
            stored = shipped_library.source(source["ref"])
            assert article is not None
            assert stored is not None
            assert article.text[stored.start : stored.end] == source["quote"]
    late = world.desk.check_renewal_eligibility(NADIA, ["f-late"])
    stated = {fact for source in late["sources"] for fact in source["facts"]}
    assert {"F08", "F09"} <= stated
    not_buyer = world.desk.check_renewal_eligibility(caller("omar2"), ["f-revit"])
    assert not_buyer["decisions"][0]["facts"] == ["F01"]
    assert {"F01", "F05"} <= {fact for source in not_buyer["sources"] for fact in source["facts"]}
    assert world.desk.read_facts(VISITOR, ["F08"])["disagreements"] == [["F08", "F09"]]


def test_a_fact_in_several_steps_is_told_step_by_step(world: World) -> None:
    found = world.desk.read_facts(VISITOR, ["F20"])
    (fact,) = found["facts"]
    quoted = {source["ref"]: source for source in found["sources"]}
    assert len(fact["steps"]) > 1
    assert len({quoted[ref]["article"] for ref in fact["steps"]}) == 1


def test_facts_that_no_article_states_are_left_out(world: World) -> None:
    found = world.desk.read_facts(VISITOR, ["F99"])
    assert (found["ok"], found["status"], found["facts"], found["sources"]) == (
        False,
        "not_in_articles",
        [],
        [],
    )


@pytest.mark.parametrize("junk", ["", " ", "\x00", "' OR 1=1 --", "é" * 5000, "f-revit ", "\ud800"])
def test_junk_ids_and_numbers_are_refused_not_raised(world: World, junk: str) -> None:
    desk = world.desk
    assert desk.check_renewal_eligibility(NADIA, [junk])["decisions"][0]["decision"] == "not_found"
    assert desk.propose_cart(NADIA, [junk])["refused"][0]["code"] == "not_found"
    assert desk.look_up_order(VISITOR, junk, junk)["status"] == "refused"
    assert desk.send_order_password_reset(VISITOR, junk)["status"] == "sent_if_known"
    assert desk.propose_primary_admin(NADIA, "f-revit", junk)["status"] == "unknown_person"


@pytest.mark.parametrize(
    ("question", "status"),
    [
        ("Jusqu’à quand peut-on renouveler après l’expiration ?", "ok"),
        ("où trouver mon numéro de commande", "ok"),
        ("payer avec Konbini", "ok"),
        ("Quelle est la recette des crêpes ?", "not_in_articles"),
        ("conditions de remboursement", "not_in_articles"),
        ("", "not_in_articles"),
    ],
)
def test_a_search_says_when_the_articles_do_not_answer(world: World, question: str, status: str) -> None:
    assert world.desk.search_articles(VISITOR, question)["status"] == status
