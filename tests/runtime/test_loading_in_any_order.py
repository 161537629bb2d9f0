"""Any order and any repetition of loads gives the same facts."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.runtime.loading import LoadOptions, load
from properties import tried

OPTIONS = LoadOptions(received_at=datetime(2026, 1, 1, tzinfo=UTC))
TABLES = (
    "orders",
    "order_lines",
    "refunds",
    "credits",
    "products",
    "listings",
    "identifiers",
    "links",
    "profiles",
    "consents",
    "documents",
)

LINE = st.builds(
    lambda order, customer, sku, quantity, price, day: f"{order},{customer},{sku},{quantity},{price},2024-01-{day:02d} 10:00",
    st.sampled_from(["1", "2", "3", "C4", "C5", "6"]),
    st.sampled_from(["7", "8", ""]),
    st.sampled_from(["A", "POST", "X1"]),
    st.integers(-3, 3),
    st.sampled_from(["2.50", "0", "0.005"]),
    st.integers(1, 9),
)
FILES = st.lists(st.lists(LINE, min_size=1, max_size=8), min_size=1, max_size=3)


def facts(source: str, files: list[str]) -> dict[str, list[Any]]:
    store = DuckDBEngine(threads=1)
    with tempfile.TemporaryDirectory() as folder:
        for number, text in enumerate(files):
            path = Path(folder) / f"{number}.csv"
            path.write_text(text, encoding="utf-8")
            load(store, source, [path], OPTIONS)
    return {t: store.connection.sql(f"SELECT * FROM {t} ORDER BY ALL").fetchall() for t in TABLES}


def lines_file(lines: list[str]) -> str:
    return "order id,customer id,sku,quantity,price,date\n" + "\n".join(lines) + "\n"


@tried(6, 25)
@given(FILES, st.data())
def test_order_lines(files: list[list[str]], data: st.DataObject) -> None:
    texts = [lines_file(f) for f in files]
    order = data.draw(st.lists(st.sampled_from(texts), max_size=2).map(lambda again: [*texts, *again]).flatmap(st.permutations))
    assert facts("lines", texts) == facts("lines", list(order))


@tried(8, 15)
@given(FILES)
def test_money_of_order_lines_is_conserved(files: list[list[str]]) -> None:
    answers = facts("lines", [lines_file(f) for f in files[:1]])
    cents = {"2.50": 250, "0": 0, "0.005": None}
    expected = 0
    for line in files[0]:
        _, _, _, quantity, price, _ = line.split(",")
        each = cents[price]
        thousandths = int(quantity) * 5
        half_even = round(thousandths / 10)
        expected += half_even if each is None else int(quantity) * each
    total = sum(row[_at("orders", "total")] for row in answers["orders"]) - sum(row[_at("refunds", "total")] for row in answers["refunds"])
    assert total == expected


ORDER = st.builds(
    lambda number, email, total, updated, refunded: f"{number},{email},{total},2024-01-01 10:00,2024-02-{updated:02d},{refunded}",
    st.sampled_from(["1", "2"]),
    st.sampled_from(["a@example.com", "b@example.com", ""]),
    st.sampled_from(["10", "20"]),
    st.integers(1, 3),
    st.sampled_from(["", "5", "20"]),
)


@tried(6, 20)
@given(st.lists(st.lists(ORDER, min_size=1, max_size=4), min_size=1, max_size=3), st.data())
def test_documents(files: list[list[str]], data: st.DataObject) -> None:
    texts = ["order id,email,total,date,updated at,refunded amount\n" + "\n".join(f) + "\n" for f in files]
    order = data.draw(st.lists(st.sampled_from(texts), max_size=2).map(lambda again: [*texts, *again]).flatmap(st.permutations))
    assert facts("orders", texts) == facts("orders", list(order))


def _at(table: str, column: str) -> int:
    from patron.facts import tables  # noqa: PLC0415

    found = next(t for t in tables.FACTS if t.name == table)
    return [c.name for c in found.columns].index(column)
