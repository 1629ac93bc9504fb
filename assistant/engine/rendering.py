"""Wording: a skill's Jinja text over what the tools told, with citations that cannot be missing.

`say("…", "F07")` states what the articles state and cites them; where the loaded articles do not state it,
nothing is said, and where they give other figures, they are quoted instead. `cite("F07")` adds the
references to a sentence that rests on a tool's result.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.engine.planning import Known, Task, failed, general, question, scope
from assistant.engine.skills import Skill
from assistant.wording import formats

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
LONGEST_ENTRY = 48
"""Characters of an entry in a list of names."""
MOST_REFS = 2
"""Articles cited for one fact."""

SHORT = 80
"""A body of so few characters may be said twice in a row."""

_FIGURE = re.compile(r"\d+(?:[ \u00a0\u202f]\d{3})*(?:,\d+)?")
_SENTENCE = re.compile(r"(?<=[.!?…])(?:[ \u00a0]+)(?=[A-ZÀ-ÖØ-Ý«*\[])")


@dataclass(slots=True)
class Draft:
    """What is gathered while a turn is worded."""

    evidence: dict[str, list[dict[str, Any]]]
    known: Known
    quotes: list[str] = field(default_factory=list)
    offer: dict[str, Any] | None = None
    offered: str = ""
    shown: list[str] = field(default_factory=list)

    def sources(self, facts: Iterable[str]) -> list[dict[str, Any]]:
        """The sentences stating the facts, at most `MOST_REFS` articles each, each sentence once."""
        found: dict[str, dict[str, Any]] = {}
        for fact in facts:
            by_article: dict[str, dict[str, Any]] = {}
            for source in self.evidence.get(fact, ()):
                by_article.setdefault(str(source.get("article")), source)
            found |= {source["ref"]: source for source in list(by_article.values())[:MOST_REFS]}
        return list(found.values())

    def cite(self, *facts: str) -> str:
        """The references of the facts, with the space before them; nothing where the articles are silent."""
        return "".join(f" [{source['ref']}]" for source in self.sources(facts))

    def has(self, *facts: str) -> bool:
        """Whether the articles state every one of the facts."""
        return all(self.evidence.get(fact) for fact in facts)

    def say(self, text: str, *facts: str, end: str = ".") -> str:
        """What the articles state, in our words, cited, closed by `end`; quoted where the figures differ.

        Nothing where the articles do not state every one of the facts.
        """
        sources = self.sources(facts)
        if not sources or not self.has(*facts):
            return ""
        told = " ".join(source["quote"] for source in sources)
        if _figures(text) <= _figures(told):
            return f"{text.rstrip().removesuffix('.')}{self.cite(*facts)}{end}"
        return f"{' ; '.join(self.quote(source) for source in sources)}{end}"

    def quote(self, source: Mapping[str, Any]) -> str:
        """One sentence of an article, word for word."""
        self.quotes.append(str(source["quote"]).strip())
        return f"« {source['title']} » dit : « \x02{len(self.quotes) - 1}\x03 » [{source['ref']}]"

    def propose(self, skill: str, text: str, **slots: Any) -> str:
        """An offer to do something next, put at the end of the answer; a yes in reply takes it up.

        None beside a change that waits for its own yes. Words nothing where it stands.
        """
        if not self.known.proposed:
            given = {name: value for name, value in slots.items() if value is not None}
            self.offer = {"slot": "offer", "skill": skill, "slots": given}
            self.offered = text
        return ""

    def items(self, fact: str) -> list[dict[str, Any]]:
        """The entries of a list that states a fact: the short sentences of one article."""
        stated = self.evidence.get(fact, [])
        first = stated[0]["article"] if stated else None
        return [s for s in stated if s["article"] == first and len(s["quote"]) < LONGEST_ENTRY]

    def restored(self, text: str) -> str:
        """The text with the quotations put back, untouched."""
        return re.sub(r"\x02(\d+)\x03", lambda match: self.quotes[int(match[1])], text)


def _figures(text: str) -> set[str]:
    return {figure[0] for figure in _FIGURE.finditer(text)}


def evidence_of(known: Known) -> dict[str, list[dict[str, Any]]]:
    """Fact id -> the sentences stating it among all the sources of this turn's tool results."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for use in known.turn.uses:
        for source in use.result.get("sources") or ():
            for fact in source.get("facts") or ():
                found.setdefault(fact, {}).setdefault(source["ref"], source)
    return {fact: list(sources.values()) for fact, sources in found.items()}


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

    def say(self, tasks: Iterable[Task], known: Known, *, openers: Iterable[str] = ()) -> Said:
        """The whole answer to the tasks, in their order. `openers`: talk skills that open or close it."""
        draft = Draft(evidence=evidence_of(known), known=known)
        tasks = list(tasks)
        asked: dict[str, Any] | None = None
        blocks: list[str] = []
        suggestions: list[str] = []
        for task in tasks:
            names = self._names(task, known, draft)
            put = self._question(task, known, draft)
            asked = put or asked
            blocks.append(self._block(task, known, names))
            suggestions += [self._worded(each, names) for each in task.skill.suggestions]
        body = tidied("\n\n".join(filter(None, blocks)))
        digest = hashlib.sha256(re.sub(r"\[[0-9a-f]{8}\]|\s", "", body).encode()).hexdigest()[:12]
        names = self._names(tasks[-1], known, draft)
        before = [self._worded(self._skills[name].opener, names) for name in openers]
        after = [self._worded(self._skills[name].closer, names) for name in openers]
        echoed = digest in known.turn.state.said and len(body) > SHORT and not known.proposed
        if echoed or any(task.repeated for task in tasks):
            variants = tasks[0].skill.again or self._skills["repeat"].again
            before.append(self._worded(variants[known.turn.state.turns % len(variants)], names))
        parts = [" ".join(filter(None, before)), body, *after, "" if asked else draft.offered]
        text = "\n\n".join(filter(None, parts))
        return Said(
            text=draft.restored(formats.spaced(text)),
            notes=self._notes(tasks, known, draft, asked, digest, [s for s in suggestions if s]),
        )

    def _names(self, task: Task, known: Known, draft: Draft) -> dict[str, Any]:
        return scope(task, known) | {
            "say": draft.say,
            "cite": draft.cite,
            "has": draft.has,
            "propose": draft.propose,
            "items": draft.items,
            "sources": draft.sources,
            "quote": draft.quote,
            "shown": draft.shown,
            "state": known.turn.state,
            "skills": self._skills,
            "turns": known.turn.state.turns,
            "choices": [s for s in known.subscriptions if s["id"] in task.ambiguous],
        }

    def _block(self, task: Task, known: Known, names: Mapping[str, Any]) -> str:
        """The wording of one task: its skill's own, unless something stands in the way."""
        skill = task.skill
        personal = skill.kind == "account" and skill.subscriptions is not None
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
        "of": formats.of,
        "listed": formats.listed,
        "first_low": lambda text: text[:1].lower() + text[1:],
    }
    environment.tests["contains"] = lambda items, item: item in (items or ())
    return environment


@cache
def _compiled(source: str) -> Any:
    # A blank line after a block tag would be trimmed away with it.
    text = source.replace("\n\n", "\n¶\n")
    return _environment().from_string('{% import "macros.j2" as m with context %}' + text)


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
