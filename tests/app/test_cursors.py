"""Places in lists that grow: what lies behind them."""

from __future__ import annotations

from datetime import datetime

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.app.cursors import behind, instant_of, parts_of, place, text_of, whole_of
from patron.kernel.errors import InputError

_DAYS = st.sampled_from([datetime(2026, 1, 1), datetime(2026, 1, 1, 0, 0, 0, 1), datetime(2026, 1, 2)])
_PLACES = st.tuples(_DAYS, st.integers(-2, 2), st.sampled_from(["", "a", "a'b", 'a"; --', "é"]))
_ROWS = ibis.table({"at": "timestamp(6)", "number": "int64", "name": "string"}, name="rows")
_KINDS = (instant_of, whole_of, text_of)


@settings(max_examples=60, deadline=None)
@given(st.lists(_PLACES, min_size=1, max_size=12, unique=True), _PLACES, st.integers(1, 3))
def test_behind_a_place_is_what_comes_after_it_in_order(
    rows: list[tuple[datetime, int, str]], where: tuple[datetime, int, str], parts: int
) -> None:
    store = DuckDBEngine(threads=1)
    columns = zip(_ROWS.columns, zip(*rows, strict=True), (pa.timestamp("us"), pa.int64(), pa.string()), strict=True)
    store.fill("rows", pa.table({name: pa.array(values, kind) for name, values, kind in columns}).to_reader())
    asked = _ROWS.filter(behind([_ROWS[c] for c in _ROWS.columns], parts)).order_by(*_ROWS.columns)
    found = store.ask(asked, place(where[:parts])).to_pylist()
    assert [tuple(row.values()) for row in found] == sorted(row for row in rows if row[:parts] > where[:parts])
    store.close()


def test_a_cursor_is_read_in_parts_and_may_be_cut_short() -> None:
    assert parts_of("2026-01-01T01:00:00+01:00,-7,a,b", _KINDS, "") == (datetime(2026, 1, 1), -7, "a,b")
    assert parts_of("2026-01-01", _KINDS, "") == (datetime(2026, 1, 1),)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "yesterday",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:00:00-14:00",
        "2026-01-01,seven",
        "2026-01-01,9223372036854775808,a",
        "2026-01-01,7,a\0b",
    ],
)
def test_what_is_no_cursor_is_told(cursor: str) -> None:
    with pytest.raises(InputError, match="a cursor that was told as `next`"):
        parts_of(cursor, _KINDS, "an example")
