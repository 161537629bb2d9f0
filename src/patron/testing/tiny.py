"""Tiny shops that can be checked by eye: facts from a few dictionaries, on an engine in memory."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.facts import tables as facts
from patron.kernel.arrow import arrow_rows
from patron.kernel.ids import derived

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from patron.kernel.tables import Column, Table

_BY_NAME = {
    "kind": "sale", "source": "test", "currency": "GBP", "received_at": datetime(2020, 1, 1), "is_dated": True, "is_full": False,  # noqa: DTZ001
    "channel": "email", "purpose": "marketing", "status": "paid",
}  # fmt: skip
_BY_TABLE = {"order_lines": {"kind": "product"}, "refunds": {"kind": "product"}}
_BY_KIND = {"id": 0, "count": 0, "money": 0, "quantity": Decimal(0), "price": Decimal(0), "text": "", "flag": False, "number": 0.0}


def tiny_shop(rows: Mapping[str, Sequence[Mapping[str, object]]]) -> DuckDBEngine:
    """An engine in memory with every fact table, filled with these rows.

    Args:
        rows: per table name a list of rows. Instants may be ISO text ("2024-03-01" is midnight UTC). Columns that are left out get a
            sensible value: ids count from 1, required amounts are 0, `total` is `net_revenue`, currency is GBP; the rest is null.
    """
    engine = DuckDBEngine(threads=1)
    for table in (*facts.FACTS, *facts.LEDGER):
        engine.declare(table)
        given = rows.get(table.name, ())
        if given:
            engine.insert(table.name, tiny_rows(table, given))
    return engine


def customer(name: str) -> int:
    """A stable customer id for a name, for readable tests."""
    return derived("customer", name)


def tiny_rows(table: Table, rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """Rows of a table as `tiny_shop` fills them in."""
    for row in rows:
        unknown = [c for c in row if c not in table]
        assert not unknown, f"{table.name} has no column {unknown}"
    return arrow_rows(table, [{c.name: _value(table, c, row, i) for c in table.columns} for i, row in enumerate(rows, 1)])


def _value(table: Table, column: Column, row: Mapping[str, object], number: int) -> object:
    if column.name in row:
        return _read(column, row[column.name])
    if column.name in table.key and column.kind == "id":
        return number
    if column.name == "total" and "net_revenue" in row:
        return row["net_revenue"]
    if not column.required:
        return None
    default = _BY_TABLE.get(table.name, {}).get(column.name, _BY_NAME.get(column.name))
    return default if default is not None else _BY_KIND[column.kind]


def _read(column: Column, value: object) -> object:
    if column.kind == "instant" and isinstance(value, str):
        read = datetime.fromisoformat(value)
        return read.astimezone(UTC).replace(tzinfo=None) if read.tzinfo else read
    if column.kind == "date" and isinstance(value, str):
        return date.fromisoformat(value)
    if column.kind in {"quantity", "price"} and not isinstance(value, Decimal) and value is not None:
        return Decimal(str(value))
    return value
