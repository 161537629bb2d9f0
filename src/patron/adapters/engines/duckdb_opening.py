"""How a database file is opened for the embedded engine, or memory."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import duckdb

from patron.adapters.engines.duckdb_limits import FULL
from patron.adapters.engines.duckdb_words import text
from patron.kernel.errors import DISK_FULL, InputError, TransientError
from patron.kernel.problems import Problem

if TYPE_CHECKING:
    from pathlib import Path

FILE = "patron"
"""What the engine calls the file."""
_GROUP = 32_768
"""So many rows of a table stand together and say what they hold: those of few customers are found among them."""
_HELD = re.compile(r"PID (\d+)")


def opened(path: Path | None, *, memory_limit: str | None, threads: int | None) -> duckdb.DuckDBPyConnection:
    """A connection to memory, and to a file if one is given.

    Raises:
        TransientError: another process holds the file open, or the disk is full.
        InputError: the file is not a DuckDB database.
    """
    settings: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "checkpoint_threshold": "640MB",  # ticks write little, and all over the file: they are brought together seldom
    }
    if path is not None:
        settings["temp_directory"] = f"{path}.tmp"  # what memory cannot hold is a customer's too: it stays beside the file
    if memory_limit:
        settings["memory_limit"] = memory_limit
    if threads:
        settings["threads"] = threads
    connection = duckdb.connect(":memory:", config=settings)
    if path is not None:
        try:
            connection.execute(f"ATTACH {text(str(path))} AS {FILE} (ROW_GROUP_SIZE {_GROUP})")
            connection.execute(f"USE {FILE}")
        except duckdb.IOException as error:
            raise _not_opened(error, path) from error
    return connection


def _not_opened(error: duckdb.IOException, path: Path) -> TransientError | InputError:
    """Why a file could not be opened: another process holds it, the disk is full, or it is no database."""
    if "lock" in str(error).lower():
        held = _HELD.search(str(error))
        who = f" (process {held[1]})" if held else ""
        return TransientError(f"Another process{who} holds this project open. Stop it, or wait until it has finished.")
    if FULL.search(str(error)):
        return TransientError(DISK_FULL)
    return InputError("The project's database cannot be opened.", [Problem(path.name, "", "a DuckDB file")])
