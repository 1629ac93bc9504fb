"""Wording: a skill's Jinja text over what the tools told, with citations that cannot be missing.

`say("…", "F07")` states what the articles state and cites them; where the loaded articles do not state it,
nothing is said, and where they give other figures, they are quoted instead. `cite("F07")` adds the
references to a sentence that rests on a tool's result.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.engine.planning import Known, Task, failed, general, question, read_only, scope
from assistant.engine.skills import Skill
from assistant.engine.stating import Draft, evidence_of
from assistant.wording import formats

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
SHORT = 80
"""A body of so few characters may be said twice in a row."""

_SENTENCE = re.compile(r"(?<=[.!?…])(?:[ \u00a0]+)(?=[A-ZÀ-ÖØ-Ý«*\[])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A worded answer: its text, and what the next turn has to know of it."""

    text: str
    notes: dict[str, Any]


class Renderer:
    """Words the tasks of a turn. Templates are compiled once."""

    def __init__(self, skills: Mapping[str, Skill]) -> None:
        self._skills = skills

    def compile(self, skill: Skill) -> None:
        """Compile every text of a skill. Raises jinja2.TemplateError for one that cannot be."""
        asks = (ask.text for ask in skill.ask)
        for text in (skill.answer, skill.general, skill.opener, skill.closer, *asks, *skill.suggestions):
            _compiled(text)

    def _worded(self, source: str, names: Mapping[str, Any]) -> str:
        return str(_compiled(source).render(**names)).strip(" \n¶")

    def say(
        self,
        tasks: Iterable[Task],
        known: Known,
        *,
        openers: Iterable[str] = (),
        later: Sequence[str] = (),
        simpler: bool = False,
    ) -> Said:
        """The whole answer to the tasks, in their order.

        `openers`: talk skills that open or close it; `later`: what was said of changes that wait for the one
        proposed; `simpler`: a shorter answer is wanted.
        """
        draft = Draft(evidence=evidence_of(known), known=known)
        tasks = list(tasks)
        beside = [task.skill.name for task in tasks]
        asked: dict[str, Any] | None = None
        blocks: list[str] = []
        suggestions: list[str] = []
        for task in tasks:
            names = self._names(task, known, draft) | {"beside": beside}
            put = None if read_only(task, known) else self._question(task, known, draft)
            asked = put or asked
            blocks.append(self._block(task, known, names))
            suggestions += [self._worded(each, names) for each in task.skill.suggestions]
        body = tidied("\n\n".join(filter(None, blocks)))
        bare = re.sub(r"\x04[^\x05]*\x05|\[[0-9a-f]{8}\]|\s", "", body)
        digest = hashlib.sha256(bare.encode()).hexdigest()[:12]
        body = re.sub(r"[\x04\x05]", "", body)
        names = self._names(tasks[-1], known, draft) | {"later": list(later)}
        before = [self._worded(self._skills[name].opener, names) for name in openers]
        after = [self._worded(self._skills[name].closer, names) for name in openers]
        repeated = any(task.repeated for task in tasks)
        echoed = digest in known.turn.state.said and len(body) > SHORT and not known.proposed
        if draft.unanswered and (repeated or known.turn.state.unanswered):
            body = self._shared("unanswered_again", names)
        elif repeated and simpler and (short := _in_short(body)):
            body = short
            before.append(self._worded("{% include 'in_short.j2' %}", names))
        elif (echoed or repeated) and not asked:
            manner = self._skills["repeat"]
            variants = manner.again if repeated else manner.echoed
            before.append(self._worded(variants[known.turn.state.turns % len(variants)], names))
        if later:
            body = f"{body}\n\n{self._shared('later', names)}"
        parts = [" ".join(filter(None, before)), body, *after, "" if asked else draft.offered]
        text = "\n\n".join(filter(None, parts))
        notes = self._notes(tasks, known, draft, asked, digest, [s for s in suggestions if s])
        waiting = tuple(later) or (known.turn.state.next if _goes_on(known, asked) else ())
        return Said(text=draft.restored(formats.spaced(text)), notes=notes | {"next": list(waiting)})

    def _names(self, task: Task, known: Known, draft: Draft) -> dict[str, Any]:
        return scope(task, known) | {
            "say": draft.say,
            "cite": draft.cite,
            "has": draft.has,
            "propose": draft.propose,
            "mention": draft.mention,
            "not_found": draft.not_found,
            "items": draft.items,
            "sources": draft.sources,
            "quote": draft.quote,
            "shown": draft.shown,
            "state": known.turn.state,
            "skills": self._skills,
            "turns": known.turn.state.turns,
            "unclear": task.unclear,
            "beside": [task.skill.name],
            "choices": [s for id in task.ambiguous for s in known.subscriptions if s["id"] == id],
        }

    def _block(self, task: Task, known: Known, names: Mapping[str, Any]) -> str:
        """The wording of one task: its skill's own, unless something stands in the way."""
        skill = task.skill
        personal = skill.kind == "account" and skill.subscriptions is not None
        if read_only(task, known) and not (known.personal and task.ids):
            return self._shared("read_only", names)
        if personal and known.staff and not known.personal:
            return self._shared("which_customer", names)
        if personal and known.unavailable:
            return self._shared("unavailable", names)
        if general(task, known):
            return self._worded(skill.general, names) or self._shared("silent", names)
        if task.unowned and not task.ids and personal:
            return self._shared("unowned", names)
        if task.ambiguous:
            return self._shared("which", names)
        if ask := question(task, known):
            return self._worded(ask.text, names)
        if failed(task, known):
            return self._shared("unavailable", names)
        answer = self._worded(skill.answer, names) or self._shared(
            "nothing_to_add" if known.proposed else "silent", names
        )
        if task.unowned and personal:
            return self._shared("unowned_too", names) + "\n\n" + answer
        return answer

    def _shared(self, template: str, names: Mapping[str, Any]) -> str:
        return self._worded(f'{{% include "{template}.j2" %}}', names)

    def _question(self, task: Task, known: Known, draft: Draft) -> dict[str, Any] | None:
        """What the block asks the person for, for the next turn to take up."""
        slots = {name: value for name, value in task.slots.items() if name not in _SECRET}
        if task.ambiguous and not (task.unowned and not task.ids):
            draft.shown[:] = task.ambiguous
            return {
                "slot": "subscriptions",
                "skill": task.skill.name,
                "choices": list(task.ambiguous),
                "slots": slots,
            }
        if ask := question(task, known):
            slots |= {"ids": list(task.ids)} if task.ids else {}
            return {"slot": ask.slot, "skill": task.skill.name, "slots": slots}
        if meanings := task.slots.get("meanings"):
            return {"slot": "meaning", "skill": task.skill.name, "choices": list(meanings), "slots": {}}
        return None

    def _notes(
        self,
        tasks: list[Task],
        known: Known,
        draft: Draft,
        asked: Mapping[str, Any] | None,
        digest: str,
        suggestions: list[str],
    ) -> dict[str, Any]:
        state = known.turn.state
        about = [task for task in tasks if task.skill.subscriptions is not None]
        focus = list(dict.fromkeys(id for task in about for id in task.ids or ()))
        shown = draft.shown or (focus if len(focus) > 1 else [])
        lasting = [task.skill.name for task in tasks if task.skill.kind != "talk"]
        return {
            "skills": lasting or list(state.skills),
            "focus": focus if about else list(state.focus),
            "shown": shown or list(state.shown) or [s["id"] for s in known.subscriptions],
            "asked": asked or draft.offer,
            "slots": {k: v for task in tasks[-1:] for k, v in task.slots.items() if k not in _SECRET},
            "unsure": max((task.slots.get("unsure", 0) for task in tasks), default=0),
            "said": [digest],
            "customer": known.customer if known.staff else None,
            "told": list(dict.fromkeys((*state.told, *draft.told))),
            "unanswered": draft.unanswered,
            "suggestions": list(dict.fromkeys(suggestions))[:4],
        }


_SECRET = frozenset({"order_password"})


@cache
def _environment() -> Environment:
    from jinja2 import ChainableUndefined, Environment, FileSystemLoader

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    environment.filters |= {
        "day": formats.day,
        "money": formats.money,
        "counted": formats.counted,
        "of": lambda name: formats.of(name.lstrip("*")).removesuffix(name.lstrip("*")) + name,
        "listed": formats.listed,
        "casefold": str.casefold,
        "first_low": lambda text: text[:1].lower() + text[1:],
        "days_to": lambda day, other: (date.fromisoformat(other[:10]) - date.fromisoformat(day[:10])).days,
    }
    environment.tests["contains"] = lambda items, item: item in (items or ())
    return environment


@cache
def _compiled(source: str) -> Any:
    # A blank line after a block tag would be trimmed away with it.
    text = source.replace("\n\n", "\n¶\n")
    return _environment().from_string('{% import "macros.j2" as m with context %}' + text)


def _goes_on(known: Known, asked: Mapping[str, Any] | None) -> bool:
    """Whether the change that others wait for is still to be settled after this answer."""
    state = known.turn.state
    answered = state.asked is not None and state.asked.slot != "offer" and not state.pending
    return answered if known.proposed else state.pending or asked is not None


def _in_short(body: str) -> str:
    """The first paragraph of a longer answer, with the list it announces; nothing where that is all of it."""
    paragraphs = body.split("\n\n")
    kept = paragraphs[: 2 if paragraphs[0].endswith(":") else 1]
    return "\n\n".join(kept) if len(kept) < len(paragraphs) else ""


def tidied(text: str) -> str:
    """Spaces and paragraphs ("¶" in the templates) in order, and no sentence said twice."""
    seen: set[str] = set()
    lines = []
    for line in text.replace("¶", "\n\n").splitlines():
        kept = []
        for sentence in _SENTENCE.split(" ".join(line.split(" ")).strip()):
            key = re.sub(r"\[[0-9a-f]{8}\]|\W", "", sentence)
            if len(key) > 30 and key in seen:
                continue
            seen.add(key)
            kept.append(re.sub(r"[ ]{2,}", " ", sentence))
        lines.append(" ".join(filter(None, kept)).strip())
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return re.sub(r"(?m)^(- .*|\d+\) .*)\n\n(?=- |\d+\) )", r"\1\n", text)
