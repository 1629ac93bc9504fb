"""`puis-je accounts import` and `accounts export`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.errors import CallError, complain
from assistant.cli.opening import open_database, read_settings
from assistant.cli.output import progress_bar, write_whole
from assistant.cli.texts import text


def build() -> typer.Typer:
    """The `accounts` group."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    group.command("import", help=text("help.accounts_import"))(import_file)
    group.command("export", help=text("help.accounts_export"))(export_file)
    return group


def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=text("help.accounts_import_file"))],
) -> None:
    """Load accounts, all or nothing; the first problem is named on stderr, with how many more there are."""
    from tools.store.errors import StoreError
    from tools.store.exchange import import_accounts

    engine = open_database(read_settings())
    try:
        with progress_bar(text("accounts.progress")) as progress:
            report = import_accounts(engine, file, progress=progress)
    except StoreError as error:
        raise CallError(error) from None
    for warning in report.warnings:
        complain(warning)
    sys.stdout.write(report.summary() + "\n")


def export_file(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help=text("help.accounts_export_file"), show_default=False),
    ] = None,
) -> None:
    """Dump accounts, without any password."""
    from tools.store.exchange import export_text

    written = export_text(open_database(read_settings()))
    if file is None:
        sys.stdout.write(written)
        return
    write_whole(file, written)
    sys.stdout.write(text("accounts.exported", path=file) + "\n")
