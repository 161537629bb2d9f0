"""What the embedded engine raises where disk or memory is not enough, or somebody stops it, in Patron's own words."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

from patron.kernel.errors import DISK_FULL, MemoryLimitError, TransientError

if TYPE_CHECKING:
    from collections.abc import Iterator

FULL = re.compile("no space left|file too large|quota exceeded", re.IGNORECASE)  # ENOSPC, EFBIG, EDQUOT
"""What a full disk is called."""
_UNITS = {"bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}


@contextmanager
def limits() -> Iterator[None]:
    """Say in a sentence that disk or memory was not enough, and be stopped like everything else.

    A full disk shows in whichever statement, commits too. Who stops a statement gets an error that is none of the engine's own.
    """
    try:
        yield
    except (RuntimeError, duckdb.InterruptException) as error:
        if "interrupt" in str(error).lower():
            raise KeyboardInterrupt from error
        raise
    except duckdb.OutOfMemoryException as error:
        message = "The engine has too little memory or temporary disk space. Nothing was changed; raise the limit in patron.toml."
        raise MemoryLimitError(message) from error
    except duckdb.Error as error:
        if FULL.search(str(error)):
            raise TransientError(DISK_FULL) from error
        raise


def bytes_of(told: str) -> int | None:
    """A size as the engine tells it, such as `2.0 GiB`, in bytes; None for anything else."""
    number, _, unit = told.partition(" ")
    factor = _UNITS.get(unit)
    return int(float(number) * factor) if factor else None
