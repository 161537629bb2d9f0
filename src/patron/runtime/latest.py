"""The answers about customers whom ticks have looked at last, in memory: who asks about a visitor of this minute needs no row of the store.

They speak for one commit, that of the last tick, and are asked by naming it: whoever sees another commit in the store goes by the store.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import pyarrow as pa

MOST = 20_000
"""So many answers are kept: at two hundred columns some forty megabytes."""


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """What a tick has worked out about customers, one row each in every table; rows of all ticks are counted through."""

    first: int
    ids: Sequence[int]
    tables: Mapping[str, pa.Table]


class Latest:
    """Answers of a tick after the other: noted within its transaction, and true once that is committed. Threads may ask meanwhile."""

    def __init__(self, most: int = MOST) -> None:
        """Know of nobody.

        Args:
            most: so many answers at most, but for those of the last tick.
        """
        self._most, self._changing = most, threading.Lock()
        self._as_of: datetime | None = None
        self._noted: list[tuple[Sequence[int], _Rows]] = []
        self._kept: list[_Rows] = []
        self._numbers: dict[int, int] = {}  # of rows, by customer: plain numbers, which the garbage collector does not look through
        self._end = 0

    def note(self, touched: pa.Table, answers: Mapping[str, pa.Table]) -> None:
        """Customers were looked at in a transaction that is not committed yet.

        Args:
            touched: all of them (customer_id), also those who are gone.
            answers: a row about each of the others, by the name of the table it is kept in; the same customers in each.
        """
        first, *others = answers.values()
        ids = first["customer_id"]
        tables = [first, *(other.take(pc.index_in(ids, other["customer_id"].combine_chunks())) for other in others)]
        rows = _Rows(self._end, ids.to_pylist(), dict(zip(answers, tables, strict=True)))
        self._end += len(rows.ids)
        self._noted.append((touched["customer_id"].to_pylist(), rows))

    def lose(self, ids: Sequence[int]) -> None:
        """The answers about customers were changed in such a transaction, to what is only in the store."""
        self._noted.append((ids, _Rows(self._end, (), {})))

    def come_true(self, as_of: datetime) -> None:
        """A tick was committed, with all that was noted in it."""
        with self._changing:
            for touched, rows in self._noted:
                for customer_id in touched:
                    self._numbers.pop(customer_id, None)
                self._numbers.update({customer_id: number for number, customer_id in enumerate(rows.ids, rows.first)})
                if rows.ids:
                    self._kept.append(rows)
            self._noted = []
            while len(self._kept) > 1 and self._end - self._kept[0].first > self._most:
                self._let_go(self._kept.pop(0))
            self._as_of = as_of

    def clear(self) -> None:
        """Know of nobody any more: the answers that are kept are others, or nobody knows which."""
        with self._changing:
            self._as_of, self._noted, self._kept, self._numbers = None, [], [], {}

    def of(self, customer_id: int, as_of: datetime, columns: Mapping[str, Sequence[str]]) -> dict[str, dict[str, Any]] | None:
        """The answers about a customer as of a tick, by table and column; None where the store has to be asked.

        Args:
            customer_id: the customer.
            as_of: the tick that the store speaks for.
            columns: of each table, which are asked for.
        """
        with self._changing:
            number = self._numbers.get(customer_id) if as_of == self._as_of else None
            if number is None:
                return None
            rows = self._kept[bisect_right(self._kept, number, key=lambda kept: kept.first) - 1]
        place = number - rows.first
        try:
            return {name: {c: rows.tables[name][c][place].as_py() for c in asked} for name, asked in columns.items()}
        except KeyError:  # definitions have just changed, and the asker has others than the tick had
            return None

    def _let_go(self, rows: _Rows) -> None:
        for number, customer_id in enumerate(rows.ids, rows.first):
            if self._numbers.get(customer_id) == number:
                del self._numbers[customer_id]
