"""Everything worked out as of one tick while others go on, and put in the place of what they have kept true.

What is put in place is what a full refresh at that tick would have made. So all that comes after it is the work of a tick: those of whom
something has come since, or who have become due, are looked at again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from patron.features.partials.last_events import OLD_EVENTS_TABLE
from patron.features.partials.lines import PRODUCTS
from patron.kernel.time import literal
from patron.runtime.due_times import due_now, due_when_moved, who_moved
from patron.runtime.memberships import CURRENT, SLOTS, Places, keep_recorded, note_refresh, record_changes, show_memberships
from patron.runtime.next_tables import NextTables, put_in_place
from patron.runtime.old_events import follow
from patron.runtime.pipeline import drop_passing, index_answers, make_due, show_predictions, work_out
from patron.runtime.renewing import Recipe, add_products, of_touched, prepare, recipe, renew
from patron.runtime.touching import TOUCHED_ROWS, touch
from patron.segments.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    import ibis.expr.types as ir
    import pyarrow as pa

    from patron.facts.as_of import Facts
    from patron.ports.engine import Few, Store
    from patron.runtime.loading_options import Progress
    from patron.runtime.pipeline import Definitions

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Next:
    """What was worked out beside ticks.

    Attributes:
        definitions: by which.
        facts: as of the tick that found it necessary.
        tables: the tables that were made, by the names that they shall have.
        places: of the bits of memberships.
        recipes: of ticks on the day of that tick, and on the one that follows.
        old_events_at: as in `Basis`.
    """

    definitions: Definitions
    facts: Facts
    tables: tuple[str, ...]
    places: Places
    recipes: tuple[Recipe, ...]
    old_events_at: datetime


def work_out_next(  # noqa: PLR0913  # all that it is made of
    session: Store, definitions: Definitions, facts: Facts, few: Few | None, *, old_events_at: datetime | None, progress: Progress
) -> Next:
    """Work everything out in tables of their own.

    Args:
        session: of the store, which stands at the commit of one tick.
        definitions: what is worked out.
        facts: everybody's as of that tick.
        few: an engine for the recipe, which nobody else uses.
        old_events_at: as of when what is kept of old events was worked out, if it stands and ticks keep it true meanwhile.
        progress: is told about every table.
    """
    session.tell(facts.as_of)
    engine = NextTables(session)
    made = work_out(engine, definitions, facts, progress=progress, stand=[OLD_EVENTS_TABLE.name] if old_events_at else [])
    make_due(engine, made)
    drop_passing(engine, made.plan.steps())
    engine.fill(SLOTS.name, made.places.rows.to_reader(), temporary=True)
    if few is not None:
        few.tell(facts.as_of)
    later = replace(facts, as_of=facts.shop.calendar.next_midnight(facts.as_of) + _TICK)
    recipes = tuple(recipe(engine, definitions, of_touched(each), few) for each in (facts, later))
    for how in recipes:
        prepare(session, how)
    return Next(definitions, facts, tuple(engine.made), made.places, recipes, old_events_at or facts.as_of)


def swap(  # noqa: PLR0913  # what a tick knows
    store: Store,
    made: Next,
    facts: Facts,
    few: Few | None,
    *,
    written: Collection[str],
    others: Iterable[ir.Table],
    now: datetime,
) -> tuple[int, int]:
    """Put what was worked out beside ticks in the place of what they kept, and bring it up to the moment.

    Args:
        store: it, within the transaction of a tick, which was told the moment.
        made: what was worked out.
        facts: of the customers who are looked at now.
        few: works out their answers, where none of the recipes that were made is for them.
        written: the fact tables that have new rows in this tick.
        others: more customers (customer_id) of whom something has changed since everything was worked out.
        now: the moment.

    Returns:
        How many customers were looked at, and how many memberships changed.
    """
    keep_recorded(store)
    put_in_place(store, made.tables)
    show_memberships(store, made.places)
    show_predictions(store, made.definitions.catalog, made.facts)
    since = literal(made.facts.as_of)
    if OLD_EVENTS_TABLE.name in made.tables:
        follow(store, since)
    index_answers(store)  # before the first of their rows changes
    if PRODUCTS.table_name in made.tables:
        add_products(store, facts, since)
    how = next((how for how in made.recipes if how.facts == facts), None) or recipe(store, made.definitions, facts, few)
    if how.by is not None:
        how.by.engine.tell(now)

    def keep(bits: pa.Table) -> int:
        store.renew(CURRENT, bits, TOUCHED_ROWS)
        return record_changes(store, made.places.slots, now)

    plan = Plan(made.definitions.segments, made.definitions.catalog, replace(facts, only=""))
    moved = who_moved(plan, since)
    touched = touch(store, written, [*others, *([] if moved is None else [moved])], due_now())
    changed = renew(store, how, touched, now, keep=keep) if touched.num_rows else record_changes(store, made.places.slots, now)
    due_when_moved(store, plan)
    note_refresh(store, made.places, as_of=now, now=now, changed=changed)
    return touched.num_rows, changed
