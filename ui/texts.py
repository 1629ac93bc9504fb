"""The page's French texts (`texts.fr.yaml`), typeset once when first read."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from assistant.wording.formats import NBSP, spaced


def _typeset_all(value: Any) -> Any:
    match value:
        case str():
            return spaced(value)
        case dict():
            return {key: _typeset_all(item) for key, item in value.items()}
        case list():
            return [_typeset_all(item) for item in value]
    return value


@cache
def texts() -> dict[str, Any]:
    """Every text, as nested mappings."""
    import yaml

    read = yaml.safe_load(Path(__file__).with_suffix(".fr.yaml").read_text("utf-8"))
    return dict(_typeset_all(read))


def text(path: str, **facts: object) -> str:
    """One text by its dotted path, with its facts put in. Raises `KeyError` for an unknown path."""
    found: Any = texts()
    for key in path.split("."):
        found = found[key]
    return str(found).format(**facts) if facts else str(found)


def counted(path: str, count: int) -> str:
    """The singular or plural of a text (French: 0 and 1 are singular)."""
    return text(f"{path}.{'one' if count < 2 else 'many'}", count=count)


def short_date(day: date) -> str:
    """« 1er mars », « 10 févr. », with no-break spaces."""
    from babel.dates import format_date

    first = "1er" if day.day == 1 else str(day.day)
    return f"{first} {format_date(day, 'MMM', locale='fr')}".replace(" ", NBSP)
