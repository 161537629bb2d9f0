"""Keys: made of randomness, kept as a hash, and recognised without telling how near a wrong one was."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from patron.kernel.errors import TransientError
from patron.kernel.ids import derived, shown
from patron.ports.state import Key, Scope

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from patron.ports.clock import Clock
    from patron.ports.state import State

_SECRET_BYTES = 32
_NOTHING, _FRESH = timedelta(), timedelta(seconds=1)
_SHOWN_CHARACTERS = 4


def minted(scope: Scope, name: str, *, now: datetime) -> tuple[str, Key]:
    """A new secret, and the key that may be kept of it."""
    head = f"patron_{scope}_"
    secret = head + secrets.token_urlsafe(_SECRET_BYTES)
    digest = digest_of(secret)
    return secret, Key(shown("key", derived("key", digest.hex())), name, scope, digest, secret[: len(head) + _SHOWN_CHARACTERS], now)


def digest_of(secret: str) -> bytes:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def recognised(secret: str, keys: Iterable[Key]) -> Key | None:
    """The key of a secret that has not been revoked; the time that it takes tells nothing about the others."""
    digest, found = digest_of(secret), None
    for key in keys:
        if hmac.compare_digest(key.digest, digest) and key.revoked_at is None:
            found = key
    return found


class KeyRing:
    """The keys of a project while it is served, read again at most once a second, so that a revoked one soon opens nothing."""

    def __init__(self, state: State, clock: Clock) -> None:
        """Know the keys of a state."""
        self._state, self._clock = state, clock
        self._active: list[Key] = []
        self._read_at: datetime | None = None

    def key(self, secret: str) -> Key | None:
        """The key of a secret, if it is known and has not been revoked."""
        self._renew()
        return recognised(secret, self._active)

    def may_write(self, secret: str) -> bool:
        """Whether a secret may collect."""
        key = self.key(secret)
        return key is not None and key.scope == "write"

    def may_administer(self, secret: str) -> bool:
        """Whether a secret may change what is known."""
        key = self.key(secret)
        return key is not None and key.scope == "admin"

    @property
    def can_collect(self) -> bool:
        """Whether there is any key that may collect."""
        self._renew()
        return any(key.scope == "write" for key in self._active)

    def _renew(self) -> None:
        now = self._clock.now()
        if self._read_at is None or not _FRESH > now - self._read_at >= _NOTHING:
            try:
                self._active = [key for key in self._state.all_keys() if key.revoked_at is None]
            except TransientError:
                if self._read_at is None:
                    raise  # nothing is known yet; later the keys that were read last hold
            self._read_at = now
