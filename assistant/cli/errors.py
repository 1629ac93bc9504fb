"""How a command ends: 0 done, 1 the work failed, 2 the call or its input was wrong; one line on stderr."""

from __future__ import annotations

import sys

import typer

from assistant.cli.texts import text


class CallError(Exception):
    """The call or its input was wrong (exit code 2); the message is one French line."""

    code = 2


class WorkError(Exception):
    """The work itself failed (exit code 1); the message is one French line."""

    code = 1


def one_line(message: object) -> str:
    """The message with every run of white space folded into one space."""
    return " ".join(str(message).split())


def describe_misuse(error: typer.TyperException) -> str:
    """A French line for a call that Typer could not read."""
    name = type(error).__name__
    option = getattr(error, "option_name", None)
    if name == "NoSuchOption":
        return text("misuse.option", name=option)
    if name == "MissingParameter":
        return text("misuse.missing", name=_parameter(error))
    if name == "BadParameter":
        return text("misuse.value", name=_parameter(error), detail=error.message)
    if "No such command" in error.format_message():
        return text("misuse.command")
    return text("misuse.other", detail=error.format_message())


def _parameter(error: typer.TyperException) -> str:
    param = getattr(error, "param", None)
    option = next((name for name in getattr(param, "opts", ()) if name.startswith("-")), None)
    return str(option or getattr(param, "metavar", None) or getattr(param, "name", "?")).strip("[]")


def complain(message: object) -> None:
    """Write one line on stderr."""
    sys.stderr.write(f"puis-je : {one_line(message)}\n")
