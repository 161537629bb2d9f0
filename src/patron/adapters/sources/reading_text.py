"""How a text file is laid out: its delimiter, the lines before its header, and the header."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from patron.kernel.errors import InputError
from patron.kernel.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DELIMITERS = (",", ";", "\t", "|")
_ROWS = 60
_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV file is written."""

    delimiter: str
    skipped_lines: int
    headers: tuple[str, ...]


def dialect(text: str, *, stated: str | None, name: str) -> Dialect:
    """The dialect of a CSV file by its beginning.

    The delimiter is the one by which most rows have the same number of cells, more than one; the header is the first row with
    as many cells as the rows that follow have.

    Raises:
        InputError: there is no header.
    """
    best = max((_tried(text, d) for d in ([stated] if stated else DELIMITERS)), key=lambda t: t[0])
    _, delimiter, rows = best
    filled = [(line, row) for line, row in rows if any(c.strip() for c in row)]
    if not filled:
        raise InputError(f"{name} has no header.", [Problem(f"{name}, line 1", "", "the names of the columns")])
    width = _width([row for _, row in filled])
    line, header = next(((at, row) for at, row in filled if len(row) == width), filled[0])
    return Dialect(delimiter, line, unique(header))


def unique(headers: Iterable[str]) -> tuple[str, ...]:
    """Header names, each once: a repeated one gets a number, an empty one its place."""
    seen: Counter[str] = Counter()
    names = []
    for place, header in enumerate(headers, 1):
        name = header.strip().lstrip("\ufeff") or f"column {place}"
        seen[name.casefold()] += 1
        count = seen[name.casefold()]
        names.append(name if count == 1 else f"{name} ({count})")
    return tuple(names)


def json_paths(lines: Iterable[str | bytes], *, name: str) -> tuple[str, ...]:
    """The names in JSON objects, nested ones by their path with points; of several that differ in case only, the first.

    Raises:
        InputError: no line is a JSON object.
    """
    paths: dict[str, None] = {}
    is_any = False
    for line in lines:
        try:
            value = _decoded(line)
        except json.JSONDecodeError:
            continue
        if isinstance(value, dict):
            is_any = True
            _collect(value, "", paths, 1)
    if not is_any:
        raise InputError(f"{name} holds no JSON objects.", [Problem(f"{name}, line 1", "", "one JSON object a line, or a list of objects")])
    first: dict[str, str] = {}
    for path in paths:
        if path and "\0" not in path:  # no column can be called so
            first.setdefault(path.casefold(), path)
    return tuple(first.values())


def _decoded(line: str | bytes) -> object:
    try:
        return msgspec.json.decode(line)
    except msgspec.DecodeError:
        return json.loads(line)  # which takes more for a number


def _tried(text: str, delimiter: str) -> tuple[tuple[int, int], str, list[tuple[int, list[str]]]]:
    """How well a delimiter does: rows of the usual width and that width; and the rows, each with the number of lines before it."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[tuple[int, list[str]]] = []
    before = 0
    try:
        for row in reader:
            rows.append((before, row))
            before = reader.line_num
            if len(rows) >= _ROWS:
                break
    except csv.Error:  # a field larger than the reader takes: what came before it is enough
        pass
    filled = [row for _, row in rows if any(c.strip() for c in row)]
    width = _width(filled)
    fitting = sum(len(r) == width for r in filled) if width > 1 else 0
    return (fitting, width), delimiter, rows


def _width(rows: list[list[str]]) -> int:
    counts = Counter(len(r) for r in rows)
    return max(counts, key=lambda w: (counts[w], w), default=0) if len(rows) > 2 else max(counts, default=0)


def _collect(value: Mapping[str, object], prefix: str, paths: dict[str, None], depth: int) -> None:
    for key, inner in value.items():
        path = f"{prefix}{key}"
        if isinstance(inner, dict) and inner and depth < _DEEPEST:
            _collect(inner, f"{path}.", paths, depth + 1)
        paths.setdefault(path)
