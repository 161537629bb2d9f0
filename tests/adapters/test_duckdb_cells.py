"""A row whose cells are written where they stand holds exactly these afterwards, whatever they are, and others stay."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.kernel.errors import InvariantError

_KINDS = {
    "whole": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "share": (pa.float64(), st.floats()),
    "money": (pa.decimal128(18, 4), st.decimals(-(10**13), 10**13, places=4)),
    "name": (pa.string(), st.text(max_size=5) | st.sampled_from(["it's", "a\0b", '"', "\\", ";--"])),
    "is_so": (pa.bool_(), st.booleans()),
    "at": (pa.timestamp("us"), st.datetimes(datetime(1, 1, 2), datetime(9999, 1, 1))),
    "day": (pa.date32(), st.dates()),
}
_STORE = DuckDBEngine(threads=1)
_SCHEMA = pa.schema([("customer_id", pa.int64()), *((name, kind) for name, (kind, _) in _KINDS.items())])
_CELLS = st.fixed_dictionaries({name: st.none() | values for name, (_, values) in _KINDS.items()})
_ROWS = st.dictionaries(st.integers(-(2**63) + 1, 2**63 - 1), _CELLS, max_size=12)


def _table(rows: dict[int, dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([{"customer_id": customer_id, **cells} for customer_id, cells in rows.items()], schema=_SCHEMA)


def _told(row: dict[str, Any]) -> tuple[object, ...]:
    """A row, to the last bit, but for the two zeros, which the engine takes for one."""
    return tuple("0.0" if value == 0 and isinstance(value, float) else repr(value) for value in row.values())


def _kept() -> list[tuple[object, ...]]:
    return sorted(map(_told, _STORE.answer("SELECT * FROM kept").to_pylist()), key=repr)


@settings(max_examples=200, deadline=None)
@given(_ROWS, st.data())
def test_rows_hold_other_cells_and_all_else_stays(rows: dict[int, dict[str, Any]], data: st.DataObject) -> None:
    amended: dict[int, dict[str, Any] | None] = {}
    for who in data.draw(st.sets(st.sampled_from(sorted(rows)))) if rows else ():
        names = data.draw(st.sets(st.sampled_from(sorted(_KINDS)), max_size=3))
        amended[who] = data.draw(st.none() | st.fixed_dictionaries({name: st.none() | _KINDS[name][1] for name in names}))
    _STORE.fill("kept", _table(rows).to_reader())
    _STORE.index("kept", "customer_id")
    _STORE.amend("kept", amended)
    after = {who: cells | (amended.get(who) or {}) for who, cells in rows.items() if amended.get(who, {}) is not None}
    assert _kept() == sorted(map(_told, _table(after).to_pylist()), key=repr)


def test_a_row_that_is_not_there_is_not_taken_for_written() -> None:
    _STORE.fill("kept", _table({1: {"whole": 1, "money": Decimal("1.0000")}}).to_reader())
    for cells in ({"whole": 2}, None):
        with pytest.raises(InvariantError, match="kept"):
            _STORE.amend("kept", {1: {"whole": 3}, 2: cells})
    assert _STORE.answer("SELECT whole FROM kept").to_pylist() == [{"whole": 1}]


def test_a_temporary_table_of_the_name_does_not_hide_the_kept_one() -> None:
    _STORE.fill("kept", _table({1: {"whole": 1}}).to_reader())
    _STORE.fill("kept", _table({1: {"whole": 5}}).to_reader(), temporary=True)
    _STORE.amend("kept", {1: {"whole": 2}})
    assert _STORE.answer("SELECT whole FROM kept").to_pylist() == [{"whole": 5}]
    _STORE.drop("kept", temporary=True)
    assert _STORE.answer("SELECT whole FROM kept").to_pylist() == [{"whole": 2}]


@settings(deadline=None)
@given(st.lists(_CELLS, min_size=1, max_size=3))
def test_the_only_row_of_a_table_is_the_last_that_was_put(rows: list[dict[str, Any]]) -> None:
    _STORE.fill("kept", _table({}).to_reader())
    for row in rows:
        _STORE.put("kept", {"customer_id": 1, **row})
    assert _kept() == list(map(_told, _table({1: rows[-1]}).to_pylist()))
