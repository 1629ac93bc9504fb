"""No figure leaves that no source of the turn holds, in whatever notation it is written."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, format_percent
from hypothesis import assume, given
from hypothesis import strategies as st

from assistant.checks.draft import Draft, Result
from assistant.checks.figures import check

CURRENCIES = ("EUR", "CAD", "USD", "CHF", "GBP", "MAD", "XOF", "JPY")
amounts = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("9999999.99"), places=2)
days = st.dates(date(2001, 1, 1), date(2099, 12, 31))


def problems(text: str, payload: Any = None, *, tool: str = "check", typed: str = "") -> list[str]:
    results = (Result(tool=tool, payload=payload or {}),)
    return [problem.found for problem in check(Draft(text=text, typed=typed, results=results))]


@given(amounts, st.sampled_from(CURRENCIES), st.sampled_from(["fr_FR", "fr_CA", "fr_CH", "en_US"]))
def test_an_amount_of_a_result_may_be_said_in_any_notation(
    amount: Decimal, currency: str, locale: str
) -> None:
    shown = format_currency(amount, currency, locale=locale, currency_digits=False, format=None)
    payload = {"estimate": {"amount": f"{amount:.2f}", "currency": currency}}
    assert problems(f"Le renouvellement coûte au plus {shown} hors taxes.", payload) == []


@given(amounts, amounts, st.sampled_from(CURRENCIES))
def test_no_other_amount_may(amount: Decimal, other: Decimal, currency: str) -> None:
    assume(amount != other)
    payload = {"estimate": {"amount": f"{amount:.2f}", "currency": currency}}
    shown = format_currency(other, currency, locale="fr_FR", currency_digits=False)
    assert problems(f"Le renouvellement coûte {shown}.", payload) != []


@given(amounts, st.sampled_from(CURRENCIES), st.sampled_from(CURRENCIES))
def test_an_amount_keeps_its_currency(amount: Decimal, currency: str, other: str) -> None:
    assume(currency != other)
    payload = {"estimate": {"amount": f"{amount:.2f}", "currency": currency}}
    shown = format_currency(amount, other, locale="fr_FR", currency_digits=False)
    assert problems(f"Le prix est de {shown}.", payload) != []


def written(day: date) -> list[str]:
    first = f"1er {format_date(day, 'MMMM y', locale='fr')}" if day.day == 1 else None
    return [
        first or format_date(day, "d MMMM y", locale="fr"),
        format_date(day, "d MMMM", locale="fr")
        if day.day > 1
        else "1er " + format_date(day, "MMMM", locale="fr"),
        format_date(day, "MMMM y", locale="fr"),
        day.isoformat(),
        f"{day:%d/%m/%Y}",
        f"{day:%d.%m.%Y}",
        format_date(day, "EEEE d MMMM y", locale="fr"),
        format_date(day, "MMMM d, y", locale="en"),
    ]


@given(days, st.integers(0, 7))
def test_a_date_of_a_result_may_be_said_in_any_notation(day: date, which: int) -> None:
    assert problems(f"C'est possible jusqu'au {written(day)[which]}.", {"until": day.isoformat()}) == []


@given(days, days, st.sampled_from([0, 1, 3, 4, 5, 6, 7]))
def test_no_other_date_may(day: date, other: date, which: int) -> None:
    assume((day.month, day.day) != (other.month, other.day))
    assert problems(f"C'est possible jusqu'au {written(other)[which]}.", {"until": day.isoformat()}) != []


@given(st.integers(2, 999), st.integers(2, 999))
def test_days_left_are_those_of_the_result(left: int, other: int) -> None:
    assert problems(f"Il reste {left} jours.", {"days_left": left}) == []
    assume(left != other)
    assert problems(f"Il reste {other} jours.", {"days_left": left}) != []


@given(st.integers(2, 400))
def test_seats_are_no_days(seats: int) -> None:
    assert problems(f"Vous avez {seats} postes.", {"seats": seats}) == []
    assert problems(f"Il vous reste {seats} jours.", {"seats": seats}) != []


@given(st.integers(2, 99), st.integers(2, 99))
def test_percentages_are_those_of_a_source(rate: int, other: int) -> None:
    source = {"sources": [{"ref": "a1b2c3d4", "quote": f"une remise d'au moins {rate} %"}]}
    shown = format_percent(rate / 100, locale="fr_FR")
    assert problems(f"La remise est de {shown}.", source) == []
    assume(rate != other)
    assert problems(f"La remise est de {other} pour cent.", source) != []


@given(st.integers(1000, 9_999_999))
def test_thousands_may_be_grouped_in_any_way(number: int) -> None:
    for locale in ("fr_FR", "fr_CA", "en_US", "de_DE"):
        assert problems(f"Le total est {format_decimal(number, locale=locale)}.", {"total": number}) == []


RESULT = {
    "today": "2026-01-15",
    "decisions": [
        {
            "subscription": "s-1",
            "product": "Fusion 360",
            "until": "2026-02-10",
            "days_left": 26,
            "seats": 3,
            "term": "three_year",
            "buyer": {"name": "Anne", "email": "a•••@boreal.example"},
            "price": {"amount": "6364.05", "currency": "EUR"},
        }
    ],
    "order": {"number": "AB-2025-0417"},
    "sources": [
        {
            "ref": "a1b2c3d4",
            "quote": "À partir de quatre-vingt-dix jours avant, et jusqu'à 30 ou 45 jours après.",
        },
        {"ref": "b1b2c3d4", "quote": "Voir https://aide.exemple.fr/renouveler ou le 01 23 45 67 89."},
    ],
}


@pytest.mark.parametrize(
    "text",
    [
        "Oui, jusqu’au 10 février 2026 [a1b2c3d4].",
        "Du 15 janvier au 10 février 2026.",
        "le 10",
        "en février",
        "en 2026",
        "Il vous reste vingt-six jours.",
        "90 jours avant",
        "de 30 à 45 jours après",
        "trente ou quarante-cinq jours",
        "une durée de trois ans",
        "une durée de 36 mois",
        "vos trois postes",
        "Fusion 360",
        "6 364,05 €",
        "6364,05 euros",
        "votre commande AB-2025-0417",
        "a•••@boreal.example",
        "01 23 45 67 89",
        "https://aide.exemple.fr/renouveler",
        "1. Ouvrez votre compte.\n2. Choisissez le produit.\n3) Validez.",
        "Il y a deux possibilités.",
        "les deux articles ne disent pas la même chose",
        "étape 4",
        "le 1er de ces points, puis le 2e",
        "un abonnement neuf",
    ],
)
def test_what_a_result_supports(text: str) -> None:
    assert problems(text, RESULT) == []


@pytest.mark.parametrize(
    "text",
    [
        "jusqu’au 11 février 2026",
        "jusqu’au 10 mars",
        "en 2027",
        "Il vous reste 27 jours.",
        "Il vous reste vingt-sept jours.",
        "soixante jours après",
        "une durée de deux ans",
        "vos quatre postes",
        "6 364,06 €",
        "6 364,05 $",
        "environ 6 000 euros",
        "10 % de remise",
        "votre commande AB-2025-0418",
        "b•••@boreal.example",
        "support@autodesk.com",
        "01 23 45 67 80",
        "https://aide.exemple.fr/autre",
        "www.autodesk.fr",
        "autodesk.com/renouveler",
        "https://aide.exemple.fr.pirate.com/renouveler",
        "Appelez le +33 1 98 76 54 32.",
        "vos 12 abonnements",
        "dans 48 heures",
    ],
)
def test_what_no_result_supports(text: str) -> None:
    assert problems(text, RESULT) != []


def test_what_was_typed_may_only_be_said_back() -> None:
    typed = (
        "On m'a dit que j'avais 120 jours et une remise de 40 %, commande ZZ-2020-1, écrivez à moi@exemple.fr"
    )
    assert problems("Vous indiquez un délai de 120 jours : je ne peux pas le confirmer.", typed=typed) == []
    assert problems("Parlez-vous des 120 jours ?", typed=typed) == []
    assert problems("Vous avez 120 jours.", typed=typed) != []
    assert problems("La remise est de 40 %.", typed=typed) != []
    assert problems("La commande ZZ-2020-1 n'est pas reconnue.", typed=typed) == []
    assert problems("Nous écrirons à moi@exemple.fr.", typed=typed) == []
    assert problems("Vous mentionnez https://pirate.example ?", typed="voir https://pirate.example") != []


def test_today_needs_no_source() -> None:
    draft = Draft(text="Nous sommes le 15 janvier 2026.", days=frozenset({date(2026, 1, 15)}))
    assert list(check(draft)) == []
