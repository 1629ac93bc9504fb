"""The skill files: strict reading, and nothing in them that points nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.engine.rendering import Renderer
from assistant.engine.skills import SkillError, load_skills, read_skill
from tools.agent_tools import _ARGUMENTS

SKILLS = load_skills()
FACTS = {f"F{number:02d}" for number in range(1, 28)}


@pytest.mark.parametrize("skill", SKILLS.values(), ids=lambda skill: skill.name)
def test_a_skill_points_at_what_exists(skill) -> None:
    others = {*skill.also, skill.if_hypothetical, skill.if_customer} - {None}
    assert others <= SKILLS.keys()
    calls = [*skill.calls, *([skill.stands_for] if skill.stands_for else [])]
    assert all(call.tool in _ARGUMENTS and call.args.keys() <= _ARGUMENTS[call.tool].keys() for call in calls)
    facts = {*skill.facts, *skill.general_facts, *(fact for ask in skill.ask for fact in ask.facts)}
    assert facts <= FACTS


@pytest.mark.parametrize("skill", SKILLS.values(), ids=lambda skill: skill.name)
def test_every_text_of_a_skill_compiles(skill) -> None:
    Renderer(SKILLS).compile(skill)


def test_every_fact_is_a_knowledge_question() -> None:
    asked = {fact for skill in SKILLS.values() if skill.kind == "knowledge" for fact in skill.facts}
    assert asked == FACTS


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name: hello\nkind: talk\nabout: x\nanswer: y\nsurprise: 1\n", "surprise"),
        ("name: hello\nkind: talk\nabout: x\n", "has no answer"),
        ("name: other\nkind: talk\nabout: x\nanswer: y\n", "calls itself"),
        ("name: hello\nkind: account\nabout: x\nanswer: y\nsubscriptions: {take: any}\n", "general"),
        ("name: [\n", "hello.yaml"),
    ],
)
def test_a_wrong_skill_file_is_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "hello.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SkillError, match=says):
        read_skill(path)


def test_a_folder_without_skills_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SkillError, match="no skill"):
        load_skills(tmp_path)
