"""Who a turn runs for. Identity comes from the session or the token, never from text or from a model."""

from __future__ import annotations

from dataclasses import dataclass

from tools.rules.models import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The runtime context of the agent: the person (None: an anonymous visitor) and the conversation."""

    person: UserId | None
    conversation: str
