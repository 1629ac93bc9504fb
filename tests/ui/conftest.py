"""A real server process over a home of its own, and real Chromium."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
PUIS_JE = [sys.executable, "-c", "from assistant.cli.main import main; main()"]
TODAY = "2026-01-15"
HOSTILE = "Un titre <img src=x onerror=alert(1)>"
HOSTILE_SENTENCE = "Une phrase <script>alert(2)</script> et <svg onload=alert(3)> sans effet."

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of the server and of the commands beside it: one home, one day."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PUIS_JE_")}
    home = tmp_path_factory.mktemp("home")
    return {**kept, "PUIS_JE_HOME": str(home), "PUIS_JE_TODAY": TODAY, "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="session")
def command(environment: dict[str, str]) -> Command:
    """Runs `puis-je` with arguments in a process of its own."""

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PUIS_JE, *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return call


@pytest.fixture(scope="session")
def address(
    environment: dict[str, str], command: Command, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a running server: demo accounts, the shipped articles and a hostile one."""
    folder = tmp_path_factory.mktemp("articles")
    article = {"id": "hostile", "title": HOSTILE, "text": f"Une phrase calme.\n\n{HOSTILE_SENTENCE}\n"}
    (folder / "hostile.jsonl").write_text(json.dumps(article) + "\n", "utf-8")
    synced = command("knowledge", "sync", str(ROOT / "knowledge" / "articles"), str(folder))
    assert synced.returncode == 0, synced.stderr
    errors = tmp_path_factory.mktemp("log") / "stderr"
    with (
        errors.open("w") as kept,
        subprocess.Popen(
            [*PUIS_JE, "serve", "--port", "0"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=kept,
            text=True,
        ) as server,
    ):
        assert server.stdout is not None
        found = re.search(r"http://\S+", server.stdout.readline())
        if found is None:
            server.terminate()
            pytest.fail(f"the server did not start: {errors.read_text()[-2000:]}")
        yield found[0].rstrip("/")
        server.terminate()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The system's Chromium; ends with its module, for Playwright keeps an event loop running."""
    path = shutil.which("chromium")
    if path is None:
        assert "PUIS_JE_TESTS_NEED_BROWSER" not in os.environ, "chromium must be installed for this run"
        pytest.skip("no chromium is installed here")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


class Visitor:
    """A person at the page: what they do, and what the browser saw that must not happen."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.address = address
        self.context = context
        self.strayed: list[str] = []
        self.troubles: list[str] = []
        context.route("**/*", self._only_ours)
        self.page: Page = context.new_page()
        self.page.on("dialog", lambda dialog: (self.troubles.append(dialog.message), dialog.dismiss()))
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))

    def _only_ours(self, route: object) -> None:
        from playwright.sync_api import Route

        assert isinstance(route, Route)
        url = route.request.url
        if url.startswith((self.address, "data:", "blob:")):
            route.continue_()
        else:
            self.strayed.append(url)
            route.abort()

    def arrive(self) -> Page:
        """Open the page; it is ready once it says who is here."""
        self.page.goto(self.address)
        self.page.wait_for_selector(".who")
        return self.page

    def enter_as(self, person: str) -> Page:
        """Choose a demo identity."""
        self.arrive()
        self.page.click(f'button.identity[value="{person}"]')
        self.page.wait_for_selector(".who b")
        self.page.wait_for_selector("#chips button")
        return self.page

    def answers(self) -> int:
        """How many answers the conversation holds."""
        return self.page.locator("#thread .answer").count()

    def say(self, words: str) -> str:
        """Send a message with the Enter key; gives the text of its answer."""
        before = self.answers()
        self.page.fill("#message textarea", words)
        self.page.press("#message textarea", "Enter")
        return self.answer_after(before)

    def answer_after(self, before: int) -> str:
        """The text of the answer that comes after so many others."""
        self.page.wait_for_function(
            "count => document.querySelectorAll('#thread .answer').length > count", arg=before
        )
        return self.page.locator("#thread .answer .words").last.inner_text().replace("\u00a0", " ")

    def overflows(self) -> bool:
        """Whether the page can be scrolled sideways."""
        wide: bool = self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        return wide


@pytest.fixture
def visitor(chromium: Browser, address: str) -> Iterator[Visitor]:
    """One browser of its own; at its end nothing went astray and nothing popped up."""
    context = chromium.new_context(viewport={"width": 1280, "height": 860}, locale="fr-FR")
    context.set_default_timeout(20_000)
    someone = Visitor(context, address)
    yield someone
    context.close()
    assert someone.strayed == []
    assert someone.troubles == []
