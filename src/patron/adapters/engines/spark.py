"""An engine that computes on Apache Spark: on this machine, on a standalone cluster, or behind a Spark Connect address.

Tables are Parquet folders under names: facts as `parquet.write_parquet` hands them over, and what `create` works out, which is written to
a work folder that all workers can reach. Statements are compiled by Ibis without a session.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

import ibis.config
import pyarrow.parquet as pq
import sqlglot.expressions as sge
from ibis.backends.sql.compilers import PySparkCompiler
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from patron.kernel.arrow import arrow_schema
from patron.kernel.errors import InputError, TransientError
from patron.kernel.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import ibis.expr.datatypes as dt
    import ibis.expr.types as ir
    import pyarrow as pa

    from patron.kernel.steps import Step

_DIALECT = "spark"
_SESSION = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    # Instants in files carry no zone; with the session in UTC they are read as the instants they are.
    "spark.sql.parquet.inferTimestampNTZ.enabled": "false",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}
_LOCAL = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.log.level": "ERROR",
}
# The number of `kernel.ids.derived`: bytes 9 to 16 of the MD5 as a little-endian number, shifted right by one.
_SWAPPED = "regexp_replace(substring(md5(CAST(txt AS BINARY)), 17), '(..)(..)(..)(..)(..)(..)(..)(..)', '$8$7$6$5$4$3$2$1')"
_HASH63 = (
    "CREATE OR REPLACE TEMPORARY FUNCTION hash63(txt STRING) RETURNS BIGINT "
    f"RETURN shiftrightunsigned(CAST(conv({_SWAPPED}, 16, -10) AS BIGINT), 1)"
)


class _SparkOptions(ibis.config.Config):
    treat_nan_as_null: bool = False


class SparkEngine:
    """An `Engine` on Spark. It keeps nothing but the Parquet it writes."""

    name: ClassVar[str] = "spark"

    def __init__(self, url: str, work: Path, *, partitions: int = 8, settings: Mapping[str, str] | None = None) -> None:
        """Open a session.

        Args:
            url: `local[2]`, `spark://host:port`, or `sc://host:port` for Spark Connect.
            work: a folder that this process and all workers reach under the same path; tables are written into it.
            partitions: of a shuffle; few for a shop that fits on one machine.
            settings: further settings of Spark.

        Raises:
            TransientError: Spark cannot be reached.
        """
        _prepare_compiler()
        self._compiler = PySparkCompiler()
        self._work = work
        self._kept: dict[str, Path] = {}
        self._hiding: dict[str, Path] = {}
        self._made: set[Path] = set()
        self._version = 0
        shuffle = {"spark.sql.shuffle.partitions": str(partitions)}
        try:
            self.session = _session(url, {**_SESSION, **shuffle, **(settings or {})})
            self.session.sql(_HASH63)
        except PySparkException as error:
            raise TransientError(f"Spark cannot be reached at {url}.") from error

    def register(self, name: str, path: Path) -> None:
        """Make a Parquet file or folder known under a name.

        Raises:
            InputError: there is no such file.
        """
        if not path.exists():
            raise InputError("The table cannot be read.", [Problem(name, path.name, "a Parquet file or folder")])
        self._put(self._kept, name, path)

    def register_folder(self, folder: Path) -> None:
        """Make every `<name>.parquet` in a folder known under its name."""
        for path in sorted(folder.glob("*.parquet")):
            self.register(path.stem, path)

    def sql(self, expression: ir.Table) -> str:
        """The Spark statement for an expression."""
        return self._compiler.to_sqlglot(expression).sql(dialect=_DIALECT)

    def query(self, expression: ir.Table) -> pa.Table:
        """The rows of an expression."""
        rows: pa.Table = self.session.sql(self._typed(expression)).toArrow()
        return rows.cast(arrow_schema(expression.schema()))

    def create(self, name: str, expression: ir.Table, *, temporary: bool = False) -> None:
        """Make or replace a table with the rows of an expression, each column in the type that the expression has."""
        folder = self._new_folder(name)
        self.session.sql(self._typed(expression)).write.mode("overwrite").parquet(str(folder))
        self._made.add(folder)
        self._put(self._hiding if temporary else self._kept, name, folder)

    def make(self, steps: Sequence[Step]) -> None:
        """Make temporary tables, one after the other; each step may read those before it."""
        for step in steps:
            self.create(step.name, step.expression, temporary=True)

    @property
    def memory_bytes(self) -> int | None:
        """Nobody has set a limit here."""
        return None

    def define(self, name: str, expression: ir.Table) -> None:
        """Let this session read an expression by a name that hides the table of that name; its rows are worked out where it is read."""
        self.session.sql(self._typed(expression)).createOrReplaceTempView(name)

    def undefine(self, name: str) -> None:
        """Forget what was defined by a name; nothing happens when nothing was."""
        self._show(name)

    def fill(self, name: str, rows: pa.RecordBatchReader, *, temporary: bool = False) -> None:
        """Make or replace a table with rows that were worked out outside, taken as they come."""
        folder = self._new_folder(name)
        folder.mkdir(parents=True)
        with pq.ParquetWriter(folder / "rows.parquet", rows.schema) as writer:
            for batch in rows:
                writer.write_batch(batch)
        self._made.add(folder)
        self._put(self._hiding if temporary else self._kept, name, folder)

    def drop(self, name: str, *, temporary: bool = False) -> None:
        """Remove a table, or with `temporary` the temporary one that hides it; nothing happens when there is none."""
        self._put(self._hiding if temporary else self._kept, name, None)

    def tables(self) -> frozenset[str]:
        """The names of all tables."""
        return frozenset(t.name for t in self.session.catalog.listTables())

    def columns(self, name: str) -> tuple[str, ...]:
        """The column names of a table, in order."""
        return tuple(self.session.table(name).columns)

    def close(self) -> None:
        """End the session and remove what it wrote."""
        for folder in list(self._made):
            self._remove(folder)
        self.session.stop()

    def _new_folder(self, name: str) -> Path:
        """A new one each time: what is written may be worked out from the table that it replaces."""
        self._version += 1
        return self._work / f"{name}-{self._version}"

    def _typed(self, expression: ir.Table) -> str:
        columns = ", ".join(f"CAST({_quoted(c)} AS {self._type(t)}) AS {_quoted(c)}" for c, t in expression.schema().items())
        return f"SELECT {columns} FROM ({self.sql(expression)})"

    def _type(self, of: dt.DataType) -> str:
        # The session is in UTC, so Spark's instants are ours; its type without a zone is not understood by all of its functions.
        return "TIMESTAMP" if of.is_timestamp() else str(self._compiler.type_mapper.from_ibis(of).sql(dialect=_DIALECT))

    def _put(self, among: dict[str, Path], name: str, path: Path | None) -> None:
        before = among.pop(name, None)
        if path is not None:
            among[name] = path
        self._show(name)
        if before is not None and before in self._made:
            self._remove(before)

    def _show(self, name: str) -> None:
        """Let a name stand for the table that it has."""
        seen = self._hiding.get(name) or self._kept.get(name)
        if seen is None:
            self.session.catalog.dropTempView(name)
        else:
            self.session.read.parquet(str(seen)).createOrReplaceTempView(name)

    def _remove(self, folder: Path) -> None:
        self._made.discard(folder)
        with suppress(FileNotFoundError):  # behind Spark Connect the folder may be the cluster's alone
            shutil.rmtree(folder)


def _session(url: str, settings: Mapping[str, str]) -> SparkSession:
    builder = SparkSession.builder.appName("patron")
    is_remote = url.startswith("sc://")
    for key, value in {**({} if is_remote else _LOCAL), **settings}.items():
        builder = builder.config(key, value)
    return (builder.remote(url) if is_remote else builder.master(url)).getOrCreate()


def _prepare_compiler() -> None:
    # Ibis keeps an option of its Spark back end where its compiler looks for it; the back end itself is not used.
    if ibis.options.pyspark is None:
        ibis.options.pyspark = _SparkOptions()


def _quoted(name: str) -> str:
    return sge.to_identifier(name, quoted=True).sql(dialect=_DIALECT)
