"""Opens what the commands work on: settings, database, library, assistant; every refusal is one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.cli.errors import CallError, WorkError
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


def open_database(settings: Settings) -> Engine:
    """The database in force, at its newest revision. Raises `CallError` where it cannot be used."""
    from tools.store import database
    from tools.store.errors import StoreError

    try:
        return database.open_database(settings.resolved_database_url)
    except StoreError as error:
        raise CallError(error) from None


def open_library(settings: Settings) -> Library:
    """The library of articles of the home and database in force."""
    from knowledge.library import Library

    return Library(
        open_database(settings),
        home=settings.home,
        embedding=settings.embedding_model,
        chroma_url=settings.chroma_url,
    )


def open_assistant() -> Assistant:
    """The assistant in force, with the shipped articles where there are none."""
    from assistant.bootstrap import build, ensure_articles
    from assistant.settings import SettingsError
    from knowledge.models import KnowledgeError
    from tools.store.errors import StoreError

    settings = read_settings()
    try:
        assistant = build(settings)
        ensure_articles(assistant)
    except (SettingsError, StoreError) as error:
        raise CallError(error) from None
    except KnowledgeError as error:
        raise WorkError(error) from None
    return assistant


def person_named(assistant: Assistant, name: str | None) -> str | None:
    """The id of the person a command names by id or e-mail address. Raises `CallError` for an unknown one."""
    if name is None:
        return None
    user = assistant.accounts.user(name) or assistant.accounts.user_by(name)
    if user is None:
        raise CallError(text("errors.person", name=name))
    return user.id
