"""Who is due soon is looked at ahead of time, all together: of most it turns out that they stay where they are, and are due later.

That nobody is looked at too late is what due times are for; that many are looked at in vain is their price. Each look by itself costs a
tick. So while little happens, and after those who are due already, all who are due before an instant are worked out as of the instants at
which they are due; again, where they are due again before it, as whoever has looked at eight products is when one after the other leaves
a window. Whose memberships will be as they are is due when the last of these looks says. Who will enter or leave a segment is due then, and
the tick of that instant finds the answers already worked out.

Nothing but due times changes in the store, and when something comes of a customer he is looked at anyway, so what was seen ahead cannot go
stale.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from patron.kernel.errors import UnsupportedError
from patron.kernel.time import in_utc, literal
from patron.runtime.cells import changed_cells
from patron.runtime.due_times import DUE
from patron.runtime.foreseen import Seen
from patron.runtime.memberships import CHANGES, CURRENT, RENEWED, kept_bits
from patron.runtime.moves import differing
from patron.runtime.remembered import only
from patron.runtime.renewing import clear, make, rows_of
from patron.runtime.touching import TOUCHED, TOUCHED_ROWS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patron.ports.engine import Few, Store
    from patron.runtime.few import Beside
    from patron.runtime.moves import Moves, Slot
    from patron.runtime.remembered import Flags, Ids, Instants
    from patron.runtime.renewing import Answers, Recipe


_MOST, _ROUNDS = 2_000, 10
_ROWS = DUE.unbound()
_AS_KEPT = {RENEWED: CURRENT}
"""Tables that are kept by another name than they are made by."""
_MOVING = "_moving"
_MOVER = ibis.table({"customer_id": "int64"}, name=_MOVING)


def look_ahead(store: Store, how: Recipe, *, now: datetime, until: datetime) -> datetime:
    """Put off who is due soon in vain; the instant until which everybody was looked at, `until` or one before it.

    Args:
        store: it, within the transaction of a tick, in which nothing has come of anybody.
        how: answers are made, by an engine beside the store, which is told what was seen of those who will enter or leave a segment.
        now: the moment.
        until: on the same day.
    """
    if how.by is None:
        return until
    soon = _ROWS.filter(_ROWS.due_at > literal(now), _ROWS.due_at <= literal(until))
    due = store.query(soon.order_by("due_at").limit(_MOST))
    if not due.num_rows:
        return until
    last = due["due_at"][-1].as_py().replace(tzinfo=UTC)
    try:
        later, moves = _looked(store, how, how.by, due.sort_by("customer_id"), until)
    except UnsupportedError:  # for these rows: they are looked at when they are due
        return until
    finally:
        how.by.engine.tell(now)
        clear(how.by.engine, how)
    store.renew(DUE.name, later, TOUCHED_ROWS)
    if CHANGES.name not in how.by.of_customers:  # where it is asked for who has entered or left, more follows from that
        how.by.foreseen.put(_seen(how, moves, _kept(store, how, moves)))
    return until if due.num_rows < _MOST else last


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at some of the customers, said by their places among all of them.

    Attributes:
        places: of whom.
        at: the instant of each.
        moves: who enters or leaves a segment by then.
        answers: all that there are about them.
    """

    places: Ids
    at: Instants
    moves: Flags
    answers: Answers


@dataclass(frozen=True, slots=True)
class _Move:
    """Some customers, each of whom enters or leaves a segment at an instant.

    Attributes:
        ids: who.
        at: the instant of each.
        until: when each is due after that.
        answers: all that there are about them, and about others.
    """

    ids: Ids
    at: Instants
    until: Instants
    answers: Answers


def _looked(store: Store, how: Recipe, by: Beside, due: pa.Table, until: datetime) -> tuple[pa.Table, list[_Move]]:
    """When customers who are due are due in earnest, or need not be looked at before `until`; and what the former do then.

    The first are rows of `DUE`, none for whoever never is.
    """
    ids, at = due["customer_id"].to_numpy(), due["due_at"].to_numpy().astype("datetime64[us]")
    is_so, end = np.ones(len(ids), np.bool_), np.datetime64(in_utc(until), "us")
    touched = pa.table({"customer_id": ids, "is_due": is_so, "only_events": is_so})
    store.fill(TOUCHED, touched.to_reader(), temporary=True)
    before = kept_bits(store, how.answers[-1].expression.columns)
    looks: list[_Look] = []
    places = np.arange(len(ids))
    while places.size and len(looks) < _ROUNDS:
        by.take(store, touched.take(pa.array(places)))
        answers = _looked_at(how, by.engine, ids[places], at[places])
        looks.append(_Look(places, at[places], np.isin(ids[places], differing(before, answers[RENEWED]).ids), answers))
        at = _with(at, places, _due_at(ids[places], answers[DUE.name]))
        before, places = answers[RENEWED], places[at[places] <= end]  # not so of whoever is never due again
    return _until_moves(ids, at, looks)


def _until_moves(ids: Ids, at: Instants, looks: Sequence[_Look]) -> tuple[pa.Table, list[_Move]]:
    """From one look after the other: who is due when, `at` where a customer never moves, and who moves at each until the next."""
    moves: list[_Move] = []
    for look in reversed(looks):
        places, then = look.places[look.moves], look.at[look.moves]
        moves.insert(0, _Move(ids[places], then, at[places], look.answers))
        at = _with(at, places, then)
    return _rows(ids, at), moves


def _kept(store: Store, how: Recipe, moves: Sequence[_Move]) -> Answers:
    """The rows that the store has about those who move, but for when they are due; as answers, by the name of what they are made as."""
    store.fill(_MOVING, pa.table({"customer_id": np.unique(np.concatenate([move.ids for move in moves]))}).to_reader(), temporary=True)
    steps = [step for step in (how.answers[-1], *how.kept) if step.name != DUE.name]
    rows = {step.name: ibis.table(step.expression.schema(), name=_AS_KEPT.get(step.name, step.name)) for step in steps}
    found = {name: store.query(table.semi_join(_MOVER, "customer_id")) for name, table in rows.items()}
    store.drop(_MOVING, temporary=True)
    return found


def _seen(how: Recipe, moves: Sequence[_Move], rows: Answers) -> dict[int, list[Seen]]:
    """What each customer does, one after the other, until a move that cannot be said by cells that are others.

    Args:
        how: from `recipe`.
        moves: one after the other.
        rows: what the store has about them before the first.
    """
    seen: dict[int, list[Seen]] = {}
    unsaid = set[int]()
    for move in moves:
        before = {**_about(move.ids, rows), DUE.name: _rows(move.ids, move.at)}
        answers = {**_about(move.ids, move.answers), DUE.name: _rows(move.ids, move.until)}
        cells = {_AS_KEPT.get(name, name): changed_cells(move.ids, before[name], answers[name]) for name in answers}
        changes = _changes(differing(before[RENEWED], answers[RENEWED]).moves(how.slots), how.slots)
        for customer_id, at, until in zip(move.ids.tolist(), *(_instants(each) for each in (move.at, move.until)), strict=True):
            if all(customer_id in of for of in cells.values()) and customer_id not in unsaid:
                own = {name: of[customer_id] for name, of in cells.items()}
                seen.setdefault(customer_id, []).append(Seen(at, until, own, changes[customer_id]))
            else:
                unsaid.add(customer_id)
        rows = {name: pa.concat_tables([_without(move.ids, of), answers[name]]) for name, of in rows.items()}
    return seen


def _changes(moves: Moves, slots: Sequence[Slot]) -> dict[int, list[tuple[str, str]]]:
    """What each customer enters and leaves: the segments, and which of both."""
    changes = defaultdict[int, list[tuple[str, str]]](list)
    for customer_id, *change in zip(moves.ids.tolist(), *(each.tolist() for each in moves.said(slots)), strict=True):
        changes[customer_id].append(tuple(change))
    return changes


def _about(ids: Ids, rows: Answers) -> Answers:
    """The rows of some customers, by table."""
    return {name: only(of, ids) for name, of in rows.items()}


def _without(ids: Ids, rows: pa.Table) -> pa.Table:
    """The rows of all other customers."""
    return rows.filter(pc.invert(pc.is_in(rows["customer_id"], pa.array(ids))))


def _instants(at: Instants) -> list[datetime | None]:
    return [each and each.replace(tzinfo=UTC) for each in at.tolist()]


def _with(at: Instants, places: Ids, others: Instants) -> Instants:
    """Instants, of which those in some places are others."""
    at = at.copy()
    at[places] = others
    return at


def _looked_at(how: Recipe, engine: Few, ids: Ids, at: Instants) -> Answers:
    """All answers about customers in order, each as of an instant."""
    engine.tell_each(pa.table({"customer_id": ids, "instant": at}))
    make(engine, how)
    engine.make([how.due])
    answers = {step.name: rows_of(engine, step) for step in (how.answers[-1], *how.kept)}
    clear(engine, how)
    return answers


def _due_at(ids: Ids, due: pa.Table) -> Instants:
    """When each of the customers is due by rows of `DUE`; not a time where that is never."""
    at = np.full(len(ids), np.datetime64("NaT"), "datetime64[us]")
    at[np.searchsorted(ids, due["customer_id"].to_numpy())] = due["due_at"].to_numpy().astype("datetime64[us]")
    return at


def _rows(ids: Ids, at: Instants) -> pa.Table:
    """Rows of `DUE`."""
    return pa.table({"customer_id": ids, "due_at": at}).filter(pa.array(~np.isnat(at)))
