"""Markdown and HTML to the plain text articles are stored as.

Headings keep `#` marks and list items their markers, so that structure survives; emphasis, links and
other inline markup are taken off. Characters are never replaced, so that a sentence stays what its file says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag
    from markdown_it.token import Token

_HIDDEN = (
    "script, style, noscript, template, nav, header, footer, aside, form, button, svg, iframe, select, dialog"
)
_MENU_ROLES = ("navigation", "banner", "contentinfo", "search", "menu", "dialog", "complementary")
_UNSEEN = ", ".join(["[hidden]", '[aria-hidden="true"]', *(f'[role="{role}"]' for role in _MENU_ROLES)])
_BLOCKS = re.compile(
    "p|div|section|article|main|ul|ol|li|table|thead|tbody|tr|td|th|h[1-6]|blockquote|pre|dl|dt|dd|figure|"
    "figcaption|details|summary|body|hr|address|header"
)


def markdown_text(source: str) -> str:
    """The text of a Markdown document."""
    from markdown_it import MarkdownIt

    return "\n".join(_markdown_lines(MarkdownIt("commonmark").enable("table").parse(source)))


def _markdown_lines(tokens: Sequence[Token]) -> Iterator[str]:
    lists: list[int | None] = []
    marker = ""
    cells: list[str] = []
    in_table = False
    heading = 0
    for token in tokens:
        match token.type:
            case "heading_open":
                heading = int(token.tag[1])
            case "heading_close":
                heading = 0
            case "bullet_list_open":
                lists.append(None)
            case "ordered_list_open":
                lists.append(int(token.attrGet("start") or 1))
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
                if not lists:
                    yield ""
            case "list_item_open":
                number = lists[-1]
                marker = "- " if number is None else f"{number}. "
                if number is not None:
                    lists[-1] = number + 1
            case "table_open" | "table_close":
                in_table = token.type == "table_open"
                yield ""
            case "tr_close":
                yield " | ".join(cells)
                cells = []
            case "inline" if in_table:
                cells.append(_inline(token))
            case "inline":
                indent = "  " * len(lists)
                first = "#" * heading + " " if heading else indent + marker
                rest = indent + " " * len(marker)
                head, *others = _inline(token).split("\n")
                yield first + head
                yield from (rest + line for line in others)
                marker = "  " if lists else ""
                if not lists:
                    yield ""
            case "fence" | "code_block":
                yield token.content.rstrip("\n")
                yield ""
            case "html_block":
                yield _plain(token.content)
                yield ""


def _inline(token: Token) -> str:
    parts: list[str] = []
    for child in token.children or ():
        match child.type:
            case "text" | "code_inline":
                parts.append(child.content)
            case "image":
                parts.append(child.content)
            case "softbreak" | "hardbreak":
                parts.append("\n")
    return "".join(parts)


def _plain(html: str) -> str:
    from bs4 import BeautifulSoup

    return BeautifulSoup(html, "html.parser").get_text(" ", strip=True)


def html_article(content: bytes) -> tuple[str, str, str, str]:
    """Title, stated date (or ""), canonical address (or ""), and text of the main content of an HTML page."""
    from bs4 import BeautifulSoup

    page = BeautifulSoup(content, "html.parser")
    title = _page_title(page)
    date = _stated_date(page)
    link = page.find("link", rel="canonical")
    source = str(link.get("href") or "") if link else ""
    for tag in page.select(_HIDDEN):
        # A header inside the article itself holds its title.
        if tag.name != "header" or not tag.find_parent(["main", "article"]):
            tag.decompose()
    for tag in page.select(_UNSEEN):
        tag.decompose()
    articles = page.find_all("article")
    main = page.find("main") or next(iter(page.select('[role="main"]')), None)
    main = main or (articles[0] if len(articles) == 1 else None) or page.body or page
    lines = "\n".join(_html_lines(main))
    return title, date, source, lines


def _page_title(page: BeautifulSoup) -> str:
    heading = page.find("h1")
    if heading and heading.get_text(strip=True):
        return " ".join(heading.get_text(" ", strip=True).split())
    named = page.find("meta", property="og:title")
    if named and named.get("content"):
        return str(named["content"]).strip()
    return " ".join(page.title.get_text().split()) if page.title else ""


def _stated_date(page: BeautifulSoup) -> str:
    for name in (
        "article:modified_time",
        "article:published_time",
        "date",
        "dcterms.modified",
        "last-modified",
    ):
        tag = page.find("meta", attrs={"property": name}) or page.find("meta", attrs={"name": name})
        if tag and tag.get("content"):
            return str(tag["content"])[:10]
    stamp = page.find("time", datetime=True)
    return str(stamp["datetime"])[:10] if stamp else ""


def _html_lines(root: Tag) -> Iterator[str]:
    from bs4.element import NavigableString, PreformattedString, Tag

    run: list[str] = []

    def flush(prefix: str = "") -> Iterator[str]:
        # White space in HTML is one space; no-break spaces are characters of the text and stay.
        text = " ".join(
            part for part in "".join(run).replace("\n", " ").replace("\t", " ").split(" ") if part
        )
        run.clear()
        if text:
            yield prefix + text

    def walk(tag: Tag, depth: int, prefix: str) -> Iterator[str]:
        lead = prefix
        number = 0
        for child in tag.children:
            if isinstance(child, PreformattedString):
                continue
            if isinstance(child, NavigableString):
                run.append(str(child))
            elif isinstance(child, Tag) and child.name == "br":
                yield from flush(lead)
                lead = " " * len(lead)
            elif isinstance(child, Tag) and child.name in ("td", "th"):
                if run and "".join(run).strip():
                    run.append(" | ")
                run.append(child.get_text(" ", strip=True))
            elif isinstance(child, Tag) and _BLOCKS.fullmatch(child.name):
                for line in flush(lead):
                    yield line
                    lead = " " * len(lead)
                if child.name == "li":
                    number += 1
                    mark = f"{number}. " if tag.name == "ol" else "- "
                    yield from walk(child, depth + 1, "  " * depth + mark)
                elif child.name in ("h1", "h2", "h3", "h4", "h5", "h6"):
                    yield ""
                    yield from walk(child, depth, "#" * int(child.name[1]) + " ")
                    yield ""
                elif child.name in ("ul", "ol", "tr"):
                    yield from walk(child, depth, "")
                    if depth == 0 and child.name != "tr":
                        yield ""
                else:
                    produced = False
                    for line in walk(child, depth, lead):
                        produced = produced or bool(line.strip())
                        yield line
                    if produced:
                        lead = " " * len(lead)
                        if depth == 0:
                            yield ""
            elif isinstance(child, Tag):
                yield from walk_inline(child, depth, lead)
        yield from flush(lead)

    def walk_inline(tag: Tag, depth: int, lead: str) -> Iterator[str]:
        if any(isinstance(part, Tag) and _BLOCKS.fullmatch(part.name) for part in tag.descendants):
            yield from walk(tag, depth, lead)
            return
        for line_break in tag.find_all("br"):
            line_break.replace_with(" ")
        run.append(tag.get_text())

    yield from walk(root, 0, "")
