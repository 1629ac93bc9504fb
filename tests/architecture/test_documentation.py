"""The documents tell of everything a person can set or call, and of nothing private to a machine."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from assistant.cli.main import build_app
from assistant.settings import Settings, SettingsError
from assistant.wording.texts import load

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_is_in_the_readme(field: str) -> None:
    assert f"`PUIS_JE_{field.upper()}`" in README


def test_every_command_is_in_the_readme() -> None:
    app = build_app()
    groups = {group.name: group.typer_instance for group in app.registered_groups}
    commands = [command.name for command in app.registered_commands]
    commands += [
        f"{name} {command.name}"
        for name, group in groups.items()
        if group is not None
        for command in group.registered_commands
    ]
    assert len(commands) > 8
    for command in commands:
        assert f"puis-je {command}" in README, command


def test_links_and_pictures_of_the_readme_exist() -> None:
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in target]
    assert targets
    for target in targets:
        assert (ROOT / target).exists(), target


@pytest.mark.parametrize(
    ("variable", "value"),
    [("TODAY", "2026-02-30"), ("MODEL_TIMEOUT", "-1"), ("WORKERS", "0"), ("RATE_LIMIT", "beaucoup")],
)
def test_a_wrong_setting_is_told_with_what_is_expected(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    assert set(load("settings.fr.yaml")) == set(Settings.model_fields)
    monkeypatch.setenv(f"PUIS_JE_{variable}", value)
    with pytest.raises(SettingsError, match=f"PUIS_JE_{variable} : .*attendu : ") as caught:
        Settings.from_env()
    assert value not in str(caught.value)


def test_no_file_tells_of_the_machine_it_was_written_on() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.suffix in (".py", ".md", ".toml", ".yaml", ".j2", ".css", ".js", "") and path.is_file():
            text = path.read_text("utf-8")
            assert not re.search(r"(?<![\w.~-])/(?:work|opt|root|home)/\w", text), name
