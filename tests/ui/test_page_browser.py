"""The page as people use it, in real Chromium over the real assistant."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import HOSTILE, HOSTILE_SENTENCE

from knowledge.library import Library
from knowledge.rows import sentence_ref
from tools.store.database import open_database
from tools.store.demo import demo_accounts, demo_introductions

if TYPE_CHECKING:
    from conftest import Visitor

BUYER = "demo-camille"
IN_VIEW = """element => {
    const at = element.getBoundingClientRect();
    return element.contains(document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2));
}"""
SWITCH_OFF = "Désactivez le renouvellement automatique d’AutoCAD"

pytestmark = pytest.mark.timeout(120)


@pytest.mark.parametrize("person", list(demo_introductions()))
def test_each_demo_identity_is_answered(visitor: Visitor, person: str) -> None:
    page = visitor.enter_as(person)
    assert page.locator(".who .tag").first.inner_text() == "démonstration"
    said = visitor.say("Puis-je renouveler ?")
    if page.locator(".card").count():
        assert page.locator("#thread a.cite").count() > 0, said
        assert any(name in said for name in page.locator(".card h3").all_inner_texts()), said
    assert page.locator("#turn .notice").count() == 0


def test_a_visitor_gets_the_general_answer_with_sources(visitor: Visitor) -> None:
    page = visitor.arrive()
    page.click("text=Continuer en visiteur")
    page.wait_for_selector("#chips button")
    visitor.say("Puis-je renouveler ?")
    assert page.locator("#thread a.cite").count() > 0
    assert page.locator(".card").count() == 0


def test_someone_who_asks_before_signing_in_can_still_sign_in(visitor: Visitor) -> None:
    page = visitor.arrive()
    page.wait_for_selector(".identity")
    visitor.say("Puis-je renouveler ?")
    page.click("text=S’identifier")
    page.wait_for_selector(".identity")


def test_a_token_signs_in_and_leaving_signs_out(
    visitor: Visitor, command: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    token = command("token", BUYER).stdout.strip().splitlines()[-1]
    page = visitor.arrive()
    page.fill("#token", f" {token} ")
    page.press("#token", "Enter")
    page.wait_for_selector(".who b")
    assert page.locator(".who b").inner_text() == "Camille Moreau"
    page.click("text=Se déconnecter")
    page.wait_for_selector(".sign-in")
    assert page.locator(".card").count() == 0


def test_a_wrong_token_is_refused_in_words(visitor: Visitor) -> None:
    page = visitor.arrive()
    page.fill("#token", "pj_wrong")
    page.press("#token", "Enter")
    assert "n’est pas valable" in page.get_by_role("alert").inner_text()


def test_a_citation_opens_its_article_at_the_sentence(visitor: Visitor) -> None:
    page = visitor.enter_as(BUYER)
    visitor.say("Puis-je renouveler ?")
    cited = page.locator("#thread a.cite").first
    cited.click()
    mark = page.locator("dialog.source mark").first
    mark.wait_for()
    box = mark.bounding_box()
    assert box is not None
    assert 0 < box["y"] < 860
    assert page.locator("dialog.source h2").inner_text()
    assert len(page.locator("dialog.source").inner_text()) > 2 * len(mark.inner_text())
    page.keyboard.press("Escape")
    assert page.locator("dialog.source").is_hidden()
    assert cited.evaluate("link => link === document.activeElement")
    page.goto(visitor.address + str(cited.get_attribute("href")))
    assert page.locator("main mark").count() > 0


def test_a_change_is_made_on_a_click_and_only_once(visitor: Visitor) -> None:
    page = visitor.enter_as("demo-noemie")
    visitor.say("Désactivez le renouvellement automatique de 3ds Max")
    page.wait_for_selector("#confirm")
    page.wait_for_function(f"() => ({IN_VIEW})(document.querySelector('#confirm'))")
    assert page.locator(".pending dd").all_inner_texts() == ["activé", "désactivé"]
    before = visitor.answers()
    page.click("#confirm")
    visitor.answer_after(before)
    page.wait_for_selector("#confirm", state="detached")
    card = page.locator('.card[data-subscription="demo-meuse-3dsmax"]')
    assert "Renouvellement automatique désactivé" in card.inner_text()


def test_a_cancelled_change_is_not_made_and_a_reload_keeps_what_waits(visitor: Visitor) -> None:
    page = visitor.enter_as(BUYER)
    visitor.say(SWITCH_OFF)
    page.wait_for_selector("#confirm")
    page.reload()
    page.wait_for_selector("#confirm")
    assert visitor.answers() == 1
    page.click("#cancel")
    visitor.answer_after(1)
    page.wait_for_selector("#confirm", state="detached")
    card = page.locator('.card[data-subscription="demo-horizon-autocad"]')
    assert "Renouvellement automatique activé" in card.inner_text()


def test_a_conversation_survives_a_reload_and_ends_with_a_new_one(visitor: Visitor) -> None:
    page = visitor.enter_as(BUYER)
    said = visitor.say("Puis-je renouveler ?")
    page.reload()
    assert visitor.answer_after(0) == said
    page.click("#renew")
    page.wait_for_selector(".welcome")
    assert visitor.answers() == 0
    page.reload()
    page.wait_for_selector(".welcome")
    assert visitor.answers() == 0


def test_another_identity_does_not_see_the_conversation(visitor: Visitor) -> None:
    page = visitor.enter_as(BUYER)
    visitor.say("Puis-je renouveler ?")
    page.click("text=Se déconnecter")
    page.wait_for_selector(".sign-in")
    visitor.enter_as("demo-luca")
    assert visitor.answers() == 0


def test_cards_and_suggestions_ask_for_the_person(visitor: Visitor) -> None:
    page = visitor.enter_as(BUYER)
    page.locator("#chips button").first.click()
    visitor.answer_after(0)
    page.locator(".card .ask").last.click()
    visitor.answer_after(1)
    asked = page.locator("#thread .said p").last.inner_text()
    assert page.locator(".card h3").last.inner_text() in asked


def test_the_panel_draws_every_subscription(visitor: Visitor) -> None:
    page = visitor.enter_as(BUYER)
    assert page.locator(".card").count() == len(subscriptions_of("demo-horizon"))
    for drawing in page.get_by_role("img").all():
        label = (drawing.get_attribute("aria-label") or "").lower()
        assert "aujourd’hui" in label
        assert re.search(r"échéance le|fin de l’essai le", label)


def subscriptions_of(organization: str) -> list[str]:
    accounts = demo_accounts(date(2026, 1, 15))
    orders = {order["number"] for order in accounts["orders"] if order["organization"] == organization}
    return [one["id"] for one in accounts["subscriptions"] if one["order"] in orders]


def test_the_keyboard_alone_is_enough(visitor: Visitor) -> None:
    page = visitor.arrive()
    page.wait_for_selector(".identity")

    def tab_to(selector: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        pytest.fail(f"{selector} cannot be reached with the Tab key")

    def focus_is_visible() -> bool:
        shown: bool = page.evaluate(
            "() => { const style = getComputedStyle(document.activeElement);"
            " return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 }"
        )
        return shown

    page.evaluate("document.activeElement.blur()")
    tab_to(".identity")
    assert focus_is_visible()
    page.keyboard.press("Enter")
    page.wait_for_selector(".who b")
    page.wait_for_selector("#chips button")
    page.focus("#message textarea")
    page.keyboard.type("Puis-je")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("renouveler ?")
    assert page.input_value("#message textarea") == "Puis-je\nrenouveler ?"
    page.keyboard.press("Enter")
    visitor.answer_after(0)
    page.evaluate("document.activeElement.blur()")
    tab_to("a.cite")
    assert focus_is_visible()
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog.source mark")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('a.cite')")
    tab_to("#message textarea")
    page.keyboard.type(SWITCH_OFF)
    page.keyboard.press("Enter")
    page.wait_for_selector("#cancel")
    page.evaluate("document.activeElement.blur()")
    tab_to("#confirm")
    tab_to("#cancel")
    assert focus_is_visible()
    page.keyboard.press("Enter")
    visitor.answer_after(2)


def test_new_answers_are_announced(visitor: Visitor) -> None:
    page = visitor.enter_as(BUYER)
    live = page.get_by_role("status").first
    assert live.get_attribute("aria-live") == "polite"
    said = visitor.say("Puis-je renouveler ?")
    page.wait_for_function("() => document.querySelector('[role=status]').textContent.trim()")
    spoken = " ".join((live.text_content() or "").split())
    assert spoken[:20] == " ".join(said.split())[:20]


def test_the_newest_answer_is_in_view_above_the_message_box(visitor: Visitor) -> None:
    page = visitor.enter_as(BUYER)
    for words in ("Puis-je renouveler ?", "Combien ça coûte ?", "Qui peut renouveler ?", "Merci"):
        visitor.say(words)
        question = page.locator(".said").last
        page.wait_for_function(
            """() => {
                const answers = [...document.querySelectorAll("#thread .answer")];
                const answer = answers.at(-1).getBoundingClientRect();
                const box = document.querySelector("#composer").getBoundingClientRect();
                return answer.top > 0 && answer.top < box.top - 40;
            }"""
        )
        place = question.bounding_box()
        assert place is not None and place["y"] > 0


@pytest.mark.parametrize("width", [375, 320])
def test_nothing_scrolls_sideways_on_a_phone(visitor: Visitor, width: int) -> None:
    visitor.page.set_viewport_size({"width": width, "height": 700})
    page = visitor.arrive()
    page.wait_for_selector(".identity")
    assert not visitor.overflows()
    visitor.enter_as(BUYER)
    visitor.say("Puis-je renouveler ?")
    visitor.say(SWITCH_OFF)
    page.wait_for_selector("#confirm")
    assert not visitor.overflows()
    page.click("#thread a.cite >> nth=0")
    page.wait_for_selector("dialog.source mark")
    assert not visitor.overflows()
    page.keyboard.press("Escape")
    page.click("[data-panel]")
    assert page.locator(".card").first.is_visible()
    assert not visitor.overflows()
    page.keyboard.press("Escape")
    assert page.locator(".card").first.is_hidden()


def test_attacks_stay_text(visitor: Visitor, shared: Path) -> None:
    lines = (shared / "payloads" / "payloadbox_xss.jsonl").read_text("utf-8").strip().split("\n")
    page = visitor.enter_as(BUYER)
    for start in (0, 40, 80):
        attack = " ".join(json.loads(line)["text"] for line in lines[start::120])
        visitor.say(attack)
        shown = page.locator("#thread .said p").last.text_content() or ""
        assert attack[:200] in shown
    page.reload()
    visitor.answer_after(2)
    made = (
        "#thread :is(script, img, iframe, object, embed, style, form, input, video, audio, body, svg, math)"
    )
    assert page.locator(made).count() == 0
    assert page.locator("#thread a:not(.cite)").count() == 0


def test_a_hostile_article_stays_text(visitor: Visitor, environment: dict[str, str]) -> None:
    page = visitor.page
    page.goto(f"{visitor.address}/sources/{reference(environment, 'hostile', HOSTILE_SENTENCE)}")
    assert page.locator("main h2").inner_text() == HOSTILE
    assert page.locator("main mark").inner_text() == HOSTILE_SENTENCE
    assert page.locator("main :is(script, img, svg)").count() == 0


def reference(environment: dict[str, str], article: str, sentence: str) -> str:
    home = Path(environment["PUIS_JE_HOME"])
    library = Library(open_database(f"sqlite:///{home / 'puis-je.sqlite3'}"), home=home)
    stored = library.article(article)
    assert stored is not None
    return sentence_ref(article, stored.text.index(sentence), sentence)
