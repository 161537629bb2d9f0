"""The state: what the shop's people and programs have arranged with Patron, apart from facts. So far its keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

Scope = Literal["write", "read", "admin"]


@dataclass(frozen=True, slots=True)
class Key:
    """Permission for a program to send or to ask.

    Attributes:
        id: what people revoke it by.
        name: what it is for, in the owner's words.
        scope: "write" may only collect and is public by nature, "read" may ask, "admin" may change.
        digest: SHA-256 of the secret; the secret itself is kept nowhere.
        prefix: how the secret begins, so that it can be recognised.
        created_at: since when.
        revoked_at: until when; None while it holds.
    """

    id: str
    name: str
    scope: Scope
    digest: bytes
    prefix: str
    created_at: datetime
    revoked_at: datetime | None = None


class State(Protocol):
    """Keeps what has been arranged; whole or not at all."""

    def add_key(self, key: Key) -> None:
        """Keep a new key."""
        ...

    def all_keys(self) -> Sequence[Key]:
        """All keys, also revoked ones, the oldest first."""
        ...

    def revoke_key(self, id: str, *, at: datetime) -> Key | None:  # noqa: A002  # what it is called in the table
        """End a key; one that has ended stays as it was. Returns it, or None when there is none of this id."""
        ...

    def close(self) -> None:
        """Let go of what holds it."""
        ...
