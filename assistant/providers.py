"""The chat model a setting names: the embedded engine, or a provider of LangChain's `init_chat_model`."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.settings import Settings, SettingsError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from knowledge.dense import Encoder

LOCAL = "local"
_NO_KEY = "none"


def embedded_engine(encoder: Encoder, home: Path) -> BaseChatModel:
    """The engine that is always there, reading messages with an encoder and the weights that fit it."""
    from assistant.engine.chat_model import EmbeddedEngine
    from assistant.engine.understanding.understand import prepare

    return EmbeddedEngine(reader=lambda: prepare(encoder, home))


def provider_model(settings: Settings) -> BaseChatModel | None:
    """The configured provider's model, ready to be called; None for `local`. Nothing is asked of the
    provider yet.

    Raises `SettingsError`, one line that says what to install or to set: unknown provider, missing package,
    missing key, a base URL that is none. The turn has one budget of time, so the provider's retries are off.
    """
    if settings.model == LOCAL:
        return None
    provider, name = _named(settings.model)
    about: dict[str, Any] = _providers()[provider]
    _check_url(settings.model_base_url)
    _check_key(settings, provider, about)
    given = {
        "base_url": settings.model_base_url,
        "timeout": settings.model_timeout,
        "retries": 0,
        "key": settings.model_api_key.get_secret_value()
        if settings.model_api_key
        else _placeholder(settings, about),
    }
    arguments = {
        argument: given[setting]
        for setting, argument in about["arguments"].items()
        if given[setting] is not None
    }
    return _made(provider, name, about, arguments)


def _named(model: str) -> tuple[str, str]:
    provider, colon, name = model.partition(":")
    provider = provider.strip().replace("-", "_").lower()
    if not colon or not name.strip():
        raise SettingsError(
            f"PUIS_JE_MODEL : « {model} » n’est pas un modèle connu ; indiquez local, ou fournisseur:modèle "
            "(par exemple openai:gpt-4o-mini)"
        )
    if provider not in _providers():
        known = ", ".join(sorted(_providers()))
        raise SettingsError(
            f"PUIS_JE_MODEL : fournisseur inconnu « {provider} » ; fournisseurs connus : {known}"
        )
    return provider, name.strip()


def _made(provider: str, name: str, about: dict[str, Any], arguments: dict[str, Any]) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    try:
        model: BaseChatModel = init_chat_model(name, model_provider=provider, **arguments)
    except ImportError:
        wanted = f'"puis-je[{about["extra"]}]"' if "extra" in about else about["package"]
        raise SettingsError(
            f"PUIS_JE_MODEL : le fournisseur {provider} n’est pas installé ; faites pip install {wanted}"
        ) from None
    except (
        Exception
    ) as error:  # Each provider refuses its settings in its own way, some with the key in the text.
        raise SettingsError(
            f"PUIS_JE_MODEL : {provider} refuse la configuration ({type(error).__name__}) ; vérifiez le nom "
            f"du modèle, PUIS_JE_MODEL_BASE_URL et {about.get('key', 'PUIS_JE_MODEL_API_KEY')}"
        ) from None
    return model


def _check_url(url: str | None) -> None:
    from urllib.parse import urlsplit

    if url is None:
        return
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        raise SettingsError("PUIS_JE_MODEL_BASE_URL : une adresse http:// ou https:// est attendue")


def _check_key(settings: Settings, provider: str, about: dict[str, Any]) -> None:
    if "key" in about and not (
        settings.model_api_key or settings.model_base_url or os.environ.get(about["key"])
    ):
        raise SettingsError(
            f"PUIS_JE_MODEL : aucune clé pour {provider} ; définissez {about['key']} ou PUIS_JE_MODEL_API_KEY"
        )


def _placeholder(settings: Settings, about: dict[str, Any]) -> str | None:
    """A server of one's own often needs no key, but the provider's client insists on one."""
    return _NO_KEY if settings.model_base_url and not os.environ.get(about.get("key", "")) else None


@cache
def _providers() -> dict[str, Any]:
    import yaml

    loaded: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("providers.yaml").read_text("utf-8"))
    return loaded
