"""How expressions, types, names and texts are written for the embedded engine."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import pyarrow as pa
import sqlglot.expressions as sge
from ibis.backends.sql.compilers import DuckDBCompiler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patron.kernel.given import Given
    from patron.ports.engine import Cell

_LONG_LIST, _FEW_VALUES = 6, 50
_writing = threading.Lock()  # what `_unfused` sets is there for all threads


def text(value: str) -> str:
    """A text as a literal, in which nothing but the quote has a meaning."""
    return "'" + value.replace("'", "''") + "'"


def instant_text(value: datetime) -> str:
    """An instant as a literal."""
    return f"{text(value.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' '))}::TIMESTAMP"


def values_text(rows: pa.Table) -> str:
    """A few plain values as the list behind VALUES: the engine reads that sooner than a table. Empty where they are many, or others."""
    if not 0 < rows.num_rows * rows.num_columns <= _FEW_VALUES or not all(map(_is_plain, rows.schema.types)):
        return ""
    return ", ".join(f"({', '.join(map(value_text, row.values()))})" for row in rows.to_pylist())


def _is_plain(of: pa.DataType) -> bool:
    return pa.types.is_integer(of) or pa.types.is_string(of) or pa.types.is_boolean(of) or pa.types.is_timestamp(of)


def value_text(value: Cell) -> str:
    """A plain value as a literal, exactly."""
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return " || chr(0) || ".join(map(text, value.split("\0")))  # where a statement would end
    if isinstance(value, date):
        return f"'{value}'::{'TIMESTAMP' if isinstance(value, datetime) else 'DATE'}"
    if isinstance(value, float):  # without quotes the engine would take it for a decimal, and divide
        return f"'{value!r}'::DOUBLE"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


class _Compiler(DuckDBCompiler):
    """Ibis' own, but for what this engine is known to do better when it is asked otherwise."""

    __slots__ = ()

    def visit_InValues(self, op: ops.InValues, *, value: sge.Expression, options: tuple[sge.Expression, ...]) -> sge.Expression:  # noqa: N802
        """A list of six and more becomes a join, which carries every column along and loses the order of the rows; an array does not."""
        if len(options) >= _LONG_LIST and all(isinstance(o, ops.Literal) and o.value is not None for o in op.options):
            found: sge.Expression = self.f.array_contains(self.f.array(*options), value)
            return found
        return super().visit_InValues(op, value=value, options=options)

    def visit_Aggregate(  # noqa: N802
        self, op: ops.Aggregate, *, parent: sge.Expression, groups: dict[str, sge.Expression], metrics: dict[str, sge.Expression]
    ) -> sge.Expression:
        """The engine sums whole numbers into ones of 128 bits, and whatever is worked out from them is as wide and slow: not so here."""
        narrow = {n: self.cast(m, op.metrics[n].dtype) if op.metrics[n].dtype.is_integer() else m for n, m in metrics.items()}
        made: sge.Expression = super().visit_Aggregate(op, parent=parent, groups=groups, metrics=narrow)
        return made

    def visit_Given(self, _: Given, *, name: str, dtype: dt.DataType) -> sge.Expression:  # noqa: N802
        """A parameter of the statement."""
        del dtype
        return sge.Placeholder(this=name)


@lru_cache(maxsize=1_000)
def statement_of(node: ops.Node) -> str:
    """The statement of an expression, written once: the same questions come again with every refresh and every tick."""
    with _writing, _unfused():
        return str(_Compiler().to_sqlglot(node.to_expr()).sql(dialect="duckdb", copy=False))


@contextmanager
def _unfused() -> Iterator[None]:
    """Selections stay nested as they were said: the engine fuses them itself, in a fraction of the time."""
    before = ibis.options.sql.fuse_selects
    ibis.options.sql.fuse_selects = False
    try:
        yield
    finally:
        ibis.options.sql.fuse_selects = before


@lru_cache(maxsize=1_000)
def type_name(of: dt.DataType) -> str:
    """The engine's name of a type."""
    return str(DuckDBCompiler.type_mapper.from_ibis(of).sql(dialect="duckdb"))


@lru_cache(maxsize=10_000)
def quoted(name: str) -> str:
    """A name that may hold anything."""
    return sge.to_identifier(name, quoted=True).sql(dialect="duckdb")
