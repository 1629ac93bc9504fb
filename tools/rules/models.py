"""The records the renewal rules decide on, and the decisions they give (facts F01-F27, rules R0-R8).

Standard library only. Everything is frozen; days are calendar days in the organisation's time zone;
money is a `Decimal` with an ISO 4217 currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NewType

OrganizationId = NewType("OrganizationId", str)
UserId = NewType("UserId", str)
OrderNumber = NewType("OrderNumber", str)
SubscriptionId = NewType("SubscriptionId", str)

RULES_VERSION = "1"
"""Stored with every decision, so that a past one can be replayed under the rules that made it."""


class UserKind(StrEnum):
    """Who a user is: a customer, or one of the support team (agent, admin)."""

    CUSTOMER = "customer"
    AGENT = "agent"
    ADMIN = "admin"


class SubscriptionKind(StrEnum):
    """Whether a subscription is paid or a trial (F16)."""

    PAID = "paid"
    TRIAL = "trial"


class Term(StrEnum):
    """How long one subscription period lasts."""

    MONTHLY = "monthly"
    ANNUAL = "annual"
    THREE_YEAR = "three_year"
    TRIAL = "trial"


class Channel(StrEnum):
    """How an order was bought."""

    ONLINE = "online"
    PARTNER = "partner"
    SALES = "sales"


class PaymentMethod(StrEnum):
    """The payment method saved for a subscription."""

    CARD = "card"
    PAYPAL = "paypal"
    DIRECT_DEBIT = "direct_debit"
    ALIPAY = "alipay"
    KONBINI = "konbini"
    BANK_TRANSFER = "bank_transfer"
    NONE = "none"


RECURRING_METHODS = frozenset({PaymentMethod.CARD, PaymentMethod.PAYPAL, PaymentMethod.DIRECT_DEBIT})
"""The payment methods auto-renewal can draw on (F18, F23)."""


class RenewalMethod(StrEnum):
    """A self-service way of renewing."""

    AUTO = "auto"
    ONLINE = "online"
    QUOTE = "quote"


class TermChange(StrEnum):
    """Where the term of a subscription can be changed (F17)."""

    ACCOUNT = "account"
    SUPPORT = "support"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount excluding tax."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """A customer organisation; `time_zone` is an IANA name."""

    id: OrganizationId
    name: str
    country: str
    time_zone: str = "Europe/Paris"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person. Customers belong to an organisation; agents and admins are the support team."""

    id: UserId
    name: str
    email: str
    kind: UserKind
    organization: OrganizationId | None = None

    @property
    def is_staff(self) -> bool:
        """Whether the person is of the support team (R0)."""
        return self.kind is not UserKind.CUSTOMER


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A purchase; `buyer` is who placed it (F02)."""

    number: OrderNumber
    organization: OrganizationId
    buyer: UserId
    placed_on: date
    channel: Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """The saved payment method; `valid_until` None means never out of date."""

    method: PaymentMethod
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A subscription of an order. `unit_price` is per seat and term; `primary_admin` None is the buyer."""

    id: SubscriptionId
    order: OrderNumber
    product: str
    kind: SubscriptionKind
    term: Term
    seats: int
    starts_on: date
    expires_on: date
    auto_renew: bool
    payment: Payment
    methods: frozenset[RenewalMethod]
    grace_days: int
    primary_admin: UserId | None = None
    term_change: TermChange = TermChange.NONE
    unit_price: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A subscription with what surrounds it: its order, organisation, buyer and primary admin."""

    subscription: Subscription
    order: Order
    organization: Organization
    buyer: User
    primary_admin: User


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a person stands towards one subscription.

    `opened`: its order was opened in this conversation with number and password.
    `tied`: member of its organisation, or buyer or primary admin of one of the organisation's subscriptions.
    `member`: belongs to its organisation. `colleague`: belongs to the same organisation as its buyer.
    """

    staff: bool = False
    buyer: bool = False
    opened: bool = False
    primary_admin: bool = False
    tied: bool = False
    member: bool = False
    colleague: bool = False

    @property
    def acts_as_buyer(self) -> bool:
        """Whether the person may do what the buyer does: the buyer, or who opened the order (R3)."""
        return self.buyer or self.opened

    @property
    def sees_private(self) -> bool:
        """Whether prices, payment details and order numbers may be shown: the buyer, who opened the order,
        staff.
        """
        return self.acts_as_buyer or self.staff

    @property
    def knows(self) -> bool:
        """Whether the subscription exists at all for the person; where not, nothing about it may be told
        (R1).
        """
        return self.sees_private or self.tied or self.primary_admin or self.member

    @property
    def sees_people(self) -> bool:
        """Whether the buyer and the primary admin may be named: to themselves, their colleagues and staff
        (R3).
        """
        return self.staff or self.buyer or self.colleague


class Decision(StrEnum):
    """The eight answers to "can this be renewed?" (R1-R8)."""

    NOT_FOUND = "not_found"
    TRIAL = "trial"
    NOT_BUYER = "not_buyer"
    TOO_EARLY = "too_early"
    EXPIRED = "expired"
    CONTACT_SALES = "contact_sales"
    LATE = "late"
    ELIGIBLE = "eligible"


class Contact(StrEnum):
    """Whom to turn to where the account offers nothing (F11), or who makes a quote (F12)."""

    PARTNER = "partner"
    SALES = "sales"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """How a person is named to a colleague: the e-mail address masked."""

    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What would make a decision another one: a code, with the day and the person where there is one."""

    what: str
    on: date | None = None
    who: str | None = None
