from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

Run = Callable[..., tuple[int, str, str]]


def test_import_twice_then_export_gives_the_same_accounts_without_passwords(
    puis_je: Run, shared: Path, tmp_path: Path
) -> None:
    example = shared / "contract" / "accounts.example.json"
    assert puis_je("accounts", "import", example) == (0, "10 added, 0 updated, 0 unchanged\n", "")
    assert puis_je("accounts", "import", example) == (0, "0 added, 0 updated, 10 unchanged\n", "")

    code, out, _ = puis_je("accounts", "export")
    exported = json.loads(out)
    assert code == 0
    assert "password" not in out
    assert {each["id"] for each in exported["subscriptions"]} == {"boreal-autocad", "tremblay-revit"}

    written = tmp_path / "out.json"
    assert puis_je("accounts", "export", written)[0] == 0
    assert json.loads(written.read_text("utf-8")) == exported
    assert puis_je("accounts", "import", written)[1] == "0 added, 0 updated, 10 unchanged\n"


def test_export_to_a_place_that_cannot_be_written_leaves_nothing(puis_je: Run, tmp_path: Path) -> None:
    target = tmp_path / "missing" / "out.json"
    code, out, err = puis_je("accounts", "export", target)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1 and "out.json" in err
    assert not target.parent.exists()
