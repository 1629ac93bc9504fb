"""What holds for every record, person and day."""

from __future__ import annotations

import pickle
from datetime import date

from hypothesis import assume, given
from hypothesis import strategies as st
from rule_records import ASKED, BUYER, STRANGER, any_days, records, standings

from tools.rules.auto_renewal import decide_auto_renewal
from tools.rules.changes import decide_cart, decide_quote
from tools.rules.days import grace_ends_on, window_opens_on
from tools.rules.facts import DISAGREEMENTS, FACTS_OF_RULE, with_both_sides
from tools.rules.models import Decision, Record, RenewalMethod, Standing, SubscriptionKind
from tools.rules.pricing import estimate, minor_unit
from tools.rules.renewal import RENEWABLE, RULE_OF, decide_renewal

PHASE = {"too_early": 0, "eligible": 1, "contact_sales": 1, "late": 2, "expired": 3}


@given(st.none() | records(), standings, any_days)
def test_every_input_has_one_decision_resting_on_its_rules_facts(
    record: Record | None, standing: Standing, today: date
) -> None:
    found = decide_renewal(record, standing, today, asked=ASKED)
    assert found.rules[-1] == RULE_OF[found.decision]
    assert found.rules[:-1] == (("R0",) if standing.staff else ())
    assert set(found.facts) <= set(FACTS_OF_RULE[found.rules[-1]])
    assert (found.until is not None) == (found.decision in RENEWABLE)
    assert (found.possible_from is not None) == (found.decision is Decision.TOO_EARLY)
    assert (found.since is not None) == (found.decision is Decision.EXPIRED)


@given(records(kind=SubscriptionKind.PAID), any_days, any_days)
def test_time_never_goes_back(record: Record, one: date, other: date) -> None:
    earlier, later = (
        decide_renewal(record, BUYER, day, asked=ASKED).decision.value for day in sorted((one, other))
    )
    assert PHASE[earlier] <= PHASE[later]


@given(records(kind=SubscriptionKind.PAID), any_days)
def test_renewal_is_possible_exactly_from_the_first_to_the_last_day(record: Record, today: date) -> None:
    assume(record.subscription.methods)
    found = decide_renewal(record, BUYER, today, asked=ASKED)
    inside = window_opens_on(record.subscription) <= today <= grace_ends_on(record.subscription)
    assert (found.decision in RENEWABLE) == inside


@given(records(), any_days)
def test_a_stranger_learns_nothing(record: Record, today: date) -> None:
    nothing = decide_renewal(None, STRANGER, today, asked=ASKED)
    assert decide_renewal(record, STRANGER, today, asked=ASKED) == nothing
    for wanted in (True, False):
        assert decide_auto_renewal(record, STRANGER, today, wanted, asked=ASKED) == decide_auto_renewal(
            None, STRANGER, today, wanted, asked=ASKED
        )
    for decide in (decide_cart, decide_quote, estimate):
        assert decide(record, STRANGER, today, asked=ASKED) == decide(None, STRANGER, today, asked=ASKED)


@given(records(), standings, any_days)
def test_the_same_record_and_day_give_the_same_decision_again(
    record: Record, standing: Standing, today: date
) -> None:
    again = pickle.loads(pickle.dumps(record))
    assert decide_renewal(again, standing, today, asked=ASKED) == decide_renewal(
        record, standing, today, asked=ASKED
    )


@given(records(), standings, any_days, st.none() | st.integers(1, 10**6))
def test_the_estimate_is_never_above_the_full_price_and_whole_in_minor_units(
    record: Record, standing: Standing, today: date, seats: int | None
) -> None:
    found = estimate(record, standing, today, asked=ASKED, seats=seats)
    if not standing.sees_private:
        assert found.unit_price is found.full is found.estimate is None
    if found.full is not None and found.estimate is not None:
        assert found.estimate.amount <= found.full.amount
        assert found.special or found.estimate == found.full
        unit = minor_unit(found.full.currency)
        assert found.full.amount % unit == found.estimate.amount % unit == 0


@given(records(), standings, any_days)
def test_the_cart_and_the_quote_open_only_where_renewal_does(
    record: Record, standing: Standing, today: date
) -> None:
    renewal = decide_renewal(record, standing, today, asked=ASKED).decision
    cart = decide_cart(record, standing, today, asked=ASKED)
    assert cart.allowed == (
        not standing.staff and renewal in RENEWABLE and RenewalMethod.ONLINE in record.subscription.methods
    )
    quote = decide_quote(record, standing, today, asked=ASKED)
    by_quote = renewal in RENEWABLE and RenewalMethod.QUOTE in record.subscription.methods
    assert quote.allowed == (not standing.staff and (by_quote or renewal is Decision.CONTACT_SALES))
    assert (quote.to is not None) == quote.allowed


@given(records(), any_days, st.booleans())
def test_switching_auto_renewal_is_never_allowed_twice(record: Record, today: date, wanted: bool) -> None:
    allowed = decide_auto_renewal(record, BUYER, today, wanted, asked=ASKED).allowed
    assert not (allowed and record.subscription.auto_renew == wanted)
    assert not (allowed and today > record.subscription.expires_on)


def test_a_disputed_fact_brings_its_other_side() -> None:
    assert with_both_sides(("F07", "F09", "F01")) == ("F07", "F09", "F08", "F01", "F05")
    known = {fact for facts in FACTS_OF_RULE.values() for fact in facts}
    assert {side for pair in DISAGREEMENTS for side in pair} <= known
