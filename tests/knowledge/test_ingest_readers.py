from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest

from knowledge.models import KnowledgeError
from knowledge.readers import ReadReport, parse_date, read_folders


def pdf(text: str, *, encrypted: bool = False) -> bytes:
    """The smallest PDF that shows some lines of text."""
    lines = " ".join(f"({line}) Tj T*" for line in text.split("\n"))
    stream = f"BT /F1 12 Tf 14 TL 40 700 Td {lines} ET".encode("cp1252")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    trailer = b"/Root 1 0 R"
    if encrypted:
        secret = b"<" + b"41" * 32 + b">"
        objects.append(b"<< /Filter /Standard /V 1 /R 2 /O %s /U %s /P -4 >>" % (secret, secret))
        trailer += b" /Encrypt 6 0 R /ID [<00> <00>]"
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n"
    return out + end % (size, table, size, trailer, len(out))


def read(folder: Path, name: str, content: bytes | str) -> ReadReport:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_folders([folder])


MARKDOWN = """---
id: gestes
title: Gestes utiles
date: 2026-01-05
source: Rédaction
facts: [F01, F07]
---
# Gestes utiles

Vous pouvez **renouveler** votre [abonnement](https://exemple.invalid/x) à l’avance.

- Un `premier` pas :
  1. Ouvrir.
  2. Fermer.
- Un second.

| Terme | Prix |
|---|---|
| Annuel | 10 € |
"""


def test_markdown_with_front_matter(folder: Path) -> None:
    (article,) = read(folder, "x.md", MARKDOWN).articles
    assert (article.id, article.title, article.date) == ("gestes", "Gestes utiles", datetime.date(2026, 1, 5))
    assert (article.source, article.facts) == ("Rédaction", ("F01", "F07"))
    assert article.text.split("\n") == [
        "# Gestes utiles", "", "Vous pouvez renouveler votre abonnement à l’avance.", "",
        "  - Un premier pas :", "    1. Ouvrir.", "    2. Fermer.", "  - Un second.", "",
        "", "Terme | Prix", "Annuel | 10 €",
    ]  # fmt: skip


PAGE = """<!doctype html><html><head><title>Aide | Site</title><meta charset="utf-8">
<meta property="article:modified_time" content="2025-11-02T10:00">
<link rel="canonical" href="https://exemple.invalid/a">
<script>var menu = "piège";</script><style>p {}</style></head>
<body><nav>Accueil Produits</nav><header>Bandeau</header><div role="navigation">Menu</div>
<main><h1>Renouveler &agrave; temps</h1><p>Le d&eacute;lai est de <b>90&nbsp;jours</b>,
puis c&rsquo;est fini.</p><h2>\u00c9tapes</h2>
<ol><li><p>Ouvrez le compte.</p></li><li>Cliquez sur <a href="#">Renouveler</a>.
<ul><li>en ligne</li></ul></li></ol>
<table><tr><th>Terme</th><td>Annuel</td></tr></table><p hidden>Cach\u00e9</p>
<!-- commentaire --></main><aside>Publicit\u00e9</aside><footer>Mentions</footer></body></html>"""


def test_html_gives_the_main_content_only(folder: Path) -> None:
    (article,) = read(folder, "page.html", PAGE).articles
    assert (article.title, article.date) == ("Renouveler à temps", datetime.date(2025, 11, 2))
    assert article.source == "https://exemple.invalid/a"
    assert "Le délai est de 90\u00a0jours, puis c’est fini." in article.text
    kept = [line.strip() for line in article.text.split("\n") if line.strip()]
    assert kept == [
        "# Renouveler à temps", "Le délai est de 90\u00a0jours, puis c’est fini.", "## Étapes",
        "1. Ouvrez le compte.", "2. Cliquez sur Renouveler.", "- en ligne", "Terme | Annuel",
    ]  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "mac_roman"])
def test_text_in_any_usual_encoding(folder: Path, encoding: str) -> None:
    text = "L’échéance\r\n\r\nVous êtes à l’heure : « déjà » renouvelé, ça suffit.\r\n"
    (article,) = read(folder, "echeance.txt", text.encode(encoding)).articles
    assert article.text == "L’échéance\n\nVous êtes à l’heure : « déjà » renouvelé, ça suffit."
    assert article.title == "L’échéance"


@pytest.mark.parametrize(
    ("text", "title", "date"),
    [
        (
            " date 2025-12-29 Voici quelques gestes utiles:\n\nUn texte.",
            "Gestes utiles",
            datetime.date(2025, 12, 29),
        ),
        ("Mise à jour le 1er mars 2026\n\nGestes\n\nUn texte.", "Gestes", datetime.date(2026, 3, 1)),
        ("date 2025-02-30 Gestes\n\nUn texte.", "Mes gestes", None),
        ("Rubrique\n\nMes gestes utiles\n\nUn texte qui suit.", "Mes gestes utiles", None),
        ("Un texte qui commence sans titre et finit là.", "Mes gestes", None),
    ],
)
def test_title_and_date_of_plain_text(
    folder: Path, text: str, title: str, date: datetime.date | None
) -> None:
    (article,) = read(folder, "mes-gestes.txt", text).articles
    assert (article.title, article.date) == (title, date)


def test_pdf(folder: Path) -> None:
    (article,) = read(folder, "guide.pdf", pdf("Renouveler à temps\nLe délai est de 90 jours.")).articles
    assert article.id == "guide"
    assert "Le délai est de 90 jours." in article.text


def test_jsonl_takes_each_line_by_itself(folder: Path) -> None:
    rows = [
        json.dumps({"id": "a", "title": "A", "text": "Un.", "date": "2026-01-02", "url": "https://x.invalid"}),
        '{"id": "b", "title": "B"',
        "",
        json.dumps({"id": "c", "title": "C"}),
        json.dumps({"id": "a", "title": "Double", "text": "Deux."}),
        json.dumps(["liste"]),
        json.dumps({"id": "d", "title": "D", "text": "Quatre.", "date": "2026-13-01"}),
        json.dumps({"id": "e", "title": "E", "text": "Cinq."}),
        '{"id": "f", "title": "F", "text": "Demi-caract\\ud800"}',
    ]  # fmt: skip
    report = read(folder, "corpus.jsonl", "\ufeff" + "\n".join(rows))
    assert [article.id for article in report.articles] == ["a", "e"]
    assert report.articles[0].date == datetime.date(2026, 1, 2)
    assert report.articles[0].source == "https://x.invalid"
    told = [error.split("corpus.jsonl:", 1)[1].replace("\u00a0", " ") for error in report.errors]
    assert sorted(told) == [
        "2 : JSON incorrect",
        "4 : il manque « text »",
        f"5 : l’identifiant « a » est déjà celui de l’article de {folder.resolve() / 'corpus.jsonl'}:1",
        "6 : il faut un objet JSON",
        "7 : date qui n’existe pas : « 2026-13-01 »",
        "9 : ce n’est pas du texte",
    ]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("x.pdf", b"%PDF-1.4 coupe net", "PDF illisible"),
        ("x.pdf", b"pas un PDF", "PDF illisible"),
        ("x.pdf", pdf("Secret", encrypted=True), "PDF protégé par un mot de passe"),
        ("x.pdf", pdf(""), "PDF sans texte (pages numérisées\u00a0?)"),
        ("x.txt", b"", "le fichier est vide"),
        ("x.txt", b" \n\t\n", "le fichier est vide"),
        ("x.txt", b"---\n***\n", "aucun texte à lire"),
        ("x.txt", b"\x00\x01\x02binaire\xff", "ce n’est pas du texte"),
        ("x.md", b"---\ntitle: [a\n---\nTexte.", "l’en-tête n’est pas du YAML correct (ligne 2)"),
        (
            "x.md",
            b"---\ndate: demain\n---\nTexte.",
            "l’en-tête donne une date qui n’existe pas\u00a0: «\u00a0demain\u00a0»",
        ),
        ("x.html", b"<html><body><nav>Menu</nav></body></html>", "aucun texte à lire"),
    ],
)
def test_what_cannot_be_read_gives_one_line_and_the_rest_goes_on(
    folder: Path, name: str, content: bytes, reason: str
) -> None:
    (folder / "bon.txt").write_text("Un article lisible.", encoding="utf-8")
    report = read(folder, name, content)
    assert [article.id for article in report.articles] == ["bon"]
    (line,) = report.errors
    assert "\n" not in line
    assert line == f"{folder.resolve() / name}\u00a0: {reason}"


def test_files_of_the_same_name_are_told_apart_by_their_folder(folder: Path) -> None:
    for name in ("a/faq.txt", "b/faq.txt", "seul.txt"):
        report = read(folder, name, f"Texte de {name}.")
    assert sorted(article.id for article in report.articles) == ["a/faq.txt", "b/faq.txt", "seul"]


def test_hidden_and_foreign_files_are_left_alone(folder: Path) -> None:
    (folder / "logo.png").write_bytes(b"\x89PNG")
    (folder / ".brouillon.md").write_text("Brouillon.")
    assert len(read(folder, "a.txt", "Texte.").articles) == 1


@pytest.mark.parametrize("missing", [True, False])
def test_a_folder_without_articles_is_an_error(folder: Path, missing: bool) -> None:
    with pytest.raises(KnowledgeError, match="dossier introuvable" if missing else "aucun article ici"):
        read_folders([folder / "absent" if missing else folder])


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2025-12-29", datetime.date(2025, 12, 29)),
        ("29/12/2025", datetime.date(2025, 12, 29)),
        ("1er février 2026", datetime.date(2026, 2, 1)),
        ("3 août 2026", datetime.date(2026, 8, 3)),
        ("2025-02-29", None),
        ("hier", None),
    ],
)
def test_dates(text: str, date: datetime.date | None) -> None:
    assert parse_date(text) == date


def test_the_raw_articles_come_out_clean(shared_articles: Path) -> None:
    files = {file.stem: file.read_text(encoding="utf-8") for file in shared_articles.glob("*.txt")}
    articles = {article.id: article for article in read_folders([shared_articles]).articles}
    assert articles.keys() == files.keys()
    dated = articles["renouvellement-informations-importantes"]
    assert dated.date == datetime.date(2025, 12, 29)
    assert dated.title == "Informations importantes à connaître sur le renouvellement d’un abonnement"
    assert dated.text.startswith("Voici quelques informations")
    assert articles["renouveler-un-abonnement"].title == "Renouveler un abonnement"
    assert all(article.text in files[id] for id, article in articles.items())
