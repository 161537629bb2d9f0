"""Rows that are brought from what they are to what they shall be hold exactly that afterwards, however few or many they are."""

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
_SCHEMA = pa.schema([("customer_id", pa.int64()), *((name, kind) for name, (kind, _) in _KINDS.items())])
_CELLS = st.fixed_dictionaries({name: st.none() | values for name, (_, values) in _KINDS.items()})
_ROWS = st.dictionaries(st.integers(-(2**63) + 1, 2**63 - 1), _CELLS, max_size=12)


def _table(rows: dict[int, dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([{"customer_id": customer_id, **cells} for customer_id, cells in rows.items()], schema=_SCHEMA)


def _told(row: dict[str, Any]) -> tuple[object, ...]:
    """A row, to the last bit, but for the two zeros, which the engine takes for one."""
    return tuple("0.0" if value == 0 and isinstance(value, float) else repr(value) for value in row.values())


def _kept(store: DuckDBEngine) -> list[tuple[object, ...]]:
    return sorted(map(_told, store.answer("SELECT * FROM kept").to_pylist()), key=repr)


@settings(max_examples=200, deadline=None)
@given(_ROWS, _ROWS, _ROWS, st.data())
def test_rows_become_what_they_shall_be_and_others_stay(
    before: dict[int, dict[str, Any]], new: dict[int, dict[str, Any]], others: dict[int, dict[str, Any]], data: st.DataObject
) -> None:
    stay = data.draw(st.sets(st.sampled_from(sorted(before)))) if before else set()
    after = {
        who: cells | data.draw(st.dictionaries(st.just("share"), st.floats(), max_size=1)) for who, cells in before.items() if who in stay
    }
    after |= data.draw(st.sampled_from([{}, new]))
    others = {who: cells for who, cells in others.items() if who not in before and who not in after}
    store = DuckDBEngine(threads=1)
    store.fill("kept", _table(before | others).to_reader())
    store.index("kept", "customer_id")
    store.amend("kept", _table(before), _table(after))
    assert _kept(store) == sorted(map(_told, _table(after | others).to_pylist()), key=repr)


def test_a_row_that_is_not_there_is_not_taken_for_written() -> None:
    store, row = DuckDBEngine(threads=1), {"whole": 1, "money": Decimal("1.0000")}
    store.fill("kept", _table({1: row}).to_reader())
    with pytest.raises(InvariantError, match="kept"):
        store.amend("kept", _table({2: row}), _table({2: row | {"whole": 2}}))
    assert store.answer("SELECT whole FROM kept").to_pylist() == [{"whole": 1}]


def test_a_temporary_table_of_the_name_does_not_hide_the_kept_one() -> None:
    store = DuckDBEngine(threads=1)
    store.fill("kept", _table({1: {"whole": 1}}).to_reader())
    store.fill("kept", _table({1: {"whole": 5}}).to_reader(), temporary=True)
    store.amend("kept", _table({1: {"whole": 1}}), _table({1: {"whole": 2}}))
    assert store.answer(f"SELECT whole FROM {store._kept}.kept").to_pylist() == [{"whole": 2}]
    assert store.answer("SELECT whole FROM kept").to_pylist() == [{"whole": 5}]
