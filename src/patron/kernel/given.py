"""Values that are given with a question in the place of being said in it: its statement is written and planned once for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis.expr.datashape as ds
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops

if TYPE_CHECKING:
    import ibis.expr.types as ir


class Given(ops.Value):
    """One of them, by its name."""

    name: str
    dtype: dt.DataType
    shape = ds.scalar


def given(name: str, kind: dt.DataType | str) -> ir.Value:
    """The value that is given by a name: lower-case letters and underscores."""
    value: ir.Value = Given(name, dt.dtype(kind)).to_expr()
    return value
