"""Takes the README's screenshots of a running page, with the system's Chromium.

PUIS_JE_TODAY=2026-01-15 puis-je serve --port 7860
python docs/screenshots.py http://127.0.0.1:7860
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).parent / "screenshots"
FLAGS = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--no-first-run"]
DESK, PHONE = (1280, 860), (390, 780)


def enter(
    browser: Browser, address: str, person: str, *, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> Page:
    """The page of a demo identity in a fresh browser."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, device_scale_factor=1.5
    )
    page = context.new_page()
    page.goto(address)
    page.click(f'button.identity[value="{person}"]')
    page.wait_for_selector(".who b")
    page.wait_for_selector("#chips button")
    return page


def say(page: Page, words: str) -> None:
    """Send a message and wait for its answer."""
    before = page.locator("#thread .answer").count()
    page.fill("#message textarea", words)
    page.press("#message textarea", "Enter")
    page.wait_for_function(
        "count => document.querySelectorAll('#thread .answer').length > count", arg=before, timeout=120_000
    )


def keep(page: Page, name: str) -> None:
    """Write a screenshot once everything has come to rest."""
    page.wait_for_timeout(900)
    page.screenshot(path=FOLDER / f"{name}.png")


def main() -> None:
    """Take them all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", help="address of the running page")
    address = parser.parse_args().address
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": DESK[0], "height": 1060}, color_scheme="light")
        page.goto(address)
        page.wait_for_selector(".identity")
        keep(page, "welcome")
        page = enter(browser, address, "demo-noemie", size=DESK, scheme="light")
        say(page, "Puis-je renouveler ?")
        keep(page, "page-light")
        page.click("#thread a.cite >> nth=0")
        page.wait_for_selector("dialog.source mark")
        keep(page, "source")
        page = enter(browser, address, "demo-camille", size=DESK, scheme="dark")
        say(page, "Désactivez le renouvellement automatique d’AutoCAD")
        page.wait_for_selector("#confirm")
        keep(page, "pending-dark")
        page.click("#cancel")
        page = enter(browser, address, "demo-maude", size=PHONE, scheme="light")
        say(page, "Puis-je renouveler ?")
        keep(page, "phone")
        page.click("[data-panel]")
        keep(page, "phone-subscriptions")
        browser.close()


if __name__ == "__main__":
    main()
