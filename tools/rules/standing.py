"""How a person stands towards a subscription, and what may be told of the people around it (R0, R1, R3)."""

from __future__ import annotations

from tools.rules.models import OrganizationId, Person, Record, Standing, User

STRANGER = Standing()
"""Someone with no tie to the subscription: what every unknown subscription is decided for (R1)."""


def standing_of(
    person: User | None,
    record: Record | None,
    *,
    opened: bool = False,
    tied_organizations: frozenset[OrganizationId] = frozenset(),
) -> Standing:
    """The standing of a person (None: an anonymous visitor) towards a record (None: there is none).

    `opened`: the record's order was opened in this conversation with number and password.
    `tied_organizations`: the organisations of whose subscriptions the person is buyer or primary admin; their
    own organisation is added here.
    """
    staff = person is not None and person.is_staff
    if record is None:
        return Standing(staff=staff)
    if person is None:
        return Standing(opened=opened)
    home = record.organization.id
    buyer = record.order.buyer == person.id
    primary_admin = record.primary_admin.id == person.id
    member = person.organization == home
    return Standing(
        staff=staff,
        buyer=buyer,
        opened=opened,
        primary_admin=primary_admin,
        tied=member or buyer or primary_admin or home in tied_organizations,
        member=member,
        colleague=person.organization is not None and person.organization == record.buyer.organization,
    )


def masked_email(address: str) -> str:
    """The address with its local part hidden but for the first letter: `c***@boreal.example`."""
    local, at, domain = address.rpartition("@")
    shown = local[0] if len(local) > 1 else ""
    return f"{shown}***{at}{domain if at else ''}"


def named(user: User) -> Person:
    """A person as a colleague may be told of them (R3)."""
    return Person(name=user.name, email=masked_email(user.email))
