"""Cells that differ from what they shall be are written where they stand: of two hundred columns that costs a tenth of a whole row."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from patron.adapters.engines.duckdb_words import instant_text, quoted, value_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from patron.ports.engine import Rows

_FEW = 8
_PLAIN = (str, bool, int, float, Decimal, datetime, type(None))


def updating(  # noqa: PLR0913  # as for `Store.update`
    target: str, values: str, columns: Sequence[str], on: Sequence[str], *, only: Rows, since: tuple[str, datetime] | None
) -> str:
    """The statement that sets cells to what other rows say, as `Store.update` does.

    Args:
        target: the table, as it is called in a statement.
        values: the statement for the other rows.
        columns: of the other rows.
        on: those of them that are the key.
        only: as for `Store.update`.
        since: as for `Store.update`.
    """
    others = [quoted(c) for c in columns if c not in on]
    sets = ", ".join(f"{c} = _values.{c}" for c in others)
    differs = " OR ".join(f"{target}.{c} IS DISTINCT FROM _values.{c}" for c in others)
    bounds = [] if only == "all" else [f"{target}.{c} IS NULL" for c in others]
    bounds += [f"{target}.received_at = moment()"] if only == "unknown, new" else []
    bounds += [f"{target}.{quoted(since[0])} >= {instant_text(since[1])}"] if since else []
    where = " AND ".join([*(f"{target}.{quoted(c)} = _values.{quoted(c)}" for c in on), *bounds, f"({differs})"])
    return f"UPDATE {target} SET {sets} FROM ({values}) AS _values WHERE {where}"


def amending(target: str, before: pa.Table, after: pa.Table) -> Sequence[str] | None:
    """What brings rows from what they are to what they shall be, each statement one row; None where whole rows have to be written.

    Args:
        target: the table, as it is called in a statement.
        before: all its rows of some customers: customer_id.
        after: what these rows shall be; who has none is gone.
    """
    if before.num_rows > _FEW:
        return None
    then, now = _by_customer(before), _by_customer(after)
    if len(then) < before.num_rows or len(now) < after.num_rows or not then.keys() >= now.keys():
        return None
    said = [f"DELETE FROM {target} WHERE customer_id = {customer_id}" for customer_id in then.keys() - now.keys()]
    for customer_id, row in now.items():
        cells = {name: value for name, value in row.items() if value != then[customer_id][name]}
        if not all(map(_can_be_said, cells.values())):
            return None
        if cells:
            sets = ", ".join(f"{quoted(name)} = {value_text(value)}" for name, value in cells.items())
            said.append(f"UPDATE {target} SET {sets} WHERE customer_id = {customer_id}")
    return said


def _by_customer(rows: pa.Table) -> Mapping[int, Mapping[str, Any]]:
    return {row["customer_id"]: row for row in rows.to_pylist()}


def _can_be_said(value: object) -> bool:
    """Whether it can stand in a statement; a text that holds what ends one cannot."""
    return isinstance(value, _PLAIN) and not (isinstance(value, str) and "\0" in value)
