"""Whatever is wrong with a call or its input ends in one line on stderr and the contract's exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tools.store.accounts import Accounts
from tools.store.database import open_database

Run = Callable[..., tuple[int, str, str]]


def one_line(err: str) -> str:
    assert err.endswith("\n") and err.count("\n") == 1, err
    assert err.startswith("puis-je : ")
    assert "Traceback" not in err
    return err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["unheard-of"], "commande inconnue"),
        (["ask"], "TEXT"),
        (["ask", "   "], "vide"),
        (["ask", "Bonjour", "--loud"], "--loud"),
        (["ask", "Bonjour", "--as", "nobody-here"], "nobody-here"),
        (["token", "nobody-here"], "nobody-here"),
        (["accounts", "import"], "FILE"),
        (["accounts", "import", "missing.json"], "missing.json"),
        (["knowledge", "sync"], "DIR"),
        (["knowledge", "sync", "no-such-folder"], "no-such-folder"),
        (["knowledge", "search"], "--queries"),
        (["knowledge", "search", "devis", "-k", "0"], "-k"),
        (["knowledge", "search", "--queries", "q.jsonl"], "--run"),
        (["knowledge", "search", "--queries", "q.jsonl", "--run", "out.txt"], "q.jsonl"),
    ],
)
def test_a_wrong_call_is_one_line_and_exit_code_2(puis_je: Run, arguments: list[str], named: str) -> None:
    code, out, err = puis_je(*arguments)
    assert (code, out) == (2, "")
    assert named in one_line(err)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("PUIS_JE_TODAY", "2026-02-30"),
        ("PUIS_JE_MODEL", "no-such-provider:some-model"),
        ("PUIS_JE_MODEL", "nonsense"),
        ("PUIS_JE_MODEL_TIMEOUT", "-1"),
        ("PUIS_JE_DATABASE_URL", "not a url"),
        ("PUIS_JE_HOME", "/dev/null/home"),
    ],
)
def test_a_setting_that_cannot_be_used_is_one_line_and_exit_code_2(
    puis_je: Run, monkeypatch: pytest.MonkeyPatch, setting: str, value: str
) -> None:
    monkeypatch.setenv(setting, value)
    code, out, err = puis_je("ask", "Puis-je renouveler ?")
    assert (code, out) == (2, "")
    one_line(err)


def test_a_database_password_is_never_shown(puis_je: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUIS_JE_DATABASE_URL", "postgresql+psycopg://puisje:s3cret-Word@127.0.0.1:1/x")
    code, out, err = puis_je("ask", "Puis-je renouveler ?")
    assert code == 2
    assert "s3cret-Word" not in out + one_line(err)
    code, out, err = puis_je("doctor")
    assert code == 1
    assert "s3cret-Word" not in out + err


def spoil_syntax(data: dict[str, Any]) -> str:
    return json.dumps(data, indent=1).replace("]", "", 1)


def spoil_field(data: dict[str, Any]) -> str:
    data["subscriptions"][0]["colour"] = "blue"
    return json.dumps(data, indent=1)


def spoil_date(data: dict[str, Any]) -> str:
    data["subscriptions"][1]["expires_on"] = "2025-02-29"
    return json.dumps(data, indent=1)


def spoil_ids(data: dict[str, Any]) -> str:
    data["users"].append(data["users"][0])
    return json.dumps(data, indent=1)


def spoil_reference(data: dict[str, Any]) -> str:
    data["orders"][0]["buyer"] = "ghost"
    return json.dumps(data, indent=1)


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (spoil_syntax, ".json:"),
        (spoil_field, "colour"),
        (spoil_date, "subscriptions[1].expires_on"),
        (spoil_ids, "users["),
        (spoil_reference, "orders[0].buyer"),
    ],
)
def test_a_bad_accounts_file_writes_nothing_and_names_line_and_field(
    puis_je: Run,
    shared: Path,
    home: Path,
    tmp_path: Path,
    spoil: Callable[[dict[str, Any]], str],
    named: str,
) -> None:
    data = json.loads((shared / "contract" / "accounts.example.json").read_text("utf-8"))
    file = tmp_path / "accounts.json"
    file.write_text(spoil(data), encoding="utf-8")
    code, out, err = puis_je("accounts", "import", file)
    assert (code, out) == (2, "")
    assert named in one_line(err)
    assert Accounts(open_database(f"sqlite:///{home / 'puis-je.sqlite3'}")).is_empty()
