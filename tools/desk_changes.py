"""Preparing a change: each subscription judged by the rules, the allowed ones put into one pending proposal.

Nothing is changed here. The judgement is made once more, inside the transaction, when the person has said
yes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from tools import desk_views as views
from tools.caller import Caller
from tools.clock import Clock
from tools.desk_reach import Case, Reach, people_matching
from tools.desk_sources import Articles, sources_for
from tools.rules.auto_renewal import decide_auto_renewal
from tools.rules.changes import (
    PAID_TERMS,
    ChangeVerdict,
    decide_cart,
    decide_primary_admin,
    decide_quote,
)
from tools.rules.models import Contact, Record, Term, User
from tools.store.effects import cart_of
from tools.store.proposals import Proposal, Proposals
from tools.store.schema import Action

JSON = dict[str, Any]
_T = TypeVar("_T")


class Changes:
    """Proposals of changes, for any caller."""

    def __init__(self, engine: Engine, articles: Articles, clock: Clock) -> None:
        self._engine = engine
        self._articles = articles
        self._clock = clock

    def auto_renewal(self, caller: Caller, ids: Sequence[str], enabled: bool) -> JSON:
        """Propose to switch auto-renewal on or off."""
        reach = Reach(self._engine, caller, self._clock)
        arguments = {"enabled": enabled}
        judged = _judged(reach, Action.SET_AUTO_RENEW, arguments, reach.asked(ids))
        return self._propose(caller, reach, Action.SET_AUTO_RENEW, arguments, judged)

    def cart(self, caller: Caller, ids: Sequence[str]) -> JSON:
        """Propose to put renewals in the online cart."""
        reach = Reach(self._engine, caller, self._clock)
        present = cart_of(self._engine, caller)
        judged = [
            (case, replace(verdict, code="already_in_cart"))
            if verdict.allowed and case.asked in present
            else (case, verdict)
            for case, verdict in _judged(reach, Action.ADD_TO_CART, {}, reach.asked(ids))
        ]
        return self._propose(caller, reach, Action.ADD_TO_CART, {}, judged)

    def quote(
        self, caller: Caller, ids: Sequence[str], seats: int | None, term: str | None, to: str | None
    ) -> JSON:
        """Propose to ask for a quote; what is not said stays as it is.

        It goes to the partner the subscriptions were bought from, else (or where they differ) to the sales
        team.
        """
        reach = Reach(self._engine, caller, self._clock)
        asked: JSON = {"seats": seats, "term": term}
        judged = _judged(reach, Action.REQUEST_QUOTE, asked, reach.asked(ids))
        allowed = [(case.record, verdict) for case, verdict in judged if case.record and verdict.allowed]
        records = [record for record, _ in allowed]
        arguments = {
            "seats": seats or _common(it.subscription.seats for it in records),
            "term": term or _common(_paid_term(it) for it in records),
            "to": to or _common(verdict.to for _, verdict in allowed) or Contact.SALES.value,
        }
        after = {**asked, "to": arguments["to"]}
        return self._propose(caller, reach, Action.REQUEST_QUOTE, arguments, judged, after)

    def primary_admin(self, caller: Caller, id: str, person: str) -> JSON:
        """Propose to give the primary admin's role to a colleague, named by id, e-mail address or name."""
        reach = Reach(self._engine, caller, self._clock)
        case = reach.asked([id])[0]
        named: list[User] = []
        if case.record and case.standing.buyer:
            members = reach.accounts.members(case.record.organization.id)
            named = people_matching(person, members)
        successor = named[0] if len(named) == 1 else None
        arguments = {"user": successor.id if successor else None}
        judged = _judged(reach, Action.REASSIGN_PRIMARY_ADMIN, arguments, [case])
        result = self._propose(caller, reach, Action.REASSIGN_PRIMARY_ADMIN, arguments, judged)
        if judged[0][1].code == "not_member":
            result["status"] = "ambiguous_person" if named else "unknown_person"
            result["candidates"] = [_short(each) for each in named]
        return result

    def allows(self, connection: Connection, proposal: Proposal) -> bool:
        """Whether the rules still allow a proposal, judged inside the transaction that makes the change."""
        caller = Caller(person=proposal.person, conversation=proposal.conversation)
        reach = Reach(connection, caller, self._clock)
        cases = reach.asked(proposal.subscriptions)
        judged = _judged(reach, proposal.action, proposal.arguments, cases)
        return all(verdict.allowed for _, verdict in judged)

    def _propose(
        self,
        caller: Caller,
        reach: Reach,
        action: Action,
        arguments: JSON,
        judged: Sequence[tuple[Case, ChangeVerdict]],
        after: JSON | None = None,
    ) -> JSON:
        allowed = [(case.record, verdict) for case, verdict in judged if case.record and verdict.allowed]
        refused = [verdict for _, verdict in judged if not verdict.allowed]
        result: JSON = {
            "ok": bool(allowed),
            "status": "proposed" if allowed else _status(reach, refused),
            "proposal": None,
            "refused": [views.refusal(verdict) for verdict in refused],
            "sources": sources_for(self._articles, (fact for _, verdict in judged for fact in verdict.facts)),
        }
        if allowed:
            records = [record for record, _ in allowed]
            proposal = Proposals(self._engine).create(
                caller,
                action=action,
                arguments=arguments,
                items=[
                    _item(reach, action, after or arguments, record, verdict) for record, verdict in allowed
                ],
                records=records,
                now=self._clock.now(),
            )
            result["proposal"] = views.proposal(proposal)
        return result


def _common(values: Iterable[_T | None]) -> _T | None:
    """The value all of them share; None where they differ."""
    distinct = set(values)
    return distinct.pop() if len(distinct) == 1 else None


def _status(reach: Reach, refused: Sequence[ChangeVerdict]) -> str:
    if reach.signed_out:
        return "signed_out"
    return "already" if all(verdict.code.startswith("already_") for verdict in refused) else "refused"


def _paid_term(record: Record) -> str | None:
    term = record.subscription.term
    return term.value if term in PAID_TERMS else None


def _term(arguments: Mapping[str, Any]) -> Term | None:
    return Term(arguments["term"]) if arguments["term"] else None


_Judge = Callable[[Reach, Case, Mapping[str, Any]], ChangeVerdict]

_JUDGES: dict[Action, _Judge] = {
    Action.SET_AUTO_RENEW: lambda _, case, asked: decide_auto_renewal(
        case.record, case.standing, case.today, asked["enabled"], asked=case.asked
    ),
    Action.ADD_TO_CART: lambda _, case, _asked: decide_cart(
        case.record, case.standing, case.today, asked=case.asked
    ),
    Action.REQUEST_QUOTE: lambda _, case, asked: decide_quote(
        case.record,
        case.standing,
        case.today,
        asked=case.asked,
        seats=asked["seats"],
        term=_term(asked),
    ),
    Action.REASSIGN_PRIMARY_ADMIN: lambda reach, case, asked: decide_primary_admin(
        case.record,
        case.standing,
        asked=case.asked,
        successor=reach.accounts.user(asked["user"]) if asked["user"] else None,
    ),
}


def _judged(
    reach: Reach, action: Action, arguments: Mapping[str, Any], cases: Sequence[Case]
) -> list[tuple[Case, ChangeVerdict]]:
    return [(case, _JUDGES[action](reach, case, arguments)) for case in cases]


_State = Callable[[Reach, Record, Mapping[str, Any]], tuple[JSON, JSON]]


def _quote_state(_: Reach, record: Record, asked: Mapping[str, Any]) -> tuple[JSON, JSON]:
    its = record.subscription
    before = {"seats": its.seats, "term": its.term.value}
    after = {"seats": asked["seats"] or its.seats, "term": asked["term"] or its.term.value, "to": asked["to"]}
    return before, after


def _admin_state(reach: Reach, record: Record, asked: Mapping[str, Any]) -> tuple[JSON, JSON]:
    successor = reach.accounts.user(asked["user"])
    return {"primary_admin": _short(record.primary_admin)}, {"primary_admin": _short(successor)}


def _short(person: User | None) -> JSON | None:
    return {"id": person.id, "name": person.name} if person else None


_STATES: dict[Action, _State] = {
    Action.SET_AUTO_RENEW: lambda _, record, asked: (
        {"auto_renew": record.subscription.auto_renew},
        {"auto_renew": asked["enabled"]},
    ),
    Action.ADD_TO_CART: lambda *_: ({"in_cart": False}, {"in_cart": True}),
    Action.REQUEST_QUOTE: _quote_state,
    Action.REASSIGN_PRIMARY_ADMIN: _admin_state,
}


def _item(
    reach: Reach, action: Action, asked: Mapping[str, Any], record: Record, verdict: ChangeVerdict
) -> JSON:
    before, after = _STATES[action](reach, record, asked)
    return {
        "subscription": record.subscription.id,
        "product": views.label(record.subscription.product),
        "before": before,
        "after": after,
        "warnings": list(verdict.warnings),
    }
