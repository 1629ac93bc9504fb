"""What the server gives to those who do not use the page: nobody's data without the signed cookie."""

from __future__ import annotations

import http.client
import http.cookiejar
import json
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from conftest import PUIS_JE, ROOT

from tools.store.demo import demo_accounts
from ui.sessions import COOKIE, Sessions

ACCOUNTS = demo_accounts(date(2026, 1, 15))
BUYER = "demo-camille"
FORGED = {
    "none": None,
    "nonsense": "forged",
    "of another secret": Sessions(b"another secret").open(BUYER),
    "unsigned": "eyJwIjoiZGVtby1jYW1pbGxlIiwiayI6ImsiLCJjIjp0cnVlfQ",
}


class Client:
    """A program that speaks HTTP to the server, with or without a cookie."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def ask(
        self, path: str, data: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any, str]:
        request = urllib.request.Request(self.address + path, data=data, headers=headers or {})
        try:
            with self.opener.open(request, timeout=60) as response:
                return response.status, response.headers, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()

    def sign_in(self, person: str) -> None:
        status, _, _ = self.ask("/session", f"way=demo&person={person}".encode())
        assert status == 200

    def handlers(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.ask("/config")[2])["dependencies"]
        return found

    def call(self, handler: dict[str, Any], data: list[Any], *, cookie: str | None = None) -> str:
        """Call one of Gradio's handlers; gives everything it sent back."""
        headers = {"content-type": "application/json"}
        if cookie is not None:
            headers["cookie"] = f"{COOKIE}={cookie}"
        session = f"chosen{handler['id']}"
        body = {"data": data, "fn_index": handler["id"], "session_hash": session, "event_data": None}
        status, _, said = self.ask("/gradio_api/queue/join", json.dumps(body).encode(), headers)
        assert status == 200, said
        return self.ask(f"/gradio_api/queue/data?session_hash={session}")[2]


def names() -> list[str]:
    """What only the people of one demo organisation, and those who read its accounts, may see."""
    found = [user["email"] for user in ACCOUNTS["users"]]
    return [*found, *(order["number"] for order in ACCOUNTS["orders"]), "data-subscription"]


@pytest.mark.parametrize("cookie", FORGED.values(), ids=FORGED)
def test_handlers_called_directly_give_nobodys_data(address: str, cookie: str | None) -> None:
    client = Client(address)
    handlers = client.handlers()
    assert len(handlers) >= 5
    for handler in handlers:
        words = ["Puis-je renouveler ?", "p-x"][: len(handler["inputs"]) - 1]
        said = client.call(handler, [*words, ""], cookie=cookie)
        assert "process_completed" in said
        assert not [name for name in names() if name in said]


def test_a_ticket_of_another_session_opens_no_conversation(address: str) -> None:
    buyer, other = Client(address), Client(address)
    buyer.sign_in(BUYER)
    other.sign_in("demo-luca")
    say = next(handler for handler in buyer.handlers() if len(handler["inputs"]) == 2)
    said = buyer.call(say, ["Puis-je renouveler Revit ?", ""])
    assert "Revit" in said
    tickets = [part for part in said.split('"') if part.count(".") == 1 and len(part) > 60]
    assert tickets
    opening = next(handler for handler in other.handlers() if len(handler["inputs"]) == 1)
    for ticket in tickets:
        assert "Revit" in buyer.call(opening, [ticket])
        assert "Revit" not in other.call(opening, [ticket])


@pytest.mark.parametrize("person", ["sofia", "demo-nobody", ""])
def test_only_demo_identities_are_entered_without_a_token(address: str, person: str) -> None:
    assert Client(address).ask("/session", f"way=demo&person={person}".encode())[0] == 401


def test_a_form_of_another_site_is_refused(address: str) -> None:
    headers = {"origin": "https://evil.example"}
    assert Client(address).ask("/session", b"way=demo&person=demo-camille", headers)[0] == 403


def test_the_cookie_is_kept_from_scripts_and_other_sites(address: str) -> None:
    headers = Client(address).ask("/")[1]
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(headers["set-cookie"].split("; "))


@pytest.mark.parametrize("path", ["/", "/config", "/sources/00000000", "/page/page.css", "/nowhere"])
def test_every_answer_carries_the_security_headers(address: str, path: str) -> None:
    headers = Client(address).ask(path)[1]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "object-src 'none'" in policy
    scripts = policy.split("script-src ")[1].split(";")[0]
    assert "unsafe-inline" not in scripts


def test_the_page_is_french_and_points_nowhere_else(address: str) -> None:
    page = Client(address).ask("/")[2]
    assert 'lang="fr"' in page
    assert "gradio.app" not in page
    assert "githubusercontent" not in page


@pytest.mark.parametrize("path", ["/gradio_api/upload", "/gradio_api/call/say", "/gradio_api/run/predict"])
def test_what_the_page_does_not_need_is_not_there(address: str, path: str) -> None:
    assert Client(address).ask(path, b"{}", {"content-type": "application/json"})[0] == 404


def test_a_body_of_two_megabytes_is_refused_before_it_is_sent(address: str) -> None:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=30)
    connection.putrequest("POST", "/gradio_api/queue/join")
    connection.putheader("Content-Length", "2000000")
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_the_api_lives_beside_the_page(address: str) -> None:
    client = Client(address)
    assert client.ask("/healthz")[0] == 200
    assert client.ask("/v1/models")[0] == 200


def test_a_port_in_use_is_one_line_and_exit_code_2(
    address: str, command: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    port = address.rsplit(":", 1)[1]
    done = command("serve", "--port", port)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert port in done.stderr


def test_serve_prints_its_address_once_it_answers(environment: dict[str, str]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = [*PUIS_JE, "serve", "--port", str(port)]
    with subprocess.Popen(started, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert f"http://127.0.0.1:{port}/" in server.stdout.readline()
        assert Client(f"http://127.0.0.1:{port}").ask("/healthz")[0] == 200
        server.terminate()


def test_the_module_of_the_command_loads_no_heavy_library() -> None:
    check = (
        "import sys, ui.serve; print(sorted({'gradio', 'torch', 'fastapi', 'langchain'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
