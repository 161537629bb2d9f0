"""Full refreshes beside ticks: at most one at a time, thrown away where it has become void, and made again where it failed."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from patron.kernel.errors import MemoryLimitError, PatronError
from patron.runtime.next_tables import drop_next

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from patron.ports.engine import Store
    from patron.runtime.aside import Aside

_log = logging.getLogger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=2), timedelta(minutes=10)


class Asides:
    """The refreshes beside the ticks of one store.

    Attributes:
        trouble: why the last could not be made; empty when it could, or another is wanted by now.
        again_at: none is begun before; None for at once.
    """

    def __init__(self, store: Store) -> None:
        """Remove what a process that was killed has left."""
        self.trouble = ""
        self.again_at: datetime | None = None
        self._store, self._pause = store, _FIRST_PAUSE
        self._current: Aside | None = None
        drop_next(store)

    @property
    def is_at_work(self) -> bool:
        """Whether one works, and for something."""
        return self._current is not None and self._current.is_at_work

    @property
    def is_over(self) -> bool:
        """Whether there is one that the next tick puts in place or throws away."""
        return self._current is not None and self._current.is_over

    def is_for(self, digest: str) -> bool:
        """Whether there is one by these definitions."""
        return self._current is not None and not self._current.is_void and self._current.definitions.digest == digest

    def begin(self, make: Callable[[], Aside], *, at: datetime) -> None:
        """Begin one at an instant, unless there is one, or it is too soon after a failure."""
        if self._current is None and (self.again_at is None or at >= self.again_at):
            self._current = make()

    def done(self, now: datetime) -> Aside | None:
        """The one that waits to be put in place, if one does. What has failed or is void is thrown away, no transaction runs."""
        aside = self._current
        if aside is None:
            return None
        if not aside.is_over:
            if aside.is_void:
                aside.break_off()
            return None
        if aside.found is not None:
            return aside
        if aside.is_void or aside.error is None:
            self._throw_away()
        else:
            self.fail(aside.error, now)
        return None

    def note(self, store: Store) -> None:
        """Something has come of the customers of `TOUCHED`."""
        if self._current is not None:
            self._current.note(store)

    def break_off(self) -> None:
        """What is worked out, and what stood against it, is void."""
        self._calm()
        if self._current is not None:
            self._current.break_off()

    def took_place(self) -> None:
        """What was worked out has been put in place."""
        self._calm()
        self._current = None

    def fail(self, error: BaseException, now: datetime) -> None:
        """It could not be made, or not be put in place: another is begun after a while, at once where there is more memory to be had."""
        if isinstance(error, MemoryLimitError) and self._store.allow_more_memory():
            _log.info("the engine is given more memory", extra={"action": "refresh"})
        else:
            self.trouble = str(error) if isinstance(error, PatronError) else f"A full refresh could not be made ({type(error).__name__})."
            _log.warning("a refresh beside ticks could not be made", extra={"action": "refresh", "reason": self.trouble})
            self.again_at, self._pause = now + self._pause, min(2 * self._pause, _LONGEST_PAUSE)
        self._throw_away()

    def end(self) -> None:
        """Break off what is worked out and wait until it has ended."""
        if self._current is not None:
            self._current.end()

    def _throw_away(self) -> None:
        self._current = None
        drop_next(self._store)

    def _calm(self) -> None:
        self.trouble, self.again_at, self._pause = "", None, _FIRST_PAUSE
