"""An answer's Markdown as safe HTML whose citation markers open their source. Pure.

No raw HTML, no image (it would be fetched from elsewhere), links to http and https only; all else is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markupsafe import Markup

from ui.texts import text

_MARKER = re.compile(r"\[(\d{1,3})\]")
_WEB = re.compile(r"https?://", re.IGNORECASE)


def render_answer(answer: str, citations: Mapping[int, Mapping[str, Any]] | None) -> Markup:
    """HTML of an answer. `citations` by marker; None while streaming, before markers can open."""
    return Markup(_parser().render(answer, {"citations": citations}))


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table")
    parser.disable(["image", "html_inline", "html_block", "autolink", "reference"])
    parser.inline.ruler.before("link", "citation", _citation)
    parser.add_render_rule("citation", _render_citation)
    parser.add_render_rule("link_open", _render_link)
    parser.validateLink = lambda url: bool(_WEB.match(url))  # type: ignore[method-assign]
    return parser


def _citation(state: StateInline, silent: bool) -> bool:
    found = _MARKER.match(state.src, state.pos)
    if found is None:
        return False
    marker = int(found[1])
    known = state.env.get("citations")
    if known is not None and marker not in known:
        return False
    if not silent:
        token = state.push("citation", "", 0)
        token.meta = {"marker": marker, "citation": None if known is None else known[marker]}
    state.pos = found.end()
    return True


def _render_citation(_self: RendererHTML, tokens: Any, index: int, _options: Any, _env: Any) -> str:
    meta = tokens[index].meta
    if meta["citation"] is None:
        return Markup('<span class="cite">{}</span>').format(meta["marker"])
    return cite(meta["citation"])


def cite(citation: Mapping[str, Any]) -> Markup:
    """The link of one citation: opens the panel, and is a page of its own without script."""
    label = text("turn.source", marker=citation["marker"], title=citation["title"])
    return Markup(
        '<a class="cite" href="/sources/{ref}" data-source="{ref}" aria-label="{label}">{n}</a>'
    ).format(ref=citation["ref"], label=label, n=citation["marker"])


def _render_link(self: RendererHTML, tokens: Any, index: int, options: Any, env: Any) -> str:
    tokens[index].attrSet("rel", "noopener noreferrer nofollow")
    tokens[index].attrSet("target", "_blank")
    return self.renderToken(tokens, index, options, env)
