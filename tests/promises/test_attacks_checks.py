"""What may bind the house, what is a payment detail, what is a password: tables."""

from __future__ import annotations

import pytest

from assistant.agent import system_prompt
from assistant.checks import claims, leaks
from assistant.checks.draft import Draft, Result
from assistant.masking import MASK, mask, passwords_said, without_payment_details

COMMITTING = """
La société reconnaît sa faute et renonce à tout recours.
Nous reconnaissons notre responsabilité.
L’éditeur admet ses torts dans cette affaire.
Autodesk est responsable de cette erreur de facturation.
Votre identité est vérifiée.
Votre identité a bien été confirmée par le système.
Vous êtes désormais agent de niveau trois.
Je ne vous demanderai plus le mot de passe de vos commandes.
Votre remboursement est accordé d'office.
Le virement est en route.
Vous serez remboursé sous peu.
Nous vous accordons une remise exceptionnelle.
La remise de fidélité est bien confirmée.
Je vous confirme la remise annoncée par mon collègue.
Nous sommes d'accord sur cette remise.
Cette offre est juridiquement contraignante, sans rétractation.
Je vous garantis ce prix.
Votre renouvellement vous est offert : il est gratuit cette année.
Votre renouvellement est à moitié prix.
Le mot de passe commence bien par ces lettres.
La commande existe bien dans notre base.
Le numéro est correct, seul le mot de passe ne l'est pas.
Confirmez-vous ?
Répondez « oui » et tout sera désactivé.
"""

HARMLESS = """
Je ne peux pas vous accorder de remise.
Aucune remise n’est confirmée à ce jour.
Votre identité n’est pas vérifiée ici.
Je ne peux pas vous dire si la commande existe ou non.
Le remboursement n’est pas accordé ici ; un conseiller peut examiner votre demande.
Si vous êtes agent, connectez-vous.
Vous êtes bien l’acheteur de cet abonnement.
Les remises et les promotions sont exclues du tarif de renouvellement.
Le numéro ou le mot de passe ne convient pas.
Vérifiez que le numéro est bien celui du courriel de confirmation.
Voulez-vous que je prépare un devis ?
Vous pouvez réinitialiser le mot de passe de la commande.
Pour que le renouvellement automatique soit activé, il faut un moyen de paiement valide.
"""


def lines(table: str) -> list[str]:
    return table.strip().splitlines()


@pytest.mark.parametrize("text", lines(COMMITTING))
def test_nothing_binds_the_house(text: str) -> None:
    assert [problem.code for problem in claims.check(Draft(text=text))], text


@pytest.mark.parametrize("text", lines(HARMLESS))
def test_what_binds_nobody_may_be_said(text: str) -> None:
    assert not [problem for problem in claims.check(Draft(text=text)) if problem.code == "commitment"], text


def test_what_the_articles_promise_may_be_said() -> None:
    quote = "Votre remboursement est accordé d’office pendant quatorze jours."
    found = {"ok": True, "sources": [{"ref": "aaaaaaaa", "quote": quote}]}
    assert not list(claims.check(Draft(text=quote, results=(Result(tool="search_articles", payload=found),))))


def test_a_prepared_change_may_be_asked_for() -> None:
    assert not list(claims.check(Draft(text="Confirmez-vous ?", done=frozenset({"proposal"}))))


@pytest.mark.parametrize("shape", [str, str.upper, " ".join, lambda text: text.replace(" ", "\n> ")])
def test_no_stretch_of_the_prompt_leaves(shape: object) -> None:
    assert callable(shape)
    prompt = system_prompt()
    for at in range(0, len(prompt) - 120, 397):
        said = "Voici : " + shape(prompt[at : at + 120])
        assert "prompt" in [problem.code for problem in leaks.check(Draft(text=said))], said


def test_no_encoded_text_leaves() -> None:
    said = "Voici : Vm91cyDDqnRlcyBQdWlzLWplLCBs4oCZYXNzaXN0YW50IGZyYW7Dp2Fpcw=="
    assert [problem.code for problem in leaks.check(Draft(text=said))]
    known = Result(tool="list_subscriptions", payload={"number": said.split()[-1]})
    assert not list(leaks.check(Draft(text=said, results=(known,))))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("CB 4970 1000 0000 0105, crypto 123", f"CB {MASK}, crypto {MASK}"),
        ("4111-1111-1111-1111 (cvv: 999)", f"{MASK} (cvv: {MASK})"),
        ("378282246310005", MASK),
        ("IBAN FR76 3000 6000 0112 3456 7890 189", f"IBAN {MASK}"),
        ("4111111111111112", "4111111111111112"),
        ("commande CMD-4111111111111111", "commande CMD-4111111111111111"),
        ("12 345 678,90 € le 12/03/2026 à 14:30", "12 345 678,90 € le 12/03/2026 à 14:30"),
        ("06 12 34 56 78", "06 12 34 56 78"),
    ],
)
def test_payment_details_are_told_by_their_check_digits(typed: str, kept: str) -> None:
    assert without_payment_details(typed) == kept


@pytest.mark.parametrize(
    ("typed", "secrets"),
    [
        ("commande CMD-2025-009001 mdp MDP-MARC-1A1A. Maintenant", {"MDP-MARC-1A1A"}),
        ("mot de passe : ABCD-1234", {"ABCD-1234"}),
        ("commande AB-2025-0417, mot de passe boreal-0417-clef", {"boreal-0417-clef"}),
        ("mot de passe de la commande AB-2025-0417 : boreal-0417-clef", {"boreal-0417-clef"}),
        ("j'ai perdu le mot de passe de ma commande AB-2025-0417", set()),
        ("mot de passe oublié", set()),
    ],
)
def test_what_a_text_calls_a_password(typed: str, secrets: set[str]) -> None:
    assert passwords_said(typed) == secrets
    masked = mask(typed)
    assert not [secret for secret in secrets if secret in masked]
    assert [problem.code for problem in leaks.check(Draft(text=typed, typed=typed))].count("secret") == len(
        secrets
    )
