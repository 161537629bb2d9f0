"""Rows of customers, or of others, that ticks have read: whoever comes again, as visitors do, is not read again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Ids = NDArray[np.int64]
    """Ids of customers, each once, in order."""
    Flags = NDArray[np.bool_]
    Instants = NDArray[np.datetime64]
    """Naive UTC, in microseconds."""

MOST = 2_000_000


def in_order(table: pa.Table, of: str) -> pa.Table:
    """Rows in the order of a column of ids, and of each as they come: whoever asks for those of an id finds them together."""
    whose = table[of].to_numpy()
    return table if (whose[1:] >= whose[:-1]).all() else table.take(pa.array(np.argsort(whose, kind="stable")))


def only(table: pa.Table, whose: Ids) -> pa.Table:
    """The rows of some customers. Where they stand together they are not copied, as those of one customer do."""
    places = np.flatnonzero(np.isin(table["customer_id"].to_numpy(), whose))
    if places.size and places[-1] - places[0] >= places.size:
        return table.take(pa.array(places))
    return table.slice(places[0] if places.size else 0, places.size)


class Remembered:
    """Rows of some customers out of several tables, up to a number of rows.

    They lie in layers. What comes is laid on top: of some customers all rows, which hide what the layers below hold of them, of others
    only what is new. A layer that is not much smaller than the one below is made one with it, so that there are few layers and a row is
    seldom moved. Where there are too many rows, those who were not asked for longest go, a quarter of all.
    """

    def __init__(self, most: int = MOST, *, of: str = "customer_id") -> None:
        """Without any customer.

        Args:
            most: so many rows of all tables together are kept at most, but for those that were put last.
            of: the column that says whose they are; who is meant by it is called a customer here.
        """
        self._most, self._of = most, of
        self._layers: list[_Layer] = []
        self._turn = 0

    def clear(self) -> None:
        """Forget all of them."""
        self._layers = []

    def has(self, ids: Ids) -> NDArray[np.bool_]:
        """Of whom of these there are rows, or it is known that there are none."""
        found = np.zeros(len(ids), np.bool_)
        for layer in self._layers:
            places, is_here = layer.places(ids)
            found |= is_here & layer.is_whole[places]
        return found

    def take(self, ids: Ids) -> dict[str, list[pa.Table]]:
        """The rows of customers whom it has, by table, in parts, of which those that were put last come last."""
        parts: dict[str, list[pa.Table]] = {}
        for layer in self._layers:
            places, is_here = layer.places(ids)
            if is_here.any():
                here = places[is_here]
                layer.used[here] = self._turn
                for name, rows in layer.rows.items():
                    parts.setdefault(name, []).insert(0, rows.of(here))
                is_done = is_here.copy()
                is_done[is_here] = layer.is_whole[here]
                ids = ids[~is_done]
        return parts

    def put(self, ids: Ids, tables: Mapping[str, pa.Table]) -> None:
        """Take in all rows of some customers, in the place of those that it may have of them.

        Args:
            ids: the customers.
            tables: their rows and no others, by table; the same tables each time, each with the column `of`.
        """
        self._lay(ids, tables, is_whole=True)

    def add(self, ids: Ids, tables: Mapping[str, pa.Table]) -> None:
        """Take in new rows of some customers whom it has, beside those that it has of them.

        Args:
            ids: the customers.
            tables: their new rows and no others, as for `put`.
        """
        self._lay(ids, tables, is_whole=False)

    def _lay(self, ids: Ids, tables: Mapping[str, pa.Table], *, is_whole: bool) -> None:
        if not len(ids):
            return
        self._turn += 1
        rows = {name: _grouped(ids, table, self._of) for name, table in tables.items()}
        layers = [_Layer(ids, np.full(len(ids), is_whole), np.full(len(ids), self._turn), rows), *self._layers]
        while len(layers) > 1 and 2 * layers[0].size >= layers[1].size:
            layers[:2] = [_laid_on(layers[1], layers[0])]
        if sum(layer.size for layer in layers) > self._most:
            layers = self._of_late(layers)
        self._layers = layers

    def _of_late(self, layers: Sequence[_Layer]) -> list[_Layer]:
        """The customers who were asked for last, as many as three quarters of the room are for, and those that were put last."""
        whole = layers[-1]
        for layer in reversed(layers[:-1]):
            whole = _laid_on(whole, layer)
        order = np.argsort(-whole.used, kind="stable")
        fits = np.cumsum(whole.sizes[order]) <= self._most * 3 // 4
        stays = np.sort(order[fits | (whole.used[order] == self._turn)])
        return [whole.only(stays)]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of a table, those of each customer from a start to an end."""

    table: pa.Table
    starts: Ids
    ends: Ids

    def of(self, places: Ids) -> pa.Table:
        """The rows of customers by their places in the layer."""
        return self.table.take(pa.array(_ranges(self.starts[places], self.ends[places])))

    def spans(self, places: Ids, counts: NDArray[np.bool_]) -> _Rows:
        """The same table, with the rows of customers by their places; none of those who do not count."""
        starts, ends = (np.where(counts, edges[places], 0) for edges in (self.starts, self.ends))
        return _Rows(self.table, starts, ends)


@dataclass(frozen=True, slots=True)
class _Layer:
    """Customers, and their rows by table.

    Attributes:
        ids: the customers.
        is_whole: whether these are all rows of each, or only what is new.
        used: when each was put or asked for last.
        rows: by table.
    """

    ids: Ids
    is_whole: NDArray[np.bool_]
    used: NDArray[np.int64]
    rows: Mapping[str, _Rows]

    @property
    def size(self) -> int:
        return len(self.ids) + sum(rows.table.num_rows for rows in self.rows.values())

    @property
    def sizes(self) -> NDArray[np.int64]:
        """The same of each customer."""
        return np.sum([rows.ends - rows.starts for rows in self.rows.values()], axis=0) + 1

    def places(self, ids: Ids) -> tuple[Ids, NDArray[np.bool_]]:
        """Where each customer is, and whether he is here at all; there is somebody here."""
        places = np.searchsorted(self.ids, ids)
        places[places == len(self.ids)] = 0
        return places, self.ids[places] == ids

    def only(self, places: Ids) -> _Layer:
        """A layer of some of its customers."""
        rows = {name: _in_line(of.of(places), of.ends[places] - of.starts[places]) for name, of in self.rows.items()}
        return _Layer(self.ids[places], self.is_whole[places], self.used[places], rows)


def _grouped(ids: Ids, table: pa.Table, of: str) -> _Rows:
    """Rows customer by customer."""
    rows = in_order(table.combine_chunks(), of)
    whose = rows[of].to_numpy()
    return _Rows(rows, np.searchsorted(whose, ids, "left"), np.searchsorted(whose, ids, "right"))


def _laid_on(below: _Layer, above: _Layer) -> _Layer:
    """One layer of two."""
    ids = np.union1d(above.ids, below.ids)
    (of_above, is_above), (of_below, is_below) = above.places(ids), below.places(ids)
    hides = is_above.copy()
    hides[is_above] = above.is_whole[of_above[is_above]]
    is_below &= ~hides
    rows = {}
    for name, upper in above.rows.items():
        rows[name] = _one_after_another(below.rows[name].spans(of_below, is_below), upper.spans(of_above, is_above))
    is_whole = hides
    is_whole[is_below] = below.is_whole[of_below[is_below]]
    used = np.zeros(len(ids), np.int64)
    used[is_below] = below.used[of_below[is_below]]
    used[is_above] = np.maximum(used[is_above], above.used[of_above[is_above]])
    return _Layer(ids, is_whole, used, rows)


def _one_after_another(lower: _Rows, upper: _Rows) -> _Rows:
    """Of each customer, who is in the same place in both, the rows of one table and behind them those of the other."""
    starts = np.stack([lower.starts, upper.starts + lower.table.num_rows], axis=1).ravel()
    ends = np.stack([lower.ends, upper.ends + lower.table.num_rows], axis=1).ravel()
    table = pa.concat_tables([lower.table, upper.table]).combine_chunks().take(pa.array(_ranges(starts, ends)))
    return _in_line(table, lower.ends - lower.starts + upper.ends - upper.starts)


def _in_line(table: pa.Table, counts: Ids) -> _Rows:
    """Rows that stand customer by customer, so many of each."""
    until = np.cumsum(counts)
    return _Rows(table.combine_chunks(), until - counts, until)


def _ranges(starts: Ids, ends: Ids) -> Ids:
    """All whole numbers from each start to before its end, one range after the other."""
    counts = ends - starts
    until = np.cumsum(counts)
    return np.arange(until[-1] if len(until) else 0) + np.repeat(starts - until + counts, counts)
