"""Of identifiers that were met, only what the store does not know yet is brought to it."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.facts import tables as t
from patron.runtime.met import Met
from runtime.live import Live

_ROWS = st.lists(st.tuples(st.integers(0, 9), st.none() | st.integers(0, 20)), min_size=1, max_size=8)
"""Identifiers, and when each was seen; unknown is later than ever."""
_LATEST = 99


def _table(rows: list[tuple[int, int | None]]) -> pa.Table:
    ids, instants = zip(*rows, strict=True) if rows else ((), ())
    return pa.table({"identifier_id": pa.array(ids, pa.int64()), "first_seen_at": pa.array(instants, pa.timestamp("us"))})


def _instant(at: int | None) -> int:
    return _LATEST if at is None else at


@given(st.lists(_ROWS, max_size=12))
def test_a_row_is_left_out_exactly_when_an_earlier_one_was_brought(ticks: list[list[tuple[int, int | None]]]) -> None:
    met, held = Met(), dict[int, int]()
    for rows in ticks:
        expected = [(who, at) for who, at in rows if _instant(at) <= held.get(who, _LATEST)]
        news = met.news(_table(rows))
        assert news.equals(_table(expected))
        if news.num_rows:
            met.add(news)
        for who, at in expected:
            held[who] = min(_instant(at), held.get(who, _LATEST))


def test_whoever_was_forgotten_is_brought_again() -> None:
    met = Met()
    met.add(_table([(1, 5), (2, 7)]))
    assert met.news(_table([(1, 6), (2, 8), (3, 1)])).equals(_table([(3, 1)]))
    met.clear()
    assert met.news(_table([(1, 6)])).num_rows == 1


class _Asked(DuckDBEngine):
    """Keeps which identifiers were asked for."""

    asked: list[list[int]]

    def fill(self, name: str, rows: pa.RecordBatchReader, *, temporary: bool = False) -> None:
        table = rows.read_all()
        self.asked.append(table["identifier_id"].to_pylist())
        super().fill(name, table.to_reader(), temporary=temporary)


def test_an_owner_is_asked_for_once_until_the_identifier_moves() -> None:
    met, store = Met(), _Asked()
    store.asked = []
    store.declare(t.IDENTITIES)
    store.insert(t.IDENTITIES.name, pa.table({"identifier_id": [1, 2], "customer_id": [10, 20]}))

    def owners(*ids: int) -> dict[int, int]:
        return {row["identifier_id"]: row["customer_id"] for row in met.owners(store, np.array(ids, np.int64)).to_pylist()}

    assert owners(1, 2, 3) == {1: 10, 2: 20}
    assert owners(1, 2, 3) == {1: 10, 2: 20}
    met.move(pa.table({"identifier_id": [3, 1], "customer_id": pa.array([30, None], pa.int64())}))
    assert owners(1, 2, 3) == {2: 20, 3: 30}
    assert store.asked == [[1, 2, 3]]


def test_events_of_a_browser_that_was_nobody_s_follow_it_to_one_person_and_to_the_next() -> None:
    live = Live()
    live.order("o1", "ann@shop.example", 100, ago=timedelta(days=3))
    live.event("Product Viewed", "another browser", product_id="p1")
    live.tick()
    live.event("Product Viewed", "browser", product_id="p1")
    live.tick()
    for person in ("ann@shop.example", "bob@shop.example"):
        live.identify("browser", person)
        live.tick()
        live.event("Product Viewed", "browser", product_id="p2")
        live.tick()
        owned = "events JOIN identities ON visitor_id = identifier_id"
        astray = f"SELECT count(*) FROM {owned} WHERE events.customer_id IS DISTINCT FROM identities.customer_id"
        assert live.store.execute(astray).fetchall() == [(0,)]
        assert live.strays() == 0
