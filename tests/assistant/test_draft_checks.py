"""What may not leave: invented sources and deeds, wrong verdicts, other languages, machinery, markup."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.checks import citations, claims, language, leaks, markup, verdicts
from assistant.checks.draft import Draft, Result
from assistant.checks.review import review

SOURCES = [
    {"ref": "aaaaaaaa", "article": "a", "title": "A", "quote": "Renouvelez avant la date.", "facts": ["F08"]},
    {
        "ref": "bbbbbbbb",
        "article": "b",
        "title": "B",
        "quote": "Un abonnement expiré est fini.",
        "facts": ["F09"],
    },
]


def draft(text: str, *payloads: dict[str, Any], tool: str = "read_facts", **more: Any) -> Draft:
    return Draft(text=text, results=tuple(Result(tool=tool, payload=each) for each in payloads), **more)


def codes(module: Any, made: Draft) -> list[str]:
    return [problem.code for problem in module.check(made)]


LONG = (
    "Il vaut mieux renouveler avant la date de renouvellement, "
    "pour garder l'accès et le prix de renouvellement"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{LONG} [aaaaaaaa] [bbbbbbbb].", []),
        (f"{LONG} [aaaaaaaa, bbbbbbbb].", []),
        (f"{LONG} [ref: aaaaaaaa][bbbbbbbb].", []),
        (f"{LONG} [aaaaaaaa][cccccccc][bbbbbbbb].", ["unknown_citation"]),
        (f"{LONG} [1].", ["unknown_citation", "no_citation"]),
        (f"{LONG}.", ["no_citation"]),
        ("Lequel ?", []),
        (f"{LONG} [aaaaaaaa].", ["one_sided"]),
    ],
)
def test_citations(text: str, expected: list[str]) -> None:
    payload = {"ok": True, "sources": SOURCES, "disagreements": [["F08", "F09"]]}
    assert codes(citations, draft(text, payload)) == expected


DEEDS = """
C'est fait.
C’est fait !
Voilà, c'est réglé.
Fait !
J'ai désactivé le renouvellement automatique.
J’ai bien désactivé le renouvellement automatique de votre abonnement AutoCAD.
Nous avons ajouté Revit à votre panier.
Je viens de désactiver le renouvellement.
Le renouvellement automatique a été désactivé.
Votre renouvellement automatique est désormais désactivé.
Revit a été ajouté au panier.
Votre abonnement est maintenant renouvelé.
Votre abonnement est bien résilié.
L'administrateur principal a été changé.
Votre rôle a été réassigné à Karim.
Le nombre de postes a été modifié.
J’ai annulé votre abonnement.
Votre devis a été envoyé.
Votre demande de devis a bien été transmise à notre équipe commerciale.
La demande vient d'être envoyée.
Devis envoyé !
Modification effectuée.
Désactivation confirmée.
Je désactive le renouvellement automatique.
Je vais désactiver le renouvellement automatique.
Je m'en occupe.
J'annule votre abonnement.
Je transmets votre demande.
J'ai transmis votre demande à un conseiller.
Je vous transfère à un conseiller.
J'ai prévenu l'équipe commerciale.
Un conseiller va vous contacter.
Un conseiller vous recontactera sous peu.
Vous serez recontacté rapidement.
J'ai envoyé un e-mail à l'acheteur.
J'ai ouvert un ticket pour vous.
Votre demande est en cours de traitement.
Your auto-renewal has been disabled.
""".strip().splitlines()

NO_DEEDS = """
Rien n'a été modifié.
Aucune modification n'a été effectuée.
Je n'ai rien modifié.
Je n'ai pas désactivé le renouvellement automatique.
Le renouvellement automatique est activé.
Le renouvellement automatique est déjà désactivé.
Si vous confirmez, le renouvellement automatique sera désactivé.
Le numéro figure dans l'e-mail de confirmation qui vous a été envoyé lors de l'achat.
Vous pouvez désactiver le renouvellement automatique.
Votre abonnement a expiré le 10 février 2026.
Je peux vous mettre en relation avec un conseiller.
Souhaitez-vous que je transmette votre demande à un conseiller ?
Une fois la modification effectuée, vous recevrez un message.
J'ai vérifié votre abonnement.
J'ai bien compris votre demande.
J'ai préparé ce changement.
Cet abonnement a été acheté auprès d'un partenaire.
Votre abonnement se renouvelle automatiquement.
Contactez votre partenaire Autodesk ou l'équipe commerciale.
Le paiement est enregistré dans votre compte.
Un conseiller pourra vous répondre.
Je vais vous expliquer la marche à suivre.
Vérifiez le mode de paiement enregistré, puis choisissez Activer le renouvellement automatique.
Dès que c'est fait, l'abonnement se renouvelle.
L'acheteur est la personne qui a passé la commande.
Si la commande a été passée par un partenaire, contactez-le.
Les options s'affichent dans votre compte et un e-mail vous en informe.
""".strip().splitlines()


@pytest.mark.parametrize("text", DEEDS)
def test_a_deed_that_did_not_happen_is_not_claimed(text: str) -> None:
    assert codes(claims, draft(text)) == ["claim"]


@pytest.mark.parametrize("text", DEEDS)
def test_the_same_words_may_be_said_when_all_of_it_happened(text: str) -> None:
    assert codes(claims, draft(text, done=frozenset({"change", "handoff", "reset", "order"}))) == []


@pytest.mark.parametrize("text", NO_DEEDS)
def test_what_claims_nothing_may_be_said(text: str) -> None:
    assert codes(claims, draft(text)) == []


def test_a_hand_off_is_no_change() -> None:
    handed = frozenset({"handoff"})
    assert codes(claims, draft("J'ai transmis votre demande à un conseiller.", done=handed)) == []
    assert codes(claims, draft("J'ai désactivé le renouvellement automatique.", done=handed)) == ["claim"]


def decided(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {
        "ok": True,
        "decisions": [
            {"subscription": f"s-{at}", "product": product, "decision": decision}
            for at, (product, decision) in enumerate(pairs)
        ],
    }


@pytest.mark.parametrize(
    ("text", "decision", "refused"),
    [
        ("Oui, vous pouvez renouveler AutoCAD.", "eligible", False),
        ("Oui, vous pouvez le renouveler.", "late", False),
        ("Oui, vous pouvez renouveler AutoCAD dès maintenant.", "expired", True),
        ("Vous pouvez encore le renouveler.", "not_buyer", True),
        ("AutoCAD est éligible au renouvellement.", "too_early", True),
        ("Le renouvellement est possible.", "trial", True),
        ("Vous ne pouvez pas renouveler AutoCAD.", "eligible", True),
        ("AutoCAD n'est plus renouvelable.", "eligible", True),
        ("Vous ne pouvez pas encore le renouveler.", "too_early", False),
        ("Seul l'acheteur peut renouveler.", "not_buyer", False),
        ("Vous pouvez le renouveler auprès de votre partenaire.", "contact_sales", False),
        ("Vous pourrez le renouveler à partir du mois prochain.", "too_early", False),
        ("Vous ne pourrez plus le renouveler après cette date.", "eligible", False),
        ("Vous pouvez souscrire un nouvel abonnement.", "expired", False),
    ],
)
def test_verdicts(text: str, decision: str, refused: bool) -> None:
    made = draft(text, decided(("AutoCAD", decision)), tool="check_renewal_eligibility")
    assert bool(codes(verdicts, made)) is refused


def test_a_verdict_is_that_of_the_product_named() -> None:
    both = decided(("AutoCAD", "expired"), ("AutoCAD LT", "eligible"))
    assert codes(verdicts, draft("Vous pouvez renouveler AutoCAD LT.", both)) == []
    assert codes(verdicts, draft("Vous pouvez renouveler AutoCAD.", both)) == ["verdict"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bonjour, vous pouvez renouveler votre abonnement.", []),
        ("Volontiers !", []),
        ("AutoCAD, Revit, Fusion", []),
        ("You can renew your subscription from your account.", ["language"]),
        ("Puede renovar su suscripción cuando quiera, gracias.", ["language"]),
        ("Вы можете продлить подписку.", ["language"]),
        ("您可以续订。", ["language"]),
        ("", ["empty"]),
        ("  \n ", ["empty"]),
        ("…", ["empty"]),
        ("Vous dites « you can renew your subscription in the account » : c'est exact.", []),
    ],
)
def test_language(text: str, expected: list[str]) -> None:
    assert codes(language, draft(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "La clé est sk-abcdefghijklmnop1234.",
        "Authorization: Bearer abc.def.ghi",
        "Traceback (most recent call last):",
        "ValueError: mauvais argument",
        "J'ai appelé check_renewal_eligibility.",
        "La décision est not_buyer.",
        'Voici : {"ok": true}',
        "<think>hmm</think> Oui.",
        "Selon la règle R8, c'est possible.",
        "L'abonnement s-12 est concerné.",
        "Le mot de passe est boreal-0417-clef.",
    ],
)
def test_machinery_and_secrets_stay_inside(text: str) -> None:
    payload = {"ok": True, "subscriptions": [{"id": "s-12", "product": "AutoCAD"}]}
    assert codes(leaks, draft(text, payload, secrets=frozenset({"boreal-0417-clef"}))) != []


def test_plain_words_are_no_leak() -> None:
    payload = {"ok": True, "subscriptions": [{"id": "Revit", "product": "Revit"}]}
    assert codes(leaks, draft("Votre abonnement Revit, commande AB-2025-0417.", payload)) == []


@pytest.mark.parametrize(
    "text",
    [
        "<b>Oui</b>",
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![image](https://pirate.example/x.png)",
        "[cliquez ici](https://pirate.example)",
        "[cliquez ici](javascript:alert(1))",
        "[a]: https://pirate.example",
        "Oui\u202einversé",
        "Oui\u200binvisible",
    ],
)
def test_markup_that_may_not_leave(text: str) -> None:
    assert codes(markup, draft(text)) != []


def test_plain_markdown_may() -> None:
    assert (
        codes(markup, draft("**Oui**, jusqu'au _bout_ :\n\n- un\n- deux\n\n> cité [aaaaaaaa], si 3 < 4."))
        == []
    )


def test_a_link_of_a_source_may() -> None:
    source = {"ok": True, "sources": [{"ref": "aaaaaaaa", "quote": "Voir https://aide.exemple.fr/x."}]}
    assert codes(markup, draft("[l'aide](https://aide.exemple.fr/x)", source)) == []


def test_one_review_gathers_all() -> None:
    found = {problem.code for problem in review(draft("C'est fait, 120 € : [1] <b>x</b>"))}
    assert {"claim", "figure", "unknown_citation", "markup"} <= found
