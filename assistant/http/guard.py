"""What stands before the API's routes: a limit on what is read, headers on what is sent, turns a minute."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from assistant.http.errors import ApiError
from assistant.wording.texts import text

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 1_000_000
"""A larger request body is refused, before it is read to its end."""

_OURS = ("/v1", "/healthz", "/readyz", "/metrics")
_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
}


class Guard:
    """ASGI middleware for the API's own paths; others pass untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not _is_ours(scope["path"]):
            await self._app(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MOST_BYTES:
                raise _too_large()
            return message

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *((name, value) for name, value in _HEADERS.items() if name not in present),
                ]
            await send(message)

        if _announced(scope) > MOST_BYTES:
            await _too_large().response()(scope, receive, with_headers)
            return
        await self._app(scope, counted, with_headers)


def _is_ours(path: str) -> bool:
    return any(path == root or path.startswith(f"{root}/") for root in _OURS)


def _announced(scope: Any) -> int:
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0


def _too_large() -> ApiError:
    return ApiError(
        413, "request_too_large", text("http.too_large", limit=MOST_BYTES), headers={"connection": "close"}
    )


class RateLimit:
    """So many turns a minute for each speaker, refilled steadily; `per_minute` 0 sets no limit."""

    def __init__(self, per_minute: int, *, speakers: int = 10_000) -> None:
        self._rate = per_minute / 60
        self._most = float(per_minute)
        self._speakers = speakers
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, speaker: str) -> None:
        """Count one turn. Raises `ApiError` 429 when there is none left."""
        if not self._most:
            return
        now = time.monotonic()
        with self._lock:
            left, since = self._left.pop(speaker, (self._most, now))
            left = min(self._most, left + (now - since) * self._rate)
            allowed = left >= 1
            self._left[speaker] = (left - 1 if allowed else left, now)
            if len(self._left) > self._speakers:
                self._left.popitem(last=False)
        if not allowed:
            wait = max(1, round((1 - left) / self._rate))
            raise ApiError(
                429,
                "rate_limit_exceeded",
                text("http.rate", seconds=wait),
                headers={"retry-after": str(wait)},
            )
