"""The live path: what was received becomes facts, and the answers of whom it touches are worked out anew, in one transaction a tick.

The position in the inbox is kept in the same transaction, so a tick that is stopped anywhere is simply made again. Between ticks nothing
runs: the next one comes with the next record, or when the next customer is due. What only the whole population can tell (cut points,
averages, prices) is renewed by a full refresh at the shop's midnight, which is also when days change. Where that takes long, it is made
beside ticks, which go on with what they have until one of them puts the new answers in the place of the old.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from time import perf_counter
from typing import TYPE_CHECKING

import ibis

from patron.facts import tables as t
from patron.features.partials.last_events import OLD_EVENTS_TABLE
from patron.kernel.errors import TransientError
from patron.kernel.time import moment
from patron.runtime import pipeline
from patron.runtime.aside import Aside
from patron.runtime.asides import Asides
from patron.runtime.basis import BASIS, Basis, keep_basis, kept_basis, may_tell
from patron.runtime.due_times import DUE, due_now, due_since
from patron.runtime.latest import Latest
from patron.runtime.layout import LAYOUT, gather, index_facts, scattered
from patron.runtime.loading_merge import EARLIER, REPLACED
from patron.runtime.loading_options import LoadOptions
from patron.runtime.looking_ahead import look_ahead
from patron.runtime.memberships import RECORDED, TABLES, customers_last
from patron.runtime.met import Shortcuts
from patron.runtime.new_events import NEW_EVENTS
from patron.runtime.next_due import NextDue
from patron.runtime.old_events import REPLACED_EVENTS, keep_old_events, look_again_at_replaced
from patron.runtime.reached import TICKS, reach, stands
from patron.runtime.receiving import Received, receive, set_aside
from patron.runtime.renewing import Recipe, add_products, prepare, recipe, renew, renew_as_seen
from patron.runtime.resolving import STIRRED, resolve_new
from patron.runtime.swapping import swap
from patron.runtime.ticked import Anew, Answered, Ticked
from patron.runtime.touching import touch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    import ibis.expr.types as ir

    from patron.facts.as_of import Facts
    from patron.ports.engine import Few, Store
    from patron.ports.inbox import Inbox
    from patron.runtime.loading_options import Progress
    from patron.runtime.pipeline import Definitions
    from patron.runtime.swapping import Next

MOST = 50_000
_MOST_GIVEN_WAY = 10
_MOST_DUE = 2_000
_SECONDS_OF_A_CUSTOMER = 4e-5  # of a full refresh, where none was measured yet
_AHEAD = timedelta(minutes=10)
_TICK = timedelta(microseconds=1)
_OF_PEOPLE = frozenset(
    {"identifiers", "links", "profiles", "customers", "events", "messages", "consents", "reviews", "tickets", "redemptions"}
)
"""Tables of which nothing follows for products, or for the shop."""


class GaveWayError(TransientError):
    """A full refresh was given up, as another waits to write, which would have made it void."""


@dataclass(slots=True)
class Ticks:
    """The live path of one store; one thread runs it.

    Attributes:
        store: the project's.
        definitions: what the answers that are kept were worked out by.
        hold: what facts the store holds, as of an instant.
        inbox: what was received.
        few: works out the answers of few customers; without it the store does.
        progress: is told about every table of a full refresh, by the thread that makes it.
        beside_from: a full refresh that would take so many seconds and more is made beside ticks; each is part of a tick if None.
        latest: the answers about whom they have looked at last.
    """

    store: Store
    definitions: Definitions
    hold: Callable[[datetime], Facts]
    inbox: Inbox
    few: Few | None = None
    progress: Progress = lambda done, total, what: None  # noqa: ARG005
    beside_from: float | None = None
    latest: Latest = field(default_factory=Latest)
    _wanted: Definitions = field(init=False)
    _asides: Asides = field(init=False)
    _basis: Basis | None = field(default=None)
    _held: Facts | None = field(default=None)
    _recipes: tuple[Recipe, ...] = field(default=())
    _reached: tuple[int, datetime | None] = field(default=(0, None))
    _reached_by: tuple[int, str] = field(default=(-1, ""))
    _given_way: int = field(default=0)
    _took_seconds: float | None = field(default=None)
    _is_warm: bool = field(default=False)
    _next_due: NextDue = field(init=False)
    _looked_until: datetime | None = field(default=None)
    _shortcuts: Shortcuts = field(default_factory=Shortcuts)

    def __post_init__(self) -> None:
        """Make what the live path keeps, unless it is there."""
        with self.store.transaction():
            for table in (*t.FACTS, *t.LEDGER, LAYOUT, OLD_EVENTS_TABLE, TICKS, BASIS, DUE, *TABLES):
                self.store.declare(table)
            index_facts(self.store)
            self._asides = Asides(self.store)
            self._basis = kept_basis(self.store)
            if self.reached[1] is not None:
                self.store.drop(RECORDED)  # ticks go on from the memberships that are kept; once they were kept twice
        self._wanted, self._next_due = self.definitions, NextDue(self.store)

    @property
    def reached(self) -> tuple[int, datetime | None]:
        """The last entry of the inbox that has become facts, and the instant of the answers; None where they have to be made anew."""
        by = self.store.version, self.definitions.digest
        if by != self._reached_by:
            self._reached, self._reached_by = stands(self.store, self.definitions.digest), by
        return self._reached

    @property
    def wakes_at(self) -> datetime | None:
        """When there is something to do although nothing comes: somebody is due, or a full refresh is. None: at once."""
        return self.wakes_after(self.reached[1])

    def wakes_after(self, as_of: datetime | None) -> datetime | None:
        """The same after answers for an instant, those of `reached`."""
        if as_of is None or self._basis is None or self._asides.is_over:
            return None
        held = self._held or self.hold(as_of)
        due, midnight = self._next_due.after(as_of), held.shop.calendar.next_midnight(as_of)
        if self._is_outdated(replace(held, as_of=as_of), self._basis) and not self._asides.is_at_work:
            if self._asides.again_at is None:
                return None
            midnight = min(midnight, self._asides.again_at)
        return min(midnight, due or midnight)

    @property
    def is_refreshing_beside(self) -> bool:
        """Whether a full refresh is being made beside ticks."""
        return self._asides.is_at_work

    @property
    def trouble(self) -> str:
        """Why the last full refresh beside ticks could not be made; empty when it could."""
        return self._asides.trouble

    def define(self, definitions: Definitions) -> None:
        """From now on these are what is worked out: they are filled in, and put in the place of the others at once when that is done."""
        if not self._asides.is_for(definitions.digest):
            self._asides.break_off()
        self._wanted = definitions

    def make_ready(self, now: datetime) -> None:
        """Plan what the first tick would wait for, if that is to go on with the answers that are kept."""
        facts = self.hold(now)
        if self.reached[1] is None or self._basis is None or self._is_outdated(facts, self._basis):
            return
        self.store.tell(now)
        if self.few is not None:
            self.few.tell(now)
        self._held = facts
        self._shortcuts.events.make_ready(self.store)
        prepare(self.store, self._recipe(self._basis.of_touched(facts)))

    def tick(self, now: datetime, *, most: int = MOST, is_aside: bool = False) -> Ticked:
        """Bring facts and answers up to an instant, all of it or nothing.

        Args:
            now: the present. A clock that goes back is not followed: answers are never for an instant before that of the last ones.
            most: so many entries at most; the next tick takes up the rest.
            is_aside: keep the entries among the refused without looking at what they say.

        Raises:
            TransientError: the disk is full, or memory is not enough, or another waits to write; the tick can be made again.
        """
        done = self._asides.done(now)
        try:
            return self._ticked(now, done, most=most, is_aside=is_aside)
        except BaseException as error:
            self.forget()
            if isinstance(error, Exception) and done is not None and not done.is_void:
                self._asides.fail(error, now)
            raise

    def forget(self) -> None:
        """Read everything from the store that is asked next: what was read before is void."""
        for how in self._recipes:
            how.forget()
        self._shortcuts.clear()
        self.latest.clear()
        self._next_due.forget()
        self._looked_until = None

    def close(self) -> None:
        """Let nothing go on beside ticks; there are no more."""
        self._asides.end()

    def _ticked(self, now: datetime, done: Aside | None, *, most: int, is_aside: bool) -> Ticked:
        with self.store.transaction():
            position, before = self.reached
            now = now if before is None or now > before else before + _TICK
            held = self._held if self._held and before else self._looked_again(now)
            self.store.tell(now)
            if self.few is not None:
                self.few.tell(now)
            received, position = self._take(position, now, held, most=most, is_aside=is_aside)
            facts = self.hold(now) if may_tell(received.written, held) else replace(held, as_of=now)
            if before is None or self._basis is None or self._basis.is_outlived(now):
                made = self._refreshed(facts, None)
            elif done is not None and done.found is not None:
                made = self._swapped(done, done.found, facts, received)
            elif self._is_outdated(facts, self._basis) and not self._is_long:
                made = self._refreshed(facts, self._basis.lasting_old_events(now))
            else:
                made = self._renewed(facts, self._basis, received, before)
            self._drop(received.left)
            if made.anew is not None:
                keep_basis(self.store, made.anew.basis)
            digest = self.definitions.digest if made.anew is None else made.anew.definitions.digest
            reach(self.store, position, now, digest)
            committed = self.store.version + 1
        self._reached, self._reached_by = (position, now), (committed, digest)
        self._held = facts
        if made.anew is not None:
            self._take_over(made.anew)
        self.latest.come_true(now)
        self._forget(position)
        if made.anew is not None and not made.anew.recipes:
            self._gather(now)
        if self._basis is not None and self._is_outdated(facts, self._basis) and self._is_long:
            if not self._asides.is_at_work:
                self._gather(now)
            self._asides.begin(lambda: self._aside(facts, position), at=now)
        return Ticked(
            now, position, received.records, received.refused, made.touched, made.changed, made.anew is not None, received.between
        )

    def _aside(self, facts: Facts, position: int) -> Aside:
        """A full refresh beside ticks, as of the last of them."""
        lasting = self._basis.lasting_old_events(facts.as_of) if self._basis is not None else None
        return Aside(self.store, self._wanted, facts, self.few, position=position, old_events_at=lasting, progress=self.progress)

    def _looked_again(self, now: datetime) -> Facts:
        """The facts that there are, after others may have loaded some, or changed identities."""
        self.forget()
        return self.hold(now)

    def _take(self, position: int, now: datetime, held: Facts, *, most: int, is_aside: bool) -> tuple[Received, int]:
        """Make facts of what has come since a position; what became of it, and the position that is reached."""
        entries = self.inbox.read(position, most=most)
        if not entries:
            return Received(), position
        shortcuts = replace(self._shortcuts, few=self.few)
        if is_aside:
            received = set_aside(self.store, entries, at=now)
        else:
            received = receive(self.store, entries, LoadOptions(received_at=now, shop=held.shop, is_live=True), shortcuts)
        resolved = resolve_new(self.store, received.written, shortcuts, earlier=EARLIER in received.left)
        if "customers" in resolved:
            received.written["customers"] = resolved["customers"]
        if "events" in received.written:
            received.left |= {NEW_EVENTS}
            keep_old_events(self.store)
        if REPLACED_EVENTS in received.left:
            look_again_at_replaced(self.store)
            self._asides.break_off()
        return received, entries[-1].position

    def _forget(self, position: int) -> None:
        """Let go of what has become facts."""
        self.inbox.forget(position)

    def _drop(self, names: Iterable[str]) -> None:
        for name in names:
            self.store.drop(name)

    def _gather(self, now: datetime) -> None:
        """Put scattered rows of facts in the order of customers: on a day on which everything is worked out anyway, nothing else is."""
        tables = scattered(self.store)
        for number, table in enumerate(tables):
            self.progress(number, len(tables), f"{table.name} in the order of customers")
            gather(self.store, table, now=now)

    def _is_outdated(self, facts: Facts, basis: Basis) -> bool:
        """Whether what only the whole population tells is that of another day, of fewer kinds of facts, or of other definitions."""
        is_over = facts.as_of >= facts.shop.calendar.next_midnight(basis.as_of)
        return is_over or not basis.is_of_kinds(facts) or self._wanted.digest != self.definitions.digest

    @property
    def _is_long(self) -> bool:
        """Whether a full refresh would hold up ticks for too long."""
        if self.beside_from is None:
            return False
        took = customers_last(self.store) * _SECONDS_OF_A_CUSTOMER if self._took_seconds is None else self._took_seconds
        return took >= self.beside_from

    def _refreshed(self, facts: Facts, old_events_at: datetime | None) -> Answered:
        """Everything worked out anew; what is kept of old events too, unless it is said as of when that was."""
        self._asides.break_off()
        began, stand = perf_counter(), [] if old_events_at is None else [OLD_EVENTS_TABLE.name]
        done = pipeline.refresh(self.store, self._wanted, facts, now=facts.as_of, progress=self._progress, is_live=True, stand=stand)
        self._given_way = 0
        return Answered(done.customers, done.changed, Anew(self._wanted, Basis.of(facts, old_events_at), perf_counter() - began))

    def _progress(self, done: int, total: int, what: str) -> None:
        self.progress(done, total, what)
        if self.store.is_wanted and self._given_way < _MOST_GIVEN_WAY:
            self._given_way += 1
            raise GaveWayError("The refresh gives way to a command that writes.")

    def _swapped(self, aside: Aside, made: Next, facts: Facts, received: Received) -> Answered:
        basis = Basis.of(made.facts, made.old_events_at)
        since = [*self._others(received), aside.noted_in(self.store)]
        of = basis.of_touched(facts)
        touched, changed = swap(self.store, made, of, self.few, written=received.written, others=since, now=facts.as_of)
        return Answered(touched, changed, Anew(made.definitions, basis, aside.seconds, made.recipes))

    def _renewed(self, facts: Facts, basis: Basis, received: Received, before: datetime) -> Answered:
        if not _OF_PEOPLE.issuperset(received.written):  # whoever it touches, and though it touch nobody
            for how in self._recipes:
                how.forget_shop()
        of, is_outdated = basis.of_touched(facts), self._is_outdated(facts, basis)
        if received.records or is_outdated:
            due = self._due_meanwhile(facts, basis, before) if is_outdated else due_now()
            return self._looked_at(of, facts.as_of, received, due)
        answered = self._as_seen(of, before, facts.as_of) or self._looked_at(of, facts.as_of, received, due_now())
        self._look_ahead(of, facts)
        return answered

    def _as_seen(self, of: Facts, before: datetime, now: datetime) -> Answered | None:
        """Nothing but time has passed: who is due was looked at ahead, and what was seen then is kept. None where that does not do."""
        due = self._next_due.who(before, now)
        seen = renew_as_seen(self.store, self._recipe(of), due, now)
        if seen is None:
            return None
        self.latest.lose(due)
        self._next_due.follow(before, now, [(each.until, customer_id) for customer_id, each in seen.items() if each.until])
        return Answered(len(due), sum(len(each.moves) for each in seen.values()))

    def _looked_at(self, of: Facts, now: datetime, received: Received, due: ir.Table) -> Answered:
        """All of whom something has come, and who are due, are worked out."""
        touched, changed = touch(self.store, received.written, self._others(received), due), 0
        if touched.num_rows:
            self._asides.note(self.store)
            if "order_lines" in received.written:
                add_products(self.store, of, moment())
            changed = renew(self.store, self._recipe(of), touched, now, latest=self.latest)
        return Answered(touched.num_rows, changed)

    def _look_ahead(self, of: Facts, facts: Facts) -> None:
        """Put off those who are due soon in vain, unless that was done a moment ago."""
        if self._looked_until is None or facts.as_of >= self._looked_until:
            self._next_due.forget()
            until = min(facts.as_of + _AHEAD, facts.shop.calendar.next_midnight(facts.as_of) - _TICK)
            self._looked_until = look_ahead(self.store, self._recipe(of), now=facts.as_of, until=until)

    def _due_meanwhile(self, facts: Facts, basis: Basis, before: datetime) -> ir.Table:
        """Who is looked at though nothing has come of them, while a full refresh beside ticks will look at everybody.

        For many something changes with the day: they are left to it, and so are all when there are too many, as after a night.
        """
        due = due_since(before, but=facts.shop.calendar.next_midnight(basis.as_of))
        count = self.store.query(due.aggregate(n=due.count()))["n"][0].as_py()
        return due if count <= _MOST_DUE else due.limit(0)

    def _recipe(self, of: Facts) -> Recipe:
        found = next((how for how in self._recipes if how.facts == of), None)
        if found is None:
            found = recipe(self.store, self.definitions, of, self.few)
            self._recipes = (found,)
        return found

    def _others(self, received: Received) -> list[ir.Table]:
        """Customers of whom this tick has changed something that is not a fact of theirs."""
        others = [STIRRED] if received.records else []
        if REPLACED in received.left:
            others.append(ibis.table({"customer_id": "int64"}, name=REPLACED))
        return others

    def _take_over(self, anew: Anew) -> None:
        """Everything was worked out anew, and kept."""
        if self._is_warm:  # the first of a process is planned from nothing, which says little about the next
            self._took_seconds = anew.seconds
        self.definitions, self._basis, self._recipes, self._is_warm = anew.definitions, anew.basis, anew.recipes, True
        self._looked_until = None
        self.latest.clear()
        if anew.recipes:
            self._asides.took_place()
            self.few = next((how.by.engine for how in anew.recipes if how.by is not None), self.few)  # the one that is told the moment
