"""The desk's use cases as LangChain tools: strict arguments in, JSON text out, identity from the runtime
context only.

What a model is told of them is in `agent_tools.fr.yaml`. No tool here changes an account: they read or
propose.
"""

# Annotations are read at run time to inject the runtime: this module does without postponed evaluation.

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, create_model

from tools.caller import Caller
from tools.desk import Desk

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from langchain_core.tools import BaseTool

Text = Annotated[str, StringConstraints(min_length=1)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
Fact = Annotated[str, StringConstraints(pattern=r"^F\d{2}$")]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Passages = Annotated[int, Field(ge=1, le=20)]
Ids = Annotated[list[Name], Field(max_length=1000)]
SomeIds = Annotated[list[Name], Field(min_length=1, max_length=1000)]
Facts = Annotated[list[Fact], Field(min_length=1, max_length=40)]
PaidTerm = Literal["monthly", "annual", "three_year"]
Recipient = Literal["partner", "sales"]

_ARGUMENTS: Mapping[str, Mapping[str, Any]] = {
    "list_subscriptions": {"customer": (Name | None, None)},
    "check_renewal_eligibility": {"subscriptions": (Ids | None, None)},
    "renewal_options": {"subscriptions": (Ids | None, None)},
    "estimate_renewal_price": {"subscriptions": (Ids | None, None), "seats": (Count | None, None)},
    "look_up_order": {"number": (Name, ...), "password": (Name | None, None)},
    "send_order_password_reset": {"number": (Name, ...)},
    "propose_auto_renewal": {"subscriptions": (SomeIds, ...), "enabled": (bool, ...)},
    "propose_cart": {"subscriptions": (SomeIds, ...)},
    "propose_quote": {
        "subscriptions": (SomeIds, ...),
        "seats": (Count | None, None),
        "term": (PaidTerm | None, None),
        "to": (Recipient | None, None),
    },
    "propose_primary_admin": {"subscription": (Name, ...), "user": (Name, ...)},
    "list_requests": {},
    "search_articles": {"query": (Text, ...), "k": (Passages, 6)},
    "read_facts": {"facts": (Facts, ...)},
    "hand_off": {"reason": (Text, ...), "email": (Name | None, None)},
}
"""Tool (a method of the desk) -> its arguments with type and default, as the model may give them."""

_REF = re.compile(r"\s*\[[0-9a-f]{8}\]")
_HIDDEN = "••••"


def make_tools(desk: Desk) -> "list[BaseTool]":
    """One thin tool for each use case of the desk; the caller is the runtime context of the agent."""
    return [_tool(desk, name) for name in _ARGUMENTS]


def _tool(desk: Desk, name: str) -> "BaseTool":
    from langchain.tools import ToolRuntime
    from langchain_core.tools import StructuredTool

    use_case = getattr(desk, name)
    with_transcript = name == "hand_off"

    def call(runtime: ToolRuntime[Caller], **arguments: Any) -> str:
        if with_transcript:
            arguments["transcript"] = transcript(runtime.state.get("messages", ()))
        return json.dumps(use_case(runtime.context, **arguments), ensure_ascii=False)

    return StructuredTool(
        name=name,
        description=_texts()[name]["about"],
        func=call,
        args_schema=_schema(name, ToolRuntime[Caller, Any]),
    )


def _schema(name: str, runtime: Any) -> type[BaseModel]:
    """The strict argument schema; the runtime is in it for the agent to fill, and hidden from the model."""
    about = _texts()[name]["arguments"]
    fields = {
        argument: (kind, Field(default, description=about[argument]))
        for argument, (kind, default) in _ARGUMENTS[name].items()
    }
    schema: type[BaseModel] = create_model(
        name,
        __config__=ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True),
        runtime=(runtime, Field(exclude=True)),
        **fields,  # type: ignore[call-overload]
    )
    return schema


def transcript(messages: "Iterable[BaseMessage]") -> list[tuple[str, str]]:
    """What was said aloud in a conversation, for a human to read: without tool traffic, marks or order
    passwords.
    """
    said = list(messages)
    secrets = {
        str(call["args"]["password"])
        for message in said
        for call in getattr(message, "tool_calls", ())
        if call["args"].get("password")
    }
    roles = {"human": "user", "ai": "assistant"}
    lines = [(roles[message.type], _REF.sub("", message.text)) for message in said if message.type in roles]
    for secret in secrets:
        lines = [(role, text.replace(secret, _HIDDEN)) for role, text in lines]
    return [(role, text) for role, text in lines if text.strip()]


@cache
def _texts() -> dict[str, dict[str, Any]]:
    import yaml

    loaded: dict[str, dict[str, Any]] = yaml.safe_load(
        Path(__file__).with_suffix(".fr.yaml").read_text(encoding="utf-8")
    )
    return loaded
