"""The composition root: one assistant out of the settings, every part overridable; heavy parts load late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.settings import Settings, SettingsError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from sqlalchemy import Engine

    from assistant.conversation import Assistant
    from assistant.drafting import Drafter
    from knowledge.library import Library
    from tools.clock import Clock
    from tools.desk import Desk


def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    model: BaseChatModel | None = None,
    library: Library | None = None,
    database: Engine | None = None,
) -> Assistant:
    """The assistant the settings describe.

    `model` takes the place of the configured provider's. Raises `SettingsError` for a setting that cannot
    be used, `StoreError` for a database that cannot be opened. Nothing heavy is loaded before the first turn.
    """
    from assistant.conversation import Assistant
    from knowledge.library import Library as SqlLibrary
    from tools.clock import Clock as RealClock
    from tools.store.database import open_database

    _check_home(settings)
    provider = model
    if provider is None:
        from assistant.providers import LOCAL, provider_model

        provider = None if settings.model == LOCAL else provider_model(settings)
    engine = database if database is not None else open_database(settings.resolved_database_url)
    shelf = library or SqlLibrary(
        engine, home=settings.home, embedding=settings.embedding_model, chroma_url=settings.chroma_url
    )

    def drafter(desk: Desk) -> Drafter:
        from assistant.agent import Agent, system_prompt
        from assistant.drafting import Drafter
        from assistant.providers import embedded_engine
        from tools.agent_tools import make_tools

        tools = make_tools(desk)
        return Drafter(
            Agent(embedded_engine(shelf.encoder, settings.home), tools),
            Agent(provider, tools, prompt=system_prompt()) if provider is not None else None,
            provider_name=settings.model,
            timeout=settings.model_timeout,
        )

    return Assistant(
        database=engine, library=shelf, clock=clock or RealClock(frozen=settings.today), drafter=drafter
    )


def ensure_content(assistant: Assistant) -> None:
    """Demo accounts where there are no accounts, shipped articles where there are none; each by itself."""
    from tools.store.demo import load_demo, refresh_demo

    today = assistant.clock.today()
    if not load_demo(assistant.database, today):
        refresh_demo(assistant.database, today)
    ensure_articles(assistant)


def ensure_articles(assistant: Assistant) -> None:
    """The shipped articles where there are none."""
    from knowledge.library import load_shipped

    load_shipped(assistant.library)


def _check_home(settings: Settings) -> None:
    import tempfile

    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.home):
            pass
    except OSError as error:
        raise SettingsError(
            f"PUIS_JE_HOME : impossible d’écrire dans « {settings.home} » ({error.strerror})"
        ) from None
