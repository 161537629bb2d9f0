"""The turn to write: one session of a store has it at a time."""

from __future__ import annotations

import threading


class Turn:
    """Held inside a `with` block; whoever has it may take it again. It is known whether another waits for it."""

    def __init__(self) -> None:
        """Nobody has it yet."""
        self._held, self._counting = threading.RLock(), threading.Lock()
        self._waiting = self._ended = 0

    def __enter__(self) -> None:
        """Wait for it and take it."""
        self.acquire()

    def __exit__(self, *_: object) -> None:
        """Let go of it."""
        self.release()

    @property
    def is_wanted(self) -> bool:
        """Whether somebody waits for it."""
        return self._waiting > 0

    @property
    def ended(self) -> int:
        """How often somebody has let go of it: while that stays, nobody has written."""
        return self._ended

    def acquire(self, timeout_seconds: float = -1) -> bool:
        """Wait for it and take it; false when the time is over before."""
        if self._held.acquire(blocking=False):
            return True
        self._count(1)
        try:
            return self._held.acquire(timeout=timeout_seconds)
        finally:
            self._count(-1)

    def release(self) -> None:
        """Let go of it."""
        self._ended += 1
        self._held.release()

    def _count(self, more: int) -> None:
        with self._counting:
            self._waiting += more
