"""Records that could not be used: all their problems, with the line they stand on, kept in the store."""

from __future__ import annotations

import json
from itertools import chain, islice
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from patron.collect.records import BAD, CELLS, FLAGS
from patron.facts import tables as t
from patron.kernel.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from patron.collect.records import Issue
    from patron.ports.engine import Engine, Store
    from patron.ports.source import File, Reader
    from patron.runtime.loading_files import Staged

_SHOWN = 20
_BATCH = 20_000
_CELLS = "_load_cells"
_LONGEST = 200
_TYPES = {"id": pa.int64(), "count": pa.int64(), "text": pa.string()}


def refuse(store: Store, reader: Reader, file: File, staged: Staged, *, load_id: int) -> tuple[int, tuple[Problem, ...]]:
    """Keep what could not be used in `facts.REFUSED`: how many records that is, and what `keep_refused` tells.

    Args:
        store: it, within a transaction; it has the records.
        reader: of the file.
        file: the file.
        staged: its records.
        load_id: the load.
    """
    malformed = reader.malformed(file)
    rows = ({"file": file.name, "line": m.line, "expected": m.expected, "record": m.text} for m in malformed)
    problems = keep_refused(store, chain(rows, refused_of(store, reader, file, staged)), load_id=load_id)
    return staged.bad_count + len(malformed), problems


def keep_refused(store: Store, rows: Iterable[dict[str, object]], *, load_id: int) -> tuple[Problem, ...]:
    """Keep problems of records; the first of them, for people: without the values of cells that may hold personal data."""
    shown: list[Problem] = []
    for batch in _batched(rows):
        shown += [problem_of(row) for row in batch[: max(0, _SHOWN - len(shown))]]
        columns = {
            c.name: pa.array([load_id if c.name == "load_id" else row.get(c.name) for row in batch], _TYPES[c.kind])
            for c in t.REFUSED.columns
        }
        store.insert("refused", pa.table(columns))
    return tuple(shown)


def problem_of(row: Mapping[str, object]) -> Problem:
    """A row of `facts.REFUSED` as a problem."""
    where = f"{row['file']}, line {row['line']}" + (f", column {row['column']!r}" if row.get("column") else "")
    return Problem(where, str(row.get("value") or ""), str(row["expected"]), str(row.get("hint") or ""))


def refused_of(engine: Engine, reader: Reader, file: File, staged: Staged) -> Iterator[dict[str, object]]:
    """A row per problem. The file is read once more, for these records only: they come in the same order as the staged ones.

    Args:
        engine: has the records.
        reader: of the file.
        file: the file.
        staged: its records.
    """
    if not staged.bad_count:
        return
    records = staged.records
    numbers = engine.query(records.filter(records[BAD]).select("record").order_by("record"))["record"].to_pylist()
    lines = reader.lines(file, numbers, record_count=staged.count)
    issues = staged.reading.issues(staged.raw)
    engine.create(_CELLS, staged.reading.refused(staged.raw), temporary=True)
    unnumbered = ibis.table({CELLS: "array<string>", FLAGS: "array<boolean>"}, name=_CELLS)
    cells = unnumbered.mutate(number=unnumbered.rowid())
    first = engine.query(cells.agg(n=cells.number.min()))["n"][0].as_py()
    for begin in range(0, len(numbers), _BATCH):
        some = cells.filter(cells.number >= first + begin, cells.number < first + begin + _BATCH).order_by("number")
        for number, row in zip(numbers[begin : begin + _BATCH], engine.query(some).to_pylist(), strict=True):
            yield from _problems(file, lines.get(number, number + 1), staged.reading.kept, issues, row)


def _problems(
    file: File, line: int, headers: Sequence[str], issues: Sequence[Issue | None], row: Mapping[str, list[object]]
) -> Iterator[dict[str, object]]:
    record = json.dumps(dict(zip(headers, row[CELLS], strict=True)), ensure_ascii=False)
    for issue, applies in zip(issues, row[FLAGS], strict=True):
        if issue is not None and applies:
            value = None if issue.place is None else row[CELLS][issue.place]
            yield {
                "file": file.name, "line": line, "column": issue.header, "value": str(value)[:_LONGEST] if value else None,
                "expected": issue.expected, "hint": issue.hint or None, "record": record,
            }  # fmt: skip


def _batched(rows: Iterable[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    """Rows, some ten thousand at a time."""
    several = iter(rows)
    while batch := list(islice(several, _BATCH)):
        yield batch
