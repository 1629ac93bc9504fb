"""What every test starts from: no setting of the machine it runs on, and the shared folder if any."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"

os.environ |= {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "ANONYMIZED_TELEMETRY": "False"}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings and keys come from the test, never from the machine."""
    for name in list(os.environ):
        if (name.startswith("PUIS_JE_") and not name.startswith("PUIS_JE_TESTS_")) or name.endswith(
            "_API_KEY"
        ):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of outside inputs beside the project."""
    if not SHARED.is_dir():
        pytest.skip("the folder ../shared, with the outside inputs, is not here")
    return SHARED
