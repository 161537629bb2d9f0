"""From a file to staged records: recognised, its styles decided, and read into the store set-wise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis

from patron.collect.headers import Recognised, recognised
from patron.collect.parsing import TYPES
from patron.collect.records import BAD, Reading
from patron.collect.style import date_evidence, date_style, number_evidence, number_style
from patron.kernel.errors import InputError
from patron.kernel.expressions import said_once
from patron.kernel.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import ibis.expr.types as ir
    import pyarrow as pa

    from patron.collect.mapping import Statements
    from patron.collect.style import Style
    from patron.ports.engine import Engine, Store
    from patron.ports.source import File, Reader, Source

STAGED = "_load_staged"
_LOOK, _RAW = "_reading_look", "_reading_raw"
_SAMPLE = 5_000
_DATES, _NUMBERS = {"instant", "date"}, {"amount", "quantity", "number", "count"}


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that has been recognised, and how the owner says it is to be read."""

    file: File
    recognised: Recognised


def opened(reader: Reader, source: Source, path: Path, said: Statements) -> Opened:
    """A file of a source.

    Raises:
        InputError: it is not what it claims, or not one of the source's.
    """
    return known(reader.open(path, delimiter=said.reading.get("delimiter"), encoding=said.reading.get("encoding")), source, said)


def known(file: File, source: Source, said: Statements) -> Opened:
    """A file as one of a source's.

    Raises:
        InputError: it is none.
    """
    return Opened(file, recognised(source.layouts, file.headers, said.columns, file=file.name))


@dataclass(frozen=True, slots=True)
class Staged:
    """The records of a file in the table `STAGED`.

    Attributes:
        reading: how they were read.
        raw: the file's columns.
        records: a column per field of the layout, `record` (its number in the file, from 0), and `_bad` where any is refused.
        count: how many they are.
        bad_count: how many of them are refused.
        zone: of instants that are still the shop's clock; "UTC" when they are instants.
    """

    reading: Reading
    raw: ir.Table
    records: ir.Table
    count: int
    bad_count: int
    zone: str

    @property
    def usable(self) -> ir.Table:
        """The records that are not refused."""
        return (self.records.filter(~self.records[BAD]) if self.bad_count else self.records).drop(BAD)


def stage(store: Store, reader: Reader, one: Opened, said: Statements, zone: str) -> Staged:
    """Read the records of a file into the table `STAGED`.

    How columns write dates and numbers is decided by their first values; should a record be refused for one, by all of them, and once more.

    Raises:
        InputError: days and months of a column cannot be told apart.
    """
    look = reader.view(one.file, _LOOK, keep_malformed=False)
    return _stage(store, (look, lambda: reader.view(one.file, _RAW, keep_malformed=True)), one, said, zone)


def stage_rows(engine: Engine, rows: pa.Table, one: Opened, said: Statements, zone: str) -> Staged:
    """The same for records whose columns of text are given, on an engine that then has the table `STAGED`.

    Raises:
        InputError: days and months of a column cannot be told apart.
    """
    engine.fill(_RAW, rows.to_reader(), temporary=True)
    raw = _texts(one.file.headers)
    return _stage(engine, (raw, lambda: raw), one, said, zone)


def _stage(engine: Engine, columns: tuple[ir.Table, Callable[[], ir.Table]], one: Opened, said: Statements, zone: str) -> Staged:
    """Stage the columns of a file: some to look at, and what gives those that are to be read."""
    look, read = columns
    reading, later = _reading(engine, look, one, said, zone, sample=_SAMPLE)
    raw, counts = _read(engine, read, reading)
    if counts["bad"]:
        again, later_again = _reading(engine, look, one, said, zone, sample=None)
        if again != reading:
            reading, later = again, later_again
            raw, counts = _read(engine, read, reading)
    return Staged(reading, raw, _records(reading, counts["first"] or 0), counts["count"], counts["bad"] or 0, later)


def _read(engine: Engine, read: Callable[[], ir.Table], reading: Reading) -> tuple[ir.Table, dict[str, int]]:
    raw = read()
    engine.create(STAGED, _staged_of(reading, raw), temporary=True)
    return raw, engine.query(_counts(reading)).to_pylist()[0]


@said_once
def _texts(headers: tuple[str, ...]) -> ir.Table:
    return ibis.table(dict.fromkeys(headers, "string"), name=_RAW)


@said_once
def _staged_of(reading: Reading, raw: ir.Table) -> ir.Table:
    return reading.staged(raw)


@said_once
def _counts(reading: Reading) -> ir.Table:
    staged = _staged(reading)
    return staged.agg(count=staged.count(), bad=staged[BAD].sum(), first=staged.rowid().min())


def _staged(reading: Reading) -> ir.Table:
    return ibis.table({**reading.names, BAD: "boolean"}, name=STAGED)


@said_once
def _records(reading: Reading, first: int) -> ir.Table:
    """The staged records, numbered from 0: within a transaction an engine counts rows from a number of its own."""
    staged = _staged(reading)
    absent = {f.name: ibis.null(TYPES[f.kind]) for f in reading.recognised.layout.fields if f.name not in reading.names}
    return staged.mutate(**absent, record=staged.rowid() - first)


def _reading(  # noqa: PLR0913  # all of it decides
    engine: Engine, look: ir.Table, one: Opened, said: Statements, zone: str, *, sample: int | None
) -> tuple[Reading, str]:
    """How to read a file, and the zone of what is left to be converted.

    A clock is converted to an instant for each record; but lines repeat the order's clock, so theirs is converted once an order.
    """
    styles = _styles(engine, look, one, said, sample=sample)
    columns = one.recognised.columns
    instants = [columns[f.name] for f in one.recognised.layout.fields if f.kind == "instant" and f.name in columns]
    is_clock = all(styles[h].plain if h in styles else getattr(look[h].type(), "timezone", "?") is None for h in instants)
    later = zone if one.recognised.layout.grain == "lines" and is_clock else "UTC"
    return Reading(one.recognised, one.file.headers, styles, "UTC" if later == zone else zone), later


def _styles(engine: Engine, look: ir.Table, one: Opened, said: Statements, *, sample: int | None) -> Mapping[str, Style]:
    """The style of each column of text that a date or number is read from."""
    columns, file = one.recognised.columns, one.file
    kinds = {columns[f.name]: f.kind for f in one.recognised.layout.fields if f.name in columns and f.kind in _DATES | _NUMBERS}
    texts = {h: kind for h, kind in kinds.items() if look[h].type().is_string()}
    if not texts:
        return {}
    counts = _evidence(engine, look, texts, sample)
    unsure = {h for h, kind in texts.items() if kind in _DATES and counts[h]["parts"]}
    if unsure and sample is not None:  # which number is the month is for the whole column to say
        counts |= _evidence(engine, look, {h: texts[h] for h in unsure}, None)
    stated_mark, stated_order = said.reading.get("decimal"), said.reading.get("date_order")
    commas = sum((c.get("comma_decimal") or 0) - (c.get("point_decimal") or 0) for c in counts.values())
    likely = commas > 0 or (commas == 0 and file.delimiter == ";")
    styles: dict[str, Style] = {}
    problems = []
    for header, kind in texts.items():
        if kind in _NUMBERS:
            styles[header] = number_style(counts[header], stated_mark, comma_likely=likely)  # type: ignore[arg-type]
            continue
        style = date_style(counts[header], stated_order)  # type: ignore[arg-type]
        if style is None:
            problems.append(_ambiguous(file, header, counts[header]))
        else:
            styles[header] = style
    if problems:
        raise InputError("It cannot be told which number of the dates is the month.", problems)
    return styles


def _evidence(engine: Engine, look: ir.Table, texts: Mapping[str, str], sample: int | None) -> dict[str, dict[str, int]]:
    names, question = _asked(look, tuple(texts.items()), sample)
    counts: dict[str, dict[str, int]] = {h: {} for h in texts}
    for (header, name), value in zip(names, engine.query(question).to_pylist()[0].values(), strict=True):
        counts[header][name] = int(value or 0)
    return counts


@said_once
def _asked(look: ir.Table, texts: tuple[tuple[str, str], ...], sample: int | None) -> tuple[list[tuple[str, str]], ir.Table]:
    """What is counted of columns, by header and name, and the question that counts it."""
    headers = [header for header, _ in texts]
    rows = look.select(*headers) if sample is None else look.select(*headers).limit(sample)
    found = {(h, n): v for h, kind in texts for n, v in (date_evidence if kind in _DATES else number_evidence)(rows[h]).items()}
    return list(found), rows.agg(**{f"c{i}": v for i, v in enumerate(found.values())})


def _ambiguous(file: File, header: str, counts: Mapping[str, int]) -> Problem:
    mixed = counts["day_first"] and counts["day_second"]
    what = "days and months in one order" if mixed else "a date in which a number is greater than 12"
    hint = 'state it in a mapping: [reading] date_order = "dmy" or "mdy"'
    return Problem(f"{file.name}, column {header!r}", "", what, hint)
