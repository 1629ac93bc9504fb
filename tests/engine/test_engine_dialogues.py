"""Conversations, turn by turn: what is called, proposed, said and cited; each answer passes the checks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from engine_talk import Reply

DIALOGUES = yaml.safe_load(Path(__file__).with_name("dialogues.yaml").read_text("utf-8"))


def _flat(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ").casefold()


def _holds(reply: Reply, turn: dict[str, Any]) -> None:
    assert not reply.problems, reply.text
    if "tools" in turn:
        assert reply.tools == turn["tools"], reply.text
    if "pending" in turn:
        wanted = turn["pending"]
        if wanted is None:
            assert reply.pending is None
        else:
            assert reply.pending is not None, reply.text
            assert wanted.items() <= reply.pending.items()
    for piece in turn.get("has", ()):
        assert _flat(piece) in _flat(reply.text), reply.text
    for piece in turn.get("lacks", ()):
        assert _flat(piece) not in _flat(reply.text), reply.text
    assert set(turn.get("facts", ())) <= reply.cited(), reply.text


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda dialogue: dialogue["name"])
def test_dialogue(dialogue: dict[str, Any], talks: Any) -> None:
    talk = talks(dialogue["person"])
    for turn in dialogue["turns"]:
        _holds(talk.say(turn["say"]), turn)
