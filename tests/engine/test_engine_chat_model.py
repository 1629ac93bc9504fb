"""The engine as a chat model: a function of the messages and the offered tools, whatever is typed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool

from assistant.engine.chat_model import EmbeddedEngine
from assistant.engine.stating import Draft
from knowledge.library import Library

ENGINE = EmbeddedEngine()
TEXTS = [
    "Puis-je renouveler ?",
    "Combien ça coûte ?",
    "Activez le renouvellement automatique",
    "Qui peut renouveler ?",
    "Je veux parler à un humain",
    "asdkjh",
    "",
]


@tool
def list_subscriptions(customer: str | None = None) -> str:
    """List."""
    return str(customer)


@pytest.mark.parametrize("text", TEXTS)
def test_without_tools_it_still_answers_in_french(text: str) -> None:
    reply = ENGINE.invoke(text)
    assert reply.content and not reply.tool_calls


@pytest.mark.parametrize("text", TEXTS)
def test_only_offered_tools_are_called(text: str) -> None:
    reply = ENGINE.bind_tools([list_subscriptions]).invoke(text)
    assert {call["name"] for call in reply.tool_calls} <= {"list_subscriptions"}


@pytest.mark.parametrize("text", TEXTS)
def test_the_same_messages_give_the_same_reply(text: str) -> None:
    model = EmbeddedEngine().bind_tools([list_subscriptions])
    messages = [SystemMessage("peu importe"), HumanMessage(text)]
    first, second = model.invoke(messages), model.invoke(messages)
    assert (first.content, first.tool_calls) == (second.content, second.tool_calls)
    assert first.additional_kwargs == second.additional_kwargs


def test_no_tool_is_called_when_the_choice_is_none() -> None:
    reply = ENGINE.bind_tools([list_subscriptions], tool_choice="none").invoke("Puis-je renouveler ?")
    assert not reply.tool_calls and reply.content


def test_blocks_of_content_are_read_as_text() -> None:
    blocks = HumanMessage([{"type": "text", "text": "Merci"}, {"type": "text", "text": "beaucoup"}])
    assert ENGINE.invoke([blocks]).content == ENGINE.invoke("Merci beaucoup").content


@pytest.mark.parametrize("result", ["pas du JSON", "[]", "{}", '{"ok": false, "status": "error"}'])
def test_a_broken_tool_result_ends_in_a_polite_reply(result: str) -> None:
    model = ENGINE.bind_tools([list_subscriptions])
    call = model.invoke("Puis-je renouveler ?")
    answer = ToolMessage(result, tool_call_id=call.tool_calls[0]["id"], name="list_subscriptions")
    reply = model.invoke([HumanMessage("Puis-je renouveler ?"), call, answer])
    assert reply.content and not reply.tool_calls


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=300))
def test_any_text_gets_a_reply(text: str) -> None:
    reply = ENGINE.bind_tools([list_subscriptions]).invoke([HumanMessage(text)])
    assert reply.content or reply.tool_calls


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from(["skills", "focus", "shown", "asked", "unsure", "said", "slots", "customer"]),
        st.recursive(
            st.none() | st.integers() | st.text(max_size=8), lambda each: st.lists(each, max_size=3)
        ),
    )
)
def test_any_notes_on_an_earlier_message_are_borne(notes: dict[str, Any]) -> None:
    earlier = AIMessage("Bonjour", additional_kwargs={"puis_je": notes})
    reply = ENGINE.invoke([HumanMessage("Bonjour"), earlier, HumanMessage("et le deuxième ?")])
    assert reply.content


def test_a_turn_of_another_model_is_followed_up(talks: Any) -> None:
    """An earlier turn carries no notes: what it was about is read from its tool calls."""
    talk = talks("demo-camille")
    call = {"name": "estimate_renewal_price", "args": {"subscriptions": ["demo-horizon-maya"]}, "id": "x1"}
    estimate = {"ok": True, "status": "ok", "estimates": [{"subscription": "demo-horizon-maya"}]}
    talk.messages = [
        HumanMessage("Quel est le prix pour Maya ?"),
        AIMessage("", tool_calls=[call]),
        ToolMessage(json.dumps(estimate), tool_call_id="x1", name="estimate_renewal_price"),
        AIMessage("Environ tant."),
    ]
    reply = talk.say("et pour Revit ?")
    assert ("estimate_renewal_price", {"subscriptions": ["demo-horizon-revit"]}) in reply.calls


def test_what_no_article_states_is_not_said(talks: Any, empty: Library) -> None:
    talk = talks(None, library=empty)
    reply = talk.say("Quels produits sont exclus du tarif de renouvellement ?")
    assert "Arnold" not in reply.text
    assert "inventer" in reply.text


def test_an_article_with_another_figure_is_quoted() -> None:
    source = {
        "ref": "0a1b2c3d",
        "article": "a",
        "title": "Quand ?",
        "quote": "Dès 60 jours avant.",
        "facts": [],
    }
    draft = Draft(evidence={"F07": [source]}, known=None)  # type: ignore[arg-type]
    said = draft.restored(draft.say("Un abonnement se renouvelle dès 90 jours avant", "F07"))
    assert "90" not in said and "Dès 60 jours avant." in said and "[0a1b2c3d]" in said


def test_the_same_answer_is_not_given_twice_in_the_same_words(talks: Any) -> None:
    talk = talks("demo-camille")
    said = [talk.say("Puis-je renouveler AutoCAD ?").text for _ in range(3)]
    assert len(set(said)) == 3


def test_a_hand_off_says_what_the_person_wanted(talks: Any) -> None:
    talk = talks(None)
    talk.say("Mon paiement par carte est refusé")
    talk.say("je veux parler à quelqu'un")
    reply = talk.say("jean@exemple.fr")
    assert reply.results["hand_off"]["handoff"]["reason"] == "Mon paiement par carte est refusé"


def test_each_statement_cites_the_sentence_that_holds_it() -> None:
    """Of several sentences that state a fact, the one with the words and figures of what is said."""
    quotes = {
        "00000001": "Le tarif de renouvellement fait économiser au moins 5 % sur un nouvel abonnement.",
        "00000002": "Ce tarif peut changer à tout moment.",
    }
    sources = [
        {"ref": ref, "article": "a", "title": "Tarif", "quote": q, "facts": []} for ref, q in quotes.items()
    ]
    draft = Draft(evidence={"F25": sources}, known=None)  # type: ignore[arg-type]
    assert draft.say("Il peut changer à tout moment", "F25").endswith("[00000002].")
    assert draft.say("Vous économisez au moins 5 %", "F25").endswith("[00000001].")
    assert draft.say("Vous économisez au moins 7 %", "F25") == ""
