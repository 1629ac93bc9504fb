"""The fixed French texts of the turn, kept in `texts.fr.yaml`, and the environment that renders them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.wording.formats import spaced

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def environment() -> Environment:
    """Templates that fail on a value that is missing."""
    from jinja2 import Environment, StrictUndefined

    return Environment(undefined=StrictUndefined, trim_blocks=True, autoescape=False)


@cache
def load(name: str) -> dict[str, Any]:
    """One of the YAML files of this folder."""
    import yaml

    loaded: dict[str, Any] = yaml.safe_load(Path(__file__).with_name(name).read_text("utf-8"))
    return loaded


def render(template: str, **values: Any) -> str:
    """A template filled in, with French spacing."""
    return spaced(environment().from_string(template).render(values).strip())


def text(key: str, **values: Any) -> str:
    """The text under a dotted key of `texts.fr.yaml`. Raises `KeyError` for a key that is not there."""
    found: Any = load("texts.fr.yaml")
    for part in key.split("."):
        found = found[part]
    return render(str(found), **values)
