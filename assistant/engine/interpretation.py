"""From what the message says and where the dialogue stands to the tasks of the turn.

Ellipsis ("et pour Revit ?"), pointers ("le deuxième", "l'autre"), answers to a question just put,
corrections and changes of mind are settled here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assistant.engine.dialogue import Asked
from assistant.engine.planning import Known, Task
from assistant.engine.pointing import SHORT, Pointed, context_of, pointed, product_refs, slots_of
from assistant.engine.skills import Skill
from assistant.engine.understanding.records import Clause, Entities, Understood
from assistant.engine.words import says

SURE = 0.6
"""From this probability on, a new wish overrides the question just put."""
LIKELY = 0.12
"""From this probability on, a meaning is worth asking about."""
ALONE = "can_renew"
"""The skill a product named alone stands for."""

_MANNERS = frozenset({"greeting", "thanks", "goodbye", "frustration", "yes", "no", "gibberish", "clarify"})

_NAME = re.compile(r"\b[A-ZÀ-Ý][\w’'-]+(?:\s+[A-ZÀ-Ý][\w’'-]+)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The tasks of the turn, in the order said, and how to speak: opened by a greeting, to someone upset …

    `customer`: whom a member of the support team speaks of. `clear`: something was understood. `later`: what
    was said of changes that have to wait for the first one. `simpler`: a shorter answer is wanted.
    """

    tasks: tuple[Task, ...]
    greeted: bool = False
    thanked: bool = False
    frustrated: bool = False
    english: bool = False
    customer: str | None = None
    clear: bool = True
    later: tuple[str, ...] = ()
    simpler: bool = False


class Interpreter:
    """Turns one understood message into tasks, with the declared skills at hand."""

    def __init__(self, skills: Mapping[str, Skill]) -> None:
        self._skills = skills

    def read(self, understood: Understood, known: Known) -> Reading:
        """The tasks of the message in the order they were said, each once."""
        customer = self._customer(understood, known)
        if known.staff and customer != known.turn.state.customer:
            known = _of_somebody_else(known)
        tasks = self._answered(understood, known) or self._said(understood, known)
        kinds = {task.skill.name for task in tasks}
        content = [t for t in tasks if t.skill.kind != "talk" or t.skill.name not in _MANNERS]
        merged = self._merged(content or tasks[:1])
        first = next((task for task in merged if task.skill.changes), None)
        later = [task for task in merged if task.skill.changes and task is not first]
        return Reading(
            tasks=tuple(task for task in merged if task not in later),
            later=tuple(task.text for task in later if task.text),
            simpler=says("simpler", understood.text) is not None,
            greeted=bool(content) and "greeting" in kinds,
            thanked=bool(content) and "thanks" in kinds,
            frustrated=understood.frustrated or "frustration" in kinds,
            english=understood.language == "en",
            customer=customer,
            clear=all(task.skill.name != "clarify" for task in tasks),
        )

    def _answered(self, understood: Understood, known: Known) -> list[Task]:
        """The task a question just put was about, when this message answers it."""
        asked = known.turn.state.asked
        if asked is None or (asked.skill not in self._skills and asked.slot != "meaning"):
            return []
        said = understood.entities.answer
        if any(c.intent == "cancel_request" for c in understood.clauses):
            said = "no"
        elif said is None and any(c.intent == "yes" for c in understood.clauses):
            said = "yes"
        wishes = [c for c in understood.clauses if c.intent and self._skills[c.intent].kind != "talk"]
        elsewhere = any(c.intent != asked.skill and c.probability >= SURE for c in wishes)
        elsewhere = elsewhere or any(self._switches(clause, asked) for clause in understood.clauses)
        if asked.slot in ("offer", "meaning"):
            return [] if elsewhere else self._taken_up(asked, said, understood)
        if asked.slot == "email" and says("no_email", understood.text):
            elsewhere = False
        switched = any(self._switches(clause, asked) for clause in understood.clauses)
        if elsewhere and (switched or len(understood.text.split()) > SHORT):
            return []
        skill = self._skills[asked.skill]
        said_too = slots_of(understood.entities)
        slots = {**asked.slots, **said_too}
        if asked.slot == "email" and says("no_email", understood.text):
            return [Task(skill=skill, slots=dict(asked.slots), text=understood.text)]
        if asked.slot == "order_password" and says("forgotten", understood.text):
            return [Task(skill=self._skills["order_password_forgotten_how"], slots=dict(asked.slots))]
        if asked.slot == "subscriptions":
            return self._chosen(skill, asked, slots, understood, known)
        value = self._slot_value(asked.slot, understood, known)
        if value is None and said == "no":
            return [Task(skill=self._skills["no"])]
        if value is None:
            return [Task(skill=skill, ids=_ids_of(asked.slots), slots=slots)] if said == "yes" else []
        # One word is one answer: a password that looks like an order number is no order number.
        same = str(value).casefold()
        other = {name: each for name, each in said_too.items() if str(each).casefold() != same}
        ids = _ids_of(asked.slots)
        return [Task(skill=skill, ids=ids, slots={**asked.slots, **other, asked.slot: value})]

    def _switches(self, clause: Clause, asked: Asked) -> bool:
        """Whether a clause wants something switched on or off while a question about something else waits."""
        likely = next((name for name, probability in clause.alternatives if probability >= LIKELY), None)
        wish = self._skills.get(likely or "")
        return (
            clause.entities.polarity is not None
            and wish is not None
            and wish.changes
            and likely != asked.skill
        )

    def _taken_up(self, asked: Asked, said: str | None, understood: Understood) -> list[Task]:
        """An offer or a guess at the meaning, accepted or declined."""
        if said == "no":
            return [Task(skill=self._skills["no"])]
        if asked.slot == "meaning":
            places = [
                r.index for r in understood.entities.references if r.kind == "ordinal" and r.index is not None
            ]
            place = places[0] if places else 0 if said == "yes" else None
            names = [name for name in asked.choices if name in self._skills]
            if place is None or not -len(names) <= place < len(names):
                return []
            return [Task(skill=self._skills[names[place]], slots=dict(asked.slots))]
        if said != "yes":
            return []
        slots = {**asked.slots, **slots_of(understood.entities)}
        return [Task(skill=self._skills[asked.skill], ids=_ids_of(asked.slots), slots=slots)]

    def _chosen(
        self, skill: Skill, asked: Asked, slots: Mapping[str, Any], understood: Understood, known: Known
    ) -> list[Task]:
        """Which subscription, answered by name, description, rank or "les deux"."""
        everyone = [str(s["id"]) for s in known.subscriptions]
        among = [id for id in asked.choices if id in everyone] or everyone
        told = pointed(understood.entities, known, everyone, understood.text)
        if any(reference.kind == "all" for reference in understood.entities.references):
            told = Pointed(ids=tuple(among))
        dropped = any(c.intent == "cancel_request" for c in understood.clauses)
        if not told.found and (dropped or understood.entities.answer == "no"):
            return [Task(skill=self._skills["no"])]
        if not told.found:
            return []
        within = tuple(id for id in told.ambiguous if id in among)
        ids = within if len(within) == 1 else told.ids
        ambiguous = within if len(within) > 1 else ()
        unclear = told.unclear and len(within) != 1
        return [
            Task(
                skill=skill,
                ids=ids,
                unowned=told.unowned,
                ambiguous=ambiguous or (tuple(among) if unclear else ()),
                unclear=unclear,
                slots=slots,
            )
        ]

    def _slot_value(self, slot: str, understood: Understood, known: Known) -> Any:
        from assistant.engine.understanding.slots import read_slot

        read = read_slot(
            understood.text, slot, products=product_refs(known.subscriptions), context=context_of(known.turn)
        )
        return None if read is None else read.value

    def _said(self, understood: Understood, known: Known) -> list[Task]:
        tasks: list[Task] = []
        for clause in understood.clauses:
            tasks.append(self._task(clause, known, tasks))
        known_tasks = [task for task in tasks if task.skill.name != "clarify"]
        return known_tasks or tasks or [self._unclear((), known)]

    def _task(self, clause: Clause, known: Known, before: Sequence[Task]) -> Task:
        """What one clause asks for."""
        state = known.turn.state
        told = pointed(clause.entities, known, [str(s["id"]) for s in known.subscriptions], clause.text)
        slots = slots_of(clause.entities)
        numbers = clause.entities.order_numbers
        if len(numbers) > 1 and "order_password" not in slots and says("password", clause.text):
            slots["order_password"] = known.turn.text[numbers[-1].start : numbers[-1].end]
        name, repeated = clause.intent, False
        settled = state.changed or says("restore", clause.text)
        if settled and not told.found and says("undo", clause.text):
            name = "undo"
        elif name == "repeat" and state.skills:
            name, repeated = state.skills[0], True
            slots = {**state.slots, **slots}
        elif name in (None, "correction") and (told.found or slots):
            name = self._understood_verb(clause, before, state.skills, told) or name
        elif told.found and says("entitled", clause.text) and _about_price(state.skills):
            name = "price_exclusions"
        elif name is None and says("cart", clause.text):
            name = "pending_status"
        elif name is None and "email" in slots and not known.staff:
            name = "human"
        elif name is None and known.staff and self._named(clause.text, clause.entities):
            likely = [each for each, probability in clause.alternatives if probability >= LIKELY]
            name = next((each for each in likely if self._tells_of_people(each)), ALONE)
        if "seats" in slots and self._goes_on(clause, state.skills):
            name = state.skills[-1]
        if name is None or name not in self._skills:
            return self._unclear(clause.alternatives, known)
        skill = self._skills[name]
        if clause.entities.hypothetical and skill.if_hypothetical:
            skill = self._skills[skill.if_hypothetical]
        if skill.if_idle and "enabled" not in slots and says("idle", clause.text):
            skill = self._skills[skill.if_idle]
        if known.staff and skill.if_customer and self._named(clause.text, clause.entities):
            skill = self._skills[skill.if_customer]
        if not told.found:
            told = Pointed(ids=self._inherited(skill, clause, known, before, repeated))
        return Task(
            skill=skill,
            ids=told.ids,
            unowned=told.unowned,
            ambiguous=told.ambiguous,
            unclear=told.unclear,
            slots=slots,
            repeated=repeated,
            text=clause.text,
        )

    def _understood_verb(
        self, clause: Clause, before: Sequence[Task], earlier: Sequence[str], told: Pointed
    ) -> str | None:
        """The skill of a clause that leaves its verb to what was said before ("et pour Revit ?").

        A likely skill of its own ("et combien pour Revit ?") comes first. A product alone ("Revit ?")
        asks how it stands.
        """
        own = (name for name, probability in clause.alternatives if probability >= LIKELY)
        last = [task.skill.name for task in reversed(before)] + list(reversed(earlier))
        alone = [ALONE] if told.found and len(clause.text.split()) <= SHORT else []
        return next((name for name in (*own, *last, *alone) if self._takes_subscriptions(name)), None)

    def _goes_on(self, clause: Clause, earlier: Sequence[str]) -> bool:
        """Whether a short clause ("et avec 5 postes ?") asks the last question again for other seats."""
        last = self._skills.get(earlier[-1]) if earlier else None
        reads = last is not None and not last.changes and any("seats" in call.args for call in last.calls)
        return reads and len(clause.text.split()) <= SHORT and says("and_then", clause.text) is not None

    def _tells_of_people(self, name: str) -> bool:
        skill = self._skills.get(name)
        return skill is not None and (skill.kind == "account" or skill.if_customer is not None)

    def _takes_subscriptions(self, name: str) -> bool:
        return name in self._skills and self._skills[name].subscriptions is not None

    def _inherited(
        self, skill: Skill, clause: Clause, known: Known, before: Sequence[Task], repeated: bool
    ) -> tuple[str, ...] | None:
        """The subscriptions a clause that names none is about: those of the clause before, else those in
        focus.
        """
        if skill.subscriptions is None:
            return None
        if before:
            return next((task.ids for task in reversed(before) if task.ids), None)
        state = known.turn.state
        plural = says("plural", clause.text) is not None
        again = skill.name in state.skills and not repeated
        return None if plural or again or not skill.subscriptions.focus else state.focus or None

    def _unclear(self, alternatives: Sequence[tuple[str, float]], known: Known) -> Task:
        """The task of asking what was meant, with the likeliest meanings."""
        meanings = [
            name
            for name, probability in alternatives
            if probability >= LIKELY and name in self._skills and self._skills[name].as_choice
        ]
        return Task(
            skill=self._skills["clarify"],
            slots={"meanings": meanings[:2], "unsure": known.turn.state.unsure + 1},
        )

    def _merged(self, tasks: Iterable[Task]) -> list[Task]:
        """The tasks, one per skill and slots, and none that another's answer already holds."""
        merged: dict[str, Task] = {}
        for task in tasks:
            key = f"{task.skill.name} {sorted(task.slots.items(), key=str)}"
            first = merged.get(key)
            merged[key] = task if first is None else _joined(first, task)
        held = {name for task in merged.values() for name in task.skill.also}
        return [task for task in merged.values() if task.skill.name not in held]

    def _customer(self, understood: Understood, known: Known) -> str | None:
        """Whom a member of the support team names, else the one spoken of before."""
        return self._named(understood.text, understood.entities) or known.turn.state.customer

    @staticmethod
    def _named(text: str, entities: Entities) -> str | None:
        """Somebody named: by an address, else by a name that is no product's."""
        taken = [mention.product for mention in entities.products]
        names = (match[0] for match in _NAME.finditer(text) if not any(match[0] in each for each in taken))
        told = [span.value for span in entities.emails] + [span.value for span in (entities.person,) if span]
        return next(iter([*told, *names]), None)


def _about_price(earlier: Sequence[str]) -> bool:
    return any(name.startswith(("price_", "renewal_price")) for name in earlier)


def _of_somebody_else(known: Known) -> Known:
    """What is known, without the subscriptions spoken of before: they are another customer's."""
    state = replace(known.turn.state, focus=(), shown=(), asked=None)
    return replace(known, turn=replace(known.turn, state=state))


def _joined(first: Task, second: Task) -> Task:
    """Two tasks of one skill as one; about everything when either is."""
    whole = (first.ids is None and not first.unowned) or (second.ids is None and not second.unowned)
    return replace(
        first,
        ids=None if whole else tuple(dict.fromkeys((*(first.ids or ()), *(second.ids or ())))) or None,
        unowned=tuple(dict.fromkeys((*first.unowned, *second.unowned))),
        ambiguous=tuple(dict.fromkeys((*first.ambiguous, *second.ambiguous))),
        unclear=first.unclear or second.unclear,
        text=f"{first.text} ; {second.text}",
    )


def _ids_of(slots: Mapping[str, Any]) -> tuple[str, ...] | None:
    ids = slots.get("ids")
    return tuple(str(id) for id in ids) if isinstance(ids, (list, tuple)) and ids else None
