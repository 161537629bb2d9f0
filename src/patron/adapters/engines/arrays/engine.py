"""The engine of few rows: tables are held in memory, expressions are answered by Arrow and numpy, operation by operation.

An engine for many rows reads, plans and prepares a statement before it touches the first row; for a few hundred rows that is nearly all
it does. Here an expression becomes a list of operations when it is first asked, and nothing but these is done from then on. The same
expressions give the same answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pyarrow as pa

from patron.adapters.engines.arrays.columns import INSTANT, single
from patron.adapters.engines.arrays.moments import Moment, Moments
from patron.adapters.engines.arrays.program import Held, program
from patron.kernel.arrow import arrow_schema
from patron.kernel.errors import InvariantError, UnsupportedError
from patron.kernel.time import in_utc

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    import ibis.expr.types as ir

    from patron.kernel.steps import Step


class ArraysEngine:
    """An `Engine` on arrays of this process."""

    name: ClassVar[str] = "arrays"

    def __init__(self) -> None:
        """Without any table."""
        self._kept: dict[str, Held] = {}
        self._hiding: dict[str, Held] = {}
        self._moment: Moment = None

    @property
    def asked(self) -> Mapping[str, frozenset[str]]:
        """The columns that expressions have asked for, by table, of the tables that are there."""
        return {name: frozenset(rows.asked) for name, rows in {**self._kept, **self._hiding}.items()}

    def clear(self) -> None:
        """Forget all tables."""
        self._kept, self._hiding = {}, {}

    def another(self) -> ArraysEngine:
        """One like it, without any table."""
        return ArraysEngine()

    def tell(self, instant: datetime) -> None:
        """From now on `kernel.time.moment` is this instant."""
        self._moment = pa.scalar(in_utc(instant), INSTANT)

    def tell_each(self, instants: pa.Table) -> None:
        """From now on `kernel.time.moment` is, in rows about a customer, the instant told for that one."""
        told = instants.sort_by("customer_id").combine_chunks()
        customers = told["customer_id"].to_numpy()
        self._moment = Moments(customers, single(told["instant"]).cast(INSTANT))

    def sql(self, expression: ir.Table) -> str:
        """The expression itself: nothing is translated."""
        return str(expression)

    def query(self, expression: ir.Table) -> pa.Table:
        """The rows of an expression."""
        columns = self._answer([("", expression)])[""].columns
        return pa.table(list(columns.values()), schema=arrow_schema(expression.schema()))

    def create(self, name: str, expression: ir.Table, *, temporary: bool = False) -> None:
        """Make or replace a table with the rows of an expression, each column in the type that the expression has."""
        self._put(name, self._answer([(name, expression)])[name], temporary=temporary)

    def make(self, steps: Sequence[Step]) -> None:
        """Make temporary tables; each step may read those before it. What several of them have in common is worked out once."""
        self._hiding |= self._answer([(step.name, step.expression) for step in steps])

    @property
    def memory_bytes(self) -> int | None:
        """Nobody has set a limit here."""
        return None

    def define(self, name: str, expression: ir.Table) -> None:
        """Let an expression be read by a name that hides the table of that name; its rows are worked out at once."""
        self.create(name, expression, temporary=True)

    def undefine(self, name: str) -> None:
        """Forget what was defined by a name; nothing happens when nothing was."""
        self.drop(name, temporary=True)

    def fill(self, name: str, rows: pa.RecordBatchReader, *, temporary: bool = False) -> None:
        """Make or replace a table with rows that were worked out outside."""
        table = rows.read_all()
        columns = {column: single(table.column(column)) for column in table.column_names}
        self._put(name, Held(columns, table.num_rows), temporary=temporary)

    def drop(self, name: str, *, temporary: bool = False) -> None:
        """Remove a table, or with `temporary` the temporary one that hides it; nothing happens when there is none."""
        if self._hiding.pop(name, None) is None and not temporary:
            self._kept.pop(name, None)

    def tables(self) -> frozenset[str]:
        """The names of all tables."""
        return frozenset(self._kept) | frozenset(self._hiding)

    def columns(self, name: str) -> tuple[str, ...]:
        """The column names of a table, in order."""
        return tuple(self._table(name).columns)

    def _answer(self, expressions: Iterable[tuple[str, ir.Table]]) -> dict[str, Held]:
        """Tables by their names."""
        try:
            return program(tuple((name, expression.op()) for name, expression in expressions)).rows(self._table, self._moment)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OverflowError, RecursionError) as error:  # such a value has no place here
            raise UnsupportedError(str(error)) from error

    def _put(self, name: str, rows: Held, *, temporary: bool) -> None:
        (self._hiding if temporary else self._kept)[name] = rows

    def _table(self, name: str) -> Held:
        found = self._hiding.get(name, self._kept.get(name))
        if found is None:
            raise InvariantError(f"There is no table {name!r}.")
        return found
