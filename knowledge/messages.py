"""What the library says to whoever runs it, in French: the wording is in `messages.fr.yaml`."""

from __future__ import annotations

import errno
from functools import cache
from pathlib import Path


def say(key: str, /, **fields: object) -> str:
    """The line of a key such as `file.empty`, its fields filled in."""
    section, name = key.split(".")
    return _wording()[section][name].format(**fields)


def reason(error: BaseException) -> str:
    """Why it failed, in a few words: in French for the system's usual refusals, else the error's own line."""
    if isinstance(error, OSError) and error.errno is not None:
        code = errno.errorcode.get(error.errno, "")
        return _wording()["system"].get(code) or error.strerror or code
    text = str(error).strip()
    return text.splitlines()[0].strip()[:200] if text else type(error).__name__


@cache
def _wording() -> dict[str, dict[str, str]]:
    import yaml

    text = Path(__file__).with_name("messages.fr.yaml").read_text(encoding="utf-8")
    wording: dict[str, dict[str, str]] = yaml.safe_load(text)
    return wording
