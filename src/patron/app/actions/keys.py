"""Keys of programs: made, listed, revoked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patron.kernel.errors import InputError
from patron.kernel.problems import Problem, did_you_mean
from patron.kernel.time import iso
from patron.runtime.keys import minted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patron.ports.clock import Clock
    from patron.ports.state import Key, Scope, State


@dataclass(frozen=True, slots=True)
class ShownKey:
    """A key as people see it; the secret only when it has just been made."""

    key: Key
    secret: str | None = None

    def as_json(self) -> dict[str, object]:
        """For programs."""
        key = self.key
        return {
            **({"key": self.secret} if self.secret else {}),
            "id": key.id,
            "name": key.name,
            "scope": key.scope,
            "prefix": key.prefix,
            "created_at": iso(key.created_at),
            "revoked_at": iso(key.revoked_at) if key.revoked_at else None,
        }


@dataclass(frozen=True, slots=True)
class ShownKeys:
    """All keys."""

    keys: Sequence[ShownKey]

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {"keys": [key.as_json() for key in self.keys]}


def create_key(state: State, clock: Clock, *, scope: Scope, name: str) -> ShownKey:
    """A new key with its secret, which is kept nowhere.

    Raises:
        InputError: it has no name.
    """
    if not name.strip():
        raise InputError("The key needs a name, so that you know later what it is for.", [Problem("name", name, "some words")])
    secret, key = minted(scope, name.strip(), now=clock.now())
    state.add_key(key)
    return ShownKey(key, secret)


def list_keys(state: State) -> ShownKeys:
    """All keys, the oldest first, also those that were revoked."""
    return ShownKeys([ShownKey(key) for key in state.all_keys()])


def revoke_key(state: State, clock: Clock, key_id: str) -> ShownKey:
    """The key, which from now on opens nothing.

    Raises:
        InputError: there is none of this id.
    """
    ended = state.revoke_key(key_id, at=clock.now())
    if ended is None:
        known = [key.id for key in state.all_keys()]
        raise InputError(
            f"There is no key {key_id!r}.", [Problem("key", key_id, "an id of `patron key list`", did_you_mean(key_id, known))]
        )
    return ShownKey(ended)
