"""The whole product on PostgreSQL: answered, changed and remembered by two machines over one database."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from assistant.bootstrap import build, ensure_content
from assistant.conversation import Assistant
from assistant.settings import Settings
from tools.store.demo import load_demo

TODAY = date(2026, 1, 15)


def test_a_conversation_goes_on_in_another_process_over_one_postgresql(
    postgres_url: str, tmp_path: Path
) -> None:
    def machine(name: str) -> Assistant:
        return build(Settings(home=tmp_path / name, today=TODAY, database_url=postgres_url))

    first = machine("first")
    ensure_content(first)
    assert not load_demo(first.database, TODAY)
    product = next(each for each in first.overview("demo-camille")["subscriptions"] if each["auto_renew"])
    asked = first.answer(
        f"Désactivez le renouvellement automatique de {product['product']}", person="demo-camille"
    )
    assert asked.fallback is None
    assert asked.pending == {
        "action": "set_auto_renew",
        "subscription": product["id"],
        "enabled": False,
    }

    second = machine("second")
    done = second.answer("oui", person="demo-camille", conversation=asked.conversation)
    assert (done.pending, done.fallback) == (None, None)
    for assistant in (first, second):
        record = assistant.accounts.record(product["id"])
        assert record is not None
        assert not record.subscription.auto_renew
    recalled = first.answer("où en est ma demande ?", person="demo-camille", conversation=asked.conversation)
    assert recalled.fallback is None
    assert product["product"] in recalled.answer
    known = second.answer("Qui peut renouveler ?", person=None)
    assert known.citations
    for assistant in (first, second):
        assistant.database.dispose()
