"""In which cells the rows of customers are to differ from what they are: of two hundred columns a dozen change by time alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from patron.runtime.remembered import in_order, only

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from patron.ports.engine import Cell, Cells
    from patron.runtime.remembered import Ids


FEW = 8
"""Rows of so many customers are written cell by cell, those of more as a whole."""


def changed_cells(ids: Ids, before: pa.Table, after: pa.Table) -> dict[int, Cells | None]:
    """What brings the row of each customer from what it is to what it shall be; None of whoever shall have none any more.

    Whoever has no row before and is to have one is left out: that is no change of cells.

    Args:
        ids: the customers.
        before: their rows and no others, one each at most: customer_id.
        after: what these shall be, with the same columns.
    """
    then, now = (in_order(rows, "customer_id") for rows in (before, after))
    was, stays = (rows["customer_id"].to_numpy() for rows in (then, now))
    cells: dict[int, Cells | None] = dict.fromkeys(was.tolist())
    cells |= {customer_id: {} for customer_id in np.setdiff1d(ids, np.union1d(was, stays)).tolist()}
    cells.update(_of_both(only(then, stays), only(now, was)))
    return cells


def _of_both(before: pa.Table, after: pa.Table) -> Mapping[int, Cells]:
    """The same of the same customers in both, in order."""
    ids = before["customer_id"].to_pylist()
    cells: dict[int, dict[str, Cell]] = {customer_id: {} for customer_id in ids}
    for name in after.column_names:
        then, now = before[name].combine_chunks(), after[name].combine_chunks()
        if not then.equals(now):
            places = np.flatnonzero(_differs(then, now))
            for place, value in zip(places, now.take(pa.array(places)).to_pylist(), strict=True):
                cells[ids[place]][name] = value
    return cells


def _differs(then: pa.Array, now: pa.Array) -> NDArray[np.bool_]:
    are_others = pc.fill_null(pc.not_equal(then, now), False).to_numpy(zero_copy_only=False)
    return are_others | (then.is_null().to_numpy(zero_copy_only=False) != now.is_null().to_numpy(zero_copy_only=False))
