"""How fast a key may send."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from patron.api.asgi import refused

if TYPE_CHECKING:
    from datetime import datetime

    from patron.ports.clock import Clock

SAVED_SECONDS = 10
_LONGEST_WAIT = 60


class Pace:
    """Calls of each key: so many a second, and at once what was not sent in the ten seconds before."""

    def __init__(self, per_second: int, clock: Clock) -> None:
        """Let keys send at a pace.

        Args:
            per_second: calls; 0 for any number.
            clock: says what time it is.
        """
        self._per_second, self._clock = per_second, clock
        self._left: dict[str, tuple[float, datetime]] = {}

    def take(self, key: str) -> None:
        """Let a request of a key that is known come in, and count a call. It is let through whole, and its key waits the longer after it.

        Raises:
            AnswerError: the key has sent too much.
        """
        if not self._per_second:
            return
        left = self._saved(key)
        if left <= 0:
            wait = min(math.floor(-left / self._per_second) + 1, _LONGEST_WAIT)
            raise refused(429, "too_fast", f"A key sends no more than {self._per_second:,} calls a second.", retry_after=wait)
        self.count(key, 1)

    def count(self, key: str, calls: int) -> None:
        """Count calls of a request that came in."""
        if self._per_second:
            self._left[key] = self._saved(key) - calls, self._clock.now()

    def _saved(self, key: str) -> float:
        """What a key may send now. The time is noted each time, so that a clock that is set back holds nobody up."""
        now, most = self._clock.now(), float(self._per_second * SAVED_SECONDS)
        left, since = self._left.get(key, (most, now))
        saved = min(left + max((now - since).total_seconds(), 0) * self._per_second, most)
        self._left[key] = saved, now
        return saved
