"""What every store of state must do, and one in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from patron.ports.state import Key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patron.ports.state import State

_NOON = datetime(2026, 3, 1, 12, 0, 0, 123_456, UTC)
_SHOP = Key("key_1", "shop", "write", b"\x01" * 32, "patron_write_ab", _NOON)
_BOARD = Key("key_0", "board", "read", b"\x02" * 32, "patron_read_cd", _NOON + timedelta(seconds=1))


class MemoryState:
    """State that is forgotten with its process."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._keys: dict[str, Key] = {}

    def add_key(self, key: Key) -> None:
        """Keep a new key."""
        self._keys[key.id] = key

    def all_keys(self) -> Sequence[Key]:
        """All keys, the oldest first."""
        return sorted(self._keys.values(), key=lambda k: (k.created_at, k.id))

    def revoke_key(self, id: str, *, at: datetime) -> Key | None:  # noqa: A002  # what the port calls it
        """End a key unless it has ended."""
        key = self._keys.get(id)
        if key is not None and key.revoked_at is None:
            self._keys[id] = key = replace(key, revoked_at=at)
        return key

    def close(self) -> None:
        """Nothing is held."""


class StateContract:
    """Inherit it, and give a fixture `state`: an empty one."""

    def test_keys_come_back_as_they_were_kept(self, state: State) -> None:
        """The oldest first, with instants in UTC to the microsecond."""
        assert list(state.all_keys()) == []
        state.add_key(_BOARD)
        state.add_key(_SHOP)
        assert list(state.all_keys()) == [_SHOP, _BOARD]

    def test_a_revoked_key_stays_and_says_since_when(self, state: State) -> None:
        """The first time counts."""
        state.add_key(_SHOP)
        ended = replace(_SHOP, revoked_at=_NOON + timedelta(hours=1))
        assert state.revoke_key("key_1", at=_NOON + timedelta(hours=1)) == ended
        assert state.revoke_key("key_1", at=_NOON + timedelta(hours=2)) == ended
        assert list(state.all_keys()) == [ended]

    def test_an_unknown_key_cannot_be_revoked(self, state: State) -> None:
        """Nothing is said to have ended, and nothing has."""
        state.add_key(_SHOP)
        assert state.revoke_key("key_2", at=_NOON) is None
        assert list(state.all_keys()) == [_SHOP]
