"""Identifiers that ticks have met: whoever comes again, as visitors do, is not looked up among millions again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pyarrow as pa

from patron.facts import tables as t
from patron.kernel.expressions import said_once
from patron.runtime.met_events import MetEvents
from patron.runtime.remembered import Remembered, in_order

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.ports.engine import Few, Store
    from patron.runtime.remembered import Ids

_KEY, _SEEN, _OWNER = "identifier_id", "first_seen_at", "customer_id"
_MOST = 300_000
_NEVER = (1 << 63) - 1
_ASKED = "_met_asked"
_OWNED = pa.schema([(_KEY, pa.int64()), (_OWNER, pa.int64())])


class Met:
    """What is true of identifiers in the store while ticks alone change them: whoever else does, lets it be cleared."""

    def __init__(self) -> None:
        """Without any."""
        self._seen = Remembered(_MOST, of=_KEY)
        self._owners = Remembered(_MOST, of=_KEY)

    def clear(self) -> None:
        """Ask the store about all of them again."""
        self._seen.clear()
        self._owners.clear()

    def news(self, rows: pa.Table) -> pa.Table:
        """Rows of identifiers (`facts.IDENTIFIERS`), but for those that are later than rows which the store has: they change nothing."""
        ids = rows[_KEY].to_numpy()
        asked = np.unique(ids)
        asked = asked[self._seen.has(asked)]
        if not asked.size:
            return rows
        known = in_order(pa.concat_tables(self._seen.take(asked)[t.IDENTIFIERS.name]), _KEY)
        places = np.searchsorted(asked, ids)
        places[places == len(asked)] = 0
        tells = (asked[places] != ids) | (_instants(rows) <= known[_SEEN].to_numpy()[places])
        return rows.filter(pa.array(tells))

    def add(self, rows: pa.Table) -> None:
        """The store has these identifiers by now, each since the earliest instant here or one before it."""
        ids, at = rows[_KEY].to_numpy(), _instants(rows)
        order = np.lexsort((at, ids))
        whose, first = np.unique(ids[order], return_index=True)
        self._seen.put(whose, {t.IDENTIFIERS.name: pa.table({_KEY: whose, _SEEN: at[order][first]})})

    def owners(self, store: Store, ids: Ids) -> pa.Table:
        """Whose identifiers are: identifier_id, customer_id; without those who are nobody's.

        Args:
            store: it, within a transaction; identities are worked out.
            ids: of identifiers, each once, in order.
        """
        new = ids[~self._owners.has(ids)]
        if new.size:
            store.fill(_ASKED, pa.table({_KEY: new}).to_reader(), temporary=True)
            self._owners.put(new, {t.IDENTITIES.name: store.query(_owned())})
            store.drop(_ASKED, temporary=True)
        return pa.concat_tables([_OWNED.empty_table(), *self._owners.take(ids).get(t.IDENTITIES.name, [])])

    def move(self, rows: pa.Table) -> None:
        """Identifiers that point at another customer than before, or at none: identifier_id, customer_id."""
        by_id = rows.sort_by(_KEY)
        self._owners.put(by_id[_KEY].to_numpy(), {t.IDENTITIES.name: by_id.filter(by_id[_OWNER].is_valid())})


@dataclass(frozen=True, slots=True)
class Shortcuts:
    """What spares a tick asking the store.

    Attributes:
        few: works out the answers about few rows, if it can; else the store does.
        met: identifiers that were met before.
        events: the same of events.
        new_events: rows of `facts.EVENTS` that the tick has received, until it is known whose they are.
    """

    few: Few | None = None
    met: Met = field(default_factory=Met)
    events: MetEvents = field(default_factory=MetEvents)
    new_events: list[pa.Table] = field(default_factory=list)

    def clear(self) -> None:
        """Ask the store about everything again: another than ticks has changed it."""
        self.met.clear()
        self.events.clear()
        self.new_events.clear()


@said_once
def _owned() -> ir.Table:
    asked = ibis.table({_KEY: "int64"}, name=_ASKED)
    return t.IDENTITIES.unbound().semi_join(asked, _KEY).select(_KEY, _OWNER)


def _instants(rows: pa.Table) -> Ids:
    """When identifiers were first seen, in microseconds; where that is unknown, later than ever."""
    return np.asarray(rows[_SEEN].cast(pa.int64()).fill_null(_NEVER).to_numpy(), np.int64)
