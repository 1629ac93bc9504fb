"""The HTTP API: OpenAI's chat completions over the assistant, health, readiness and counters."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException

from assistant.answer import Answer
from assistant.conversation import Assistant, MessageTooLong, UnknownConversation
from assistant.http.completions import MODEL, CompletionRequest, completion, events, read_request
from assistant.http.errors import ApiError
from assistant.http.guard import Guard, RateLimit
from assistant.http.metrics import Metrics
from assistant.settings import Settings
from assistant.wording.texts import text
from tools.store.errors import ConversationConflict
from tools.store.secrets import server_secret

_log = logging.getLogger("puis_je")
_T = TypeVar("_T")

CONVERSATION = "X-Conversation-Id"
_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def create_api(assistant: Assistant, settings: Settings) -> FastAPI:
    """The API over an assistant; it begins to load models and indexes in the background."""
    app = FastAPI(title="Puis-je", docs_url=None, redoc_url=None, openapi_url=None)
    metrics = Metrics()
    assistant.listeners.append(metrics.count)
    app.add_middleware(Guard)
    _add_error_handlers(app, metrics)
    _add_routes(app, _Desk(assistant, settings), metrics)
    assistant.warm()
    return app


class _Desk:
    """What the routes do, in threads of their own number: a slow provider does not stop the rest."""

    def __init__(self, assistant: Assistant, settings: Settings) -> None:
        self.assistant = assistant
        self._rate = RateLimit(settings.rate_limit)
        self._turns = CapacityLimiter(settings.workers)
        self._looks = CapacityLimiter(4)

    async def look(self, ask: Callable[[], _T]) -> _T:
        """Run something short off the event loop."""
        return await to_thread.run_sync(ask, limiter=self._looks)

    async def speaker(self, request: Request) -> str | None:
        """Who speaks: the token's person; None: a visitor. Raises `ApiError` 401 for an invalid token."""
        header = request.headers.get("authorization")
        if header is None:
            return None
        scheme, _, token = header.partition(" ")
        person = None
        if scheme.lower() == "bearer" and token.strip():
            person = await self.look(lambda: self.assistant.person_of_token(token.strip()))
        if person is None:
            raise ApiError(
                401, "invalid_token", text("http.invalid_token"), headers={"www-authenticate": "Bearer"}
            )
        return person

    async def turn(self, asked: CompletionRequest, request: Request, received: datetime) -> Answer:
        """Answer a request in its conversation."""
        person = await self.speaker(request)
        host = request.client.host if request.client else ""
        self._rate.take(f"person {person}" if person is not None else f"visitor {host}")
        given = request.headers.get(CONVERSATION)

        def work() -> Answer:
            origin = self._origin(host) if person is None else None
            conversation = given or self.assistant.conversation_repeated(
                person, asked.said_before, origin=origin
            )
            return self.assistant.answer(
                asked.typed, person=person, conversation=conversation, received=received, origin=origin
            )

        try:
            return await to_thread.run_sync(work, limiter=self._turns)
        except Exception as error:  # Nothing that goes wrong in a turn may show more than its kind.
            raise _as_api_error(error) from None

    def _origin(self, host: str) -> str:
        """A keyed hash of a visitor's address: two visitors who say the same do not share a conversation."""
        return hmac.new(
            server_secret(self.assistant.database, "origin"), host.encode(), hashlib.sha256
        ).hexdigest()


def _add_routes(app: FastAPI, desk: _Desk, metrics: Metrics) -> None:
    @app.post("/v1/chat/completions")
    async def chat_completions(request: Request) -> Response:
        received = desk.assistant.clock.now()
        asked = read_request(await request.body())
        answer = await desk.turn(asked, request, received)
        headers = {CONVERSATION: answer.conversation}
        if not asked.stream:
            return JSONResponse(completion(answer, asked), headers=headers)

        async def body() -> AsyncIterator[str]:
            for event in events(answer, asked):
                yield event

        return StreamingResponse(
            body(), media_type="text/event-stream", headers={**headers, "x-accel-buffering": "no"}
        )

    @app.get("/v1/models")
    async def models(request: Request) -> dict[str, Any]:
        await desk.speaker(request)
        return {"object": "list", "data": [_model()]}

    @app.get("/v1/models/{name:path}")
    async def model(name: str, request: Request) -> dict[str, Any]:
        await desk.speaker(request)
        if name != MODEL:
            raise ApiError(404, "model_not_found", text("http.unknown_model"))
        return _model()

    @app.get("/healthz")
    async def alive() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    async def ready() -> JSONResponse:
        can_answer = await desk.look(desk.assistant.ready)
        return JSONResponse(
            {"status": "ok" if can_answer else "starting"}, status_code=200 if can_answer else 503
        )

    @app.get("/metrics")
    async def counters() -> Response:
        return Response(metrics.exposition(), media_type=_METRICS_TYPE)


def _add_error_handlers(app: FastAPI, metrics: Metrics) -> None:
    def refused(error: ApiError) -> Response:
        metrics.errors.labels(status=str(error.status)).inc()
        return error.response()

    async def known(_request: Request, error: Exception) -> Response:
        assert isinstance(error, ApiError)
        return refused(error)

    async def of_the_framework(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if not request.url.path.startswith("/v1"):
            return PlainTextResponse(str(error.detail), status_code=error.status_code, headers=error.headers)
        code = "method_not_allowed" if error.status_code == 405 else "not_found"
        return refused(ApiError(error.status_code, code, text(f"http.{code}"), headers=error.headers))

    app.add_exception_handler(ApiError, known)
    app.add_exception_handler(HTTPException, of_the_framework)


def _as_api_error(error: Exception) -> ApiError:
    if isinstance(error, UnknownConversation):
        return ApiError(404, "conversation_not_found", text("http.unknown_conversation"))
    if isinstance(error, MessageTooLong):
        return ApiError(413, "message_too_long", str(error), param="messages")
    if isinstance(error, ConversationConflict):
        return ApiError(409, "conversation_conflict", text("http.conflict"))
    # The message of an unforeseen error may hold what a person typed or a key: only its kind is logged.
    _log.error("a request failed: %s", type(error).__name__)
    return ApiError(503, "unavailable", text("unavailable"), headers={"retry-after": "1"})


def _model() -> dict[str, Any]:
    return {"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}
