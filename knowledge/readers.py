"""Reads articles out of files: Markdown with front matter, HTML, plain text, PDF, JSONL.

A file (or a line) that cannot be read gives one clear line and leaves the others alone.
"""

from __future__ import annotations

import codecs
import datetime
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from knowledge.messages import reason, say
from knowledge.models import Article, KnowledgeError, Progress
from knowledge.naming import Draft, name
from knowledge.rows import StoredRow
from knowledge.text import blocks, encodable, fold, stems, wordlist

_TITLE_LIMIT = 160
_OPENING_LINES = 6
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier janv",
            "fevrier fevr fev",
            "mars",
            "avril avr",
            "mai",
            "juin",
            "juillet juil",
            "aout",
            "septembre sept",
            "octobre oct",
            "novembre nov",
            "decembre dec",
        ),
        start=1,
    )
    for name in names.split()
}
_OPENINGS = r"date|mise? à jour(?: le)?|derni[eè]re (?:mise à jour|modification)|publi[ée]e?(?: le)?|updated"
_DAY = r"\d{4}-\d{2}-\d{2}|\d{1,2}/\d{1,2}/\d{4}|\d{1,2}(?:er)?[ \u00a0]+[^\W\d_]+\.?[ \u00a0]+\d{4}"
_DATE_HEADER = re.compile(
    rf"\s*(?:{_OPENINGS})[ \t\u00a0]*:?[ \t\u00a0]*(?:le[ \t\u00a0]+)?({_DAY})[ \t\u00a0.]*\n?", re.IGNORECASE
)


class UnreadableError(KnowledgeError):
    """A file or line that cannot be read; the message is one clear line without the file's name."""


@dataclass(slots=True)
class ReadReport:
    """Articles read, one line for each file or line that could not be, those files' paths, and remarks."""

    articles: list[Article] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)


def parse_date(text: str) -> datetime.date | None:
    """A date as `2025-12-29`, `29/12/2025` or `29 décembre 2025`; None where it is no date that exists."""
    found = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?", text.strip())
    parts: tuple[str, str, str] | None = (found[1], found[2], found[3]) if found else None
    if not parts and (found := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text.strip())):
        parts = (found[3], found[2], found[1])
    if not parts and (found := re.fullmatch(r"(\d{1,2})(?:er)? ([a-z]+)\.? (\d{4})", fold(text))):
        parts = (found[3], str(_MONTHS.get(found[2], 0)), found[1])
    if not parts:
        return None
    try:
        return datetime.date(*(int(part) for part in parts))
    except ValueError:
        return None


def decode(content: bytes) -> str:
    """The text of a file: UTF-8, UTF-16 with its mark, else Windows or old Macintosh French.

    Line ends become a line feed; nothing else is changed. Raises UnreadableError.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", *sorted(("cp1252", "mac_roman"), key=lambda name: -_likely(content, name)))
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if any(unicodedata.category(char) == "Cc" and char not in "\n\r\t\f\v\x85" for char in text):
            break
        return re.sub(r"\r\n?|\u2028|\u2029|\x85|\f|\v", "\n", text)
    raise UnreadableError(say("file.not_text"))


def _likely(content: bytes, encoding: str) -> int:
    text = content.decode(encoding, errors="replace")
    return sum(char in "éèêàùçôîâûœÉÀ’«»\u00a0" for char in text) - 5 * text.count("\ufffd")


def _tidy(text: str) -> str:
    return re.sub(r"\n{4,}", "\n\n\n", text).strip("\n\ufeff ")


def _take_date(text: str) -> tuple[str, datetime.date | None]:
    found = _DATE_HEADER.match(text)
    date = parse_date(found[1].replace("\u00a0", " ")) if found else None
    return (text[found.end() :], date) if found and date else (text, None)


def _presentable(line: str) -> str:
    title = line.strip().strip("*_#").strip().rstrip(":").rstrip()
    for opening in wordlist("title_lead_ins"):
        if fold(title).startswith(opening + " "):
            shortened = " ".join(title.split()[len(opening.split()) :])
            return shortened[:1].upper() + shortened[1:]
    return title


def _title(text: str, stem: str) -> str:
    """The heading or line among the first that shares most words with the file's name, else that name."""
    named = set(stems(re.sub(r"[-_.]+", " ", stem)))
    lines: list[str] = []
    for block in blocks(text)[:_OPENING_LINES]:
        line = text[block.start : block.end]
        if block.kind == "heading" or (not lines and line.rstrip().endswith(":") and "\n" not in line):
            lines.append(line)
        else:
            break
    usable = [_presentable(line) for line in lines if len(line) <= _TITLE_LIMIT]
    if usable:
        return max(usable, key=lambda line: len(named & set(stems(line))))
    words = re.sub(r"[-_]+", " ", stem).strip()
    return words[:1].upper() + words[1:]


def _read_text(content: bytes, path: Path) -> Iterator[Draft]:
    text, date = _take_date(decode(content))
    text = _tidy(text)
    yield Draft(file=path, base=path.parent, text=text, title=_title(text, path.stem), date=date)


def _front_matter(text: str) -> tuple[dict[str, Any], str]:
    found = re.match(r"\ufeff?---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", text, re.DOTALL)
    if not found:
        return {}, text
    import yaml

    try:
        data = yaml.safe_load(found[1])
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise UnreadableError(say("front_matter.yaml", line=mark.line + 2 if mark else 2)) from error
    if not isinstance(data, dict):
        raise UnreadableError(say("front_matter.not_keys"))
    return data, text[found.end() :]


def _read_markdown(content: bytes, path: Path) -> Iterator[Draft]:
    about, body = _front_matter(decode(content))
    from knowledge.markup import markdown_text

    text, date = _take_date(_tidy(markdown_text(body)))
    facts = about.get("facts") or ()
    if isinstance(facts, str):
        facts = facts.replace(",", " ").split()
    stated = about.get("date") or about.get("valid_from")
    if stated is not None and (date := parse_date(str(stated))) is None:
        raise UnreadableError(say("front_matter.date", value=stated))
    yield Draft(
        file=path,
        base=path.parent,
        text=text,
        title=str(about.get("title") or _title(text, path.stem)).strip(),
        id=str(about.get("id") or "").strip(),
        date=date,
        source=str(about.get("source") or "").strip(),
        facts=tuple(str(fact) for fact in facts),
    )


def _read_html(content: bytes, path: Path) -> Iterator[Draft]:
    from knowledge.markup import html_article

    title, stated, source, body = html_article(content)
    text, date = _take_date(_tidy(body))
    yield Draft(
        file=path,
        base=path.parent,
        text=text,
        title=title or _title(text, path.stem),
        date=(parse_date(stated) if stated else None) or date,
        source=source,
    )


def _read_pdf(content: bytes, path: Path) -> Iterator[Draft]:
    import io
    import logging

    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableError(say("pdf.locked"))
        pages = [page.extract_text() for page in reader.pages]
        title = (reader.metadata.title if reader.metadata else None) or ""
    except UnreadableError:
        raise
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError) as error:
        raise UnreadableError(say("pdf.unreadable")) from error
    text, date = _take_date(_tidy("\n\n".join(page.strip() for page in pages)))
    if not text:
        raise UnreadableError(say("pdf.scanned"))
    yield Draft(
        file=path, base=path.parent, text=text, title=title.strip() or _title(text, path.stem), date=date
    )


def _read_line(line: bytes, path: Path, number: int) -> Draft:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(say("row.not_json")) from error
    if not isinstance(row, dict):
        raise UnreadableError(say("row.not_object"))
    for key in ("id", "title", "text"):
        if not isinstance(row.get(key), str):
            raise UnreadableError(say("row.not_text" if key in row else "row.missing", key=key))
    if not row["id"].strip():
        raise UnreadableError(say("row.empty_id"))
    stated = row.get("date")
    date = parse_date(stated) if isinstance(stated, str) else None
    if stated and date is None:
        raise UnreadableError(say("row.date", value=stated))
    source = row.get("url") or row.get("source") or ""
    text = re.sub(r"\r\n?|\u2028|\u2029|\x85|\f|\v", "\n", row["text"])
    return Draft(
        file=path,
        base=path.parent,
        text=text,
        title=row["title"].strip(),
        id=row["id"].strip(),
        date=date,
        source=str(source),
        line=number,
    )


_READERS: dict[str, Callable[[bytes, Path], Iterator[Draft]]] = {
    ".md": _read_markdown,
    ".markdown": _read_markdown,
    ".html": _read_html,
    ".htm": _read_html,
    ".xhtml": _read_html,
    ".txt": _read_text,
    ".text": _read_text,
    ".pdf": _read_pdf,
}
_LINES = frozenset({".jsonl", ".ndjson"})


def _files(folders: Sequence[Path]) -> list[tuple[Path, Path]]:
    found: dict[Path, Path] = {}
    for folder in folders:
        if not folder.exists():
            raise KnowledgeError(say("folder.missing", path=folder))
        try:
            files = [folder] if folder.is_file() else sorted(folder.rglob("*"))
        except OSError as error:
            problem = say("file.unreadable", reason=reason(error))
            raise KnowledgeError(say("at.file", path=folder, problem=problem)) from error
        base = folder.parent if folder.is_file() else folder
        known = [
            file
            for file in files
            if file.is_file()
            and file.suffix.lower() in _READERS.keys() | _LINES
            and not any(part.startswith(".") for part in file.relative_to(base).parts)
        ]
        if not known:
            kinds = " ".join(sorted(suffix for suffix in _READERS.keys() | _LINES))
            raise KnowledgeError(say("folder.no_article", path=folder, kinds=kinds))
        for file in known:
            found.setdefault(file.resolve(), base.resolve())
    return sorted(found.items())


def _drafts(file: Path, report: ReadReport) -> list[Draft]:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UnreadableError(say("file.unreadable", reason=reason(error))) from error
    if not content.strip():
        raise UnreadableError(say("file.empty"))
    if file.suffix.lower() not in _LINES:
        return list(_READERS[file.suffix.lower()](content, file))
    found = []
    for number, line in enumerate(content.removeprefix(codecs.BOM_UTF8).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            draft = _read_line(line, file, number)
            _check(draft)
            found.append(draft)
        except UnreadableError as error:
            report.errors.append(say("at.line", path=file, line=number, problem=error))
            report.failed.add(str(file))
    return found


def _check(draft: Draft) -> None:
    if not any(char.isalnum() for char in draft.text):
        raise UnreadableError(say("file.no_text"))
    stored = draft.text + draft.title + draft.id + draft.source
    if "\0" in stored or not encodable(stored):
        raise UnreadableError(say("file.not_text"))


def read_folders(
    folders: Sequence[Path],
    progress: Progress | None = None,
    *,
    stored: Mapping[str, StoredRow] | None = None,
    prune: bool = False,
) -> ReadReport:
    """Read every article file under the folders; what cannot be read is in the report.

    Ids are given as `knowledge.naming` says, beside the articles that are `stored` (`prune`: those from
    elsewhere are about to go). Raises KnowledgeError where a folder does not exist or holds no article file.
    """
    files = _files(folders)
    report = ReadReport()
    drafts: list[Draft] = []
    for number, (file, base) in enumerate(files, start=1):
        try:
            for draft in _drafts(file, report):
                _check(draft)
                drafts.append(replace(draft, base=base))
        except UnreadableError as error:
            report.errors.append(say("at.file", path=file, problem=error))
            report.failed.add(str(file))
        if progress is not None:
            progress("read", number, len(files))
    named = name(drafts, stored or {}, failed=report.failed, prune=prune)
    report.articles += named.articles
    report.warnings += named.warnings
    for draft, line in named.refused:
        report.errors.append(line)
        report.failed.add(str(draft.file))
    return report
