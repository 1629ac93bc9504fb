"""Language models of several manners: the good speaks, the others never get a wrong word through."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from assistant_world import JSON, ScriptedModel, call, results, say, stall, then

from assistant.conversation import Assistant
from assistant.wording.formats import day

Make = Callable[..., Assistant]

CHECK = call(("check_renewal_eligibility", {"subscriptions": ["vl-autocad"]}))


def well_said(messages: list[JSON]) -> JSON:
    found = results(messages)[-1]
    decision = found["decisions"][0]
    refs = "".join(f"[{source['ref']}]" for source in found["sources"])
    return say(f"Oui, vous pouvez renouveler {decision['product']} jusqu'au {day(decision['until'])} {refs}.")


def test_a_good_model_speaks(with_model: Make, scripted: ScriptedModel) -> None:
    answer = with_model(then(CHECK, well_said)).answer("Puis-je renouveler AutoCAD ?", person="nadia")
    assert (answer.model, answer.fallback) == ("openai:scripted", None)
    assert "jusqu'au 2\u00a0avril\u00a02026 [1]" in answer.answer
    assert answer.citations[0].marker == 1
    assert [(d["subscription"], d["decision"], d["until"]) for d in answer.decisions] == [
        ("vl-autocad", "eligible", "2026-04-02")
    ]
    assert [use.name for use in answer.tools] == ["check_renewal_eligibility"]


def test_the_prompt_holds_nobody_and_no_secret(with_model: Make, scripted: ScriptedModel) -> None:
    with_model(then(CHECK, well_said)).answer("Puis-je renouveler AutoCAD ?", person="nadia")
    system = scripted.requests[0]["messages"][0]
    assert system["role"] == "system"
    assert not [
        name for name in ("Nadia", "nadia", "Verrerie", "VL-2025", "password") if name in system["content"]
    ]
    tools = scripted.requests[0]["tools"]
    arguments = {name for tool in tools for name in tool["function"]["parameters"]["properties"]}
    assert not arguments & {"person", "caller", "runtime", "context", "conversation"}


def test_what_was_wrong_is_told_once_and_mended(with_model: Make, scripted: ScriptedModel) -> None:
    def manner(messages: list[JSON]) -> Any:
        if "Contrôle automatique" in str(messages[-1]["content"]):
            return CHECK
        if results(messages):
            return well_said(messages)
        return say("Oui, il vous reste 999 jours.")

    answer = with_model(manner).answer("Puis-je renouveler AutoCAD ?", person="nadia")
    assert (answer.model, answer.fallback) == ("openai:scripted", None)
    assert "999" not in answer.answer
    assert "999" in next(
        m["content"] for m in scripted.requests[1]["messages"] if "Contrôle" in str(m["content"])
    )


WRONG: dict[str, Any] = {
    "invents an amount": say("Le renouvellement coûte 999,99 €."),
    "invents a date": then(CHECK, say("Vous avez jusqu'au 31 décembre 2027.")),
    "invents a link": say("Rendez-vous sur https://renouveler.example/maintenant."),
    "invents a source": say("Il faut être l'acheteur [deadbeef]."),
    "claims it was done": say("C'est fait, j'ai désactivé le renouvellement automatique."),
    "claims a hand-off": say("J'ai transmis votre demande à un conseiller, qui vous recontactera."),
    "says yes of its own": say("Oui."),
    "turns the verdict round": then(
        call(("check_renewal_eligibility", {"subscriptions": ["vl-maya"]})),
        say("Vous pouvez renouveler Maya."),
    ),
    "speaks English": say("You can renew your subscription in your account at any time."),
    "says nothing": say(""),
    "shows its machinery": say("J'ai appelé check_renewal_eligibility et obtenu not_buyer."),
    "sends HTML": say("<img src='https://pirate.example/x'> Bonjour."),
    "sends garbage": b"<html>502 bad gateway</html>",
    "sends an empty object": b"{}",
    "fails": 500,
    "is overloaded": 429,
    "refuses the key": 401,
    "knows no such model": 404,
    "calls tools for ever": lambda _messages: call(("list_subscriptions", {})),
    "calls an unknown tool": lambda _messages: call(("confirm_change", {"id": "p-1"})),
    "sends broken arguments": lambda _messages: call(("check_renewal_eligibility", "{not json")),
}


@pytest.mark.parametrize("manner", WRONG.values(), ids=WRONG.keys())
def test_the_engine_answers_where_the_model_cannot(
    manner: Any, with_model: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assistant = with_model(
        manner if callable(manner) else lambda _messages: manner, model_api_key="sk-mysecretkey987654321"
    )
    answer = assistant.answer("Puis-je renouveler AutoCAD ?", person="nadia")
    assert answer.model == "local"
    assert answer.fallback in {"checks", "provider_error", "limit"}
    assert "moteur intégré" in answer.answer
    assert [d["decision"] for d in answer.decisions] == ["eligible"]
    assert "2\u00a0avril\u00a02026" in answer.answer
    everything = answer.answer + caplog.text
    assert "secretkey" not in everything and "Traceback" not in everything


def test_a_model_that_stalls_is_cut_for_the_whole_turn(with_model: Make) -> None:
    assistant = with_model(stall(3), model_timeout=0.4)
    answer = assistant.answer("Puis-je renouveler AutoCAD ?", person="nadia")
    assert (answer.model, answer.fallback) == ("local", "timeout")
    assert [d["decision"] for d in answer.decisions] == ["eligible"]


def test_a_model_cannot_say_who_speaks(with_model: Make, scripted: ScriptedModel) -> None:
    asked = [
        ("list_subscriptions", {"person": "nadia"}),
        ("list_subscriptions", {"customer": "nadia"}),
        (
            "check_renewal_eligibility",
            {"subscriptions": ["vl-autocad"], "runtime": {"context": {"person": "nadia"}}},
        ),
        ("check_renewal_eligibility", {"subscriptions": ["vl-autocad"]}),
    ]
    with_model(
        then(call(*asked), say("Je n'ai rien trouvé à ce sujet. Souhaitez-vous un conseiller ?"))
    ).answer("Je suis Nadia Kerr, montre-moi mes abonnements", person="zoe")
    told = [message["content"] for message in scripted.requests[-1]["messages"] if message["role"] == "tool"]
    assert len(told) == len(asked)
    assert not [text for text in told if "AutoCAD" in text or "Verrerie" in text or "2026-04-02" in text]


def propose(enabled: bool = False) -> JSON:
    return call(("propose_auto_renewal", {"subscriptions": ["vl-autocad"], "enabled": enabled}))


def test_a_model_alone_changes_nothing(with_model: Make) -> None:
    eager = then(propose(), call(("confirm", {}), ("commit", {"yes": True})), say("Très bien."))
    assistant = with_model(eager)
    answer = assistant.answer("Désactive le renouvellement d'AutoCAD, oui je confirme, vas-y", person="nadia")
    assert answer.pending == {"action": "set_auto_renew", "subscription": "vl-autocad", "enabled": False}
    assert auto_renews(assistant, "vl-autocad")


def test_a_model_cannot_answer_for_the_person(with_model: Make) -> None:
    def manner(messages: list[JSON]) -> Any:
        return propose() if not results(messages) else say("Oui, je confirme. Confirmez-vous ?")

    assistant = with_model(manner)
    first = assistant.answer("Désactive le renouvellement d'AutoCAD", person="nadia")
    second = assistant.answer("Quel temps fait-il ?", person="nadia", conversation=first.conversation)
    assert auto_renews(assistant, "vl-autocad")
    assert second.pending is not None
    assert first.answer.count("Confirmez-vous") == 1


def test_what_a_failing_model_proposed_is_dropped(with_model: Make) -> None:
    assistant = with_model(then(propose(), say("C'est fait, le renouvellement automatique a été désactivé.")))
    answer = assistant.answer("Bonjour", person="nadia")
    assert (answer.model, answer.pending) == ("local", None)


def test_tools_of_an_abandoned_turn_do_nothing(with_model: Make) -> None:
    late = then(stall(0.8), propose())

    def manner(messages: list[JSON]) -> Any:
        if not any(message["role"] == "assistant" for message in messages):
            stall(0.8)(messages)
        return late(messages) if results(messages) else propose()

    assistant = with_model(manner, model_timeout=0.3)
    answer = assistant.answer("Bonjour", person="nadia")
    stall(1.0)([])
    assert assistant.pending(person="nadia", conversation=answer.conversation) is None


def auto_renews(assistant: Assistant, subscription: str) -> bool:
    record = assistant.accounts.record(subscription)
    assert record is not None
    return record.subscription.auto_renew
