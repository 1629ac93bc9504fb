"""Accounts for the tests of the turn, and a language model that follows a script, over real HTTP."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TODAY = date(2026, 3, 10)

JSON = dict[str, Any]


def _subscription(id: str, order: str, product: str, expires_on: str, **more: Any) -> JSON:
    return {
        "id": id,
        "order": order,
        "product": product,
        "kind": "paid",
        "term": "annual",
        "seats": 4,
        "starts_on": "2025-04-02",
        "expires_on": expires_on,
        "auto_renew": True,
        "payment": {"method": "card", "valid_until": "2028-12-31"},
        "methods": ["auto", "online", "quote"],
        "grace_days": 30,
        "primary_admin": "paul",
        "term_change": "account",
        "unit_price": {"amount": "1875.50", "currency": "EUR"},
        **more,
    }


ACCOUNTS: JSON = {
    "organizations": [
        {"id": "verrier", "name": "Verrerie du Lac", "country": "FR"},
        {"id": "autre", "name": "Autre Maison", "country": "BE"},
    ],
    "users": [
        {
            "id": "nadia",
            "name": "Nadia Kerr",
            "email": "nadia.kerr@verrerie.example",
            "kind": "customer",
            "organization": "verrier",
        },
        {
            "id": "paul",
            "name": "Paul Lune",
            "email": "paul.lune@verrerie.example",
            "kind": "customer",
            "organization": "verrier",
        },
        {
            "id": "zoe",
            "name": "Zoé Marchal",
            "email": "zoe@autre.example",
            "kind": "customer",
            "organization": "autre",
        },
        {
            "id": "ines",
            "name": "Inès Agent",
            "email": "ines@support.example",
            "kind": "agent",
            "organization": None,
        },
    ],
    "orders": [
        {
            "number": "VL-2025-0402",
            "organization": "verrier",
            "buyer": "nadia",
            "placed_on": "2025-04-02",
            "channel": "online",
            "password": "lac-bleu-0402",
        },
        {
            "number": "AM-2025-0101",
            "organization": "autre",
            "buyer": "zoe",
            "placed_on": "2025-01-01",
            "channel": "online",
            "password": "maison-0101-z",
        },
    ],
    "subscriptions": [
        _subscription("vl-autocad", "VL-2025-0402", "AutoCAD", "2026-04-02"),
        _subscription("vl-maya", "VL-2025-0402", "Maya", "2026-12-20", auto_renew=False),
        _subscription("am-civil", "AM-2025-0101", "Civil 3D", "2026-03-30", primary_admin=None),
    ],
}

Reply = JSON | Callable[[], JSON] | bytes | int
Manner = Callable[[list[JSON]], Reply]


@dataclass
class ScriptedModel:
    """An OpenAI-compatible server whose answers follow `manner`, a function of the messages it is sent."""

    manner: Manner = lambda messages: say("…")
    requests: list[JSON] = field(default_factory=list)
    server: ThreadingHTTPServer = field(init=False)

    def __post_init__(self) -> None:
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
                scripted.requests.append(asked)
                reply = scripted.manner(asked["messages"])
                if callable(reply):
                    reply = reply()
                if isinstance(reply, int):
                    self.respond(
                        reply, b'{"error": {"message": "sk-verysecretkey1234567890 is wrong", "type": "x"}}'
                    )
                elif isinstance(reply, bytes):
                    self.respond(200, reply)
                else:
                    whole = {
                        "id": "x",
                        "object": "chat.completion",
                        "created": 0,
                        "model": "scripted",
                        "choices": [{"index": 0, "message": reply, "finish_reason": "stop"}],
                    }
                    self.respond(200, json.dumps(whole).encode())

            def respond(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """The base URL for a client."""
        return f"http://127.0.0.1:{self.server.server_port}/v1"


def say(text: str) -> JSON:
    """A message of the model."""
    return {"role": "assistant", "content": text}


def call(*calls: tuple[str, JSON | str]) -> JSON:
    """Tool calls of the model; arguments as an object, or as the raw text a confused model sends."""
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "id": f"call_{at}_{name}",
                "type": "function",
                "function": {"name": name, "arguments": args if isinstance(args, str) else json.dumps(args)},
            }
            for at, (name, args) in enumerate(calls)
        ],
    }


def results(messages: list[JSON]) -> list[JSON]:
    """The tool results after the last message of a person."""
    last = max(at for at, message in enumerate(messages) if message["role"] == "user")
    found = []
    for message in messages[last:]:
        if message["role"] == "tool":
            try:
                found.append(json.loads(message["content"]))
            except ValueError:
                found.append({"error": message["content"]})
    return found


def then(*steps: Reply | Callable[[list[JSON]], Reply]) -> Manner:
    """One step for each model call of a turn, the last for all further ones."""

    def manner(messages: list[JSON]) -> Reply:
        last = max(at for at, message in enumerate(messages) if message["role"] == "user")
        spoken = sum(message["role"] == "assistant" for message in messages[last:])
        step = steps[min(spoken, len(steps) - 1)]
        return step(messages) if callable(step) else step  # type: ignore[call-arg, arg-type]

    return manner


def stall(seconds: float) -> Manner:
    """Takes its time, then answers."""

    def manner(_messages: list[JSON]) -> Reply:
        time.sleep(seconds)
        return say("Me voici enfin.")

    return manner
