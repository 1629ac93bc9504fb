"""What can go wrong in the store, split by who must act."""

from __future__ import annotations


class StoreError(Exception):
    """The database or a file cannot be used; the message is one clear line, without any password."""


class ConversationConflict(StoreError):
    """Another turn of the same conversation was recorded meanwhile; run the turn again on fresh state."""
