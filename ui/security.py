"""What the browser and the outside may do: headers on every answer, and the few Gradio routes the page needs.

Gradio offers uploads, files, proxies, an API page and monitoring; none is needed here, so only what is
named is let through. The page's scripts get a fresh nonce each time.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.http.guard import MOST_BYTES

_GRADIO = "/gradio_api/"
_GRADIO_ALLOWED = frozenset(
    {
        "/gradio_api/app_id",
        "/gradio_api/cancel",
        "/gradio_api/queue/data",
        "/gradio_api/queue/join",
        "/gradio_api/reset",
        "/gradio_api/startup-events",
    }
)
_GRADIO_ALLOWED_UNDER = ("/gradio_api/heartbeat/",)
_BLOCKED = ("/login", "/logout", "/monitoring", "/pwa_icon", "/svelte", "/manifest.json")
_API = ("/v1/", "/healthz", "/readyz", "/metrics")
"""Paths that `assistant.api` guards itself."""
_STEADY = ("/assets/", "/static/", "/page/")

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# Gradio compiles the templates of its HTML component in the browser, hence 'unsafe-eval'; no inline handler
# and no script without this page's nonce can run, which is what stops injected markup.
_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; "
    "base-uri 'self'; object-src 'none'; frame-ancestors 'none'"
)
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_SCRIPT = re.compile(rb"<script(?=[\s>])")
_SHARING = re.compile(rb"<meta\s+(?:property|name)=\"(?:og|twitter):[^>]*>\s*")
_MANIFEST = re.compile(rb"<link rel=\"manifest\"[^>]*>\s*")
_LANGUAGE = re.compile(rb"(<html\s+)lang=\"en\"")


def is_reachable(path: str) -> bool:
    """Whether a path is one the page, the API or the probes need."""
    if path.startswith(_GRADIO):
        return path.rstrip("/") in _GRADIO_ALLOWED or path.startswith(_GRADIO_ALLOWED_UNDER)
    return not path.startswith(_BLOCKED)


def is_same_origin(headers: Headers) -> bool:
    """Whether a request that may change something comes from our own page, or from no page at all."""
    if headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        return False
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


def is_small(headers: Headers) -> bool:
    """Whether a request says beforehand that its body is no larger than the API takes."""
    length = headers.get("content-length", "0")
    return length.isdigit() and int(length) <= MOST_BYTES and "transfer-encoding" not in headers


def tidy(page: bytes, *, head: str, nonce: str) -> bytes:
    """Gradio's page as ours: French, our head, script nonces, without the cards that point outside."""
    page = _LANGUAGE.sub(rb'\1lang="fr"', page)
    page = _MANIFEST.sub(b"", _SHARING.sub(b"", page))
    page = page.replace(b"</head>", head.encode() + b"</head>", 1)
    return _SCRIPT.sub(f'<script nonce="{nonce}"'.encode(), page)


class Guard:
    """ASGI middleware: refuses what is not reachable or comes from elsewhere, and sets the headers.

    `head` goes into the head of the page at `/`; `newcomer` gives the `Set-Cookie` value of a browser that
    has no session yet, or None.
    """

    def __init__(self, app: ASGIApp, *, head: str, newcomer: Callable[[Request], str | None]) -> None:
        self._app, self._head, self._newcomer = app, head, newcomer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; web sockets, which nothing here uses, are not."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        if scope["type"] != "http":
            return
        if scope["path"].startswith(_API):
            await self._app(scope, receive, send)
            return
        path, headers = scope["path"], Headers(scope=scope)
        nonce = secrets.token_urlsafe(16)
        steady = path.startswith(_STEADY)
        respond = _with_headers(send, _POLICY.format(nonce=nonce), steady=steady)
        if not is_reachable(path):
            await JSONResponse({"detail": "Not Found"}, status_code=404)(scope, receive, respond)
        elif scope["method"] not in _SAFE_METHODS and not is_same_origin(headers):
            await JSONResponse({"detail": "Forbidden"}, status_code=403)(scope, receive, respond)
        elif not is_small(headers):
            await JSONResponse({"detail": "Content Too Large"}, status_code=413)(scope, receive, respond)
        elif path == "/":
            page = _Page(respond, head=self._head, nonce=nonce, cookie=self._newcomer(Request(scope)))
            await self._app(_uncompressed(scope), receive, page)
        else:
            await self._app(scope, receive, respond)


def _uncompressed(scope: Scope) -> Scope:
    kept = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
    return {**scope, "headers": kept}


def _with_headers(send: Send, policy: str, *, steady: bool) -> Send:
    async def respond(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message["headers"]))
            headers.update({**_HEADERS, "Content-Security-Policy": policy})
            if not steady:
                headers["Cache-Control"] = "no-store"
            message = {**message, "headers": headers.raw}
        await send(message)

    return respond


class _Page:
    """Holds the page at `/` back until it is whole, then sends it tidied."""

    def __init__(self, send: Send, *, head: str, nonce: str, cookie: str | None) -> None:
        self._send, self._head, self._nonce, self._cookie = send, head, nonce, cookie
        self._start: Message = {}
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        page = tidy(bytes(self._body), head=self._head, nonce=self._nonce)
        headers = MutableHeaders(raw=list(self._start["headers"]))
        headers["Content-Length"] = str(len(page))
        if self._cookie:
            headers.append("Set-Cookie", self._cookie)
        await self._send({**self._start, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": page})
