"""Opens what the commands work on: settings, database, library, assistant; every refusal as one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.cli.errors import CallError
from assistant.cli.texts import text

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from assistant.conversation import Assistant
    from assistant.settings import Settings
    from knowledge.library import Library


def read_settings() -> Settings:
    """The settings of this process. Raises `CallError` where one cannot be used."""
    from assistant.settings import Settings, SettingsError

    try:
        return Settings.from_env()
    except SettingsError as error:
        raise CallError(error) from None
