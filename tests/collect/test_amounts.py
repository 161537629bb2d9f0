from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import ibis
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.backends.sql.compilers import PySparkCompiler

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.collect import amounts

STORE = DuckDBEngine(threads=1)
TABLE = ibis.table({"price": "decimal(18, 6)", "quantity": "decimal(18, 3)", "currency": "string"}, name="priced")

PRICES = st.decimals(-(10**7), 10**7, places=6, allow_nan=False) | st.integers(-20_000, 20_000).map(lambda n: Decimal(n) / 1000)
QUANTITIES = st.decimals(-(10**6), 10**6, places=3, allow_nan=False) | st.integers(-9, 9).map(Decimal)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(PRICES, QUANTITIES, st.sampled_from(["GBP", "JPY", "KWD"])), min_size=1, max_size=30))
def test_amounts_are_multiplied_exactly_and_rounded_half_to_even(rows: list[tuple[Decimal, Decimal, str]]) -> None:
    places = {"GBP": 2, "JPY": 0, "KWD": 3}
    columns = {
        "price": pa.array([r[0] for r in rows], pa.decimal128(18, 6)),
        "quantity": pa.array([r[1] for r in rows], pa.decimal128(18, 3)),
        "currency": pa.array([r[2] for r in rows]),
        "n": pa.array(range(len(rows))),
    }
    STORE.connection.register("priced", pa.table(columns))
    exact = [int((p * q).scaleb(places[c]).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)) for p, q, c in rows]
    by_column = TABLE.select(m=amounts.minor_of_product(TABLE.price, TABLE.quantity, TABLE.currency))
    assert STORE.query(by_column)["m"].to_pylist() == exact
    pounds = TABLE.select(m=amounts.minor_of_product(TABLE.price, TABLE.quantity, "GBP"))
    assert STORE.query(pounds)["m"].to_pylist() == [
        int((p * q).scaleb(2).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)) for p, q, _ in rows
    ]


def test_amounts_compile_for_spark() -> None:
    query = TABLE.select(m=amounts.minor_of_product(TABLE.price, TABLE.quantity, TABLE.currency))
    assert "DECIMAL" in PySparkCompiler().to_sqlglot(query).sql(dialect="spark")
