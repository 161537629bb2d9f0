"""Rows of customers that ticks have read: whoever comes again, as visitors do, is not read again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Ids = NDArray[np.int64]
    """Ids of customers, each once, in order."""

MOST = 1_000_000


class Remembered:
    """Rows of some customers out of several tables, up to a number of rows.

    They lie in layers: what comes is laid on top, and hides what the layers below hold of the same customers. A layer that is not much
    smaller than the one below is made one with it, so that there are few layers and a row is seldom moved. Where there are too many rows,
    the layer below all others goes, which holds those who were read longest ago.
    """

    def __init__(self, most: int = MOST) -> None:
        """Without any customer.

        Args:
            most: so many rows of all tables together are kept at most, but for those that were put last.
        """
        self._most = most
        self._layers: list[_Layer] = []

    def clear(self) -> None:
        """Forget all of them."""
        self._layers = []

    def has(self, ids: Ids) -> NDArray[np.bool_]:
        """Of whom of these there are rows, or it is known that there are none."""
        found = np.zeros(len(ids), np.bool_)
        for layer in self._layers:
            found |= layer.places(ids)[1]
        return found

    def take(self, ids: Ids) -> dict[str, list[pa.Table]]:
        """The rows of customers whom it has, by table, in parts."""
        parts: dict[str, list[pa.Table]] = {}
        for layer in self._layers:
            places, is_here = layer.places(ids)
            if is_here.any():
                for name, rows in layer.rows.items():
                    parts.setdefault(name, []).append(rows.of(places[is_here]))
                ids = ids[~is_here]
        return parts

    def put(self, ids: Ids, tables: Mapping[str, pa.Table]) -> None:
        """Take in all rows of some customers, in the place of those that it may have of them.

        Args:
            ids: the customers.
            tables: their rows and no others, by table; the same tables each time, each with customer_id.
        """
        layers = [_Layer(ids, {name: _grouped(ids, rows) for name, rows in tables.items()}), *self._layers]
        while len(layers) > 1 and 2 * layers[0].size >= layers[1].size:
            layers[:2] = [_laid_on(layers[1], layers[0])]
        while len(layers) > 1 and sum(layer.size for layer in layers) > self._most:
            layers.pop()
        self._layers = layers


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of a table, those of each customer from a start to an end."""

    table: pa.Table
    starts: Ids
    ends: Ids

    def of(self, places: Ids) -> pa.Table:
        """The rows of customers by their places in the layer."""
        return self.table.take(pa.array(_ranges(self.starts[places], self.ends[places])))


@dataclass(frozen=True, slots=True)
class _Layer:
    """Customers, and their rows by table."""

    ids: Ids
    rows: Mapping[str, _Rows]

    @property
    def size(self) -> int:
        return len(self.ids) + sum(rows.table.num_rows for rows in self.rows.values())

    def places(self, ids: Ids) -> tuple[Ids, NDArray[np.bool_]]:
        """Where each customer is, and whether he is here at all."""
        places = np.searchsorted(self.ids, ids)
        places[places == len(self.ids)] = 0
        return places, (self.ids[places] == ids) if len(self.ids) else np.zeros(len(ids), np.bool_)


def _grouped(ids: Ids, table: pa.Table) -> _Rows:
    """Rows in the order of customers."""
    whose = table["customer_id"].to_numpy()
    order = np.argsort(whose, kind="stable")
    rows, whose = table.take(pa.array(order)).combine_chunks(), whose[order]
    return _Rows(rows, np.searchsorted(whose, ids, "left"), np.searchsorted(whose, ids, "right"))


def _laid_on(below: _Layer, above: _Layer) -> _Layer:
    """One layer of two."""
    stays = ~above.places(below.ids)[1]
    ids = np.concatenate([above.ids, below.ids[stays]])
    order = np.argsort(ids)
    rows = {}
    for name, upper in above.rows.items():
        lower = below.rows[name]
        starts = np.concatenate([upper.starts, lower.starts[stays] + upper.table.num_rows])[order]
        ends = np.concatenate([upper.ends, lower.ends[stays] + upper.table.num_rows])[order]
        table = pa.concat_tables([upper.table, lower.table]).combine_chunks().take(pa.array(_ranges(starts, ends)))
        until = np.cumsum(ends - starts)
        rows[name] = _Rows(table.combine_chunks(), until - (ends - starts), until)
    return _Layer(ids[order], rows)


def _ranges(starts: Ids, ends: Ids) -> Ids:
    """All whole numbers from each start to before its end, one range after the other."""
    counts = ends - starts
    until = np.cumsum(counts)
    return np.arange(until[-1] if len(until) else 0) + np.repeat(starts - until + counts, counts)
