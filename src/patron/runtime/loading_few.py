"""Few live records: their rows are worked out beside the store, where nothing is planned, by what would be asked of the store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from patron.kernel.errors import UnsupportedError
from patron.runtime.loading_files import Opened, stage_rows
from patron.runtime.loading_refused import refused_of
from patron.runtime.loading_rows import rows_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from patron.collect.mapping import Statements
    from patron.ports.engine import Few
    from patron.ports.source import Intake, Reader
    from patron.runtime.loading_files import Staged

_MOST = 50_000


@dataclass(frozen=True, slots=True)
class Made:
    """What records became.

    Attributes:
        count: how many they are.
        bad_count: how many of them are refused.
        refused: the rows of these problems.
        rows: those of the others, by fact table.
    """

    count: int
    bad_count: int
    refused: Sequence[dict[str, object]]
    rows: Mapping[str, pa.Table]


def made_of_few(few: Few, reader: Reader, one: Opened, said: Statements, intake: Intake) -> Made | None:
    """The rows that records in memory become; None where the store has to be asked, as it is about files.

    That is so where they are many, where a record is malformed, and where the engine of few rows does not know what is asked.

    Args:
        few: it; what it holds is forgotten.
        reader: of the records.
        one: the records.
        said: how they are to be read.
        intake: of the records.

    Raises:
        InputError: days and months of a column cannot be told apart.
    """
    recognised = one.recognised
    if not 0 < one.file.record_count <= _MOST or recognised.layout.grain == "lines":
        return None
    headers = one.file.headers if recognised.layout.rest else tuple(dict.fromkeys(recognised.columns.values()))
    zone = intake.calendar.zone
    try:
        staged = _staged(few, reader, Opened(replace(one.file, headers=headers), recognised), said, zone)
        if staged is not None and staged.bad_count:  # of those that are refused all is kept
            staged = _staged(few, reader, one, said, zone)
        if staged is None:
            return None
        refused = list(refused_of(few, reader, one.file, staged))
        return Made(staged.count, staged.bad_count, refused, rows_of(few, recognised.layout, staged.usable, intake))
    except UnsupportedError:
        return None
    finally:
        few.clear()


def _staged(few: Few, reader: Reader, one: Opened, said: Statements, zone: str) -> Staged | None:
    """The records as they are read; None where one is malformed."""
    read = reader.read(one.file, one.file.headers)
    if read.num_rows < one.file.record_count:
        return None
    few.clear()
    return stage_rows(few, read, one, said, zone)
