"""The small tables that the suite for engines reads, with what is known of their rows."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.ports.engine import Engine

PAIRS = (
    # later, earlier, seconds
    ("2024-01-02T01:00:00", "2024-01-01T23:00:00", 7_200),  # two hours across midnight are not a day
    ("2024-01-02T00:00:00", "2024-01-01T00:00:00", 86_400),
    ("2024-03-31T12:00:00", "2024-03-30T12:00:00", 86_400),  # across the change to summer time
    ("2024-10-27T00:30:00", "2024-10-26T23:30:00", 3_600),
    ("2024-02-29T00:00:00.900000", "2024-02-28T00:00:00.100000", 86_400),  # fractions of a second are cut, never rounded
    ("1969-12-31T23:59:59", "1970-01-01T00:00:00", -1),
    (None, "2024-01-01T00:00:00", None),
)
CLOCK = (
    # instant, what the clock in London shows
    ("2024-03-31T00:59:59.999999", "2024-03-31T00:59:59.999999"),
    ("2024-03-31T01:00:00", "2024-03-31T02:00:00"),
    ("2024-07-31T23:30:00", "2024-08-01T00:30:00"),
    ("2024-10-27T00:59:59", "2024-10-27T01:59:59"),
    ("2024-10-27T01:00:00", "2024-10-27T01:00:00"),
    ("2024-12-31T23:59:59", "2024-12-31T23:59:59"),
)
TEXTS = ("", "a", "Ž luť", "customer_number\x1fshop\x1f12747", "x" * 200, None)
SALES = (
    # customer, amount, units, rate, at, name, is_good
    (1, 100, "1.500", 0.5, "2024-01-01T10:00:00", "Alfa", True),
    (1, 300, "2.000", None, "2024-01-03T10:00:00", "beta", None),
    (1, None, "0.125", 2.5, "2024-01-02T10:00:00", None, False),
    (1, 200, None, -2.5, "2024-01-04T10:00:00", "gamma", True),
    (2, 9_000_000_000_000, "99999999999.999", 1.0, "2024-02-01T00:00:00", "Alfa", False),
    (2, 1, "0.001", 3.0, None, "delta", False),
    (3, None, None, None, "2024-03-01T00:00:00", "Beta", None),
)


def tables() -> dict[str, pa.Table]:
    """The tables that an engine under test holds."""
    instant = pa.timestamp("us")
    columns = list(zip(*SALES, strict=True))
    return {
        "pairs": pa.table(
            {
                "n": pa.array(range(len(PAIRS)), pa.int64()),
                "later": pa.array([naive(p[0]) for p in PAIRS], instant),
                "earlier": pa.array([naive(p[1]) for p in PAIRS], instant),
            }
        ),
        "clock": pa.table({"at": pa.array([naive(p[0]) for p in CLOCK], instant), "wall": pa.array([naive(p[1]) for p in CLOCK], instant)}),
        "texts": pa.table({"n": pa.array(range(len(TEXTS)), pa.int64()), "text": pa.array(TEXTS, pa.string())}),
        "sales": pa.table(
            {
                "customer_id": pa.array(columns[0], pa.int64()),
                "amount": pa.array(columns[1], pa.int64()),
                "units": pa.array([u if u is None else Decimal(u) for u in columns[2]], pa.decimal128(18, 3)),
                "rate": pa.array(columns[3], pa.float64()),
                "at": pa.array([naive(a) for a in columns[4]], instant),
                "name": pa.array(columns[5], pa.string()),
                "is_good": pa.array(columns[6], pa.bool_()),
            }
        ),
    }


def naive(text: str | None) -> datetime | None:
    """An instant as tables hold it."""
    return None if text is None else datetime.fromisoformat(text)


_INSTANT = "timestamp(6)"
PAIRS_ROWS = ibis.table({"n": "int64", "later": _INSTANT, "earlier": _INSTANT}, name="pairs")
CLOCK_ROWS = ibis.table({"at": _INSTANT, "wall": _INSTANT}, name="clock")
TEXTS_ROWS = ibis.table({"n": "int64", "text": "string"}, name="texts")
SALES_ROWS = ibis.table(
    {
        "customer_id": "int64",
        "amount": "int64",
        "units": "decimal(18, 3)",
        "rate": "float64",
        "at": _INSTANT,
        "name": "string",
        "is_good": "boolean",
    },
    name="sales",
)


def column_of(engine: Engine, expression: ir.Table, name: str) -> list[object]:
    """The values of one column of an expression, in order."""
    values: list[object] = engine.query(expression).column(name).to_pylist()
    return values
