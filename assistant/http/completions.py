"""OpenAI's chat-completions protocol: requests read, answers and stream chunks written."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.answer import Answer
from assistant.http.errors import ApiError
from assistant.speech import pieces
from assistant.wording.texts import text

MODEL = "puis-je"
_SPOKEN = ("user", "assistant")


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow")
    type: str
    text: str | None = None
    refusal: str | None = None


class _Message(BaseModel):
    model_config = ConfigDict(extra="allow")
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[_Part] | None = None

    def spoken(self) -> str:
        if isinstance(self.content, list):
            return "\n".join(part.text or part.refusal or "" for part in self.content)
        return self.content or ""


class _StreamOptions(BaseModel):
    model_config = ConfigDict(extra="allow")
    include_usage: bool | None = None


class CompletionRequest(BaseModel):
    """What is read of a request; parameters that tune a language model are accepted and mean nothing here."""

    model_config = ConfigDict(extra="allow")
    messages: Annotated[list[_Message], Field(min_length=1)]
    stream: bool | None = None
    stream_options: _StreamOptions | None = None

    @property
    def typed(self) -> str:
        """The last message's text."""
        return self.messages[-1].spoken()

    @property
    def said_before(self) -> list[tuple[str, str]]:
        """What the two sides said aloud before the last message: (role, text)."""
        return [
            (message.role, message.spoken())
            for message in self.messages[:-1]
            if message.role in _SPOKEN and message.spoken().strip()
        ]

    @property
    def wants_usage(self) -> bool:
        """Whether a stream shall end with the usage."""
        return bool(self.stream_options and self.stream_options.include_usage)


def read_request(body: bytes) -> CompletionRequest:
    """The request in a body. Raises `ApiError`: 400 for what is not JSON, 422 for what is not a request."""
    try:
        loaded = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise ApiError(400, "invalid_json", text("http.invalid_json")) from None
    if not isinstance(loaded, dict):
        raise ApiError(422, "invalid_request", text("http.not_an_object"))
    try:
        request = CompletionRequest.model_validate(loaded)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise ApiError(422, "invalid_request", text("http.invalid_field", field=place), param=place) from None
    last = request.messages[-1]
    if last.role != "user":
        raise ApiError(422, "invalid_request", text("http.last_not_user"), param="messages")
    if last.content is None:
        raise ApiError(422, "invalid_request", text("http.no_content"), param="messages")
    if isinstance(last.content, list) and any(
        part.type != "text" or part.text is None for part in last.content
    ):
        raise ApiError(422, "invalid_request", text("http.text_only"), param="messages")
    return request


def completion(answer: Answer, request: CompletionRequest) -> dict[str, Any]:
    """The whole answer as one completion, with the contract's object under `puis_je`."""
    return {
        **_head("chat.completion"),
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": answer.answer, "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": _usage(answer, request),
        "puis_je": answer.to_json(),
    }


def events(answer: Answer, request: CompletionRequest) -> Iterator[str]:
    """The answer as server-sent events: role, sentence after sentence, the end with `puis_je`, `[DONE]`."""
    head = _head("chat.completion.chunk")
    usage = {"usage": None} if request.wants_usage else {}

    def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _event({**head, "choices": [choice], **usage, **more})

    yield chunk({"role": "assistant", "content": ""})
    for piece in pieces(answer.answer):
        yield chunk({"content": piece})
    yield chunk({}, "stop", puis_je=answer.to_json())
    if request.wants_usage:
        yield _event({**head, "choices": [], "usage": _usage(answer, request)})
    yield "data: [DONE]\n\n"


def _event(payload: dict[str, Any]) -> str:
    return f"data: {json.dumps(payload, ensure_ascii=False)}\n\n"


def _head(kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{secrets.token_hex(12)}",
        "object": kind,
        "created": int(time.time()),
        "model": MODEL,
    }


def _usage(answer: Answer, request: CompletionRequest) -> dict[str, int]:
    """Words, as a stand-in for tokens: the embedded engine has none."""
    prompt = sum(len(message.spoken().split()) for message in request.messages)
    completed = len(answer.answer.split())
    return {"prompt_tokens": prompt, "completion_tokens": completed, "total_tokens": prompt + completed}
