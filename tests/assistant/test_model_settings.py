"""What a model setting names: the engine, a provider, or one clear line about what to mend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assistant.bootstrap import build, ensure_content
from assistant.providers import provider_model
from assistant.settings import Settings, SettingsError


def settings(**given: Any) -> Settings:
    return Settings(home=Path("unused"), **given)


def test_local_is_no_provider() -> None:
    assert provider_model(settings(model="local")) is None


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"model": "gpt"}, "« gpt »"),
        ({"model": "openai:"}, "« openai: »"),
        ({"model": ""}, "PUIS_JE_MODEL"),
        ({"model": "inconnu:x", "model_base_url": "http://localhost:1"}, "« inconnu »"),
        ({"model": "openai:gpt-4o-mini"}, "OPENAI_API_KEY"),
        ({"model": "mistralai:small", "model_api_key": "clef"}, 'pip install "puis-je[mistral]"'),
        ({"model": "groq:llama", "model_api_key": "clef"}, "pip install langchain-groq"),
        ({"model": "openai:x", "model_base_url": "localhost:8000"}, "PUIS_JE_MODEL_BASE_URL"),
        ({"model": "openai:x", "model_base_url": "http://"}, "PUIS_JE_MODEL_BASE_URL"),
    ],
)
def test_a_setting_that_cannot_be_used_is_one_line(given: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError) as refused:
        provider_model(settings(**given))
    assert named in str(refused.value)
    assert "\n" not in str(refused.value) and "clef" not in str(refused.value)


def test_a_server_of_ones_own_needs_no_key() -> None:
    model: Any = provider_model(
        settings(model="openai:any", model_base_url="http://127.0.0.1:9/v1", model_timeout=3)
    )
    assert (model.model_name, model.max_retries, model.request_timeout) == ("any", 0, 3)


def test_a_key_shows_nowhere() -> None:
    model = provider_model(settings(model="openai:any", model_api_key="sk-verysecret"))
    assert "verysecret" not in repr(model) + repr(settings(model_api_key="sk-verysecret"))


def test_a_home_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(SettingsError, match="PUIS_JE_HOME"):
        build(Settings(home=tmp_path / "file" / "home"))


def test_a_first_start_has_something_to_show(tmp_path: Path) -> None:
    assistant = build(Settings(home=tmp_path, embedding_model=str(tmp_path / "no-model")))
    ensure_content(assistant)
    people = assistant.accounts.demo_users()
    assert len(people) > 3 and len(assistant.library.articles()) > 5
    ensure_content(assistant)
    assert assistant.accounts.demo_users() == people
    assistant.database.dispose()
