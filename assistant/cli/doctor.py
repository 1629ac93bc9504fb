"""`puis-je doctor` and `puis-je token`: the state of an installation, and access to its API."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.errors import CallError, one_line
from assistant.cli.opening import open_database, open_library, read_settings
from assistant.cli.texts import text

if TYPE_CHECKING:
    from assistant.settings import Settings


def register(app: typer.Typer) -> None:
    """Add `token` and `doctor` to the command tree."""
    app.command("token", help=text("help.token"))(token)
    app.command("doctor", help=text("help.doctor"))(doctor)


def token(user: Annotated[str, typer.Argument(metavar="USER", help=text("help.token_user"))]) -> None:
    """Issue a bearer token for a person and print it; it is shown this once."""
    from tools.clock import Clock
    from tools.store.accounts import Accounts
    from tools.store.tokens import Tokens

    engine = open_database(read_settings())
    accounts = Accounts(engine)
    person = accounts.user(user) or accounts.user_by(user)
    if person is None:
        raise CallError(text("errors.person", name=user))
    sys.stdout.write(Tokens(engine).issue(person.id, Clock().now()) + "\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the report. `ok` None is a plain remark; `mend` says how to put it right."""

    line: str
    ok: bool | None = None
    mend: str | None = None


def doctor() -> int:
    """Say what is configured, what works, what does not and how to mend it; exit code 1 on a failure."""
    sys.stdout.write(text("doctor.title", version=metadata.version("puis-je")) + "\n")
    failed = False
    try:
        settings = read_settings()
    except CallError as error:
        _print(
            Finding(
                line=text("doctor.settings_bad", reason=error), ok=False, mend=text("doctor.settings_mend")
            )
        )
        return 1
    for look in _EXAMINATIONS:
        for finding in look(settings):
            _print(finding)
            failed = failed or finding.ok is False
    return int(failed)


def _print(finding: Finding) -> None:
    mark = text({True: "doctor.ok", False: "doctor.bad", None: "doctor.note"}[finding.ok])
    sys.stdout.write(f"{mark} {one_line(finding.line)}\n")
    if finding.mend:
        sys.stdout.write(text("doctor.mend", how=finding.mend) + "\n")


def _home(settings: Settings) -> Iterator[Finding]:
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=settings.home):
            pass
    except OSError as error:
        line = text("doctor.home_bad", path=settings.home, reason=error.strerror)
        yield Finding(line=line, ok=False, mend=text("doctor.home_mend"))
        return
    yield Finding(line=text("doctor.home", path=settings.home), ok=True)


def _clock(settings: Settings) -> Iterator[Finding]:
    frozen = settings.today
    yield Finding(
        line=text("doctor.clock", today=frozen.isoformat()) if frozen else text("doctor.clock_real")
    )


def _database(settings: Settings) -> Iterator[Finding]:
    from sqlalchemy import make_url

    from tools.store.accounts import Accounts

    try:
        engine = open_database(settings)
    except CallError as error:
        yield Finding(
            line=text("doctor.database_bad", reason=error), ok=False, mend=text("doctor.database_mend")
        )
        return
    shown = make_url(settings.resolved_database_url).render_as_string(hide_password=True)
    yield Finding(line=text("doctor.database", url=shown), ok=True)
    accounts = Accounts(engine)
    if accounts.is_empty():
        yield Finding(line=text("doctor.accounts_none"), mend=text("doctor.accounts_mend"))
        return
    counts = {
        "subscriptions": len(accounts.subscriptions()),
        "users": len(accounts.users()),
        "organizations": len(accounts.organizations()),
    }
    yield Finding(line=text("doctor.accounts", **counts), ok=True)


def _articles(settings: Settings) -> Iterator[Finding]:
    from knowledge.conflicts import ConflictKind
    from knowledge.facts import load_register
    from knowledge.models import KnowledgeError

    try:
        library = open_library(settings)
        status = library.status()
    except CallError:
        return
    if not status.articles:
        yield Finding(line=text("doctor.articles_none"), mend=text("doctor.articles_mend"))
        return
    counts = {"count": status.articles, "passages": status.passages}
    yield Finding(line=text("doctor.articles", **counts), ok=True)
    try:
        library.encode(["essai"])
        problem = status.problem
    except KnowledgeError as error:
        problem = str(error)
    if problem is None:
        yield Finding(line=text("doctor.embedding", name=status.embedding), ok=True)
    else:
        yield Finding(
            line=text("doctor.embedding_bad", reason=problem), ok=False, mend=text("doctor.embedding_mend")
        )
    register = list(load_register().facts)
    missing = [fact for fact, sources in library.evidence(register).items() if not sources]
    stated = text("doctor.facts", count=len(register) - len(missing), total=len(register))
    yield Finding(line=stated, ok=True if not missing else None)
    if missing:
        line = text("doctor.facts_missing", facts=", ".join(missing))
        yield Finding(line=line, mend=text("doctor.facts_mend"))
    # Facts that no article states are conflicts too, and were told just above.
    contradictions = [each for each in library.conflicts() if each.kind is not ConflictKind.UNSUPPORTED]
    if contradictions:
        yield Finding(line=text("doctor.conflicts", count=len(contradictions)))


def _model(settings: Settings) -> Iterator[Finding]:
    from assistant.providers import provider_model
    from assistant.settings import SettingsError

    if settings.model == "local":
        yield Finding(line=text("doctor.model_local"), ok=True)
        return
    try:
        provider_model(settings)
    except SettingsError as error:
        yield Finding(line=text("doctor.model_bad", reason=error), ok=False, mend=text("doctor.model_mend"))
        return
    yield Finding(line=text("doctor.model", name=settings.model), ok=True)


_EXAMINATIONS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    _home,
    _clock,
    _database,
    _articles,
    _model,
)
