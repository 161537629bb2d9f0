"""The ids of late events: what was sent again is told from what is new without looking for it among all events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import ibis
import numpy as np
import pyarrow.compute as pc

from patron.facts import tables as t
from patron.kernel.expressions import said_once
from patron.kernel.time import moment

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa
    from numpy.typing import NDArray

    from patron.ports.engine import Store
    from patron.runtime.remembered import Ids

DAYS = 30
"""A live event is known again by its id alone for so long at least; by its id and instant for ever."""
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = 60
_EVENTS = t.EVENTS.unbound()


class _Layer(NamedTuple):
    """Ids, each once, in order; and of each the first minute in which it is said to have happened, from 1970 on."""

    ids: Ids
    minutes: NDArray[np.int32]


class MetEvents:
    """The ids of all events of the last days that the store has, and maybe of others.

    They lie in layers. A layer that is not much smaller than the one below is made one with it. Where far more have been added than were
    read at first, they are read anew, so that those of long ago go.
    """

    def __init__(self, more: int = 10_000_000) -> None:
        """Without any.

        Args:
            more: so many may be added, and as many as were read, before all are read anew.
        """
        self._layers: list[_Layer] | None = None
        self._more, self._most = more, 0

    def clear(self) -> None:
        """Ask the store about all of them again."""
        self._layers = None

    def make_ready(self, store: Store) -> None:
        """Read those that the store has; it was told the moment."""
        if self._layers is None or sum(len(layer.ids) for layer in self._layers) > self._most:
            late = store.query(_late())
            self._layers = [_Layer(late["event_id"].to_numpy(), late["minute"].to_numpy())]
            self._most = 2 * len(self._layers[0].ids) + self._more

    def known_since(self, store: Store, rows: pa.Table) -> datetime | None:
        """The instant from which the store may have any of these events, which it will have from now on; None when it has none of them.

        Args:
            store: it; told the moment.
            rows: of `facts.EVENTS`, received at the moment.
        """
        self.make_ready(store)
        layers, asked = self._layers or [], _asked(rows)
        known = np.concatenate([_known(layer, asked.ids) for layer in layers])
        self._layers = _laid_on(layers, asked)
        if _is_any_of_long_ago(rows):
            return _EVER
        return datetime.fromtimestamp(int(known.min()) * _MINUTE, UTC) if known.size else None


@said_once
def _late() -> ir.Table:
    late = _EVENTS.filter(_EVENTS.occurred_at >= moment() - ibis.interval(days=DAYS))
    return late.select("event_id", minute=(late.occurred_at.epoch_seconds() // _MINUTE).cast("int32")).order_by("event_id")


def _asked(rows: pa.Table) -> _Layer:
    minutes = rows["occurred_at"].to_numpy().astype("datetime64[m]").astype(np.int32)
    return _in_order(rows["event_id"].to_numpy(), minutes)


def _is_any_of_long_ago(rows: pa.Table) -> bool:
    now = pc.max(rows["received_at"]).as_py()
    return now is not None and bool(pc.min(rows["occurred_at"]).as_py() < now - timedelta(days=DAYS))


def _known(layer: _Layer, ids: Ids) -> NDArray[np.int32]:
    """The minutes of those ids that are in a layer."""
    if not len(layer.ids):
        return layer.minutes
    places = np.searchsorted(layer.ids, ids)
    places[places == len(layer.ids)] = 0
    return layer.minutes[places[layer.ids[places] == ids]]


def _laid_on(layers: list[_Layer], late: _Layer) -> list[_Layer]:
    every = [*layers, late]
    while len(every) > 1 and 2 * len(every[-1].ids) >= len(every[-2].ids):
        every[-2:] = [_in_order(*(np.concatenate(of) for of in zip(*every[-2:], strict=True)))]
    return every


def _in_order(ids: Ids, minutes: NDArray[np.int32]) -> _Layer:
    order = np.argsort(ids, kind="stable")  # it finds runs that are in order
    ids, minutes = ids[order], minutes[order]
    firsts = np.flatnonzero(np.concatenate([np.ones(min(len(ids), 1), np.bool_), ids[1:] != ids[:-1]]))
    return _Layer(ids[firsts], np.minimum.reduceat(minutes, firsts) if len(firsts) else minutes)
