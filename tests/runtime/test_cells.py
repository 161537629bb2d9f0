"""In which cells rows differ: whatever these are, the rows before become those after by them, or it is said that they cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from patron.runtime.cells import changed_cells

if TYPE_CHECKING:
    from collections.abc import Mapping

_SCHEMA = pa.schema([("customer_id", pa.int64()), ("count", pa.int64()), ("share", pa.float64()), ("name", pa.string())])
_CELLS = st.fixed_dictionaries(
    {
        "count": st.none() | st.integers(0, 2),
        "share": st.none() | st.sampled_from([0.0, 0.5, float("nan")]),
        "name": st.sampled_from([None, "a", ""]),
    }
)
_ROWS = st.dictionaries(st.integers(0, 6), _CELLS)


def _table(rows: dict[int, dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([{"customer_id": who, **cells} for who, cells in rows.items()], schema=_SCHEMA)


def _told(cells: Mapping[str, object]) -> dict[str, str]:
    return {name: repr(value) for name, value in cells.items()}


@settings(deadline=None)
@given(_ROWS, _ROWS)
def test_rows_become_those_after_by_their_cells(before: dict[int, dict[str, Any]], after: dict[int, dict[str, Any]]) -> None:
    found = changed_cells(np.arange(8), _table(before), _table(after))
    assert set(range(8)) - found.keys() == after.keys() - before.keys()
    assert {who for who, cells in found.items() if cells is None} == before.keys() - after.keys()
    for who, cells in found.items():
        if cells is not None:
            assert _told(before.get(who, {}) | dict(cells)) == _told(after.get(who, {}))
            assert {name for name, value in _told(cells).items() if value == _told(before[who])[name]} <= {"share"}  # of what is no number
