"""`puis-je ask` and `puis-je chat`: the assistant in the terminal."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.errors import CallError
from assistant.cli.opening import open_assistant, person_named
from assistant.cli.texts import text

if TYPE_CHECKING:
    from assistant.answer import Answer
    from assistant.conversation import Assistant

As = Annotated[str | None, typer.Option("--as", metavar="USER", help=text("help.as"), show_default=False)]


def register(app: typer.Typer) -> None:
    """Add `ask` and `chat` to the command tree."""
    app.command("ask", help=text("help.ask"))(ask)
    app.command("chat", help=text("help.chat"))(chat)


def ask(
    message: Annotated[str, typer.Argument(metavar="TEXT", help=text("help.text"))],
    user: As = None,
    as_json: Annotated[bool, typer.Option("--json", help=text("help.json"))] = False,
) -> None:
    """One turn: print the answer with its sources, or the contract's JSON object."""
    content = _read_stdin() if message == "-" else message
    if not content.strip():
        raise CallError(text("ask.empty"))
    assistant = open_assistant()
    answer = _answer(assistant, content, person=person_named(assistant, user), conversation=None)
    if as_json:
        sys.stdout.write(json.dumps(answer.to_json(), ensure_ascii=False, indent=2) + "\n")
    else:
        _show(answer)


def chat(user: As = None) -> None:
    """A conversation, until `/quitter` or the end of the input."""
    assistant = open_assistant()
    person = person_named(assistant, user)
    name = assistant.person_name(person) if person else None
    sys.stdout.write(text("chat.welcome_named", name=name) if name else text("chat.welcome"))
    sys.stdout.write("\n")
    conversation: str | None = None
    while True:
        try:
            content = input(f"\n{text('chat.prompt')} ").strip()
        except EOFError:
            break
        if content in ("/quitter", "/q"):
            break
        if content in ("/nouveau", "/n"):
            conversation = None
            sys.stdout.write(text("chat.new") + "\n")
            continue
        if not content:
            continue
        try:
            answer = _answer(assistant, content, person=person, conversation=conversation)
        except CallError as error:
            sys.stdout.write(f"{error}\n")
            continue
        conversation = answer.conversation
        sys.stdout.write("\n")
        _show(answer)
    sys.stdout.write(text("chat.goodbye") + "\n")


def _read_stdin() -> str:
    try:
        return sys.stdin.read()
    except UnicodeDecodeError:
        raise CallError(text("ask.not_utf8")) from None


def _answer(assistant: Assistant, content: str, *, person: str | None, conversation: str | None) -> Answer:
    from assistant.conversation import MessageTooLong

    try:
        return assistant.answer(content, person=person, conversation=conversation)
    except MessageTooLong as error:
        raise CallError(error) from None


def _show(answer: Answer) -> None:
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.markdown import Markdown

        Console().print(Markdown(answer.answer))
    else:
        sys.stdout.write(answer.answer + "\n")
    if answer.citations:
        sys.stdout.write(f"\n{text('ask.sources')}\n")
        for citation in answer.citations:
            sys.stdout.write(
                text("ask.source", marker=citation.marker, title=citation.title, quote=citation.quote) + "\n"
            )
