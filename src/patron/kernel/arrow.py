"""Tables as Arrow: the form in which Python and engines hand rows to each other."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ibis import Schema

    from patron.kernel.tables import Kind, Table

_TYPES: dict[Kind, pa.DataType] = {
    "id": pa.int64(),
    "text": pa.string(),
    "count": pa.int64(),
    "number": pa.float64(),
    "quantity": pa.decimal128(18, 3),
    "price": pa.decimal128(18, 6),
    "money": pa.int64(),
    "mean_money": pa.float64(),
    "share": pa.float64(),
    "flag": pa.bool_(),
    "instant": pa.timestamp("us"),
    "date": pa.date32(),
}


def arrow_rows(table: Table, rows: Iterable[Mapping[str, object]]) -> pa.Table:
    """A few rows of a declared table; columns that a row does not give are null, instants are naive UTC."""
    given = list(rows)
    return pa.table({c.name: pa.array([row.get(c.name) for row in given], _TYPES[c.kind]) for c in table.columns})


@lru_cache(maxsize=1_000)
def arrow_schema(schema: Schema) -> pa.Schema:
    """The columns of an expression in Arrow's types; told once, as the same questions come again with every tick."""
    return schema.to_pyarrow()
