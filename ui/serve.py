"""The `serve` command: the page and the API on one address."""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING, Annotated

import typer

from ui.texts import text

if TYPE_CHECKING:
    from fastapi import FastAPI

KEEP_ALIVE = 15
"""Seconds an idle connection stays open."""


def serve(
    host: Annotated[str, typer.Option(help=text("serve.host"))] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help=text("serve.port"))] = 7860,
) -> None:
    """Serve the page and the API until interrupted; prints the address once ready (port 0: any free one).

    Demo accounts are loaded where there are no accounts, the shipped articles where there are none.

    Raises `CallError` (exit code 2) where the address cannot be listened on, before anything is loaded.
    """
    from assistant.cli.opening import open_assistant, read_settings

    settings = read_settings()
    with _listen(host, port) as listening:
        from assistant.bootstrap import ensure_content
        from ui.app import create_app

        assistant = open_assistant()
        ensure_content(assistant)
        _run(create_app(assistant, settings), listening)


def _listen(host: str, port: int) -> socket.socket:
    from assistant.cli.errors import CallError

    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CallError(text("serve.port_in_use", host=host, port=port)) from None
        raise CallError(text("serve.no_address", host=host, port=port, reason=error.strerror)) from None
    return listening


def _run(app: FastAPI, listening: socket.socket) -> None:
    import uvicorn

    class Announcing(uvicorn.Server):
        """Says where it listens once it answers."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                host, port = listening.getsockname()[:2]
                shown = f"[{host}]" if ":" in host else host
                typer.echo(text("serve.ready", address=f"http://{shown}:{port}/"))

    config = uvicorn.Config(app, log_level="warning", timeout_keep_alive=KEEP_ALIVE, server_header=False)
    Announcing(config).run(sockets=[listening])
