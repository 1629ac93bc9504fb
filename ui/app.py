"""The server's application: the HTTP API, the page at `/`, the ways in and out, the sources' own pages."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from gradio.routes import mount_gradio_app

from assistant.api import create_api
from assistant.conversation import Assistant
from assistant.http.guard import RateLimit
from assistant.settings import Settings
from tools.store.secrets import server_secret
from tools.store.tokens import Tokens
from ui import view
from ui.page import build_page, theme
from ui.security import Guard
from ui.sessions import COOKIE, LIFETIME, Sessions
from ui.texts import text

STATIC = Path(__file__).parent / "static"
_HEAD = """<meta name="description" content="{description}"><meta name="color-scheme" content="light dark">
<link rel="icon" href="/page/favicon.svg?{version}" type="image/svg+xml">
<link rel="stylesheet" href="/page/page.css?{version}">
<script src="/page/page.js?{version}" defer></script>
<noscript><p class="noscript">{noscript}</p></noscript>
"""


def create_app(assistant: Assistant, settings: Settings) -> FastAPI:
    """The API of `assistant.api` with the customer's page mounted at `/`."""
    app = create_api(assistant, settings)
    sessions = Sessions(server_secret(assistant.database, "session"))
    _add_session_routes(app, assistant, sessions)
    _add_source_routes(app, assistant)
    app.mount("/page", StaticFiles(directory=STATIC), name="page")
    mount_gradio_app(
        app,
        build_page(assistant, sessions, RateLimit(settings.rate_limit)),
        path="/",
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=1,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        theme=theme(),
    )
    head = _HEAD.format(
        version=_version(), description=text("page.description"), noscript=text("page.noscript")
    )
    app.add_middleware(Guard, head=head, newcomer=lambda request: _newcomer(sessions, request))
    return app


@cache
def _version() -> str:
    """Changes whenever a file the page loads does, so that browsers fetch it again."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.glob("*.*")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _newcomer(sessions: Sessions, request: Request) -> str | None:
    """A visitor's cookie for a browser that comes without a valid one, as a `Set-Cookie` value."""
    if sessions.read(request.cookies) is not None:
        return None
    response = Response()
    _keep(response, request, sessions.open(None, chosen=False))
    return response.headers["set-cookie"]


def _keep(response: Response, request: Request, cookie: str) -> None:
    secure = request.url.scheme == "https"
    response.set_cookie(
        COOKIE, cookie, max_age=LIFETIME, httponly=True, samesite="lax", secure=secure, path="/"
    )


def _add_session_routes(app: FastAPI, assistant: Assistant, sessions: Sessions) -> None:
    def demo(person: str, _token: str) -> str | None:
        return next((user.id for user in assistant.accounts.demo_users() if user.id == person), None)

    def bearer(_person: str, token: str) -> str | None:
        return Tokens(assistant.database).person(token.strip())

    ways = {"demo": (demo, "sign_in.refused_demo"), "token": (bearer, "sign_in.refused")}

    @app.post("/session", include_in_schema=False)
    def change_session(
        request: Request,
        way: Annotated[str, Form(max_length=16)],
        person: Annotated[str, Form(max_length=200)] = "",
        token: Annotated[str, Form(max_length=200)] = "",
    ) -> Response:
        """Sign in as a demo identity, with a token or as a visitor; any other way signs out."""
        home = RedirectResponse("/", status_code=303)
        if way not in ways:
            _keep(home, request, sessions.open(None, chosen=way == "visitor"))
            return home
        find, refusal = ways[way]
        found = find(person, token)
        if found is None:
            body = view.sign_in([], refusal=text(refusal))
            page = view.document(body, title=text("sign_in.title"), version=_version())
            return HTMLResponse(page, status_code=401)
        _keep(home, request, sessions.open(found))
        return home


def _add_source_routes(app: FastAPI, assistant: Assistant) -> None:
    @app.get("/sources/{ref}", include_in_schema=False)
    def source(ref: str, part: bool = False) -> Response:
        """The article a citation comes from, its sentence marked; `part`: for the panel, no page around."""
        found = assistant.library.source(ref)
        article = assistant.library.article(found.article) if found else None
        body = view.source(found, article, panel=part)
        status = 200 if article else 404
        if part:
            return HTMLResponse(body, status_code=status)
        page = view.document(
            body, title=article.title if article else text("source.gone_title"), version=_version()
        )
        return HTMLResponse(page, status_code=status)
