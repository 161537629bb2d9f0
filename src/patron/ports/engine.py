"""The engine: executes relational expressions. It is handed Ibis expressions over named tables and gives Arrow tables back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import date, datetime
    from decimal import Decimal
    from pathlib import Path

    import ibis.expr.types as ir
    import pyarrow as pa

    from patron.kernel.given import Plain
    from patron.kernel.steps import Step
    from patron.kernel.tables import Table

    Cell = Plain | date | float | Decimal | None
    """A value in a row; instants are in UTC without a zone."""
    Cells = Mapping[str, Cell]
    """Values of a row, by column."""


Rows = Literal["all", "unknown", "unknown, new"]
"""Which rows are updated."""


class Engine(Protocol):
    """Executes expressions over its own tables.

    Every engine provides the two functions that `kernel` declares and dialects lack, `from_utc_timestamp` and `hash63`; its session
    zone is UTC; an integer sum comes back in the type that the declaration says.
    """

    name: ClassVar[str]

    def sql(self, expression: ir.Table) -> str:
        """The statement that answers an expression, in the engine's dialect."""
        ...

    def query(self, expression: ir.Table) -> pa.Table:
        """The rows of an expression."""
        ...

    def create(self, name: str, expression: ir.Table, *, temporary: bool = False) -> None:
        """Make or replace a table with the rows of an expression, each column in the type that the expression has."""
        ...

    def make(self, steps: Sequence[Step]) -> None:
        """Make temporary tables, one after the other; each step may read those before it."""
        ...

    @property
    def memory_bytes(self) -> int | None:
        """How much memory all its work together may take; None where that is not its to say."""
        ...

    def define(self, name: str, expression: ir.Table) -> None:
        """Let this session read an expression by a name that hides the table of that name; its rows are worked out where it is read."""
        ...

    def undefine(self, name: str) -> None:
        """Forget what was defined by a name; nothing happens when nothing was."""
        ...

    def fill(self, name: str, rows: pa.RecordBatchReader, *, temporary: bool = False) -> None:
        """Make or replace a table with rows that were worked out outside; they are taken as they come, so they may be any number."""
        ...

    def drop(self, name: str, *, temporary: bool = False) -> None:
        """Remove a table, or with `temporary` the temporary one that hides it; nothing happens when there is none."""
        ...

    def tables(self) -> frozenset[str]:
        """The names of all tables and views."""
        ...

    def columns(self, name: str) -> tuple[str, ...]:
        """The column names of a table, in order."""
        ...


class Few(Engine, Protocol):
    """An engine for few rows, in memory: it answers sooner than another one would have planned."""

    @property
    def asked(self) -> Mapping[str, frozenset[str]]:
        """The columns that expressions have asked for, by table, of the tables that are there."""
        ...

    def tell(self, instant: datetime) -> None:
        """From now on `kernel.time.moment` is this instant."""
        ...

    def tell_each(self, instants: pa.Table) -> None:
        """From now on `kernel.time.moment` is another instant for each customer, in rows that are about one: customer_id, instant.

        What is asked then raises UnsupportedError where it needs the moment for rows that are about no customer.
        """
        ...

    def clear(self) -> None:
        """Forget all tables."""
        ...

    def another(self) -> Few:
        """One like it, without any table."""
        ...


class Store(Engine, Protocol):
    """An engine that also keeps tables: all or nothing, within one transaction."""

    def declare(self, table: Table) -> None:
        """Make an empty table with a declared schema unless it exists."""
        ...

    def insert(self, name: str, rows: ir.Table | pa.Table) -> int:
        """Append rows, matched by column name; columns that are not given stay null. Returns how many."""
        ...

    def put(self, name: str, row: Cells) -> None:
        """Have this row in the place of the only row of a table, if it has one."""
        ...

    def delete(self, name: str, keys: ir.Table, on: tuple[str, ...]) -> None:
        """Delete the rows whose key is among `keys`."""
        ...

    def renew(self, name: str, rows: ir.Table | pa.Table, touched: ir.Table) -> None:
        """Put rows in the place of those that the kept table `name` has of some customers.

        Args:
            name: a kept table with a `customer_id`; a temporary one of the same name does not hide it here.
            rows: all that it shall hold of these customers, matched by column name; may read the temporary one.
            touched: the customers (customer_id).
        """
        ...

    def amend(self, name: str, cells: Mapping[int, Cells | None]) -> None:
        """Bring the rows that the kept table `name` has of few customers to hold other cells, where `renew` writes whole rows.

        Args:
            name: a kept table with a `customer_id`; a temporary one of the same name does not hide it here.
            cells: those that are others, by customer, of whom it has one row; None where that is to go.

        Raises:
            InvariantError: it has not.
        """
        ...

    def index(self, name: str, column: str) -> None:
        """From now on rows of a kept table are found by a column of ids without looking through it; until the table is made anew."""
        ...

    def pick(self, name: str, columns: Sequence[str], where: tuple[str, int] | None = None) -> list[dict[str, Any]]:
        """These columns of the rows of a table, of all or of those in which a column of ids has a value: the quick way to few rows."""
        ...

    def ask(self, expression: ir.Table, given: Mapping[str, Plain]) -> pa.Table:
        """The rows of an expression with the values that it leaves open (`kernel.given`), each by its name.

        For what is asked again and again with other values: of these alone a question is made anew.
        """
        ...

    def session(self) -> Store:
        """The same tables for another thread, which sees what has been committed; its temporary tables are its own."""
        ...

    def snapshot(self) -> AbstractContextManager[None]:
        """All that is asked inside is as of one commit, whatever is written meanwhile; nothing but temporary tables can be written."""
        ...

    def apart(self) -> AbstractContextManager[None]:
        """All that happens inside is kept, or none of it, while transactions go on: it waits for none and none waits for it.

        What it asks is as of one commit. It may make tables by names that no transaction uses, and temporary ones; nothing else.
        """
        ...

    def interrupt(self) -> None:
        """Break off the statement that another thread waits for in this session, if one runs: there KeyboardInterrupt is raised."""
        ...

    @property
    def is_wanted(self) -> bool:
        """Whether another session waits to write, as long as this one does."""
        ...

    @property
    def version(self) -> int:
        """One more with every transaction of any session that may write, once it has ended: what was read at the same one is still true."""
        ...

    def tell(self, instant: datetime) -> None:
        """From now on `kernel.time.moment` is this instant."""
        ...

    def view(self, name: str, expression: ir.Table) -> None:
        """Give an expression a name that people and tools can query."""
        ...

    def rename(self, name: str, to: str) -> None:
        """Put a kept table in the place of another, if there is one; it costs the same for any number of rows.

        Args:
            name: a table that has no index yet.
            to: the name it shall have.
        """
        ...

    def arrange(self, table: Table, by: tuple[str, ...], *, first: tuple[str, datetime] | None = None) -> int:
        """Write the rows of a kept table that has no index anew, in the order of some columns. Returns how many there are.

        Args:
            table: the table.
            by: the columns.
            first: a column of instants, and one of them: rows before it come before all others, in the same order among themselves.
        """
        ...

    def update(
        self, name: str, values: ir.Table, on: tuple[str, ...], *, only: Rows = "all", since: tuple[str, datetime] | None = None
    ) -> int:
        """Set the other columns of `values` in the rows whose key is among them, where they differ. Returns how many rows changed.

        Args:
            name: the table.
            values: one row per key: the key columns, and the columns to set.
            on: the key columns; they need not be unique in the table.
            only: all rows; those in which all these columns are null; or those of them that were received at the moment.
            since: a column of instants, and the earliest that any of the rows has there; no earlier row need be looked at.
        """
        ...

    def write(self, expression: ir.Table, file: Path) -> int:
        """Write rows to a file, whole or not at all: Parquet, CSV or JSON Lines by its suffix. Returns how many rows.

        Raises:
            InputError: the suffix is none of these, or the folder is not there.
        """
        ...

    def copy(self, file: Path) -> None:
        """Write all that is committed to a new file, which can be opened as a store of its own."""
        ...

    def save_memory(self) -> None:
        """Hold little memory from now on, however much there is."""
        ...

    def allow_more_memory(self) -> bool:
        """Twice as much as until now, if memory is being saved and the machine has more; whether that was so."""
        ...

    def shorten_log(self, megabytes: int) -> None:
        """Bring what is only in the log of late writes into the file, if that is so much and nobody is in the way; who writes waits."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """All that happens inside is kept, or none of it. Transactions inside a transaction join it; those of other sessions wait."""
        ...

    def close(self) -> None:
        """Let go of the files."""
        ...


class Host(Protocol):
    """Lets another process use a store that this one holds."""

    def __call__(self, store: Store, peer: socket.socket) -> None:
        """Do what a guest asks over a socket, in a session of its own, until it goes or the socket is shut down."""
        ...


class Guest(Protocol):
    """Makes the store of a process that does not hold it: outside of transactions it sees one commit, whatever is written meanwhile."""

    def __call__(self, call: Callable[[], socket.socket]) -> Store:
        """A store whose host is reached by a socket, which `call` gives.

        Raises:
            OSError: there is no host.
        """
        ...
