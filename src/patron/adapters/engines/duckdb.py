"""The embedded engine and store: one DuckDB file, or memory.

Statements are compiled by Ibis and run here, so no expression depends on a connection. Nothing is ever downloaded.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, nullcontext, suppress
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

import duckdb
import ibis

from patron.adapters.engines.duckdb_cells import amending, setting, updating
from patron.adapters.engines.duckdb_limits import bytes_of, limits
from patron.adapters.engines.duckdb_opening import FILE, opened
from patron.adapters.engines.duckdb_prepared import Prepared
from patron.adapters.engines.duckdb_turn import Turn
from patron.adapters.engines.duckdb_words import instant_text, quoted, statement_of, text, type_name, value_text, values_text
from patron.kernel.arrow import arrow_schema
from patron.kernel.errors import InputError, InvariantError
from patron.kernel.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

    import ibis.expr.types as ir
    import pyarrow as pa

    from patron.kernel.given import Plain
    from patron.kernel.steps import Step
    from patron.kernel.tables import Table
    from patron.ports.engine import Cells, Rows

_SESSION = (
    "SET TimeZone = 'UTC'",
    "SET enable_progress_bar = false",  # standard output belongs to results
    "SET dynamic_or_filter_threshold = 1000",  # the rows of some hundred customers are found by what blocks of rows say they hold
    "CREATE OR REPLACE TEMP MACRO from_utc_timestamp(instant, zone) AS timezone(zone, timezone('UTC', instant))",
    "CREATE OR REPLACE TEMP MACRO to_utc_timestamp(wall, zone) AS timezone('UTC', timezone(zone, wall))",
    "CREATE OR REPLACE TEMP MACRO moment() AS getvariable('moment')::TIMESTAMP",
    "CREATE OR REPLACE TEMP MACRO hash63(txt) AS (md5_number(txt) >> 65)::BIGINT",
)
_FORMATS = {".parquet": "FORMAT parquet, COMPRESSION zstd", ".csv": "FORMAT csv, HEADER", ".jsonl": "FORMAT json"}
_FEW_MEGABYTES = 2_900

Method = TypeVar("Method", bound="Callable[..., object]")


def _whole(method: Method) -> Method:
    """What writes is a transaction: that which runs, or one by itself."""

    @wraps(method)
    def written(self: DuckDBEngine, *args: object, **options: object) -> object:
        with self.transaction():
            return method(self, *args, **options)

    return cast("Method", written)


class DuckDBEngine:
    """A `Store` on DuckDB: one connection. Further sessions see what it commits; who writes, has the turn, and all others wait for it.

    Attributes:
        connection: to the database.
        turn: held during a transaction; one for all sessions.
    """

    name: ClassVar[str] = "duckdb"
    connection: duckdb.DuckDBPyConnection
    turn: Turn
    _depth: int
    _prepared: Prepared
    _megabytes: int | None = None
    _told: datetime | None = None

    def __init__(self, path: Path | None = None, *, memory_limit: str | None = None, threads: int | None = None) -> None:
        """Open a file, or memory when no path is given.

        Raises:
            TransientError: another process holds the file open, or the disk is full.
            InputError: the file is not a DuckDB database.
        """
        self._begin(opened(path, memory_limit=memory_limit, threads=threads), Turn(), first=_SESSION)

    def session(self) -> DuckDBEngine:
        """The same tables for another thread, which sees what has been committed; its temporary tables are its own."""
        made = object.__new__(DuckDBEngine)
        made._begin(self.connection.cursor(), self.turn, first=(f"USE {self._kept}", *_SESSION))
        return made

    def save_memory(self) -> None:
        """Hold little memory from now on, however much there is."""
        self._megabytes = _FEW_MEGABYTES
        self._run(f"SET memory_limit = '{self._megabytes}MB'")

    def allow_more_memory(self) -> bool:
        """Twice as much as until now, if memory is being saved and the machine has more; whether that was so."""
        most = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * 4 // 5 // 1_000_000
        if self._megabytes is None or self._megabytes >= most:
            return False
        self._megabytes = min(2 * self._megabytes, most)
        self._run(f"SET memory_limit = '{self._megabytes}MB'")
        return True

    def shorten_log(self, megabytes: int) -> None:
        """Bring what is only in the log of late writes into the file, if that is so much and nobody is in the way; who writes waits."""
        told = self._rows(f"SELECT wal_size FROM pragma_database_size() WHERE database_name = {text(FILE)}")
        if any((bytes_of(size) or 0) >= megabytes * 1_000_000 for (size,) in told):
            with self.turn, suppress(duckdb.TransactionException):  # a session that is ending may still write apart
                self._run("CHECKPOINT")

    def sql(self, expression: ir.Table) -> str:
        """The DuckDB statement for an expression."""
        return statement_of(expression.op())

    def query(self, expression: ir.Table) -> pa.Table:
        """The rows of an expression, in its types: DuckDB itself sums whole numbers into wider ones."""
        return self._typed(self.sql(expression), expression)

    def create(self, name: str, expression: ir.Table, *, temporary: bool = False) -> None:
        """Make or replace a table with the rows of an expression, each column in the type that the expression has."""
        kind = "TEMP TABLE" if temporary else "TABLE"
        columns = expression.schema().items()
        cast = ", ".join(f"{quoted(c)}::{type_name(t)} AS {quoted(c)}" for c, t in columns)
        with nullcontext() if temporary else self.transaction():
            self._run(f"CREATE OR REPLACE {kind} {quoted(name)} AS SELECT {cast} FROM ({self.sql(expression)})")

    def make(self, steps: Sequence[Step]) -> None:
        """Make temporary tables, one after the other; each step may read those before it."""
        for step in steps:
            self.create(step.name, step.expression, temporary=True)

    def fill(self, name: str, rows: pa.RecordBatchReader, *, temporary: bool = False) -> None:
        """Make or replace a table with rows that were worked out outside, taken as they come."""
        kind = "TEMP TABLE" if temporary else "TABLE"
        with nullcontext() if temporary else self.transaction():
            self.connection.register("_rows", rows)
            try:
                self._run(f"CREATE OR REPLACE {kind} {quoted(name)} AS SELECT * FROM _rows")
            finally:
                self.connection.unregister("_rows")

    def drop(self, name: str, *, temporary: bool = False) -> None:
        """Remove a table, or with `temporary` the temporary one that hides it; nothing happens when there is none."""
        with nullcontext() if temporary else self.transaction():
            self._run(f"DROP TABLE IF EXISTS {'temp.main.' if temporary else ''}{quoted(name)}")

    @property
    def memory_bytes(self) -> int | None:
        """How much memory all its work together may take."""
        return bytes_of(str(self._rows("SELECT current_setting('memory_limit')")[0][0]))

    def define(self, name: str, expression: ir.Table) -> None:
        """Let this session read an expression by a name that hides the table of that name; its rows are worked out where it is read."""
        self._run(f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS {self.sql(expression)}")

    def undefine(self, name: str) -> None:
        """Forget what was defined by a name; nothing happens when nothing was."""
        self._run(f"DROP VIEW IF EXISTS temp.main.{quoted(name)}")

    def tables(self) -> frozenset[str]:
        """The names of all tables and views."""
        rows = self._rows("SELECT table_name FROM duckdb_tables() UNION SELECT view_name FROM duckdb_views() WHERE NOT internal")
        return frozenset(r[0] for r in rows)

    def columns(self, name: str) -> tuple[str, ...]:
        """The column names of a table, in order."""
        return tuple(self.answer(f"SELECT * FROM {quoted(name)} LIMIT 0").column_names)

    @_whole
    def declare(self, table: Table) -> None:
        """Make an empty table with a declared schema unless it exists."""
        columns = ", ".join(f"{quoted(c.name)} {type_name(ibis.dtype(c.type))}{' NOT NULL' if c.required else ''}" for c in table.columns)
        self._run(f"CREATE TABLE IF NOT EXISTS {quoted(table.name)} ({columns})")

    @_whole
    def insert(self, name: str, rows: ir.Table | pa.Table) -> int:
        """Append rows, matched by column name; columns that are not given stay null. Returns how many."""
        return self._insert(quoted(name), rows)

    @_whole
    def put(self, name: str, row: Cells) -> None:
        """Have this row in the place of the only row of a table, if it has one."""
        if self._rows(setting(quoted(name), row)) == [(0,)]:
            self._run(f"INSERT INTO {quoted(name)} ({', '.join(map(quoted, row))}) VALUES ({', '.join(map(value_text, row.values()))})")

    @_whole
    def delete(self, name: str, keys: ir.Table, on: tuple[str, ...]) -> None:
        """Delete the rows whose key is among `keys`."""
        target = quoted(name)
        matches = " AND ".join(f"{target}.{quoted(c)} = _keys.{quoted(c)}" for c in on)
        self._run(f"DELETE FROM {target} USING ({self.sql(keys)}) AS _keys WHERE {matches}")

    @_whole
    def renew(self, name: str, rows: ir.Table | pa.Table, touched: ir.Table) -> None:
        """Put rows in the place of those that the kept table `name` has of some customers."""
        kept = f"{self._kept}.{quoted(name)}"
        self._run(f"DELETE FROM {kept} WHERE customer_id IN (SELECT customer_id FROM ({self.sql(touched)}))")
        self._insert(kept, rows)

    @_whole
    def amend(self, name: str, cells: Mapping[int, Cells | None]) -> None:
        """Bring the rows that the kept table `name` has of few customers to hold other cells."""
        for statement in amending(f"{self._kept}.{quoted(name)}", cells):
            if self._rows(statement) != [(1,)]:
                raise InvariantError(f"A row of {name} is not what it was taken for.")

    @_whole
    def index(self, name: str, column: str) -> None:
        """From now on rows of a kept table are found by a column of ids without looking through it; until the table is made anew."""
        self._run(f"CREATE INDEX IF NOT EXISTS {quoted(f'{name}_by_{column}')} ON {self._kept}.{quoted(name)} ({quoted(column)})")

    def pick(self, name: str, columns: Sequence[str], where: tuple[str, int] | None = None) -> list[dict[str, Any]]:
        """These columns of the rows of a table, of all or of those in which a column of ids has a value: the quick way to few rows."""
        every = f"SELECT {', '.join(map(quoted, columns))} FROM {quoted(name)}"
        if where is None:
            rows = self._rows(f"EXECUTE {self._prepared.named(every)}")
        else:
            asked = self._prepared.named(f"{every} WHERE {quoted(where[0])} = $1::BIGINT")
            rows = self._rows(f"EXECUTE {asked}({int(where[1])})")
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def ask(self, expression: ir.Table, given: Mapping[str, Plain]) -> pa.Table:
        """The rows of an expression with the values that it leaves open (`kernel.given`), each by its name."""
        values = ", ".join(f"{name} := {value_text(value)}" for name, value in given.items())
        return self._typed(f"EXECUTE {self._prepared.named(self.sql(expression))}{values and f'({values})'}", expression)

    def tell(self, instant: datetime) -> None:
        """From now on `kernel.time.moment` is this instant."""
        if instant != self._told:
            self._run(f"SET VARIABLE moment = {instant_text(instant)}")
            self._told = instant

    @_whole
    def view(self, name: str, expression: ir.Table) -> None:
        """Give an expression a name that people and tools can query."""
        self._run(f"CREATE OR REPLACE VIEW {quoted(name)} AS {self.sql(expression)}")

    @_whole
    def rename(self, name: str, to: str) -> None:
        """Put a kept table in the place of another, if there is one; it costs the same for any number of rows."""
        self._run(f"DROP TABLE IF EXISTS {self._kept}.{quoted(to)}")
        self._run(f"ALTER TABLE {self._kept}.{quoted(name)} RENAME TO {quoted(to)}")

    @_whole
    def arrange(self, table: Table, by: tuple[str, ...], *, first: tuple[str, datetime] | None = None) -> int:
        """Write the rows of a kept table that has no index anew, in the order of some columns. Returns how many there are."""
        before, columns = f"{table.name}_before", ", ".join(quoted(c.name) for c in table.columns)
        self.rename(table.name, before)
        self.declare(table)
        rows, parts = f"INSERT INTO {quoted(table.name)} ({columns}) SELECT {columns} FROM {quoted(before)}", [""]
        if first is not None:
            is_first = f"({quoted(first[0])} < {instant_text(first[1])})"
            parts = [f"WHERE {is_first}", f"WHERE {is_first} IS NOT TRUE"]
        order = ", ".join(map(quoted, by))
        done = sum(int(self._rows(f"{rows} {part} ORDER BY {order}")[0][0]) for part in parts)
        self.drop(before)
        return done

    @_whole
    def update(
        self, name: str, values: ir.Table, on: tuple[str, ...], *, only: Rows = "all", since: tuple[str, datetime] | None = None
    ) -> int:
        """Set the other columns of `values` in the rows whose key is among them, where they differ. Returns how many rows changed."""
        return int(self._rows(updating(quoted(name), self.sql(values), values.columns, on, only=only, since=since))[0][0])

    def write(self, expression: ir.Table, file: Path) -> int:
        """Write rows to a file, whole or not at all: Parquet, CSV or JSON Lines by its suffix. Returns how many rows."""
        options = _FORMATS.get(file.suffix.lower())
        if options is None:
            raise InputError("The format is not known.", [Problem(str(file), file.suffix, "a file that ends in " + ", ".join(_FORMATS))])
        if not file.parent.is_dir():
            raise InputError("The file cannot be written.", [Problem(str(file), str(file.parent), "a folder that exists")])
        part = file.with_name(f".{file.name}.part")
        try:
            done = self._rows(f"COPY ({self.sql(expression)}) TO {text(str(part.absolute()))} ({options})")
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)
        return int(done[0][0])

    def copy(self, file: Path) -> None:
        """Write all that is committed to a new file, which can be opened as a store of its own."""
        own = self._kept.rpartition(".")[0]
        with self.turn:
            self._run(f"ATTACH {text(str(file.absolute()))} AS _copy")
            try:
                self._run(f"COPY FROM DATABASE {own} TO _copy")
            finally:
                self._run("DETACH _copy")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that happens inside is kept, or none of it. Transactions inside a transaction join it."""
        if self._depth:
            yield
            return
        with self.turn, self._all_or_nothing():
            yield

    def apart(self) -> AbstractContextManager[None]:
        """All that happens inside is kept, or none of it, while transactions go on: it waits for none and none waits for it."""
        return self._all_or_nothing()

    def interrupt(self) -> None:
        """Break off the statement that another thread waits for in this session, if one runs: there KeyboardInterrupt is raised."""
        self.connection.interrupt()

    @property
    def is_wanted(self) -> bool:
        """Whether another session waits to write, as long as this one does."""
        return self.turn.is_wanted

    @property
    def version(self) -> int:
        """One more with every transaction of any session that may write, once it has ended."""
        return self.turn.ended

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All that is asked inside is as of one commit, whatever is written meanwhile; nothing but temporary tables can be written."""
        self._run("BEGIN TRANSACTION READ ONLY")
        try:
            yield
        finally:
            self._abandon()  # temporary tables go with it

    def execute(self, statement: str) -> duckdb.DuckDBPyConnection:
        """Run a statement in the engine's own dialect: for adapters that are bound to this engine."""
        return self._run(statement)

    def answer(self, statement: str) -> pa.Table:
        """The rows of a statement in the engine's own dialect."""
        with limits():
            return self.connection.sql(statement).to_arrow_table()

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()

    def _begin(self, connection: duckdb.DuckDBPyConnection, turn: Turn, first: Sequence[str]) -> None:
        """Take a connection, and run the statements that make a session of it."""
        self.connection, self.turn, self._prepared = connection, turn, Prepared(self._run)
        self._depth = 0
        for statement in first:
            self._run(statement)
        self._kept = f"{quoted(self._rows('SELECT current_database()')[0][0])}.main"

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        """A transaction, whoever has the turn."""
        self._run("BEGIN TRANSACTION")
        self._depth += 1
        try:
            yield
            self._run("COMMIT")
        except BaseException:
            self._depth = 0
            self._abandon()
            raise
        self._depth = 0

    def _typed(self, statement: str, expression: ir.Table) -> pa.Table:
        rows, wanted = self.answer(statement), arrow_schema(expression.schema())
        return rows if rows.schema == wanted else rows.cast(wanted)

    def _insert(self, target: str, rows: ir.Table | pa.Table) -> int:
        if isinstance(rows, ibis.Expr):
            return int(self._rows(f"INSERT INTO {target} BY NAME {self.sql(rows)}")[0][0])
        if values := values_text(rows):
            return int(self._rows(f"INSERT INTO {target} ({', '.join(map(quoted, rows.column_names))}) VALUES {values}")[0][0])
        self.connection.register("_rows", rows)
        try:
            return int(self._rows(f"INSERT INTO {target} BY NAME SELECT * FROM _rows")[0][0])
        finally:
            self.connection.unregister("_rows")

    def _run(self, statement: str) -> duckdb.DuckDBPyConnection:
        with limits():
            return self.connection.execute(statement)

    def _rows(self, statement: str) -> list[tuple[Any, ...]]:
        with limits():
            return self.connection.execute(statement).fetchall()

    def _abandon(self) -> None:
        try:
            self.connection.execute("ROLLBACK")
        except (duckdb.Error, RuntimeError):  # the failure ended the transaction itself
            return
