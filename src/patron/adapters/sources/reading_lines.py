"""On which line of a text file a record begins: worked out only for the few records that are refused."""

from __future__ import annotations

import mmap
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from patron.ports.source import File

_CHUNK = 1 << 22
_RECORD = re.compile(rb'[^"\n]*(?:"[^"]*"[^"\n]*)*(?:\n|\Z)')


def lines_of_offsets(path: Path, offsets: Sequence[int]) -> list[int]:
    """The number of the line that each byte lies on; offsets ascend."""
    lines, passed, line = [], 0, 1
    with path.open("rb") as file:
        for offset in offsets:
            while passed < offset:
                chunk = file.read(min(_CHUNK, offset - passed))
                if not chunk:
                    break
                line += chunk.count(b"\n")
                passed += len(chunk)
            lines.append(line)
    return lines


def lines_of(file: File, records: Sequence[int], malformed: Collection[int], *, record_count: int) -> dict[int, int]:
    """The line on which each record begins.

    Args:
        file: CSV, JSON Lines or records in memory, each of which is a line.
        records: numbers of records, from 0.
        malformed: lines that are no records.
        record_count: how many records the file has in all.
    """
    if not records:
        return {}
    before = file.skipped_lines + 1 if file.form == "csv" else 0
    if file.form == "records" or _line_count(file.path) == before + record_count + len(malformed):
        return _by_counting(records, sorted(malformed), before)
    return _by_scanning(file, records, frozenset(malformed))


def _by_counting(records: Sequence[int], malformed: list[int], before: int) -> dict[int, int]:
    """Every record is one line, so a line's number is the record's and that of the malformed lines before it."""
    found, passed = {}, 0
    for record in sorted(records):
        line = before + record + 1 + passed
        while passed < len(malformed) and malformed[passed] <= line:
            passed += 1
            line += 1
        found[record] = line
    return found


def _by_scanning(file: File, records: Sequence[int], malformed: frozenset[int]) -> dict[int, int]:
    wanted, last = set(records), max(records)
    found: dict[int, int] = {}
    number = -1
    for begin in _begins(file):
        if begin in malformed:
            continue
        number += 1
        if number in wanted:
            found[number] = begin
        if number >= last:
            break
    return found


def _begins(file: File) -> Iterator[int]:
    """The line on which each record after the header begins; empty lines are none."""
    with file.path.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
        at, line = 0, 1
        for _ in range(file.skipped_lines):
            at, line = content.find(b"\n", at) + 1, line + 1
        is_header = file.form == "csv"
        pattern = _RECORD if file.form == "csv" else re.compile(rb"[^\n]*(?:\n|\Z)")
        while at < len(content):
            match = pattern.match(content, at)
            end = match.end() if match and match.end() > at else content.find(b"\n", at) + 1 or len(content)
            record = content[at:end]
            if record.strip():
                if not is_header:
                    yield line
                is_header = False
            line += record.count(b"\n")
            at = end


def _line_count(path: Path) -> int:
    count, last = 0, b"\n"
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            count += chunk.count(b"\n")
            last = chunk[-1:]
    return count + (last != b"\n")
