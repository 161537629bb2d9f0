"""Cells that differ from what they shall be are written where they stand: of two hundred columns that costs a tenth of a whole row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.adapters.engines.duckdb_words import instant_text, quoted, value_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from patron.ports.engine import Cells, Rows


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


def amending(target: str, cells: Mapping[int, Cells | None]) -> Sequence[str]:
    """The statements that bring rows to hold other cells, one for each row in which any are others.

    Args:
        target: the table, as it is called in a statement.
        cells: as for `Store.amend`.
    """
    whats = ((setting(target, of) if of else f"DELETE FROM {target}", who) for who, of in cells.items() if of is None or of)
    return [f"{what} WHERE customer_id = {customer_id}" for what, customer_id in whats]


def setting(target: str, cells: Cells) -> str:
    """The statement that sets cells, in all rows of a table unless it goes on."""
    return f"UPDATE {target} SET {', '.join(f'{quoted(name)} = {value_text(value)}' for name, value in cells.items())}"
