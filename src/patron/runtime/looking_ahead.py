"""Who is due soon is looked at ahead of time, all together: of most it turns out that they stay where they are, and are due later.

That nobody is looked at too late is what due times are for; that many are looked at in vain is their price. Each look by itself costs a
tick. So while little happens, and after those who are due already, all who are due before an instant are worked out as of the instants at
which they are due; again, where they are due again before it, as whoever has looked at eight products is when one after the other leaves
a window. Whose memberships will be as they are is due when the last of these looks says. Who will enter or leave a segment is due then, and
the tick of that instant finds his facts already read.

Nothing but due times changes, and when something comes of a customer he is looked at anyway, so what was seen ahead cannot go stale.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from patron.kernel.errors import UnsupportedError
from patron.kernel.time import literal
from patron.runtime.due_times import DUE
from patron.runtime.memberships import differing
from patron.runtime.renewing import clear, make, rows_of
from patron.runtime.touching import TOUCHED, TOUCHED_ROWS

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from patron.ports.engine import Few, Store
    from patron.runtime.few import Beside
    from patron.runtime.remembered import Ids
    from patron.runtime.renewing import Recipe

    Flags = NDArray[np.bool_]
    Instants = NDArray[np.datetime64]
    """Naive UTC, in microseconds."""

_MOST, _ROUNDS = 1_000, 10
_ROWS = DUE.unbound()


def look_ahead(store: Store, how: Recipe, *, now: datetime, until: datetime) -> datetime:
    """Put off who is due soon in vain; the instant until which everybody was looked at, `until` or one before it.

    Args:
        store: it, within the transaction of a tick, in which nothing has come of anybody.
        how: answers are made, by an engine beside the store.
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
        later = _seen(store, how, how.by, due.sort_by("customer_id"), until)
    except UnsupportedError:  # for these rows: they are looked at when they are due
        return until
    finally:
        how.by.engine.tell(now)
        clear(how.by.engine, how)
    store.renew(DUE.name, later, TOUCHED_ROWS)
    return until if due.num_rows < _MOST else last


def _seen(store: Store, how: Recipe, by: Beside, due: pa.Table, until: datetime) -> pa.Table:
    """When customers who are due are due in earnest, or need not be looked at before `until`: rows of `DUE`, none for whoever never is."""
    ids, at = due["customer_id"].to_numpy(), due["due_at"].to_numpy().astype("datetime64[us]")
    is_so = np.ones(len(ids), np.bool_)
    store.fill(TOUCHED, pa.table({"customer_id": ids, "is_due": is_so, "only_events": is_so}).to_reader(), temporary=True)
    by.take(store)
    waits, end = is_so, np.datetime64(until.astimezone(UTC).replace(tzinfo=None), "us")
    for _ in range(_ROUNDS):
        moves, later = _looked_at(store, how, by.engine, ids, at)
        stays = waits & ~moves
        at = np.where(stays, later, at)
        waits = stays & (at <= end)  # not so of whoever is never due again
        if not waits.any():
            break
    return pa.table({"customer_id": ids, "due_at": at}).filter(pa.array(~np.isnat(at)))


def _looked_at(store: Store, how: Recipe, engine: Few, ids: Ids, at: Instants) -> tuple[Flags, Instants]:
    """Of customers in order, each as of an instant: who will have entered or left a segment, and when he is due again."""
    engine.tell_each(pa.table({"customer_id": ids, "instant": at}))
    make(engine, how)
    moved = differing(store, rows_of(engine, how.answers[-1]), TOUCHED_ROWS)
    engine.make([how.due])
    rows = rows_of(engine, how.due)
    clear(engine, how)
    later = np.full(len(ids), np.datetime64("NaT"), "datetime64[us]")
    later[np.searchsorted(ids, rows["customer_id"].to_numpy())] = rows["due_at"].to_numpy().astype("datetime64[us]")
    return np.isin(ids, moved.to_numpy()), later
