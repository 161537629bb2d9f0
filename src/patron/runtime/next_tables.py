"""Tables that are made beside those that are used, under names of their own, to be put in their place all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import ibis

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import ibis.expr.types as ir
    import pyarrow as pa

    from patron.kernel.steps import Step
    from patron.ports.engine import Store

_PREFIX = "next_"


class NextTables:
    """An `Engine` that gives other names to the tables that are kept, and reads its own where it has made them.

    Attributes:
        made: the tables that it has made to be kept, by the names that they shall have.
    """

    name: ClassVar[str] = "next tables"

    def __init__(self, store: Store) -> None:
        """Over a session of a store that nobody else uses."""
        self._store = store
        self.made: list[str] = []

    def sql(self, expression: ir.Table) -> str:
        """The statement that answers an expression, in the store's dialect."""
        return self._store.sql(expression)

    def query(self, expression: ir.Table) -> pa.Table:
        """The rows of an expression."""
        return self._store.query(expression)

    def create(self, name: str, expression: ir.Table, *, temporary: bool = False) -> None:
        """Make or replace a table with the rows of an expression, each column in the type that the expression has."""
        self._store.create(name if temporary else _PREFIX + name, expression, temporary=temporary)
        if not temporary:
            self._hide(name, expression.schema())

    def make(self, steps: Sequence[Step]) -> None:
        """Make temporary tables, one after the other; each step may read those before it."""
        for step in steps:
            self.create(step.name, step.expression, temporary=True)

    @property
    def memory_bytes(self) -> int | None:
        """How much memory the store may take."""
        return self._store.memory_bytes

    def define(self, name: str, expression: ir.Table) -> None:
        """Let this session read an expression by a name that hides the table of that name; its rows are worked out where it is read."""
        self._store.define(name, expression)

    def undefine(self, name: str) -> None:
        """Forget what was defined by a name; nothing happens when nothing was."""
        self._store.undefine(name)

    def fill(self, name: str, rows: pa.RecordBatchReader, *, temporary: bool = False) -> None:
        """Make or replace a table with rows that were worked out outside."""
        schema = ibis.Schema.from_pyarrow(rows.schema)
        self._store.fill(name if temporary else _PREFIX + name, rows, temporary=temporary)
        if not temporary:
            self._hide(name, schema)

    def drop(self, name: str, *, temporary: bool = False) -> None:
        """Remove a table, or with `temporary` the temporary one that hides it; nothing happens when there is none."""
        self._store.drop(name if temporary else _PREFIX + name, temporary=temporary)

    def tables(self) -> frozenset[str]:
        """The names of all tables and views."""
        return self._store.tables()

    def columns(self, name: str) -> tuple[str, ...]:
        """The column names of a table, in order."""
        return self._store.columns(_PREFIX + name if name in self.made else name)

    def _hide(self, name: str, schema: ibis.Schema) -> None:
        """Read the new table by the name that it shall have."""
        self.define(name, ibis.table(schema, name=_PREFIX + name))
        self.made.append(name)


def put_in_place(store: Store, made: Iterable[str]) -> None:
    """Let tables that were made beside others be these from now on."""
    for name in made:
        store.rename(_PREFIX + name, name)


def drop_next(store: Store) -> None:
    """Remove what was made beside and not put in place."""
    with store.transaction():
        for name in sorted(name for name in store.tables() if name.startswith(_PREFIX)):
            store.drop(name)
