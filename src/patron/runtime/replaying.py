"""Replay: stored facts go through ticks again, on a copy, and a full recomputation says whether every membership is right.

Time is that of the facts. The copy begins as it would have been at an instant; from then on each tick is given the facts that came true
since the one before, and whoever is due. So a shop's own past is a test of the live path, and a long one of its soundness.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter, sleep
from typing import TYPE_CHECKING

from patron.facts import tables as t
from patron.facts.as_of import HAPPENED
from patron.kernel.time import literal, moment
from patron.runtime import memberships
from patron.runtime.new_events import NEW_EVENTS, look_for_new_events
from patron.runtime.reached import outdate
from patron.runtime.receiving import Received
from patron.runtime.referee import strays
from patron.runtime.ticking import Ticks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta

    import ibis.expr.types as ir

    from patron.facts.as_of import Facts
    from patron.ports.engine import Store
    from patron.ports.inbox import Inbox
    from patron.runtime.loading_options import Progress
    from patron.runtime.pipeline import Definitions

FED = tuple(name for name in HAPPENED if name not in {"customers", "list_members"})
"""Facts that are given to ticks again; customers and lists come true by themselves."""
_LATER = "_later_"


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did.

    Attributes:
        facts: rows that were given to ticks again, by table.
        ticks: how many there were.
        refreshes: how many of them worked out everything, as at each midnight.
        touched: customers that they looked at, one after another.
        changed: memberships that changed.
        checks: how often everything was recomputed to compare.
        strays: customers, over all checks, of whom a kept membership was not what the recomputation said.
        tick_seconds: of each tick that was no refresh.
    """

    facts: Mapping[str, int]
    ticks: int
    refreshes: int
    touched: int
    changed: int
    checks: int
    strays: int
    tick_seconds: tuple[float, ...]


@dataclass(slots=True)
class _Feeding(Ticks):
    """Ticks that are given facts of the past instead of entries of an inbox.

    Attributes:
        fed: rows given so far, by table.
    """

    fed: dict[str, int] = field(default_factory=dict)

    def _take(self, position: int, now: datetime, held: Facts, *, most: int, is_aside: bool) -> tuple[Received, int]:
        del held, most, is_aside
        written = {name: n for name in FED if (n := self._come_true(name, now))}
        for name, n in written.items():
            self.fed[name] = self.fed.get(name, 0) + n
        received = Received(written=written)
        if "events" in written:
            look_for_new_events(self.store)
            received.left = frozenset({NEW_EVENTS})
        return received, position

    def _forget(self, position: int) -> None:
        del position

    def _come_true(self, name: str, now: datetime) -> int:
        later, at = t.BY_NAME[name].unbound(_LATER + name), HAPPENED[name]
        true = later.filter(later[at] < literal(now))
        given = self.store.insert(name, true.mutate(received_at=moment()) if "received_at" in later.columns else true)
        if given:
            self.store.delete(_LATER + name, true.select(t.BY_NAME[name].key[0]).distinct(), t.BY_NAME[name].key[:1])
        return given


def replay(  # noqa: PLR0913  # what is replayed, and how
    store: Store,
    definitions: Definitions,
    hold: Callable[[datetime], Facts],
    *,
    begin: datetime,
    end: datetime,
    every: timedelta,
    checks: int,
    speed: float,
    progress: Progress,
) -> Replayed:
    """Let time pass again on a copy of a store, from one instant to another.

    Args:
        store: the copy; it is changed.
        definitions: what is worked out.
        hold: what facts the copy holds, as of an instant.
        begin: where time begins.
        end: where it ends.
        every: ticks come so often, where there is anything to do.
        checks: how often memberships are compared with a full recomputation, spread over the time; once more at the end.
        speed: how many times as fast as it was; 0 for as fast as can be.
        progress: is told about every tick.
    """
    _go_back(store, begin, end)
    nothing: Inbox | None = None
    ticks = _Feeding(store, definitions, hold, nothing)  # type: ignore[arg-type]  # it never asks for entries
    count, refreshes, touched, changed, compared, wrong = 0, 0, 0, 0, 0, 0
    seconds: list[float] = []
    now, total = begin, (end - begin) / every
    apart = total / checks if checks else 0.0
    next_check = apart
    while now <= end:
        if _has_work(store, ticks, now):
            began = perf_counter()
            done = ticks.tick(now)
            took = perf_counter() - began
            count, refreshes, touched, changed = count + 1, refreshes + done.refreshed, touched + done.touched, changed + done.changed
            if not done.refreshed:
                seconds.append(took)
            if checks and (now - begin) / every >= next_check:
                compared, wrong = compared + 1, wrong + strays(store, definitions, hold(now))
                next_check += apart
            if speed:
                sleep(max(0.0, every.total_seconds() / speed - took))
        progress(int((now - begin) / every), int(total), f"{now:%Y-%m-%d %H:%M}")
        now += every
    _, reached = ticks.reached
    if reached is not None:
        compared, wrong = compared + 1, wrong + strays(store, definitions, hold(reached))
    return Replayed(dict(ticks.fed), count, refreshes, touched, changed, compared, wrong, tuple(seconds))


def _go_back(store: Store, begin: datetime, end: datetime) -> None:
    """Set the facts from the beginning on aside, forget those from the end on, and all answers."""
    with store.transaction():
        for name in FED:
            table = t.BY_NAME[name]
            rows, at = table.unbound(), HAPPENED[name]
            later = rows.filter(rows[at] >= literal(begin))
            store.create(_LATER + name, later.filter(later[at] < literal(end)))
            store.delete(name, later.select(table.key[0]).distinct(), table.key[:1])
        _forget_answers(store, begin)
        outdate(store)


def _forget_answers(store: Store, begin: datetime) -> None:
    for table, at in ((memberships.CHANGES, "changed_at"), (memberships.SIZES, "as_of"), (memberships.REFRESHES, "as_of")):
        store.declare(table)
        rows = table.unbound()
        store.delete(table.name, rows.filter(rows[at] >= literal(begin)).select(at).distinct(), (at,))
    for name in (memberships.CURRENT, memberships.RECORDED):
        store.drop(name)


def _has_work(store: Store, ticks: Ticks, now: datetime) -> bool:
    wakes_at = ticks.wakes_at
    return wakes_at is None or wakes_at <= now or any(_first(store, name, now) for name in FED)


def _first(store: Store, name: str, now: datetime) -> bool:
    later: ir.Table = t.BY_NAME[name].unbound(_LATER + name)
    return bool(store.query(later.filter(later[HAPPENED[name]] < literal(now)).select(HAPPENED[name]).limit(1)).num_rows)
