"""From what was understood to what is to be done: tasks, their subscriptions, and the tool calls they still
need.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from assistant.engine.dialogue import Turn, call_key, subscriptions_of
from assistant.engine.skills import Ask, Skill
from assistant.engine.words import folded, says, words

LIST = "list_subscriptions"
FACTS = "read_facts"
MOST_CALLS = 16
"""No turn needs more tool calls than this; past it the engine answers with what it has."""

MOST_SEATS = 1_000_000
LONGEST_TEXT = 1000
"""What is handed to a search or a human of a message, in characters."""
LONGEST_REASON = 240
"""Characters of each of the person's messages in the reason of a call for a human."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing to answer: a skill, the subscriptions it is about and the other slots.

    `ids` None: not said, all of the person's. `unowned`: products named that are not among the person's.
    `ambiguous`: the subscriptions among which the person has to choose; `unclear`: pointed to in a way that
    fits several ("l'autre", "les deux"), so that they are asked even about a question. `text`: what was said.
    """

    skill: Skill
    ids: tuple[str, ...] | None = None
    unowned: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    unclear: bool = False
    slots: Mapping[str, Any] = field(default_factory=dict)
    repeated: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What this turn's tools have told so far, and which tools there are."""

    turn: Turn
    offered: frozenset[str]
    customer: str | None = None

    @property
    def listing(self) -> dict[str, Any] | None:
        """The arguments to list the subscriptions with, while that is still to be done and can be.

        A customer is only ever named by the support team, once the first listing has told that it is they
        who speak.
        """
        if LIST not in self.offered:
            return None
        done = [use.args for use in self.turn.uses if use.tool == LIST]
        args = {"customer": self.customer} if self.staff and self.customer else {}
        return None if args in done else args

    @property
    def unavailable(self) -> bool:
        """Whether the person's subscriptions could not be read."""
        listing = self.turn.result(LIST)
        return LIST not in self.offered or (listing is not None and listing.get("status") == "error")

    @property
    def proposed(self) -> bool:
        """Whether a change was proposed in this turn: it will be stated, and waits for its own yes."""
        return any(use.result.get("status") == "proposed" for use in self.turn.uses)

    @property
    def person(self) -> Mapping[str, Any] | None:
        """Who is signed in, as the list of subscriptions says."""
        found = (self.turn.result(LIST) or {}).get("person")
        return found if isinstance(found, dict) else None

    @property
    def staff(self) -> bool:
        """Whether a member of the support team speaks; a customer's list names that customer instead."""
        people = [use.result.get("person") for use in self.turn.uses if use.tool == LIST]
        return any(isinstance(each, dict) and each.get("kind") in ("agent", "admin") for each in people)

    @property
    def subscriptions(self) -> tuple[Mapping[str, Any], ...]:
        """The subscriptions listed in this turn, else those listed last."""
        now = subscriptions_of(self.turn)
        return self.turn.state.known if now is None else now

    @property
    def personal(self) -> bool:
        """Whether there is anything of the person's own to speak of."""
        return bool(self.subscriptions) and LIST in self.offered


def narrowed(task: Task, known: Known) -> Task:
    """The task with its subscriptions settled, once they are listed.

    A change that names none is about the only one it could mean; where it could mean several, it is
    ambiguous.
    """
    rule = task.skill.subscriptions
    if rule is None or not known.personal:
        return task
    if rule.take == "any":
        return task if task.unclear else replace(task, ambiguous=())
    everyone = {str(s["id"]): s for s in known.subscriptions}
    meant = [id for id in (task.ambiguous or task.ids or everyone) if id in everyone]
    settled = bool(task.ids) and not task.ambiguous and (len(meant) == 1 or not rule.single)
    if (settled and not task.unclear) or (task.unowned and not task.ids):
        return task
    test = expression(rule.candidates or "true")
    fitting = [id for id in meant if test(s=everyone[id])]
    if task.unclear:
        return replace(task, ids=None, ambiguous=tuple(fitting if len(fitting) > 1 else meant))
    if len(fitting) > 1 or (not fitting and rule.single and len(meant) > 1):
        return replace(task, ids=None, ambiguous=tuple(fitting or meant))
    return replace(task, ids=tuple(fitting or meant), ambiguous=())


@cache
def expression(source: str) -> Any:
    """A Jinja expression, compiled once; what it cannot find is None."""
    from jinja2 import ChainableUndefined
    from jinja2.nativetypes import NativeEnvironment

    environment = NativeEnvironment(undefined=ChainableUndefined)
    return environment.compile_expression(source, undefined_to_none=True)


def scope(task: Task, known: Known) -> dict[str, Any]:
    """The names a skill's expressions and wording can use."""
    names = _names(task, known)
    for call in task.skill.calls:
        names["r"].pop(call.tool, None)
        if call.when is None or expression(call.when)(**names):
            key = call_key(call.tool, call_args(call.args, names))
            names["r"] |= {use.tool: use.result for use in known.turn.uses if use.key == key}
    return names


def _today(turn: Turn) -> str | None:
    """The day the tools of this turn, else earlier ones, told."""
    told = (use.result.get("today") for use in turn.uses)
    return next((day for day in told if day), turn.state.today)


@cache
def _nothing_said() -> re.Pattern[str]:
    return re.compile(r"(?:[\w.+-]+@[\w.-]+|\W|(?:" + "|".join(words()["no_reason"]) + r")(?!\w))*")


def _reason(turn: Turn) -> str:
    """What the person wanted, in their own words, for a human to read: the last two messages that say it."""
    said = [text for text in (*turn.earlier, turn.text) if not _nothing_said().fullmatch(folded(text))]
    told = " / ".join(dict.fromkeys(" ".join(text.split())[:LONGEST_REASON] for text in said[-2:]))
    return told or turn.text[:LONGEST_TEXT].strip()


def _names(task: Task, known: Known) -> dict[str, Any]:
    chosen = [s for s in known.subscriptions if task.ids is None or s["id"] in task.ids]
    slots = dict(task.slots)
    one = chosen[0] if len(chosen) == 1 else None
    delta = slots.get("delta")
    return {
        "skill": task.skill.name,
        "single": task.skill.subscriptions is not None and task.skill.subscriptions.single,
        "ids": _ids(task, known),
        "subs": chosen,
        "all_subs": list(known.subscriptions),
        "by_id": {s["id"]: s for s in known.subscriptions},
        "one": one,
        "renewable": [s for s in chosen if s.get("state") in ("eligible", "late")],
        "buys": any(s.get("state") in _PRICED for s in chosen),
        "can_switch_on": [s for s in chosen if not s.get("auto_renew") and _switchable(s)],
        "can_switch_off": [s for s in chosen if s.get("auto_renew") and _switchable(s)],
        "named": bool(task.ids),
        "today": _today(known.turn),
        "unowned": list(task.unowned),
        "signed_out": known.person is None,
        "personal": known.personal,
        "staff": known.staff,
        "person": known.person,
        "customer": known.customer,
        "slots": slots,
        "text": known.turn.text[:LONGEST_TEXT].strip(),
        "reason": _reason(known.turn),
        "says": lambda name: says(name, task.text or known.turn.text) is not None,
        "wanted_seats": _seats(slots.get("seats") or (one["seats"] + delta if one and delta else None)),
        "person_wanted": slots.get("email") or slots.get("person"),
        "r": {use.tool: use.result for use in known.turn.uses},
        "offered": known.offered,
        **{kind: slots.get(kind) for kind in ("seats", "term", "target")},
        **{kind: slots.get(kind) for kind in ("order_number", "order_password", "email", "enabled")},
    }


_PRICED = ("eligible", "late", "too_early", "contact_sales")


def _switchable(subscription: Mapping[str, Any]) -> bool:
    """Whether the person may change its auto-renewal now."""
    open_states = ("eligible", "too_early")
    return subscription.get("state") in open_states and "auto" in (subscription.get("methods") or ())


def _ids(task: Task, known: Known) -> list[str] | None:
    """The ids to give a tool. The support team has none of its own: all of the customer's are named."""
    if task.ids is None and known.staff:
        return [str(s["id"]) for s in known.subscriptions]
    return list(task.ids) if task.ids is not None else None


def _seats(count: int | None) -> int | None:
    return count if count is not None and 1 <= count <= MOST_SEATS else None


def read_only(task: Task, known: Known) -> bool:
    """Whether a change is wanted by a member of the support team, whose own chat changes nothing."""
    return known.staff and task.skill.changes


def question(task: Task, known: Known) -> Ask | None:
    """The question of the skill that has to be put first, if any."""
    if _general(task, known) or unsettled(task):
        return None
    names = scope(task, known)
    return next((ask for ask in task.skill.ask if expression(ask.when)(**names)), None)


def _general(task: Task, known: Known) -> bool:
    """Whether only the general answer can be given: nothing of the person's own is known."""
    skill = task.skill
    return skill.kind == "account" and skill.subscriptions is not None and not known.personal


def general(task: Task, known: Known) -> bool:
    """Whether the task is answered by its skill's general wording."""
    return bool(task.skill.general) and not known.staff and _general(task, known)


def unsettled(task: Task) -> bool:
    """Whether an account task waits to be told which of the person's subscriptions is meant."""
    return task.skill.kind == "account" and bool(task.ambiguous or (task.unowned and not task.ids))


def facts_needed(task: Task, known: Known) -> tuple[str, ...]:
    """The facts whose sentences the wording will rest on."""
    if ask := question(task, known):
        return ask.facts
    if unsettled(task) and not general(task, known):
        return ()
    return task.skill.facts + (task.skill.general_facts if general(task, known) else ())


def call_args(call_args: Mapping[str, str], names: Mapping[str, Any]) -> dict[str, Any]:
    """A call's arguments; those that come out as None are left out."""
    worked = {name: expression(source)(**names) for name, source in call_args.items()}
    return {name: value for name, value in worked.items() if value is not None}


def _wanted(task: Task, known: Known) -> list[tuple[str, dict[str, Any]]]:
    if unsettled(task) or question(task, known) or _general(task, known):
        return []
    names = scope(task, known)
    return [
        (call.tool, call_args(call.args, names))
        for call in task.skill.calls
        if call.when is None or expression(call.when)(**names)
    ]


def next_calls(tasks: Sequence[Task], known: Known) -> list[tuple[str, dict[str, Any]]]:
    """The tool calls that can be made now, all at once; empty when the tasks have all they can get.

    The subscriptions come first where a task is about any; the facts of all tasks are read in one call.
    """
    if len(known.turn.uses) >= MOST_CALLS:
        return []
    wanted: list[tuple[str, dict[str, Any]]] = []
    listing = known.listing
    ready = [task for task in tasks if task.skill.subscriptions is None or listing is None]
    if listing is not None and len(ready) < len(tasks):
        wanted.append((LIST, listing))
    for task in ready:
        wanted += _wanted(task, known)
    read = {fact for use in known.turn.uses if use.tool == FACTS for fact in _listed(use.args.get("facts"))}
    facts = dict.fromkeys(fact for task in ready for fact in facts_needed(task, known))
    if missing := [fact for fact in facts if fact not in read]:
        wanted.append((FACTS, {"facts": missing}))
    made = {use.key for use in known.turn.uses}
    fresh = {call_key(*call): call for call in wanted if call[0] in known.offered}
    return [call for key, call in fresh.items() if key not in made]


def failed(task: Task, known: Known) -> bool:
    """Whether a tool the task needs is not offered or gave no result."""
    results = scope(task, known)["r"]
    needed = {tool for tool, _ in _wanted(task, known)}
    return any(results.get(tool, {"status": "error"}).get("status") == "error" for tool in needed)


def _listed(value: Any) -> Iterable[str]:
    return value if isinstance(value, list) else ()
