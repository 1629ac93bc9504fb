"""What can go wrong in the store, and how it is said (`errors.fr.yaml`)."""

from __future__ import annotations

from functools import cache
from pathlib import Path


class StoreError(Exception):
    """The database or a file cannot be used; the message is one clear line, without any password."""


class ConversationConflict(StoreError):
    """Another turn of the same conversation was recorded meanwhile; run the turn again on fresh state."""


def say(key: str, **fields: object) -> str:
    """The wording of a key such as `file.empty`, with its fields filled in."""
    section, name = key.split(".")
    return _wording()[section][name].format(**fields)


@cache
def _wording() -> dict[str, dict[str, str]]:
    import yaml

    text = (Path(__file__).parent / "errors.fr.yaml").read_text(encoding="utf-8")
    wording: dict[str, dict[str, str]] = yaml.safe_load(text)
    return wording
