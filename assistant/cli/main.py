"""The `puis-je` command: assembles the commands, and turns every ending into the contract's exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import metadata

import typer

from assistant.cli import accounts, doctor, knowledge, talk
from assistant.cli.errors import CallError, WorkError, complain, describe_misuse
from assistant.cli.texts import text

_QUIET = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "ANONYMIZED_TELEMETRY": "False",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
}


def build_app() -> typer.Typer:
    """The command tree: the commands of this package and those that other packages declare.

    `ui` and `evals` stand above `assistant`: theirs are found through the distribution's entry points.
    """
    app = typer.Typer(
        help=text("help.app"),
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    talk.register(app)
    app.add_typer(accounts.build(), name="accounts", help=text("help.accounts"))
    app.add_typer(knowledge.build(), name="knowledge", help=text("help.knowledge"))
    doctor.register(app)
    for entry in metadata.distribution("puis-je").entry_points.select(group="puis_je.commands"):
        app.command(entry.name, help=text(f"help.{entry.name}"))(entry.load())
    return app


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns the exit code and never lets an exception out."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    try:
        result = build_app()(args=list(arguments), prog_name="puis-je", standalone_mode=False)
    except typer.TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            sys.stdout.write(error.format_message() + "\n")
        else:
            complain(describe_misuse(error))
        return 2
    except (CallError, WorkError) as error:
        complain(error)
        return error.code
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except Exception as error:  # the last line of defence: a bug ends as one line too, never as a traceback
        complain(text("errors.unexpected", kind=type(error).__name__))
        return 1
    return result if isinstance(result, int) else 0


def main() -> None:
    """Entry point of the `puis-je` command."""
    sys.exit(run(sys.argv[1:]))
