"""A cookie or ticket that was not signed here, or is not this session's, opens nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import URLSafeTimedSerializer
from starlette.datastructures import Headers

from ui.security import is_reachable, is_same_origin, is_small, tidy
from ui.sessions import COOKIE, Session, Sessions

SESSIONS = Sessions(b"one secret")


@pytest.mark.parametrize("person", ["camille", None, "été <b>"])
def test_a_cookie_is_read_back(person: str | None) -> None:
    session = SESSIONS.read({COOKIE: SESSIONS.open(person)})
    assert session is not None
    assert session.person == person


@given(st.text(max_size=120))
def test_no_text_is_a_cookie(text: str) -> None:
    assert SESSIONS.read({COOKIE: text}) is None


@given(st.data())
def test_a_changed_cookie_is_refused(data: st.DataObject) -> None:
    cookie = SESSIONS.open("camille")
    at = data.draw(st.integers(0, len(cookie) - 2))
    other = data.draw(st.sampled_from("ABCabc012-_.").filter(lambda sign: sign != cookie[at]))
    assert SESSIONS.read({COOKIE: cookie[:at] + other + cookie[at + 1 :]}) is None


def test_a_cookie_of_another_secret_is_refused() -> None:
    assert SESSIONS.read({COOKIE: Sessions(b"another").open("camille")}) is None


def test_an_old_cookie_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("itsdangerous.timed.TimestampSigner.get_timestamp", lambda _: 0)
    cookie = SESSIONS.open("camille")
    monkeypatch.undo()
    assert SESSIONS.read({COOKIE: cookie}) is None


def test_a_ticket_is_no_cookie() -> None:
    ticket = SESSIONS.ticket(Session("camille", "k"), "c-1")
    assert SESSIONS.read({COOKIE: ticket}) is None
    assert SESSIONS.read({COOKIE: str(URLSafeTimedSerializer(b"one secret").dumps({"p": "camille"}))}) is None


def test_a_ticket_opens_only_in_its_own_session() -> None:
    mine, yours = Session("camille", "k1"), Session("camille", "k2")
    ticket = SESSIONS.ticket(mine, "c-1")
    assert SESSIONS.conversation(mine, ticket) == "c-1"
    assert SESSIONS.conversation(yours, ticket) is None
    assert SESSIONS.conversation(mine, None) is None
    assert SESSIONS.conversation(mine, "c-1") is None


@pytest.mark.parametrize(
    ("path", "reachable"),
    [
        ("/", True),
        ("/config", True),
        ("/session", True),
        ("/sources/12345678", True),
        ("/page/page.css", True),
        ("/assets/index.js", True),
        ("/theme.css", True),
        ("/gradio_api/queue/join", True),
        ("/gradio_api/queue/data", True),
        ("/gradio_api/heartbeat/abc", True),
        ("/gradio_api/upload", False),
        ("/gradio_api/file=/etc/passwd", False),
        ("/gradio_api/proxy=https://example.org", False),
        ("/gradio_api/run/say", False),
        ("/gradio_api/call/say", False),
        ("/gradio_api/info", False),
        ("/gradio_api/vibe-edit/", False),
        ("/gradio_api/runs", False),
        ("/gradio_api/deep_link", False),
        ("/monitoring", False),
        ("/monitoring/summary", False),
        ("/login", False),
    ],
)
def test_only_what_the_page_needs_is_reachable(path: str, reachable: bool) -> None:
    assert is_reachable(path) is reachable


@pytest.mark.parametrize(
    ("headers", "same"),
    [
        ({"host": "puis-je.example"}, True),
        ({"host": "puis-je.example", "origin": "https://puis-je.example"}, True),
        ({"host": "puis-je.example", "origin": "https://evil.example"}, False),
        ({"host": "puis-je.example", "origin": "null"}, False),
        ({"host": "puis-je.example", "sec-fetch-site": "cross-site"}, False),
        ({"host": "puis-je.example", "sec-fetch-site": "same-site"}, False),
        ({"host": "puis-je.example", "sec-fetch-site": "same-origin"}, True),
    ],
)
def test_what_comes_from_another_page_is_refused(headers: dict[str, str], same: bool) -> None:
    assert is_same_origin(Headers(headers)) is same


@pytest.mark.parametrize(
    ("headers", "small"),
    [
        ({}, True),
        ({"content-length": "1000000"}, True),
        ({"content-length": "1000001"}, False),
        ({"content-length": "x"}, False),
        ({"transfer-encoding": "chunked"}, False),
    ],
)
def test_a_large_or_unmeasured_body_is_refused(headers: dict[str, str], small: bool) -> None:
    assert is_small(Headers(headers)) is small


def test_the_page_is_tidied() -> None:
    page = b'<html lang="en"><head><meta property="og:image" content="https://e.example"><script>a</script></head>'
    tidied = tidy(page, head="<title>x</title>", nonce="n")
    assert tidied == b'<html lang="en"><head><script nonce="n">a</script><title>x</title></head>'.replace(
        b'"en"', b'"fr"'
    )
