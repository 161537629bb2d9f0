"""The engine of few rows: tables are held in memory, expressions are answered by Arrow and numpy, operation by operation.

An engine for many rows reads, plans and prepares a statement before it touches the first row; for a few hundred rows that is nearly all
it does. Here nothing is planned. The same expressions give the same answers.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, ClassVar

import pyarrow as pa

from patron.adapters.engines.arrays.columns import INSTANT, cast_to, type_of
from patron.adapters.engines.arrays.relations import Held, Question
from patron.kernel.errors import InvariantError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import ibis.expr.types as ir


class ArraysEngine:
    """An `Engine` on arrays of this process."""

    name: ClassVar[str] = "arrays"

    def __init__(self) -> None:
        """Without any table."""
        self._kept: dict[str, pa.Table] = {}
        self._hiding: dict[str, pa.Table] = {}
        self._moment: pa.Scalar | None = None
        self._asked: dict[str, set[str]] = {}

    @property
    def asked(self) -> Mapping[str, frozenset[str]]:
        """The columns of its tables, by table, that expressions have asked for since it was cleared."""
        return {name: frozenset(columns) for name, columns in self._asked.items()}

    def clear(self) -> None:
        """Forget all tables."""
        self._kept, self._hiding, self._asked = {}, {}, {}

    def tell(self, instant: datetime) -> None:
        """From now on `kernel.time.moment` is this instant."""
        self._moment = pa.scalar(instant.astimezone(UTC).replace(tzinfo=None), INSTANT)

    def sql(self, expression: ir.Table) -> str:
        """The expression itself: nothing is translated."""
        return str(expression)

    def query(self, expression: ir.Table) -> pa.Table:
        """The rows of an expression."""
        rows = Question(self._rows, self._moment).rows(expression.op())
        schema = expression.schema()
        columns = [cast_to(rows.column(name), type_of(dtype)) for name, dtype in schema.items()]
        return pa.table(columns, schema=schema.to_pyarrow())

    def create(self, name: str, expression: ir.Table, *, temporary: bool = False) -> None:
        """Make or replace a table with the rows of an expression, each column in the type that the expression has."""
        self._put(name, self.query(expression), temporary=temporary)

    def fill(self, name: str, rows: pa.RecordBatchReader, *, temporary: bool = False) -> None:
        """Make or replace a table with rows that were worked out outside."""
        self._put(name, rows.read_all(), temporary=temporary)

    def drop(self, name: str, *, temporary: bool = False) -> None:
        """Remove a table, or with `temporary` the temporary one that hides it; nothing happens when there is none."""
        if self._hiding.pop(name, None) is None and not temporary:
            self._kept.pop(name, None)

    def tables(self) -> frozenset[str]:
        """The names of all tables."""
        return frozenset(self._kept) | frozenset(self._hiding)

    def columns(self, name: str) -> tuple[str, ...]:
        """The column names of a table, in order."""
        return tuple(self._table(name).column_names)

    def _put(self, name: str, rows: pa.Table, *, temporary: bool) -> None:
        (self._hiding if temporary else self._kept)[name] = rows

    def _table(self, name: str) -> pa.Table:
        found = self._hiding.get(name, self._kept.get(name))
        if found is None:
            raise InvariantError(f"There is no table {name!r}.")
        return found

    def _rows(self, name: str) -> Held:
        table = self._table(name)
        return Held(table, self._asked.setdefault(name, set()))
