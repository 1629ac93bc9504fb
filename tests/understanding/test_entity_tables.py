from __future__ import annotations

from datetime import date

import pytest

from assistant.engine.understanding.aligned import align
from assistant.engine.understanding.entities import read_entities
from assistant.engine.understanding.manners import is_frustrated, read_language
from assistant.engine.understanding.quantities import number
from assistant.engine.understanding.records import Context, ProductRef
from assistant.engine.understanding.slots import read_slot

TODAY = date(2026, 1, 15)
OWN = (
    ProductRef(id="atelier-autocad", product="AutoCAD", term="annual", seats=3, expires_on=date(2026, 3, 10)),
    ProductRef(id="atelier-lt", product="AutoCAD LT", term="monthly", seats=1, expires_on=date(2026, 1, 30)),
    ProductRef(id="atelier-revit", product="Revit", term="three_year", seats=12, expires_on=date(2026, 6, 1)),
    ProductRef(id="atelier-essai", product="Inventor Professional", term="trial", seats=1, kind="trial"),
)


def read(text):
    return read_entities(text, OWN, TODAY)


@pytest.mark.parametrize(
    ("text", "number", "password"),
    [
        ("Ma commande est la AB-2025-0417", "AB-2025-0417", None),
        ("commande n° ab-2025-0417", "AB-2025-0417", None),
        ("commande n°ab-2025-0417 svp", "AB-2025-0417", None),
        ("numéro de commande : CM-99812", "CM-99812", None),
        ("num cmd 99821-A", "99821-A", None),
        ("Mon numéro de commande est TS 2024 1109", "TS-2024-1109", None),
        ("AB 2025 0417", "AB-2025-0417", None),
        ("c'est la AB 2025 0417 mdp clef-maison-42", "AB-2025-0417", "clef-maison-42"),
        ("order number DE-2025-7781", "DE-2025-7781", None),
        ("commande 4455667788", "4455667788", None),
        ("c'est la QC-2025-5512", "QC-2025-5512", None),
        ("XK-778210", "XK-778210", None),
        ("PO55120887", "PO55120887", None),
        ("AB–2025–0417", "AB-2025-0417", None),
        ("AB-2025-0417 et le mot de passe est clef-maison-42", "AB-2025-0417", "clef-maison-42"),
        ("commande XK-778210, mdp : Soleil!2025", "XK-778210", "Soleil!2025"),
        ('Numéro TS-2024-1109, mot de passe "Jardin d\'hiver 7"', "TS-2024-1109", "Jardin d'hiver 7"),
        ("mot de passe : « Été2025 » commande LU-88120", "LU-88120", "Été2025"),
        ("mdp=abc12345 cde FR-100245", "FR-100245", "abc12345"),
        ("le mot de passe de la commande, c'est papillon.9", None, "papillon.9"),
        ("mon mdp c'est Granit-Rose-1", None, "Granit-Rose-1"),
        ("AB-2025-0417 Gr4nit.bleu", "AB-2025-0417", "Gr4nit.bleu"),
        ("j'ai oublié le mot de passe de ma commande", None, None),
        ("mot de passe oublié", None, None),
        ("Mon mot de passe ne marche pas", None, None),
        ("Je veux renouveler AutoCAD", None, None),
        ("Mon abonnement expire le 2026-03-10", None, None),
        ("écrivez à jean-12345@exemple.fr", None, None),
        ("une commande de dix licences", None, None),
    ],
)
def test_order_numbers_and_passwords(text, number, password):
    found = read(text)
    assert [span.value for span in found.order_numbers[:1]] == ([number] if number else [])
    assert [span.value for span in found.passwords[:1]] == ([password] if password else [])
    for span in found.passwords:
        assert text[span.start : span.end] == span.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Puis-je renouveler AutoCAD ?", {"AutoCAD": "atelier-autocad"}),
        ("autocad lt", {"AutoCAD LT": "atelier-lt"}),
        ("AUTOCAD", {"AutoCAD": "atelier-autocad"}),
        ("auto cad", {"AutoCAD": "atelier-autocad"}),
        ("autocade", {"AutoCAD": "atelier-autocad"}),
        ("otocad", {"AutoCAD": "atelier-autocad"}),
        ("autoacd", {"AutoCAD": "atelier-autocad"}),
        ("autocda lt", {"AutoCAD LT": "atelier-lt"}),
        ("revti", {"Revit": "atelier-revit"}),
        ("revitt", {"Revit": "atelier-revit"}),
        ("rvit", {"Revit": "atelier-revit"}),
        ("mon abo revit et autocad", {"Revit": "atelier-revit", "AutoCAD": "atelier-autocad"}),
        ("AutoCAD et AutoCAD LT", {"AutoCAD": "atelier-autocad", "AutoCAD LT": "atelier-lt"}),
        ("Revit LT", {"Revit LT": None}),
        ("et Maya ?", {"Maya": None}),
        ("navisworks manage", {"Navisworks Manage": None}),
        ("3dsmax", {"3ds Max": None}),
        ("civil3d", {"Civil 3D": None}),
        ("fusion 360", {"Fusion": None}),
        ("atelier-revit", {"Revit": "atelier-revit"}),
        ("la collection AEC", {"Architecture, Engineering & Construction Collection": None}),
        ("naviswork", {"Navisworks": None}),
        ("je reviens vite avec mon devis", {}),
        ("j'ai reçu un mail", {}),
        ("Puis-je renouveler ?", {}),
        ("mon abonnement est automatique", {}),
        ("je voudrais une autre date", {}),
        ("nous avons un vault de documents", {}),
        ("le build échoue", {}),
        ("l'invite", {}),
    ],
)
def test_products(text, expected):
    found = read(text).products
    assert {m.product: (m.subscriptions[0] if m.subscriptions else None) for m in found} == expected


def test_a_product_bought_twice_stands_for_both():
    twice = (*OWN, ProductRef(id="second", product="Revit", term="annual"))
    (mention,) = read_entities("revit", twice, TODAY).products
    assert mention.subscriptions == ("atelier-revit", "second")


def test_a_product_of_no_catalogue_is_known_when_the_person_has_it():
    own = (ProductRef(id="z", product="Zébulon Studio"),)
    assert read_entities("zebulon studio", own, TODAY).products[0].subscriptions == ("z",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("l'annuel", ("atelier-autocad",)),
        ("le mensuel", ("atelier-lt",)),
        ("mon abonnement mensuel", ("atelier-lt",)),
        ("celui qui expire en mars", ("atelier-autocad",)),
        ("celui qui se termine en juin", ("atelier-revit",)),
        ("l'abonnement qui expire le 30 janvier", ("atelier-lt",)),
        ("celui à 3 postes", ("atelier-autocad",)),
        ("celui avec douze licences", ("atelier-revit",)),
        ("ma version d'essai", ("atelier-essai",)),
        ("le trois ans", ("atelier-revit",)),
        ("mon abonnement", ()),
        ("je veux passer en annuel", ()),
    ],
)
def test_descriptions(text, expected):
    assert read(text).described == expected


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("il y a trois semaines", date(2025, 12, 25), date(2025, 12, 25)),
        ("il y a 10 jours", date(2026, 1, 5), date(2026, 1, 5)),
        ("depuis deux mois", date(2025, 11, 15), date(2025, 11, 15)),
        ("ça fait un an", date(2025, 1, 15), date(2025, 1, 15)),
        ("three weeks ago", date(2025, 12, 25), date(2025, 12, 25)),
        ("dans 2 mois", date(2026, 3, 15), date(2026, 3, 15)),
        ("dans quinze jours", date(2026, 1, 30), date(2026, 1, 30)),
        ("le 1er mars", date(2026, 3, 1), date(2026, 3, 1)),
        ("le 1er mars 2027", date(2027, 3, 1), date(2027, 3, 1)),
        ("le 12 décembre", date(2025, 12, 12), date(2025, 12, 12)),
        ("2026-02-10", date(2026, 2, 10), date(2026, 2, 10)),
        ("10/02/2026", date(2026, 2, 10), date(2026, 2, 10)),
        ("le 10/02", date(2026, 2, 10), date(2026, 2, 10)),
        ("fin janvier", date(2026, 1, 21), date(2026, 1, 31)),
        ("début mars", date(2026, 3, 1), date(2026, 3, 10)),
        ("mi-février", date(2026, 2, 11), date(2026, 2, 20)),
        ("en mars", date(2026, 3, 1), date(2026, 3, 31)),
        ("en décembre dernier", date(2025, 12, 1), date(2025, 12, 31)),
        ("mars 2027", date(2027, 3, 1), date(2027, 3, 31)),
        ("hier", date(2026, 1, 14), date(2026, 1, 14)),
        ("avant-hier", date(2026, 1, 13), date(2026, 1, 13)),
        ("demain", date(2026, 1, 16), date(2026, 1, 16)),
        ("aujourd'hui", TODAY, TODAY),
        ("la semaine dernière", date(2026, 1, 5), date(2026, 1, 11)),
        ("le mois prochain", date(2026, 2, 1), date(2026, 2, 28)),
        ("l'année dernière", date(2025, 1, 1), date(2025, 12, 31)),
        ("vendredi", date(2026, 1, 16), date(2026, 1, 16)),
        ("depuis lundi", date(2026, 1, 12), date(2026, 1, 12)),
        ("à la fin du mois", date(2026, 1, 21), date(2026, 1, 31)),
    ],
)
def test_dates(text, first, last):
    (found,) = read(text).dates
    assert (found.first, found.last) == (first, last)


@pytest.mark.parametrize(
    "text", ["le 31 février 2026", "le 45/13/2026", "il y a longtemps", "trois ans", "9999-99-99"]
)
def test_no_date(text):
    assert read(text).dates == ()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("douze", 12),
        ("vingt et un", 21),
        ("vingt-deux", 22),
        ("soixante-dix", 70),
        ("soixante-quinze", 75),
        ("septante", 70),
        ("septante-cinq", 75),
        ("quatre-vingts", 80),
        ("quatre-vingt-dix-sept", 97),
        ("huitante-trois", 83),
        ("nonante-neuf", 99),
        ("cent", 100),
        ("deux cents", 200),
        ("mille deux cents", 1200),
        ("bonjour", None),
        ("", None),
    ],
)
def test_numbers_in_words(text, value):
    assert number(text) == value


@pytest.mark.parametrize(
    ("text", "count", "delta"),
    [
        ("5 postes", 5, None),
        ("cinq licences", 5, None),
        ("il me faut nonante postes", 90, None),
        ("deux postes de moins", None, -2),
        ("2 licences de plus", None, 2),
        ("un poste en moins", None, -1),
        ("trois licences supplémentaires", None, 3),
        ("enlève 2 postes", None, -2),
        ("retirez trois postes", None, -3),
        ("ajoute deux utilisateurs", None, 2),
        ("passer de 5 à 3 postes", 3, None),
        ("passer de douze à dix", 10, None),
        ("passer à 8 postes", 8, None),
        ("descendre à 4", 4, None),
        ("5 postes au lieu de 8", 5, None),
        ("on n'est plus que quatre", 4, None),
        ("10 licences Revit", 10, None),
        ("réduire le nombre de postes de autocad à 1", 1, None),
        ("diminuer le nombre de licences de notre abonnement Revit à deux", 2, None),
    ],
)
def test_seats(text, count, delta):
    (found,) = read(text).seats
    assert (found.count, found.delta) == (count, delta)


@pytest.mark.parametrize(
    "text", ["il y a 3 semaines", "dans deux mois", "passer à 3 ans", "le 12 mars", "plusieurs postes"]
)
def test_no_seats(text):
    assert read(text).seats == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("passer de mensuel à annuel", [("monthly", "from"), ("annual", "to")]),
        ("je veux un abonnement annuel au lieu de mensuel", [("annual", "to"), ("monthly", "from")]),
        ("au mois", [("monthly", "plain")]),
        ("trois ans", [("three_year", "plain")]),
        ("36 mois", [("three_year", "plain")]),
        ("un abonnement annuel", [("annual", "plain")]),
        ("il y a trois ans", []),
        ("dans un mois", []),
        ("depuis un an", []),
    ],
)
def test_terms(text, expected):
    assert [(term.term, term.role) for term in read(text).terms] == expected


@pytest.mark.parametrize(
    ("text", "kind", "index"),
    [
        ("le premier", "ordinal", 0),
        ("la deuxième", "ordinal", 1),
        ("le second", "ordinal", 1),
        ("le 2", "ordinal", 1),
        ("n°3", "ordinal", 2),
        ("le dernier", "ordinal", -1),
        ("2", "ordinal", 1),
        ("les deux", "both", None),
        ("tous les deux", "both", None),
        ("tous", "all", None),
        ("tous mes abonnements", "all", None),
        ("celui-là", "that", None),
        ("cet abonnement", "that", None),
        ("l'autre", "other", None),
        ("aucun", "none", None),
    ],
)
def test_references(text, kind, index):
    (found,) = read(text).references
    assert (found.kind, found.index) == (kind, index)


@pytest.mark.parametrize(
    "text", ["tout de suite", "le mois dernier", "le premier mars", "tout à fait", "la dernière fois"]
)
def test_no_reference(text):
    assert read(text).references == ()


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("oui", "yes"),
        ("Oui, s'il vous plaît", "yes"),
        ("ouais vas-y", "yes"),
        ("ok", "yes"),
        ("d'accord", "yes"),
        ("D’accord", "yes"),
        ("bien sûr", "yes"),
        ("je confirme", "yes"),
        ("ben oui", "yes"),
        ("non", "no"),
        ("Non merci", "no"),
        ("nan", "no"),
        ("surtout pas", "no"),
        ("pas maintenant", "no"),
        ("oui mais non", "no"),
        ("oui et non", None),
        ("je ne confirme pas", "no"),
        ("« oui »", None),
        ("il a dit « oui »", None),
        ("Puis-je renouveler ?", None),
        ("ouistiti", None),
        ("nonante", None),
    ],
)
def test_yes_and_no(text, answer):
    assert read(text).answer == answer


@pytest.mark.parametrize(
    ("text", "polarity"),
    [
        ("désactive le renouvellement automatique", "off"),
        ("coupez l'automatique", "off"),
        ("je veux résilier", "off"),
        ("active le renouvellement automatique", "on"),
        ("réactivez-le", "on"),
        ("remet le", "on"),
        ("remets-le", "on"),
        ("désactiver, pas activer", "off"),
        ("je ne veux plus que ça se renouvelle automatiquement", "off"),
        ("ne désactivez pas", None),
        ("quand expire mon abonnement", None),
    ],
)
def test_polarity(text, polarity):
    assert read(text).polarity == polarity


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("si je désactivais l'automatique", True),
        ("et si on résiliait ?", True),
        ("imaginons que je coupe", True),
        ("what if I cancel", True),
        ("je veux savoir si je peux renouveler", False),
        ("désactive-le", False),
        ("dis-moi si j'ai un abonnement", False),
    ],
)
def test_hypothesis(text, expected):
    assert read(text).hypothetical is expected


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("Nommez Karim Benali administrateur principal", "Karim Benali"),
        ("mettez Mme Petit comme admin principale", "Mme Petit"),
        ("réaffectez le rôle d'administrateur à Hélène", "Hélène"),
        ("Je veux que Samuel devienne administrateur principal", "Samuel"),
        ("nomme paul admin principal", "paul"),
        ("nommer lea@agence.example administratrice principale", "lea@agence.example"),
        ("qui est l'administrateur principal", None),
        ("Puis-je renouveler Revit ?", None),
        ("Hélène Garnier peut-elle renouveler ?", "Hélène Garnier"),
        ("Est-ce que Karim Benali peut renouveler AutoCAD ?", "Karim Benali"),
        ("vérifie si Mme Cherif peut renouveler", "Mme Cherif"),
        ("les abonnements de Sarah Klein", "Sarah Klein"),
        ("Can Paul Durand renew?", "Paul Durand"),
        ("L'administrateur peut-il renouveler ?", None),
        ("Comment est-il payé ?", None),
        ("Revit peut-il être renouvelé ?", None),
    ],
)
def test_persons(text, person):
    found = read(text).person
    assert (found.value if found else None) == person


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("à mon revendeur", "partner"),
        ("l'équipe commerciale", "sales"),
        ("au partenaire", "partner"),
        ("un devis", None),
    ],
)
def test_targets(text, target):
    assert read(text).target == target


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Puis-je renouveler mon abonnement ?", "fr"),
        ("jpeu renouv mon abo", "fr"),
        ("Can I renew my subscription?", "en"),
        ("What is the price?", "en"),
        ("Hola, quiero renovar mi suscripcion", "other"),
        ("Kann ich mein Abonnement verlängern?", "other"),
        ("我可以续订我的订阅吗", "other"),
        ("Могу ли я продлить", "other"),
        ("???", "none"),
        ("AutoCAD", "fr"),
    ],
)
def test_language(text, language):
    assert read_language(align(text)) == language


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("j'en ai marre", True),
        ("VOUS NE SERVEZ À RIEN", True),
        ("c'est une honte", True),
        ("merci beaucoup", False),
        ("Puis-je renouveler ?", False),
    ],
)
def test_frustration(text, expected):
    assert is_frustrated(align(text)) is expected


SHOWN = tuple(ref.id for ref in OWN[:3])


@pytest.mark.parametrize(
    ("text", "slot", "value"),
    [
        ("le deuxième", "subscriptions", ("atelier-lt",)),
        ("AutoCAD", "subscriptions", ("atelier-autocad",)),
        ("revti stp", "subscriptions", ("atelier-revit",)),
        ("tous", "subscriptions", SHOWN),
        ("l'autre", "subscriptions", None),
        ("je ne sais pas", "subscriptions", None),
        ("5", "seats", 5),
        ("plutôt huit", "seats", 8),
        ("nonante", "seats", 90),
        ("deux cents postes", "seats", 200),
        ("demain", "seats", None),
        ("annuel", "term", "annual"),
        ("3", "term", "three_year"),
        ("au mois svp", "term", "monthly"),
        ("ab 2025 0417", "order_number", "AB-2025-0417"),
        ("c'est AB-2025-0417", "order_number", "AB-2025-0417"),
        ("je ne l'ai pas", "order_number", None),
        ("Soleil!2025", "order_password", "Soleil!2025"),
        ("c'est clef-maison-42", "order_password", "clef-maison-42"),
        ("« Clef 42 bis! »", "order_password", "Clef 42 bis!"),
        ("paul@agence.example", "email", "paul@agence.example"),
        ("Paul Durand", "person", "Paul Durand"),
        ("à Karim", "person", "Karim"),
        ("au revendeur", "target", "partner"),
        ("oui", "confirmation", True),
        ("non merci", "confirmation", False),
        ("peut-être", "confirmation", None),
    ],
)
def test_slots(text, slot, value):
    context = Context(today=TODAY, shown=SHOWN, focus=("atelier-autocad",))
    found = read_slot(text, slot, products=OWN, context=context)
    assert (found.value if found else None) == value


def test_a_pasted_yes_is_quoted():
    assert [span.value for span in read("il a dit « oui, renouvelez »").quoted] == ["oui, renouvelez"]
