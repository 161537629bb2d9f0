"""Hands tables over to other engines: one Parquet file per table, which every engine reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.facts import tables as t

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from patron.kernel.tables import Table
    from patron.ports.engine import Store


def _unheard(_done: int, _total: int, _table: str) -> None:
    """Nobody wants to know how far it is."""


def write_parquet(
    store: Store, folder: Path, tables: Iterable[Table] = t.FACTS, *, progress: Callable[[int, int, str], None] = _unheard
) -> dict[str, int]:
    """Write tables into a folder, as `<name>.parquet`, each whole or not at all.

    Args:
        store: holds the tables.
        folder: is made if it is not there; files of the same names are replaced.
        tables: by default all facts.
        progress: is told how many of how many tables are done, and which is next.

    Returns:
        How many rows were written, per table.
    """
    folder.mkdir(parents=True, exist_ok=True)
    every = list(tables)
    rows = {}
    for number, table in enumerate(every):
        progress(number, len(every), table.name)
        rows[table.name] = store.write(table.unbound(), folder / f"{table.name}.parquet")
    return rows
