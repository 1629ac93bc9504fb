"""Every `PUIS_JE_` setting, typed, in one place; read from the environment and from `.env` in this folder."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsError(ValueError):
    """A setting has a value that cannot be used; the message names it in one line."""


def _default_home() -> Path:
    from platformdirs import user_data_path

    return user_data_path("puis-je", appauthor=False)


class Settings(BaseSettings):
    """The configuration of one process. Durations are in seconds."""

    model_config = SettingsConfigDict(
        env_prefix="PUIS_JE_", env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True
    )

    home: Path = Field(default_factory=_default_home, description="Data folder.")
    today: date | None = Field(default=None, description="Freezes the calendar day (ISO date).")
    model: str = Field(
        default="local", description="`local`, or `provider:model` as `init_chat_model` reads it."
    )
    model_base_url: str | None = Field(default=None, description="Any OpenAI-compatible server.")
    model_api_key: SecretStr | None = Field(
        default=None, description="Key for the provider; else the provider's own variable is read."
    )
    model_timeout: float = Field(
        default=30.0,
        gt=0,
        description="Seconds a provider may take for one turn before the embedded engine answers.",
    )
    embedding_model: str = Field(
        default="bundled", description="`bundled`, or a sentence-transformers name or folder."
    )
    database_url: str | None = Field(
        default=None, description="SQLAlchemy URL; SQLite in the home by default."
    )
    chroma_url: str | None = Field(default=None, description="A Chroma server; embedded by default.")
    rate_limit: int = Field(
        default=120, ge=0, description="HTTP turns a minute for each speaker; 0: no limit."
    )
    workers: int = Field(default=16, ge=1, description="HTTP turns that run at the same time.")

    @classmethod
    def from_env(cls) -> Settings:
        """Read the environment and `.env`.

        Raises `SettingsError` naming the first variable that cannot be read.
        """
        try:
            return cls()
        except ValidationError as error:
            from assistant.wording.texts import load

            field = str(error.errors()[0]["loc"][0])
            expected = load("settings.fr.yaml")[field]
            raise SettingsError(
                f"PUIS_JE_{field.upper()} : valeur incorrecte, attendu : {expected}"
            ) from None

    @property
    def resolved_database_url(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{(self.home / 'puis-je.sqlite3').as_posix()}"
