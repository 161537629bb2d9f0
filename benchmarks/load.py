"""How fast do files of orders become facts? Beside the engine reading the same file into a typed table."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.harness import Case, Row
from benchmarks.shops import ENDS, TINY
from patron.adapters.engines.duckdb import DuckDBEngine
from patron.adapters.made_up import Proportions
from patron.runtime.loading import LoadOptions, load
from patron.testing.shops import made_up_shop

if TYPE_CHECKING:
    from benchmarks.harness import Setting

CUSTOMERS = 400_000  # six million lines
_COLUMNS = {
    "Invoice": "VARCHAR", "StockCode": "VARCHAR", "Description": "VARCHAR", "Quantity": "DECIMAL(18, 3)", "InvoiceDate": "TIMESTAMP",
    "Price": "DECIMAL(18, 6)", "Customer ID": "VARCHAR", "Country": "VARCHAR",
}  # fmt: skip


def run(setting: Setting) -> list[Row]:
    """A file of order lines, as CSV."""
    file = _lines(setting.work, TINY if setting.small else CUSTOMERS)
    with file.open("rb") as read:
        rows = sum(chunk.count(b"\n") for chunk in iter(lambda: read.read(1 << 20), b"")) - 1
    floor, loaded = setting.measured(
        Case("typed table", "benchmarks.load:typed_table", {"file": str(file)}),
        Case("load", "benchmarks.load:facts", {"file": str(file)}),
    )
    ratio = floor.seconds / loaded.seconds
    beside = f"the engine reading it into a typed table: {floor.seconds:.1f} s"
    return [
        Row(
            "load a CSV file of order lines into facts",
            rows,
            loaded.seconds,
            loaded.peak_mb,
            beside,
            ratio,
            "at least 0.6 of its speed",
            ratio >= 0.6,
        )
    ]


def facts(file: str) -> float:
    """Seconds from a file to facts in a new store."""
    path = Path(file).with_name("loaded.duckdb")
    path.unlink(missing_ok=True)
    store = DuckDBEngine(path, threads=2)
    began = perf_counter()
    load(store, "lines", [Path(file)], LoadOptions(received_at=datetime(2026, 1, 2, tzinfo=UTC)))
    took = perf_counter() - began
    store.close()
    path.unlink()
    return took


def typed_table(file: str) -> float:
    """Seconds from the same file to one typed table."""
    path = Path(file).with_name("typed.duckdb")
    path.unlink(missing_ok=True)
    store = DuckDBEngine(path, threads=2)
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in _COLUMNS.items())
    began = perf_counter()
    store.execute(f"CREATE TABLE lines AS FROM read_csv('{file}', header = true, columns = {{{columns}}})")
    took = perf_counter() - began
    store.close()
    path.unlink()
    return took


def _lines(work: Path, customers: int) -> Path:
    file = work / f"lines-{customers}.csv"
    if not file.exists():
        shop = made_up_shop(customers, ends_at=ENDS, much=Proportions(messages=0, events=0))
        shop.execute(f"""
            COPY (SELECT order_number AS "Invoice", product_code AS "StockCode", name AS "Description", quantity::BIGINT AS "Quantity",
                         strftime(orders.ordered_at, '%Y-%m-%d %H:%M:%S') AS "InvoiceDate", unit_price::DECIMAL(18, 2) AS "Price",
                         customers.customer_number AS "Customer ID", orders.country AS "Country"
                  FROM order_lines JOIN orders USING (order_id) JOIN products USING (product_id)
                       LEFT JOIN customers ON customers.customer_id = orders.customer_id
                  WHERE orders.kind = 'sale' ORDER BY orders.ordered_at, line_id) TO '{file}' (HEADER)""")
        shop.close()
    return file
