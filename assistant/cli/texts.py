"""The French texts of the command line, kept in `texts.fr.yaml`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any


@cache
def _texts() -> dict[str, Any]:
    import yaml

    loaded: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("texts.fr.yaml").read_text("utf-8"))
    return loaded


def text(key: str, **values: object) -> str:
    """The text under a dotted key, its `{fields}` filled in."""
    found: Any = _texts()
    for part in key.split("."):
        found = found[part]
    return str(found).format(**values)
