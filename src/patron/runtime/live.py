"""Ticks without end: the loop of a server, which works as records come and customers are due, and sleeps in between."""

from __future__ import annotations

import gc
import logging
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from patron.kernel.errors import InputError, MemoryLimitError, OutsideError, TransientError
from patron.kernel.time import iso
from patron.runtime.ticking import MOST, GaveWayError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime
    from threading import Event

    from patron.ports.clock import Clock
    from patron.runtime.latest import Latest
    from patron.runtime.pipeline import Definitions
    from patron.runtime.ticked import Ticked
    from patron.runtime.ticking import Ticks

_log = logging.getLogger(__name__)

PAUSE = 0.02
"""Seconds from the beginning of a tick to that of the next at least, so that records that come together are taken together."""
QUIET = 400
"""While fewer records come in a second, ticks leave more than half of a processor to others: they rest between each other."""
_REST, _LONGEST_REST = 2.5, 0.5  # times the seconds that the last tick took, and seconds
_TOGETHER = 0.6
"""Seconds from the beginning of a tick without records to that of the next at least, unless some come: who is due meanwhile is late."""
_LONGEST_SLEEP = 1.0
_LOG_MEGABYTES, _LOG_LASTS = 32, timedelta(seconds=10)
_AFTER_TROUBLE = 2.0
_REMEMBERED = 1_000


@dataclass(slots=True)
class Live:
    """The live path at work.

    Attributes:
        ticks: what is done at each.
        clock: tells the present.
        redefined: the definitions, when they have changed since it was last asked; raises InputError when they cannot be used.
        tell: is told of such definitions once all answers come from them.
        trouble: why the last tick could not be made; empty when it could.
        refused: why the changed definitions are not taken, so that those before them stay; empty when they are.
        refresh: at which `step` a full refresh is, `of` how many, `what` it makes, and whether it `is_beside` ticks; None when none runs.
    """

    ticks: Ticks
    clock: Clock
    redefined: Callable[[], Definitions | None] = lambda: None
    tell: Callable[[Definitions], None] = lambda _: None
    trouble: str = ""
    refused: str = ""
    refresh: Mapping[str, int | str] | None = None
    _last: Ticked | None = None
    _told: Definitions | None = None
    _began: datetime | None = None
    _rest: float = PAUSE
    _is_settled: bool = False
    _shortened: datetime | None = None
    _tick_seconds: deque[float] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    _lag_seconds: deque[float] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    def __post_init__(self) -> None:
        """Be told how far refreshes are."""
        self.ticks.progress = self._refreshing

    @property
    def latest(self) -> Latest:
        """The answers about whom ticks have looked at last."""
        return self.ticks.latest

    def run(self, stop: Event) -> None:
        """Work until told to stop. A full disk is waited out: the tick is made again, and nothing is lost."""
        try:
            self._make_ready()
            while not stop.is_set():
                self._go_on(stop)
        finally:
            self.ticks.close()
            gc.unfreeze()  # a tick may have ended after the server did: what is kept from the collector at the end is never let go

    def status(self) -> Mapping[str, object]:
        """How far it is: for people, programs and alarms."""
        position, as_of = self._reached()
        return {
            "position": position,
            "waiting": self.ticks.inbox.last - position,
            "as_of": as_of,
            "trouble": self.trouble or self.ticks.trouble,
            "refused_definitions": self.refused,
            "refresh": self.refresh,
            "tick_seconds": spread(self._tick_seconds),
            "event_to_segment_seconds": spread(self._lag_seconds),
        }

    def _refreshing(self, done: int, total: int, what: str) -> None:
        self.refresh = {"step": done + 1, "of": total, "what": what, "is_beside": self.ticks.is_refreshing_beside}

    def _make_ready(self) -> None:
        try:
            self.ticks.make_ready(self.clock.now())
        except OutsideError as error:  # the first tick meets it too, and says so
            _log.info("the first tick is not planned ahead", extra={"action": "tick", "reason": type(error).__name__})

    def _go_on(self, stop: Event) -> None:
        """Make one tick, or sleep until there may be work."""
        try:
            self._define()
            if not self._has_work():
                return
            self._tick()
        except GaveWayError:
            _log.info("a refresh gave way", extra={"action": "tick"})
        except MemoryLimitError as error:
            self._give_memory(error, stop)
        except TransientError as error:
            self._wait_out(error, stop)
        finally:
            if not self.ticks.is_refreshing_beside:
                self.refresh = None
        if self._last is not None and not self._last.records:
            self.ticks.inbox.wait(self._last.position, self._rest)
        else:
            stop.wait(self._rest)

    def _give_memory(self, error: MemoryLimitError, stop: Event) -> None:
        """Work that needs more memory than a server takes at first gets it, if there is more."""
        if self.ticks.store.allow_more_memory():
            _log.info("the engine is given more memory", extra={"action": "tick"})
        else:
            self._wait_out(error, stop)

    def _wait_out(self, error: TransientError, stop: Event) -> None:
        self.trouble = str(error)
        _log.warning("a tick could not be made", extra={"action": "tick", "reason": self.trouble})
        stop.wait(_AFTER_TROUBLE)

    def _reached(self) -> tuple[int, str | None]:
        return (self._last.position, iso(self._last.as_of)) if self._last else (0, None)

    def _define(self) -> None:
        try:
            definitions = self.redefined()
        except InputError as error:
            self.refused = str(error)
            _log.warning("changed definitions are not taken", extra={"action": "define", "reason": self.refused})
            return
        if definitions is not None:
            self.refused = ""
            self.ticks.define(definitions)

    def _has_work(self) -> bool:
        """Whether there is work now; sleeps until there may be."""
        position, as_of = self.ticks.reached
        if self.ticks.inbox.last > position or (wakes_at := self.ticks.wakes_after(as_of)) is None:
            return True
        ahead = (wakes_at - self.clock.now()).total_seconds()
        return ahead <= 0 or self.ticks.inbox.wait(position, min(ahead, _LONGEST_SLEEP))

    def _tick(self) -> None:
        began = self.clock.now()
        self._last = self._made(began)
        if self.ticks.definitions is not self._told:
            self._told = self.ticks.definitions
            self.tell(self._told)
        ended = self.clock.now()
        self._settle(self._last)
        self.trouble = ""
        took = (ended - began).total_seconds()
        self._rest = self._until_next(began, took, self._last.records)
        if self._rest > PAUSE and not self.ticks.is_refreshing_beside:  # little comes, so nobody waits for it
            self._shorten_log(ended)
        self._tick_seconds.append(took)
        if self._last.received is not None:
            longest, shortest = ((ended - at).total_seconds() for at in self._last.received)
            self._lag_seconds.extend((longest, (longest + shortest) / 2, shortest))  # as records come evenly

    def _shorten_log(self, now: datetime) -> None:
        """Now and then, as little is written while little comes."""
        if self._shortened is None or abs(now - self._shortened) >= _LOG_LASTS:
            self.ticks.store.shorten_log(_LOG_MEGABYTES)
            self._shortened = now

    def _settle(self, last: Ticked) -> None:
        """After the first tick that follows a full refresh: what both have made lasts, and is not looked through for garbage again."""
        if last.refreshed:
            self._is_settled = False
        elif last.touched and not self._is_settled:
            gc.unfreeze()
            gc.collect()
            gc.freeze()
            self._is_settled = True

    def _until_next(self, began: datetime, took: float, records: int) -> float:
        """Seconds to rest after a tick that took so long, for so many records: all that had come since the one before."""
        since = (began - self._began).total_seconds() if self._began else 0.0
        self._began = began
        if not records:
            return max(_TOGETHER - took, PAUSE)
        is_quiet = records < QUIET * max(since, took)
        return min(max(_REST * took, PAUSE), _LONGEST_REST) if is_quiet else max(PAUSE - took, 0.0)

    def _made(self, now: datetime) -> Ticked:
        """A tick. Where it stops at something that nobody expected, ever fewer entries are taken, until one alone can be set aside."""
        most = MOST
        while True:
            try:
                return self.ticks.tick(now, most=most)
            except OutsideError:
                raise
            except Exception as error:  # noqa: BLE001  # whatever it is, the shop must not stand still for one record
                _log.warning("a tick stopped", extra={"action": "tick", "reason": type(error).__name__, "entries": most})
            if most == 1:
                return self.ticks.tick(now, most=1, is_aside=True)
            most //= 2


def spread(seconds: Collection[float]) -> Mapping[str, float] | None:
    """The middle and the worst of a hundred; None before the first."""
    if not seconds:
        return None
    ordered = sorted(seconds)
    return {"p50": ordered[len(ordered) // 2], "p99": ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]}
