from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

import knowledge
from knowledge.messages import reason, say

PACKAGE = Path(str(knowledge.__file__)).parent
WORDING = yaml.safe_load((PACKAGE / "messages.fr.yaml").read_text(encoding="utf-8"))
KEYS = {f"{section}.{name}" for section, lines in WORDING.items() if section != "system" for name in lines}


def test_every_message_is_used_and_every_use_has_its_message() -> None:
    used: set[str] = set()
    for file in PACKAGE.glob("*.py"):
        for call in re.findall(r"\bsay\(\s*([^,)]+)", file.read_text(encoding="utf-8")):
            used.update(re.findall(r'"(\w+\.\w+)"', call))
    assert used <= KEYS
    assert KEYS - used == set()


@pytest.mark.parametrize("key", sorted(KEYS))
def test_messages_are_typeset_as_french_is(key: str) -> None:
    section, name = key.split(".")
    line = WORDING[section][name]
    assert "\n" not in line
    assert "'" not in line
    assert not re.search(r"(?<!\u00a0)[;?!»]|«(?!\u00a0)|(?<=[^\W\d_]) :|[^\u00a0}]:", line)


def test_fields_are_filled_in() -> None:
    assert say("folder.missing", path="a/b") == "a/b\u00a0: dossier introuvable"


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (FileNotFoundError(2, "No such file or directory"), "fichier ou dossier introuvable"),
        (OSError(5, "Input/output error"), "Input/output error"),
        (ValueError("first\nsecond"), "first"),
        (EOFError(), "EOFError"),
    ],
)
def test_reasons_are_one_line(error: BaseException, line: str) -> None:
    assert reason(error) == line
