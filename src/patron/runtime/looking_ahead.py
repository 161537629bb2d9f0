"""Who is due soon is looked at ahead of time, all together: of most it turns out that they stay where they are, and are due later.

That nobody is looked at too late is what due times are for; that many are looked at in vain is their price. Each look by itself costs a
tick. So once in a while all who are due before an instant are worked out as of the very instants at which they are due. Whose memberships
will be as they are is due when he would be after that look. Who will enter or leave a segment stays due, and the tick of that instant
finds his facts already read.

Nothing but due times changes, and when something comes of a customer he is looked at anyway, so what was seen ahead cannot go stale.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from patron.kernel.errors import UnsupportedError
from patron.kernel.time import literal
from patron.runtime.due_times import DUE
from patron.runtime.memberships import differing
from patron.runtime.renewing import clear, make, rows_of
from patron.runtime.touching import TOUCHED, TOUCHED_ROWS

if TYPE_CHECKING:
    from datetime import datetime

    from patron.ports.engine import Store
    from patron.runtime.renewing import Recipe

_MOST = 1_000
_ROWS = DUE.unbound()


def look_ahead(store: Store, how: Recipe, *, now: datetime, until: datetime) -> datetime:
    """Put off who is due soon in vain; the instant until which everybody was looked at, `until` or one before it.

    Args:
        store: it, within the transaction of a tick, which has looked at all whom it had to.
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
    whose, engine = due["customer_id"].combine_chunks(), how.by.engine
    is_so = pa.array([True]).take(pa.array([0] * len(whose), pa.int64()))
    store.fill(TOUCHED, pa.table([whose, is_so, is_so], names=TOUCHED_ROWS.columns).to_reader(), temporary=True)
    try:
        how.by.take(store)
        engine.tell_each(due.rename_columns(["customer_id", "instant"]))
        make(engine, how)
        moved = differing(store, rows_of(engine, how.answers[-1]), TOUCHED_ROWS)
        engine.make([how.due])
        later = rows_of(engine, how.due)
    except UnsupportedError:  # for these rows: they are looked at when they are due
        return until
    finally:
        engine.tell(now)
        clear(engine, how)
    moves = pc.is_in(whose, moved)
    put_off = later.filter(pc.invert(pc.is_in(later["customer_id"], moved)))
    store.renew(DUE.name, pa.concat_tables([due.filter(moves), put_off.select(due.column_names).cast(due.schema)]), TOUCHED_ROWS)
    return until if len(whose) < _MOST else due["due_at"][-1].as_py().replace(tzinfo=UTC)
