"""Typed values: numbers in digits and words, units kept apart, and whether they agree with the rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.facts import Support, load_register, supports
from knowledge.quantities import Value, read


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("jusqu’à 90 jours avant", [("days", "90")]),
        ("quatre-vingt-dix jours", [("days", "90")]),
        ("nonante jours", [("days", "90")]),
        ("dans les quatre-vingts jours", [("days", "80")]),
        ("soixante et onze jours", [("days", "71")]),
        ("vingt et un jours", [("days", "21")]),
        ("cent vingt jours", [("days", "120")]),
        ("30 ou 45 jours", [("days", "30"), ("days", "45")]),
        ("de 30 à 45 jours", [("days", "30"), ("days", "45")]),
        ("30 jours, ou 45 selon le contrat", [("days", "30"), ("days", "45")]),
        ("trente ou quarante-cinq jours", [("days", "30"), ("days", "45")]),
        ("30 jours ou 60 postes", [("days", "30")]),
        ("J-90", [("days", "90")]),
        ("six semaines", [("days", "42")]),
        ("trois mois avant", [("months", "3")]),
        ("1 an et deux mois", [("years", "1"), ("months", "2")]),
        ("au moins 5 %", [("percent", "5")]),
        ("cinq pour cent", [("percent", "5")]),
        ("5,5 %", [("percent", "5.5")]),
        ("le 29 décembre 2025, une version", []),
    ],
)
def test_quantities_are_read(text: str, values: list[tuple[str, str]]) -> None:
    found = [value for several in read(text).quantities.values() for value in several]
    assert [(value.kind, value.value) for value in found] == values


@given(st.integers(0, 5000), st.sampled_from(["jours", "mois", "ans"]))
def test_digits_are_read_as_they_are(number: int, unit: str) -> None:
    (values,) = read(f"pendant {number} {unit} encore").quantities.values()
    assert [value.value for value in values] == [str(number)]


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    reading = read(text)
    assert reading.within(reading.text) == tuple(
        value for word in reading.text.split() for value in reading.quantities.get(word, ())
    )


@pytest.mark.parametrize(
    ("fact", "values", "support"),
    [
        ("F07", [("days", "90")], Support.AGREES),
        ("F07", [("days", "60")], Support.DIFFERS),
        ("F07", [("months", "3")], Support.DIFFERS),
        ("F07", [], Support.SILENT),
        ("F08", [("days", "30"), ("days", "45")], Support.AGREES),
        ("F08", [("days", "30")], Support.DIFFERS),
        ("F25", [("percent", "5")], Support.AGREES),
        ("F25", [("percent", "10")], Support.DIFFERS),
        ("F01", [("who", "buyer"), ("who", "contract_manager")], Support.AGREES),
        ("F01", [("who", "primary_admin")], Support.DIFFERS),
        ("F23", [("payment", "alipay")], Support.SILENT),
        ("F16", [], Support.SILENT),
    ],
)
def test_support_is_told(fact: str, values: list[tuple[str, str]], support: Support) -> None:
    stated = [Value(kind, value) for kind, value in values]
    assert supports(load_register().facts[fact], stated) is support


def test_the_register_holds_all_facts() -> None:
    register = load_register()
    assert list(register.facts) == [f"F{number:02}" for number in range(1, 28)]
    for fact in register.facts.values():
        assert fact.statement.endswith(".") and fact.label and fact.parts and set(fact.sources) <= {"A", "B"}
        assert all(fact.id in register.facts[other].disagrees_with for other in fact.disagrees_with)
