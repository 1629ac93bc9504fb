"""The tools as an agent uses them: what a model sees, what it may send, and who it acts for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from desk_world import World, caller
from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from tools.agent_tools import make_tools
from tools.caller import Caller
from tools.store.handoffs import Handoffs
from tools.store.proposals import Proposals


class Scripted(GenericFakeChatModel):
    """Says what it is given; offered tools change nothing."""

    def bind_tools(self, tools: Any, **options: Any) -> Any:
        return self


def call(world: World, who: Caller, name: str, arguments: dict[str, Any], said: str = "…") -> ToolMessage:
    model = Scripted(
        messages=iter(
            [AIMessage("", tool_calls=[{"name": name, "args": arguments, "id": "1"}]), AIMessage("Fin.")]
        )
    )
    agent = create_agent(model, make_tools(world.desk), context_schema=Caller)
    answer = agent.invoke({"messages": [HumanMessage(said)]}, context=who)
    return next(each for each in answer["messages"] if isinstance(each, ToolMessage))


def test_a_model_sees_every_argument_explained_and_no_identity(world: World) -> None:
    for tool in make_tools(world.desk):
        schema = tool.tool_call_schema.model_json_schema()  # type: ignore[union-attr]
        assert len(tool.description) > 60
        assert "runtime" not in schema["properties"]
        assert not {"person", "caller", "user_id", "conversation"} & set(schema["properties"])
        assert all(field.get("description") for field in schema["properties"].values())


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("list_subscriptions", {}),
        ("list_subscriptions", {"customer": None}),
        ("check_renewal_eligibility", {}),
        ("check_renewal_eligibility", {"subscriptions": []}),
        ("renewal_options", {"subscriptions": ["f-revit"]}),
        ("estimate_renewal_price", {"subscriptions": ["f-revit"], "seats": 2}),
        ("look_up_order", {"number": "LF-2025-01"}),
        ("send_order_password_reset", {"number": "LF-2025-01"}),
        ("propose_auto_renewal", {"subscriptions": ["f-revit"], "enabled": True}),
        ("propose_cart", {"subscriptions": ["f-revit"]}),
        ("propose_quote", {"subscriptions": ["f-revit"], "seats": 2, "term": "annual", "to": None}),
        ("propose_primary_admin", {"subscription": "f-revit", "user": "Omar Sall"}),
        ("search_articles", {"query": "renouveler un abonnement expiré"}),
        ("read_facts", {"facts": ["F07"]}),
        ("hand_off", {"reason": "Un conseiller"}),
    ],
)
def test_every_tool_answers_json_for_the_caller_of_the_context(
    world: World, name: str, arguments: dict[str, Any]
) -> None:
    message = call(world, caller("nadia"), name, arguments)
    result = json.loads(str(message.content))
    assert message.status == "success"
    assert result["ok"] is True
    assert {"status", "sources"} <= set(result)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("propose_auto_renewal", {"subscriptions": ["f-revit"], "enabled": "yes"}),
        ("propose_auto_renewal", {"subscriptions": ["f-revit"], "enabled": 1}),
        ("propose_auto_renewal", {"subscriptions": "f-revit", "enabled": True}),
        ("propose_auto_renewal", {"subscriptions": [], "enabled": True}),
        ("propose_auto_renewal", {"subscriptions": ["f-revit"], "enabled": True, "confirmed": True}),
        ("propose_quote", {"subscriptions": ["f-revit"], "seats": "3"}),
        ("propose_quote", {"subscriptions": ["f-revit"], "seats": 0}),
        ("propose_quote", {"subscriptions": ["f-revit"], "term": "trial"}),
        ("propose_quote", {"subscriptions": ["f-revit"], "to": "moi"}),
        ("estimate_renewal_price", {"seats": True}),
        ("list_subscriptions", {"person": "nadia"}),
        ("read_facts", {"facts": ["F7"]}),
        ("look_up_order", {}),
    ],
)
def test_arguments_are_not_bent_into_shape(world: World, name: str, arguments: dict[str, Any]) -> None:
    assert call(world, caller("nadia"), name, arguments).status == "error"
    assert Proposals(world.engine).pending(caller("nadia"), world.clock.now()) is None


def test_an_identity_sent_by_the_model_is_ignored(world: World) -> None:
    evil = {"runtime": {"context": {"person": "nadia", "conversation": "c-1"}}}
    result = json.loads(str(call(world, caller("yves"), "list_subscriptions", evil).content))
    assert [each["id"] for each in result["subscriptions"]] == ["e-plant"]


def test_an_id_that_is_no_text_is_refused_in_words_that_can_be_stored(world: World) -> None:
    message = call(world, caller("nadia"), "check_renewal_eligibility", {"subscriptions": ["\ud83d"]})
    assert message.status == "error"
    assert str(message.content).encode("utf-8")


def test_tool_calls_alone_change_nothing(world: World) -> None:
    result = call(
        world, caller("nadia"), "propose_auto_renewal", {"subscriptions": ["f-revit"], "enabled": True}
    )
    assert json.loads(str(result.content))["proposal"]["enabled"] is True
    listed = json.loads(str(call(world, caller("nadia"), "list_subscriptions", {}).content))
    assert not next(each for each in listed["subscriptions"] if each["id"] == "f-revit")["auto_renew"]


def test_a_hand_off_carries_what_was_said_without_the_order_password(world: World) -> None:
    model = Scripted(
        messages=iter(
            [
                AIMessage(
                    "",
                    tool_calls=[
                        {
                            "name": "look_up_order",
                            "args": {"number": "LF-2025-01", "password": "Sésame-forge"},
                            "id": "1",
                        }
                    ],
                ),
                AIMessage("", tool_calls=[{"name": "hand_off", "args": {"reason": "Aide"}, "id": "2"}]),
                AIMessage("C’est transmis."),
            ]
        )
    )
    agent = create_agent(model, make_tools(world.desk), context_schema=Caller)
    before = [HumanMessage("Bonjour"), AIMessage("Bonjour, oui. [0a1b2c3d]")]
    said = HumanMessage("Commande LF-2025-01, mot de passe Sésame-forge, et un humain")
    agent.invoke({"messages": [*before, said]}, context=caller("nadia"))
    stored = Handoffs(world.engine).get("H-000001")
    assert stored is not None
    assert stored.transcript == (
        ("user", "Bonjour"),
        ("assistant", "Bonjour, oui."),
        ("user", "Commande LF-2025-01, mot de passe ••••, et un humain"),
    )
