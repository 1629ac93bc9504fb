"""Records for the rules' tests: a plain one to vary by hand, and strategies for any."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tools.rules.models import (
    Channel,
    Money,
    Order,
    OrderNumber,
    Organization,
    OrganizationId,
    Payment,
    PaymentMethod,
    Record,
    RenewalMethod,
    Standing,
    Subscription,
    SubscriptionId,
    SubscriptionKind,
    Term,
    TermChange,
    User,
    UserId,
    UserKind,
)

EXPIRY = date(2026, 2, 10)
ASKED = SubscriptionId("s-1")
HOME = OrganizationId("o-1")
ANNE = User(
    id=UserId("u-anne"), name="Anne Roy", email="anne@o.example", kind=UserKind.CUSTOMER, organization=HOME
)
PAUL = User(
    id=UserId("u-paul"), name="Paul Sy", email="paul@o.example", kind=UserKind.CUSTOMER, organization=HOME
)
AGENT = User(id=UserId("u-agent"), name="Zoé", email="zoe@help.example", kind=UserKind.AGENT)

BUYER = Standing(buyer=True, tied=True, member=True, colleague=True)
OPENER = Standing(opened=True)
COLLEAGUE = Standing(tied=True, member=True, colleague=True)
ADMIN = Standing(tied=True, member=True, colleague=True, primary_admin=True)
OUTSIDE_ADMIN = Standing(tied=True, primary_admin=True)
STAFF = Standing(staff=True)
STRANGER = Standing()

PLAIN = Subscription(
    id=ASKED,
    order=OrderNumber("AA-0001"),
    product="Revit",
    kind=SubscriptionKind.PAID,
    term=Term.ANNUAL,
    seats=3,
    starts_on=date(2025, 2, 10),
    expires_on=EXPIRY,
    auto_renew=False,
    payment=Payment(method=PaymentMethod.CARD, valid_until=None),
    methods=frozenset(RenewalMethod),
    grace_days=30,
    unit_price=Money(amount=Decimal("1000.00"), currency="EUR"),
)


def record_of(
    *,
    channel: Channel = Channel.ONLINE,
    zone: str = "Europe/Paris",
    buyer: User = ANNE,
    admin: User | None = None,
    **changed: Any,
) -> Record:
    """The plain subscription with some of its fields changed, and what surrounds it."""
    return Record(
        subscription=replace(PLAIN, **changed, primary_admin=admin.id if admin else None),
        order=Order(
            number=PLAIN.order,
            organization=HOME,
            buyer=buyer.id,
            placed_on=date(2025, 2, 10),
            channel=channel,
        ),
        organization=Organization(id=HOME, name="Atelier", country="FR", time_zone=zone),
        buyer=buyer,
        primary_admin=admin or buyer,
    )


days = st.dates(date(2000, 1, 1), date(2100, 12, 31))
any_days = st.dates()
payments = st.builds(Payment, method=st.sampled_from(PaymentMethod), valid_until=st.none() | any_days)
prices = st.builds(
    Money,
    amount=st.decimals(min_value=0, max_value=10**12, places=2, allow_nan=False, allow_infinity=False),
    currency=st.sampled_from(["EUR", "CAD", "USD", "JPY", "XOF", "KWD", "CHF"]),
)
standings = st.builds(
    Standing,
    staff=st.booleans(),
    buyer=st.booleans(),
    opened=st.booleans(),
    primary_admin=st.booleans(),
    tied=st.booleans(),
    member=st.booleans(),
    colleague=st.booleans(),
)


@st.composite
def records(draw: st.DrawFn, **fixed: Any) -> Record:
    """Any record; what is named is held."""
    free = {
        "product": st.sampled_from(["Revit", "AutoCAD", "AutoCAD LT", "Arnold", "Build", "Civil 3D"]),
        "kind": st.sampled_from(SubscriptionKind),
        "term": st.sampled_from(Term),
        "seats": st.integers(1, 100_000),
        "expires_on": any_days,
        "auto_renew": st.booleans(),
        "payment": payments,
        "methods": st.frozensets(st.sampled_from(RenewalMethod)),
        "grace_days": st.sampled_from([0, 30, 45]),
        "term_change": st.sampled_from(TermChange),
        "unit_price": st.none() | prices,
    }
    fields = {name: draw(strategy) for name, strategy in free.items() if name not in fixed}
    channel = draw(st.sampled_from(Channel))
    admin = draw(st.sampled_from([None, PAUL]))
    return record_of(channel=channel, admin=admin, **{**fields, **fixed})
