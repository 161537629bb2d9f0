"""Records that could not be used: all their problems, with the line they stand on, kept in the store."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow as pa

from patron.collect.records import BAD, CELLS, FLAGS
from patron.facts import tables as t
from patron.kernel.problems import Problem
from patron.runtime.loading_counts import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from patron.collect.records import Issue, Reading
    from patron.ports.engine import Store
    from patron.ports.source import File, Malformed, Reader
    from patron.runtime.loading_files import Staged

_SHOWN = 20
_BATCH = 50_000
_LONGEST = 200
_TYPES = {"id": pa.int64(), "count": pa.int64(), "text": pa.string()}


def refuse(store: Store, reader: Reader, file: File, staged: Staged, *, load_id: int) -> tuple[int, tuple[Problem, ...]]:
    """Keep what could not be used in `facts.REFUSED`.

    Args:
        store: it, within a transaction.
        reader: of the file.
        file: the file.
        staged: its records.
        load_id: the load.

    Returns:
        How many records were refused, and the first problems, for people: without the values of cells that may hold personal data.
    """
    malformed = reader.malformed(file)
    records, reading = staged.records, staged.reading
    bad = store.query(records.filter(records[BAD]).select("record", CELLS, FLAGS))
    total = count(store, records) if bad.num_rows else 0
    issues = reading.issues(staged.raw)
    lines = reader.lines(file, bad["record"].to_pylist(), record_count=total)
    shown: list[Problem] = []
    for batch in _batched(_rows(file, reading, issues, bad, lines, malformed)):
        for row in batch[: max(0, _SHOWN - len(shown))]:
            shown.append(problem_of(row))
        columns = {
            c.name: pa.array([load_id if c.name == "load_id" else row.get(c.name) for row in batch], _TYPES[c.kind])
            for c in t.REFUSED.columns
        }
        store.insert("refused", pa.table(columns))
    return bad.num_rows + len(malformed), tuple(shown)


def problem_of(row: Mapping[str, object]) -> Problem:
    """A row of `facts.REFUSED` as a problem."""
    where = f"{row['file']}, line {row['line']}" + (f", column {row['column']!r}" if row.get("column") else "")
    return Problem(where, str(row.get("value") or ""), str(row["expected"]), str(row.get("hint") or ""))


def _rows(
    file: File, reading: Reading, issues: Sequence[Issue | None], bad: pa.Table, lines: Mapping[int, int], malformed: Sequence[Malformed]
) -> Iterator[dict[str, object]]:
    for one in malformed:
        yield {"file": file.name, "line": one.line, "expected": one.expected, "record": one.text}
    for batch in bad.to_batches(max_chunksize=_BATCH):
        for row in batch.to_pylist():
            record = json.dumps(dict(zip(reading.kept, row[CELLS], strict=True)), ensure_ascii=False)
            for issue, applies in zip(issues, row[FLAGS], strict=True):
                if issue is not None and applies:
                    value = None if issue.place is None else row[CELLS][issue.place]
                    yield {
                        "file": file.name,
                        "line": lines.get(row["record"], row["record"] + 1),
                        "column": issue.header,
                        "value": value[:_LONGEST] if value else value,
                        "expected": issue.expected,
                        "hint": issue.hint or None,
                        "record": record,
                    }


def _batched(rows: Iterator[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    batch: list[dict[str, object]] = []
    for row in rows:
        batch.append(row)
        if len(batch) >= _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
