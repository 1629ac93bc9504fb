"""The page's Gradio parts and what their events do; `ui.visit` decides, this only wires."""

from collections.abc import Iterator
from typing import Any

import gradio as gr

from assistant.conversation import Assistant
from assistant.http.guard import RateLimit
from ui.sessions import Sessions
from ui.texts import text
from ui.visit import Screen, Visit

CHIPS = 4
"""How many suggestions are shown at most."""
WAITING = 64
"""Messages that may wait for their turn; one more is refused."""
AT_ONCE = 8
"""Messages answered at the same time."""

Update = dict[Any, Any]


def build_page(assistant: Assistant, sessions: Sessions, rate: RateLimit) -> gr.Blocks:
    """The page as Gradio blocks, its queue limited."""
    page: gr.Blocks = gr.Blocks(title=text("page.title"), analytics_enabled=False, fill_width=True)
    with page:
        ticket = gr.BrowserState("", storage_key="puis-je.conversation", secret="puis-je")
        with gr.Column(elem_id="desk"):
            header = _html("header")
            with gr.Column(elem_id="talk"):
                welcome = _html("welcome", f"<p class='loading'>{text('page.loading')}</p>")
                sign_in = _html("sign-in")
                thread, turn, status = _html("thread"), _html("turn"), _html("status")
                with gr.Column(visible=False, elem_id="pending") as pending_box:
                    pending = _html("pending-change")
                    with gr.Row(elem_id="pending-buttons"):
                        confirm = gr.Button(text("pending.confirm"), variant="primary", elem_id="confirm")
                        cancel = gr.Button(text("pending.cancel"), elem_id="cancel")
                proposal = gr.Textbox(visible=False)
                with gr.Column(elem_id="composer"):
                    with gr.Row(elem_id="chips"):
                        chips = [gr.Button(visible=False, elem_classes="chip") for _ in range(CHIPS)]
                    message = gr.Textbox(
                        label=text("composer.label"),
                        placeholder=text("composer.placeholder"),
                        lines=1,
                        max_lines=8,
                        submit_btn=text("composer.send"),
                        autofocus=True,
                        elem_id="message",
                    )
                    with gr.Row(elem_id="under"):
                        _html("hint", f"<p id='hint-text'>{text('composer.hint')}</p>")
                        renew = gr.Button(text("header.new"), elem_id="renew", size="sm")
            panel = _html("panel")

        outputs = [
            header,
            welcome,
            sign_in,
            thread,
            turn,
            status,
            pending_box,
            pending,
            proposal,
            *chips,
            panel,
            ticket,
            message,
        ]

        def shown(screen: Screen) -> Update:
            parts = {
                header: screen.header,
                welcome: screen.welcome,
                sign_in: screen.sign_in,
                thread: screen.thread,
                turn: screen.turn,
                status: screen.status,
                pending: screen.pending,
                proposal: screen.proposal,
                panel: screen.panel,
                ticket: screen.ticket,
                message: screen.message,
            }
            updates: Update = {part: value for part, value in parts.items() if value is not None}
            if screen.pending is not None:
                updates[pending_box] = gr.update(visible=bool(screen.pending))
            if screen.chips is not None:
                words = (*screen.chips[:CHIPS], *[""] * CHIPS)
                updates |= {
                    chip: gr.update(value=word, visible=bool(word))
                    for chip, word in zip(chips, words, strict=False)
                }
            return updates

        def visit(request: gr.Request, held: str | None) -> Visit:
            asked = request.request
            return Visit(
                assistant,
                sessions,
                rate,
                cookies=asked.cookies if asked else {},
                host=asked.client.host if asked and asked.client else "",
                ticket=held,
            )

        def open_page(held: str | None, request: gr.Request) -> Update:
            return shown(visit(request, held).open())

        def begin_again(held: str | None, request: gr.Request) -> Update:
            return shown(visit(request, held).renew())

        def say(words: str | None, held: str | None, request: gr.Request) -> Iterator[Update]:
            for screen in visit(request, held).say(words or ""):
                yield shown(screen)

        def accept(named: str | None, held: str | None, request: gr.Request) -> Update:
            return shown(visit(request, held).decide(named or "", accept=True))

        def refuse(named: str | None, held: str | None, request: gr.Request) -> Update:
            return shown(visit(request, held).decide(named or "", accept=False))

        quiet: dict[str, Any] = {"outputs": outputs, "show_progress": "hidden", "api_visibility": "private"}
        page.load(open_page, [ticket], **quiet)
        renew.click(begin_again, [ticket], **quiet)
        message.submit(say, [message, ticket], **quiet)
        for chip in chips:
            chip.click(say, [chip, ticket], **quiet)
        confirm.click(accept, [proposal, ticket], **quiet)
        cancel.click(refuse, [proposal, ticket], **quiet)

    page.queue(max_size=WAITING, default_concurrency_limit=AT_ONCE, api_open=False)
    return page


def theme() -> gr.themes.Base:
    """Gradio's own variables, all pointed at those of `static/page.css`, which knows light from dark."""
    base = gr.themes.Base(font=["Source Sans 3", "sans-serif"], font_mono=["monospace"])
    colours = {
        "body_background_fill": "var(--paper)",
        "body_text_color": "var(--ink)",
        "body_text_color_subdued": "var(--faded)",
        "background_fill_primary": "var(--sheet)",
        "background_fill_secondary": "var(--paper)",
        "block_background_fill": "transparent",
        "block_border_color": "transparent",
        "block_label_text_color": "var(--faded)",
        "block_title_text_color": "var(--faded)",
        "border_color_primary": "var(--rule)",
        "border_color_accent": "var(--violet)",
        "color_accent_soft": "var(--wash)",
        "input_background_fill": "var(--sheet)",
        "input_border_color": "var(--rule)",
        "input_border_color_focus": "var(--violet)",
        "input_placeholder_color": "var(--faded)",
        "button_primary_background_fill": "var(--violet)",
        "button_primary_background_fill_hover": "var(--violet-strong)",
        "button_primary_text_color": "var(--on-violet)",
        "button_secondary_background_fill": "var(--sheet)",
        "button_secondary_background_fill_hover": "var(--wash)",
        "button_secondary_text_color": "var(--violet)",
        "button_secondary_border_color": "var(--rule)",
    }
    return base.set(**colours, **{f"{name}_dark": value for name, value in colours.items()})


def _html(name: str, value: str = "") -> gr.HTML:
    return gr.HTML(value, elem_id=name, js_on_load=None, apply_default_css=False)
