"""The skills of the embedded engine: one YAML file each, read strictly.

A skill says which slots it needs, which tools it calls, and how its answer is worded; `planning` and
`rendering` carry it out. Conditions and arguments are Jinja expressions over what the turn knows (see
`planning.Task.scope`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

FOLDER = Path(__file__).parent / "skills"

SlotKind = Literal[
    "subscriptions", "seats", "term", "order_number", "order_password", "email", "person", "target"
]


class SkillError(ValueError):
    """A skill file that cannot be used; the message names the file and what is wrong."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Subscriptions(_Strict):
    """How a skill takes the subscriptions it is about.

    `any`: those named, else all of the person's. `named`: a change; only those named, or the one candidate
    there is. `candidates`: an expression over one subscription `s`, true for those the change could mean.
    `single`: one at a time.
    """

    take: Literal["any", "named"] = "any"
    candidates: str | None = None
    single: bool = False
    focus: bool = True


class Ask(_Strict):
    """A question put when `when` holds: the slot it waits for, and its words (Jinja), the facts they rest
    on.
    """

    slot: SlotKind
    when: str
    text: str
    facts: tuple[str, ...] = ()


class Call(_Strict):
    """One tool call: argument name -> expression; an argument that comes out None is left out."""

    tool: str
    args: dict[str, str] = Field(default_factory=dict)
    when: str | None = None


class Skill(_Strict):
    """One thing the engine can do.

    `facts` are read from the articles whenever the skill runs, `general_facts` when nothing personal can be
    told. `calls` are made, in order, each as soon as its condition holds. `answer` words the result,
    `general` words it for a visitor who is not signed in. `again` are ways to open an answer said again on
    request, `echoed` one that comes out as the last did. `opener` and `closer` are what a talk skill adds to
    an answer about something else. `also` are skills whose answer this one already holds. `as_choice` names
    the skill in "vous voulez dire … ou … ?". `if_hypothetical` is the skill that answers when the wish was
    only imagined, `if_idle` when nothing at all would be done, `if_customer` the one for the support team
    naming a customer. `stands_for` is the call by which another model's turn is recognised as this skill.
    """

    name: str
    kind: Literal["account", "knowledge", "talk"]
    about: str
    as_choice: str | None = None
    subscriptions: Subscriptions | None = None
    ask: tuple[Ask, ...] = ()
    facts: tuple[str, ...] = ()
    general_facts: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    answer: str = ""
    general: str = ""
    again: tuple[str, ...] = ()
    echoed: tuple[str, ...] = ()
    opener: str = ""
    closer: str = ""
    also: tuple[str, ...] = ()
    if_hypothetical: str | None = None
    if_idle: str | None = None
    if_customer: str | None = None
    stands_for: Call | None = None
    suggestions: tuple[str, ...] = ()
    examples: tuple[tuple[str, ...], ...] = ()

    @property
    def changes(self) -> bool:
        """Whether it proposes a change."""
        return any(call.tool.startswith("propose_") for call in self.calls)

    @model_validator(mode="before")
    @classmethod
    def _tuples(cls, data: Any) -> Any:
        """YAML knows lists only."""
        return _frozen(data)

    @model_validator(mode="after")
    def _speaks(self) -> Skill:
        if not self.answer:
            raise ValueError("has no answer")
        if self.kind == "account" and self.subscriptions is not None and not self.general:
            raise ValueError(
                "an account skill needs `general`, what it says to a visitor who is not signed in"
            )
        return self


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_frozen(item) for item in value)
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return value


def read_skill(path: Path) -> Skill:
    """One skill file. Raises SkillError for what is not YAML, unknown or missing keys, or a name that is
    not the file's.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        skill = Skill.model_validate(yaml.load(path.read_text(encoding="utf-8"), Loader=loader))
    except (yaml.YAMLError, ValidationError) as error:
        raise SkillError(f"{path.name}: {error}") from error
    if skill.name != path.stem:
        raise SkillError(f"{path.name}: the skill calls itself {skill.name!r}")
    return skill


@cache
def load_skills(folder: Path = FOLDER) -> Mapping[str, Skill]:
    """All skills of a folder by name, in alphabetical order. Raises SkillError as `read_skill`, or when
    there is none.
    """
    skills = {path.stem: read_skill(path) for path in sorted(folder.glob("*.yaml"))}
    if not skills:
        raise SkillError(f"no skill in {folder.name}")
    return MappingProxyType(skills)
