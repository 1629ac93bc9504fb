"""Reading an accounts file: JSON, the contract's schema, and what no schema says; each problem with its line.

Nothing here touches the database: what the file refers to outside itself is given back as references to
resolve.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tools.store.errors import StoreError, say

FieldPath = tuple[str | int, ...]
LARGEST_INTEGER = 2**63 - 1
SHOWN_PROBLEMS = 20

_KEYS = {"organizations": "id", "users": "id", "orders": "number", "subscriptions": "id"}
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with the file; `line` counts from 1, `field` is like `subscriptions[0].expires_on`."""

    line: int
    field: str
    message: str


class AccountsFileError(StoreError):
    """An accounts file that cannot be imported; `str()` is one line, `lines` has the first 20 problems."""

    def __init__(self, name: str, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        self.lines = tuple(
            _printable(
                ": ".join(part for part in (f"{name}:{problem.line}", problem.field, problem.message) if part)
            )
            for problem in self.problems[:SHOWN_PROBLEMS]
        )
        more = len(self.problems) - 1
        super().__init__(self.lines[0] + (f" {say('file.more', count=more)}" if more else ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A mention of another record: it must be in the file or already stored."""

    path: FieldPath
    collection: str
    id: str


class AccountsFile:
    """A file whose form is right.

    `data` is the parsed object with every default filled in; `references` are those the file does not
    resolve itself; `warnings` are one-line remarks on what is allowed but looks like a slip.
    """

    def __init__(self, text: str, name: str) -> None:
        """Raises `AccountsFileError` with everything wrong with the file."""
        self._text = text
        self._name = name
        self.data: dict[str, list[dict[str, Any]]] = _parse(text, name)
        found = sorted(_problems_of_form(self.data), key=lambda problem: [str(part) for part in problem[0]])
        if found:
            raise self.error(found)
        self._fill_in()
        found = [*_problems_of_sense(self.data)]
        if found:
            raise self.error(found)
        present = {name: {entry[_KEYS[name]] for entry in self.data[name]} for name in _KEYS}
        self.references = [ref for ref in _references(self.data) if ref.id not in present[ref.collection]]
        self.warnings = tuple(self.error([slip]).lines[0] for slip in _slips(self.data))

    def error(self, found: Iterable[tuple[FieldPath, str]]) -> AccountsFileError:
        """The error that names the line and the field of each problem found."""
        found = list(found)
        lines = _lines_of(self._text, {path for path, _ in found})
        problems = [Problem(line=lines[path], field=_field(path), message=text) for path, text in found]
        return AccountsFileError(self._name, sorted(problems, key=lambda problem: problem.line))

    def _fill_in(self) -> None:
        for organization in self.data["organizations"]:
            organization.setdefault("time_zone", "Europe/Paris")
        for user in self.data["users"]:
            user.setdefault("organization", None)
        for subscription in self.data["subscriptions"]:
            subscription.setdefault("primary_admin", None)
            subscription.setdefault("term_change", "none")
            subscription.setdefault("unit_price", None)
            subscription["payment"].setdefault("valid_until", None)


def read_text(path: Path) -> str:
    """The text of a UTF-8 file. Raises `StoreError` with one line naming the file."""
    try:
        raw = path.read_bytes()
    except IsADirectoryError:
        raise StoreError(say("file.folder", path=path)) from None
    except FileNotFoundError:
        raise StoreError(say("file.missing", path=path)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StoreError(say("file.unreadable", path=path, reason=reason)) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problem = Problem(line=line, field="", message=say("file.not_utf8", byte=raw[error.start]))
        raise AccountsFileError(str(path), [problem]) from None


class _NotANumber:
    """Stands for a number JSON does not know (NaN) or no database holds, until its place is named."""

    def __init__(self, written: str) -> None:
        self.written = written if len(written) <= 24 else f"{written[:20]}…"


class _Repeated(dict[str, Any]):
    """An object in which a key stands twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        seen: set[str] = set()
        self.keys_twice = [key for key, _ in pairs if key in seen or seen.add(key)]  # type: ignore[func-returns-value]


def _parse(text: str, name: str) -> dict[str, list[dict[str, Any]]]:
    def to_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        return found if len(found) == len(pairs) else _Repeated(pairs)

    def to_integer(written: str) -> Any:
        return int(written) if len(written) <= 19 else _NotANumber(written)

    if not text.strip():
        raise AccountsFileError(name, [Problem(line=1, field="", message=say("file.empty"))])
    try:
        parsed: dict[str, list[dict[str, Any]]] = json.loads(
            text, object_pairs_hook=to_object, parse_int=to_integer, parse_constant=_NotANumber
        )
    except json.JSONDecodeError as error:
        message = say("file.not_json", column=error.colno, reason=error.msg)
        raise AccountsFileError(name, [Problem(line=error.lineno, field="", message=message)]) from None
    except RecursionError:
        problem = Problem(line=1, field="", message=say("file.too_deep"))
        raise AccountsFileError(name, [problem]) from None
    return parsed


def _problems_of_form(data: Any) -> Iterator[tuple[FieldPath, str]]:
    odd = set()
    for path, value in _walk(data):
        if isinstance(value, _Repeated):
            for key in value.keys_twice:
                yield (*path, key), say("entry.twice")
        elif isinstance(value, _NotANumber):
            odd.add(path)
            yield path, say("entry.bad_number", value=value.written)
        elif isinstance(value, str) and _UNSTORABLE.search(value):
            yield path, say("entry.bad_character")
    for error in _validator().iter_errors(data):
        path = tuple(error.absolute_path)
        if path not in odd:
            yield from _EXPLAIN.get(error.validator, _as_it_is)(path, error)


def _walk(data: Any) -> Iterator[tuple[FieldPath, Any]]:
    waiting: list[tuple[FieldPath, Any]] = [((), data)]
    while waiting:
        path, value = waiting.pop()
        yield path, value
        if isinstance(value, dict):
            waiting.extend(((*path, key), inner) for key, inner in value.items())
        elif isinstance(value, list):
            waiting.extend(((*path, index), inner) for index, inner in enumerate(value))


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator, FormatChecker, ValidationError
    from jsonschema.validators import extend

    formats = FormatChecker(formats=())
    formats.checks("date")(lambda value: not isinstance(value, str) or _is_date(value))
    formats.checks("email")(lambda value: not isinstance(value, str) or bool(_EMAIL.fullmatch(value)))

    def pattern(_validator: Any, wanted: str, value: Any, _schema: Any) -> Iterator[ValidationError]:
        # Python's `$` also holds before a final line break; the contract's patterns mean the very end.
        if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", wanted), value):
            yield ValidationError(f"{value!r} does not match {wanted!r}")

    schema = json.loads((Path(__file__).parent / "accounts.schema.json").read_text(encoding="utf-8"))
    return extend(Draft202012Validator, {"pattern": pattern})(schema, format_checker=formats)


def _is_date(written: str) -> bool:
    if not _DATE.fullmatch(written):
        return False
    try:
        date.fromisoformat(written)
    except ValueError:
        return False
    return True


def shown(value: Any) -> str:
    """A value as JSON, cut short."""
    written = json.dumps(value, ensure_ascii=False, default=lambda odd: odd.written)
    return written if len(written) <= 60 else f"{written[:57]}…"


def _as_it_is(path: FieldPath, error: Any) -> Iterator[tuple[FieldPath, str]]:
    yield path, error.message


def _unknown_fields(path: FieldPath, error: Any) -> Iterator[tuple[FieldPath, str]]:
    for key in error.instance:
        if key not in error.schema["properties"]:
            yield (*path, key), say("entry.unknown")


def _missing_fields(path: FieldPath, error: Any) -> Iterator[tuple[FieldPath, str]]:
    for key in error.validator_value:
        if key not in error.instance and error.message.startswith(repr(key)):
            yield (*path, key), say("entry.missing")


def _wrong_type(path: FieldPath, error: Any) -> Iterator[tuple[FieldPath, str]]:
    wanted = error.validator_value
    names = " ou ".join(say(f"types.{name}") for name in ([wanted] if isinstance(wanted, str) else wanted))
    yield path, say("entry.type", wanted=names, value=shown(error.instance))


def _not_among(path: FieldPath, error: Any) -> Iterator[tuple[FieldPath, str]]:
    allowed = " / ".join(shown(value) for value in error.validator_value)
    yield path, say("entry.among", wanted=allowed, value=shown(error.instance))


def _wrong_format(path: FieldPath, error: Any) -> Iterator[tuple[FieldPath, str]]:
    yield path, say(f"entry.{error.validator_value}", value=shown(error.instance))


def _wrong_pattern(path: FieldPath, error: Any) -> Iterator[tuple[FieldPath, str]]:
    yield path, say("entry.pattern", wanted=error.validator_value, value=shown(error.instance))


def _too_short(path: FieldPath, error: Any) -> Iterator[tuple[FieldPath, str]]:
    yield path, say("entry.too_short", wanted=error.validator_value)


def _too_small(path: FieldPath, error: Any) -> Iterator[tuple[FieldPath, str]]:
    yield path, say("entry.too_small", wanted=error.validator_value, value=shown(error.instance))


def _not_unique(path: FieldPath, error: Any) -> Iterator[tuple[FieldPath, str]]:
    yield path, say("entry.repeats", value=shown(error.instance))


_EXPLAIN: dict[str, Callable[[FieldPath, Any], Iterator[tuple[FieldPath, str]]]] = {
    "additionalProperties": _unknown_fields,
    "required": _missing_fields,
    "type": _wrong_type,
    "enum": _not_among,
    "format": _wrong_format,
    "pattern": _wrong_pattern,
    "minLength": _too_short,
    "minimum": _too_small,
    "uniqueItems": _not_unique,
}


def _problems_of_sense(data: dict[str, list[dict[str, Any]]]) -> Iterator[tuple[FieldPath, str]]:
    for collection, key in _KEYS.items():
        first: dict[str, int] = {}
        for index, entry in enumerate(data[collection]):
            if first.setdefault(entry[key], index) != index:
                path = (collection, index, key)
                other = f"{collection}[{first[entry[key]]}]"
                yield path, say("entry.duplicate", value=shown(entry[key]), other=other)
    for index, organization in enumerate(data["organizations"]):
        if not _is_time_zone(organization["time_zone"]):
            path = ("organizations", index, "time_zone")
            yield path, say("entry.time_zone", value=shown(organization["time_zone"]))
    for index, user in enumerate(data["users"]):
        if user["kind"] == "customer" and user["organization"] is None:
            yield ("users", index, "organization"), say("entry.no_organization")
    for index, subscription in enumerate(data["subscriptions"]):
        if subscription["seats"] > LARGEST_INTEGER:
            yield ("subscriptions", index, "seats"), say("entry.too_large")


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _references(data: dict[str, list[dict[str, Any]]]) -> Iterator[Reference]:
    targets = {
        "users": {"organization": "organizations"},
        "orders": {"organization": "organizations", "buyer": "users"},
        "subscriptions": {"order": "orders", "primary_admin": "users"},
    }
    for collection, fields in targets.items():
        for index, entry in enumerate(data[collection]):
            for field, target in fields.items():
                if entry[field] is not None:
                    yield Reference(path=(collection, index, field), collection=target, id=entry[field])


def _slips(data: dict[str, list[dict[str, Any]]]) -> Iterator[tuple[FieldPath, str]]:
    for index, subscription in enumerate(data["subscriptions"]):
        if subscription["starts_on"] > subscription["expires_on"]:
            yield ("subscriptions", index, "starts_on"), say("entry.starts_late")
        if (subscription["kind"] == "trial") != (subscription["term"] == "trial"):
            yield (
                ("subscriptions", index, "term"),
                say("entry.odd_term", term=subscription["term"], kind=subscription["kind"]),
            )


def _field(path: FieldPath) -> str:
    return "".join(
        f"[{part}]" if isinstance(part, int) else f".{part if part.isidentifier() else json.dumps(part)}"
        for part in path
    ).removeprefix(".")


def _printable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _lines_of(text: str, paths: set[FieldPath]) -> dict[FieldPath, int]:
    """The line on which each path of a JSON text begins; for a missing path that of what would hold it.

    Where a key stands twice it is the second one's line.
    """
    found: dict[FieldPath, int] = {(): 1}
    wanted = {path[:length] for path in paths for length in range(len(path) + 1)}
    path: list[str | int] = []
    opened: list[str] = []
    expects_key = False
    line, upto = 1, 0
    for token in _TOKEN.finditer(text):
        written = token.group()
        line += text.count("\n", upto, token.start())
        upto = token.start()
        if written in "}]":
            opened.pop()
            path.pop()
            expects_key = False
        elif written == ",":
            expects_key = opened[-1] == "{"
            if not expects_key:
                path[-1] = int(path[-1]) + 1
        elif written == ":":
            expects_key = False
        elif expects_key:
            path[-1] = json.loads(written)
            if tuple(path) in wanted:
                found[tuple(path)] = line
        else:
            found.setdefault(tuple(path), line)
            if written in "{[":
                opened.append(written)
                path.append(0)
                expects_key = written == "{"
    return {
        path: next(found[path[:n]] for n in range(len(path), -1, -1) if path[:n] in found) for path in paths
    }
