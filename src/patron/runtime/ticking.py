"""The live path: what was received becomes facts, and the answers of whom it touches are worked out anew, in one transaction a tick.

The position in the inbox is kept in the same transaction, so a tick that is stopped anywhere is simply made again. Between ticks nothing
runs: the next one comes with the next record, or when the next customer is due. What only the whole population can tell (cut points,
averages, prices) is renewed by a full refresh at the shop's midnight, which is also when days change.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import ibis

from patron.facts import tables as t
from patron.facts.as_of import DETAILS
from patron.kernel.errors import TransientError
from patron.runtime import pipeline
from patron.runtime.due_times import DUE, next_due
from patron.runtime.loading_merge import REPLACED
from patron.runtime.loading_options import LoadOptions
from patron.runtime.memberships import TABLES
from patron.runtime.reached import TICKS, reach, stands
from patron.runtime.receiving import Received, receive, set_aside
from patron.runtime.renewing import Recipe, add_products, of_touched, recipe, renew
from patron.runtime.resolving import STIRRED, resolve_new
from patron.runtime.touching import touch

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from patron.facts.as_of import Facts
    from patron.kernel.time import Calendar
    from patron.ports.engine import Few, Store
    from patron.ports.inbox import Inbox
    from patron.runtime.loading_options import Progress
    from patron.runtime.pipeline import Definitions

MOST = 20_000
_MOST_GIVEN_WAY = 10
_TICK = timedelta(microseconds=1)
_FACTS = frozenset(table.name for table in t.FACTS)
_TELLING = frozenset({"orders", "spend", "forgotten"})  # of currencies and costs; and what is forgotten may have been all there was


class GaveWayError(TransientError):
    """A full refresh was given up, as another waits to write, which would have made it void."""


@dataclass(frozen=True, slots=True)
class Ticked:
    """What a tick did.

    Attributes:
        as_of: the instant that memberships are for now.
        position: the last entry of the inbox that has become facts.
        records: entries that it read.
        refused: those of them that could not be used.
        touched: customers that were looked at.
        changed: memberships that changed.
        refreshed: whether everything was worked out anew.
        received: when the record that had waited longest was received, and the one that had waited least; None without records.
    """

    as_of: datetime
    position: int
    records: int
    refused: int
    touched: int
    changed: int
    refreshed: bool
    received: tuple[datetime, datetime] | None = None


@dataclass(slots=True)
class Ticks:
    """The live path of one store; one thread runs it.

    Attributes:
        store: the project's.
        definitions: what is worked out.
        hold: what facts the store holds, as of an instant.
        inbox: what was received.
        few: works out the answers of few customers; without it the store does.
        progress: is told about every table of a full refresh.
    """

    store: Store
    definitions: Definitions
    hold: Callable[[datetime], Facts]
    inbox: Inbox
    few: Few | None = None
    progress: Progress = lambda done, total, what: None  # noqa: ARG005
    _held: Facts | None = field(default=None)
    _recipe: Recipe | None = field(default=None)
    _given_way: int = field(default=0)
    _wakes: dict[datetime, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make what the live path keeps, unless it is there."""
        with self.store.transaction():
            for table in (*t.FACTS, *t.LEDGER, TICKS, DUE, *TABLES):
                self.store.declare(table)
            self.store.index("identities", "identifier_id")

    @property
    def reached(self) -> tuple[int, datetime | None]:
        """The last entry of the inbox that has become facts, and the instant of the answers; None where they have to be made anew."""
        return stands(self.store, self.definitions.digest)

    @property
    def wakes_at(self) -> datetime | None:
        """When there is something to do although nothing comes: somebody is due, or the shop's day has ended. None: at once."""
        _, as_of = self.reached
        if as_of is None:
            return None
        if as_of not in self._wakes:
            midnight = next_midnight((self._held or self.hold(as_of)).shop.calendar, as_of)
            self._wakes = {as_of: min(midnight, next_due(self.store) or midnight)}
        return self._wakes[as_of]

    def define(self, definitions: Definitions) -> None:
        """From the next tick on these are what is worked out; that tick fills them in, and puts them in the place of the others at once."""
        self.definitions, self._recipe = definitions, None

    def tick(self, now: datetime, *, most: int = MOST, is_aside: bool = False) -> Ticked:
        """Bring facts and answers up to an instant, all of it or nothing.

        Args:
            now: the present. A clock that goes back is not followed: answers are never for an instant before that of the last ones.
            most: so many entries at most; the next tick takes up the rest.
            is_aside: keep the entries among the refused without looking at what they say.

        Raises:
            TransientError: the disk is full, or memory is not enough, or another waits to write; the tick can be made again.
        """
        with self.store.transaction():
            position, before = self.reached
            now = now if before is None or now > before else before + _TICK
            held = self._held if self._held and before else self.hold(now)  # others may have loaded facts of a new kind
            self.store.tell(now)
            if self.few is not None:
                self.few.tell(now)
            received, position = self._take(position, now, held, most=most, is_aside=is_aside)
            facts = self.hold(now) if _may_tell(received.written, held) else replace(held, as_of=now)
            # What only the whole population tells is that of another day, or was made from fewer kinds of facts.
            refreshed = before is None or now >= next_midnight(held.shop.calendar, before) or facts != replace(held, as_of=now)
            touched, changed = self._refreshed(facts) if refreshed else self._renewed(facts, received)
            self.store.drop(REPLACED)
            reach(self.store, position, now, self.definitions.digest)
        self._held = facts
        self._forget(position)
        return Ticked(now, position, received.records, received.refused, touched, changed, refreshed, received.between)

    def _take(self, position: int, now: datetime, held: Facts, *, most: int, is_aside: bool) -> tuple[Received, int]:
        """Make facts of what has come since a position; what became of it, and the position that is reached."""
        entries = self.inbox.read(position, most=most)
        if not entries:
            return Received(), position
        if is_aside:
            received = set_aside(self.store, entries, at=now)
        else:
            received = receive(self.store, entries, LoadOptions(received_at=now, shop=held.shop, is_live=True))
        resolved = resolve_new(self.store, received.written, self.few)
        if "customers" in resolved:
            received.written["customers"] = resolved["customers"]
        return received, entries[-1].position

    def _forget(self, position: int) -> None:
        """Let go of what has become facts."""
        self.inbox.forget(position)

    def _refreshed(self, facts: Facts) -> tuple[int, int]:
        self._recipe = None
        done = pipeline.refresh(self.store, self.definitions, facts, now=facts.as_of, progress=self._progress, is_live=True)
        self._given_way = 0
        return done.customers, done.changed

    def _progress(self, done: int, total: int, what: str) -> None:
        self.progress(done, total, what)
        if self.store.is_wanted and self._given_way < _MOST_GIVEN_WAY:
            self._given_way += 1
            raise GaveWayError("The refresh gives way to a command that writes.")

    def _renewed(self, facts: Facts, received: Received) -> tuple[int, int]:
        others = [STIRRED] if received.records else []
        if REPLACED in self.store.tables():
            others.append(ibis.table({"customer_id": "int64"}, name=REPLACED))
        touched = touch(self.store, received.written, others)
        if not touched:
            return 0, 0
        if self._recipe is None:
            self._recipe = recipe(self.store, self.definitions, of_touched(facts), self.few)
        if "order_lines" in received.written:
            add_products(self.store, self._recipe.facts)
        return touched, renew(self.store, self._recipe)


def _may_tell(written: Collection[str], held: Facts) -> bool:
    """Whether new rows of these tables can make facts of a kind known that were not: a table, a detail, a currency, a cost."""
    details = {table.name for name, (table, _) in DETAILS.items() if name not in held.known}
    return any(name in _TELLING or name in details or (name in _FACTS and name not in held.known) for name in written)


def next_midnight(calendar: Calendar, instant: datetime) -> datetime:
    """When the shop's day of an instant ends."""
    return calendar.midnight(calendar.day_of(instant) + timedelta(days=1))
