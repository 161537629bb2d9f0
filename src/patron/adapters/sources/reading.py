"""Reading files into the embedded engine: CSV in any usual dialect and encoding, JSON Lines, JSON lists and Parquet.

Nothing is read row by row: the engine reads the file, out of core, and puts aside what is no record.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from patron.adapters.sources import reading_bytes as raw
from patron.adapters.sources.reading_lines import lines_of, lines_of_offsets
from patron.adapters.sources.reading_text import dialect, json_paths, unique
from patron.kernel.errors import InputError
from patron.kernel.expressions import said_once
from patron.kernel.problems import Problem
from patron.ports.source import File, Malformed

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir

    from patron.adapters.engines.duckdb import DuckDBEngine

_ERRORS, _SCANS, _RECORDS = "_reading_errors", "_reading_scans", "_reading_records"
_LONGEST_KEPT = 4_000
_JSON_SAMPLE = 5_000
_JSON = {".jsonl": "json_lines", ".ndjson": "json_lines", ".json": "json"}
_REASONS = {
    "MISSING COLUMNS": "as many cells as the header has",
    "TOO MANY COLUMNS": "as many cells as the header has",
    "UNQUOTED VALUE": "a quote that ends",
    "LINE SIZE OVER MAXIMUM": "a line of a usual length",
    "INVALID ENCODING": "text in UTF-8",
}


class DuckDBReader:
    """A `Reader` for the DuckDB store."""

    def __init__(self, store: DuckDBEngine) -> None:
        """Read into this store."""
        self._store = store
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._views: set[str] = set()
        self._tables: set[str] = set()

    def open(self, path: Path, *, delimiter: str | None = None, encoding: str | None = None) -> File:
        """Look at a file: what it is, how it is written, its columns.

        Raises:
            InputError: it is missing, empty, or not what its name says.
        """
        first = raw.head(path)
        if path.suffix.lower() in {".parquet", ".pq"}:
            return self._open_parquet(path, first)
        raw.refuse_other_kinds(path, first)
        by_mark = raw.encoding_by_marks(path, first)
        scan = raw.scan(path, is_lines=by_mark in {None, "utf-8-sig"})
        found = encoding or by_mark or ("utf-8" if scan.is_utf8 else raw.encoding_by_trial(path, scan.sample))
        readable = path
        if found not in {"utf-8", "utf-8-sig"}:
            readable = self._copy(path)
            raw.transcode(path, readable, found)
        with readable.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            text = file.read(raw.HEAD)
        looked = File(self._plain(readable), path.name, "csv", (), scan.digest, path.stat().st_size, _modified(path), encoding=found)
        form = _JSON.get(path.suffix.lower()) or ("json_lines" if text.lstrip()[:2] in {'{"', "{}"} else "csv")
        if form != "csv":
            return self._open_json(looked, text)
        known = dialect(text, stated=delimiter, name=path.name)
        return replace(looked, headers=known.headers, delimiter=known.delimiter, skipped_lines=known.skipped_lines)

    def open_records(self, name: str, records: Sequence[bytes], *, at: datetime) -> File:
        """Take records as one would read them from a file of JSON Lines; they stay in memory, and one set of them is held at a time.

        Raises:
            InputError: none of them is an object, or one is too long.
        """
        raw.refuse_too_long(name, records)
        content = b"".join(record + b"\n" for record in records)
        headers = json_paths(islice(records, _JSON_SAMPLE), name=name)
        texts = pa.array(records, pa.binary()).cast(pa.string())
        numbered = pa.table({"line": pa.array(range(1, len(records) + 1), pa.int64()), "text": texts})
        self._store.fill(_RECORDS, numbered.to_reader(), temporary=True)
        self._tables.add(_RECORDS)
        digest = hashlib.sha256(content).hexdigest()
        return File(Path(name), name, "records", headers, digest, len(content), at, record_count=len(records))

    def read(self, file: File, headers: Sequence[str]) -> pa.Table:
        """Some columns of records in memory, as text; what is no object is left out."""
        rows = self._store.answer(f"SELECT json_extract_string(json, [{_paths(headers)}]) FROM ({_objects(file)})")
        values = rows.column(0).combine_chunks().flatten()
        places = np.arange(0, len(values), len(headers))
        return pa.table({header: values.take(pa.array(places + n)) for n, header in enumerate(headers)})

    def view(self, file: File, name: str, *, keep_malformed: bool) -> ir.Table:
        """Give the file's records a name: all columns of CSV and JSON are text. Malformed lines are left out, and kept aside if asked."""
        self._views.add(name)
        if file.form == "parquet":
            self._store.execute(f"CREATE OR REPLACE TEMP VIEW {_name(name)} AS SELECT * FROM read_parquet({_text(str(file.path))})")
            return ibis.table(_parquet_schema(file.path), name=name)
        if keep_malformed and file.form == "csv":
            self._tables |= {_ERRORS, _SCANS}
            self._drop_tables(_ERRORS, _SCANS)
        rows = self._csv_rows(file, keep_malformed=keep_malformed) if file.form == "csv" else self._json_rows(file)
        self._store.execute(f"CREATE OR REPLACE TEMP VIEW {_name(name)} AS {rows}")
        return _texts(name, file.headers)

    def malformed(self, file: File) -> tuple[Malformed, ...]:
        """The lines left out when the view that keeps them was last read."""
        if file.form in {"json_lines", "records"}:
            return self._malformed_json(file)
        if file.form != "csv":
            return ()
        query = f"""SELECT line_byte_position, min_by(error_type::VARCHAR, column_idx), any_value(csv_line[:{_LONGEST_KEPT}]) FROM {_ERRORS}
            GROUP BY line_byte_position ORDER BY line_byte_position"""
        try:
            rows = self._store.execute(query).fetchall()
        except duckdb.CatalogException:  # nothing was put aside
            return ()
        lines = lines_of_offsets(file.path, [r[0] - 1 for r in rows])
        return tuple(Malformed(line, _REASONS.get(kind, "a record"), text or "") for line, (_, kind, text) in zip(lines, rows, strict=True))

    def lines(self, file: File, records: Sequence[int], *, record_count: int) -> dict[int, int]:
        """The line on which each of these records begins; records count from 0, lines from 1, and malformed lines are no records."""
        if file.form in {"parquet", "json"}:
            return {r: r + 1 for r in records}
        bad = {m.line for m in self.malformed(file)}
        return lines_of(file, records, bad, record_count=record_count)

    def close(self) -> None:
        """Remove copies, and what was made to read them."""
        with suppress(duckdb.TransactionException):  # a failure has ended the transaction, and with it what was made
            for view in self._views:
                self._store.execute(f"DROP VIEW IF EXISTS {_name(view)}")
            self._drop_tables(*self._tables)
        self._views.clear()
        self._tables.clear()
        if self._folder:
            self._folder.cleanup()
            self._folder = None

    def _drop_tables(self, *names: str) -> None:
        for name in names:
            self._store.execute(f"DROP TABLE IF EXISTS {_name(name)}")

    def _open_parquet(self, path: Path, first: bytes) -> File:
        if not first.startswith(b"PAR1"):
            raise InputError(f"{path.name} is not a Parquet file.", [Problem(path.name, "", "a file that begins with PAR1")])
        try:
            names = pq.read_schema(path).names
        except (pa.ArrowInvalid, OSError) as error:
            problem = Problem(path.name, "", "a whole Parquet file", "it may have been cut off: copy it again")
            raise InputError(f"{path.name} cannot be read.", [problem]) from error
        digest = raw.scan(path, is_lines=False).digest
        return File(self._plain(path), path.name, "parquet", unique(names), digest, path.stat().st_size, _modified(path))

    def _open_json(self, looked: File, text: str) -> File:
        if not text.lstrip().startswith("["):
            with looked.path.open(encoding="utf-8-sig") as lines:
                return replace(looked, form="json_lines", headers=json_paths(islice(lines, _JSON_SAMPLE), name=looked.name))
        file = replace(looked, form="json")
        try:
            sample = self._store.execute(f"SELECT json::VARCHAR FROM ({_objects(file)}) LIMIT {_JSON_SAMPLE}").fetchall()
        except duckdb.Error as error:
            raise InputError(f"{file.name} is not valid JSON.", [Problem(file.name, "", "a list of JSON objects")]) from error
        return replace(file, headers=json_paths((r[0] for r in sample), name=file.name))

    def _csv_rows(self, file: File, *, keep_malformed: bool) -> str:
        columns = ", ".join(f"{_text(h)}: 'VARCHAR'" for h in file.headers)
        aside = (
            f"store_rejects = true, rejects_table = '{_ERRORS}', rejects_scan = '{_SCANS}'" if keep_malformed else "ignore_errors = true"
        )
        return f"""SELECT * FROM read_csv({_text(str(file.path))}, auto_detect = false, header = true, skip = {file.skipped_lines},
            delim = {_text(file.delimiter)}, quote = '"', escape = '"', strict_mode = true, max_line_size = {raw.LONGEST_LINE + 1},
            buffer_size = {raw.BUFFER}, columns = {{{columns}}}, {aside})"""

    def _json_rows(self, file: File) -> str:
        objects = _objects(file)
        picked = ", ".join(f"v[{i}] AS {_name(h)}" for i, h in enumerate(file.headers, 1))
        return f"SELECT {picked} FROM (SELECT json_extract_string(json, [{_paths(file.headers)}]) AS v FROM ({objects}))"

    def _malformed_json(self, file: File) -> tuple[Malformed, ...]:
        query = f"SELECT line, text[:{_LONGEST_KEPT}] FROM ({_numbered(file)}) WHERE NOT {_IS_OBJECT} AND trim(text) <> '' ORDER BY line"
        return tuple(Malformed(line, "a JSON object", text) for line, text in self._store.execute(query).fetchall())

    def _copy(self, path: Path) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="patron-")
        return Path(tempfile.mkdtemp(dir=self._folder.name)) / re.sub(r"[^\w.\-]", "_", path.name)

    def _plain(self, path: Path) -> Path:
        """The file under a path that means the same in every process, without the signs that the engine takes for a pattern."""
        plain = path.resolve()
        if not re.search(r"[*?\[\]{}]", str(plain)):
            return plain
        link = self._copy(path)
        link.symlink_to(plain)
        return link


_IS_OBJECT = "(json_valid(text) AND ltrim(text)[1] = '{')"


def _objects(file: File) -> str:
    if file.form == "json":
        return f"SELECT json FROM read_json_objects({_text(str(file.path))}, format = 'array', maximum_object_size = {raw.LONGEST_LINE})"
    return f"SELECT text::JSON AS json FROM ({_numbered(file)}) WHERE {_IS_OBJECT}"


@said_once
def _texts(name: str, headers: tuple[str, ...]) -> ir.Table:
    return ibis.table(ibis.schema(dict.fromkeys(headers, "string")), name=name)


def _numbered(file: File) -> str:
    """Every line of a file with its number: lines are cells of one column that nothing delimits."""
    if file.form == "records":
        return f"SELECT line, text FROM {_RECORDS}"
    return f"""SELECT row_number() OVER () AS line, text FROM read_csv({_text(str(file.path))}, auto_detect = false, header = false,
        delim = '\x1e', quote = '', escape = '', columns = {{'text': 'VARCHAR'}}, max_line_size = {raw.LONGEST_LINE + 1})"""


def _paths(headers: Sequence[str]) -> str:
    return ", ".join(_text(_json_path(h)) for h in headers)


def _json_path(header: str) -> str:
    """A JSON pointer, in which names may hold any sign."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in header.split("."))


def _parquet_schema(path: Path) -> ibis.Schema:
    return ibis.Schema.from_pyarrow(pq.read_schema(path))


def _modified(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
