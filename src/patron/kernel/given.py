"""Values that are given with a question in the place of being said in it: its statement is written and planned once for all of them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import ibis.expr.datashape as ds
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops

if TYPE_CHECKING:
    import ibis.expr.types as ir


Plain = datetime | int | str
"""What can be given; instants are in UTC without a zone."""


class Given(ops.Value):
    """The place of a value that is given, by its name."""

    name: str
    dtype: dt.DataType
    shape = ds.scalar


def given(name: str, kind: dt.DataType | str) -> ir.Value:
    """The value that is given by a name: lower-case letters and underscores."""
    value: ir.Value = Given(name, dt.dtype(kind)).to_expr()
    return value
