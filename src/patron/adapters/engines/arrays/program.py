"""Expressions as one list of instructions: made once, answered as often as tables change."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from patron.adapters.engines.arrays.cells import Constant, Given
from patron.adapters.engines.arrays.relations import Question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import ibis.expr.operations as ops
    import pyarrow as pa

    from patron.adapters.engines.arrays.cells import Cell, Sheet
    from patron.adapters.engines.arrays.rows import Rows


class Held:
    """Rows that are there."""

    def __init__(self, columns: Mapping[str, pa.Array], size: int) -> None:
        """Hold columns of so many rows."""
        self.columns, self.size = columns, size
        self.asked: set[str] = set()


class _Instruction(NamedTuple):
    """Put what a function makes of some places in another, and clear places that nothing reads after it."""

    function: Callable[..., Any]
    arguments: tuple[int, ...]
    place: int
    over: tuple[int, ...]


class Program:
    """How the rows of expressions are worked out, column by column."""

    def __init__(self, sheet: Sheet, tables: Mapping[str, tuple[Rows, tuple[str, ...]]]) -> None:
        """From the rows and the columns that tables shall have, by their names."""
        sizes = {name: rows.size for name, (rows, _) in tables.items()}
        columns = {name: {column: rows.column(column) for column in names} for name, (rows, names) in tables.items()}
        wanted = {sheet.moment, *sizes.values(), *(cell for of in columns.values() for cell in of.values())}
        cells = [sheet.moment, *_read(sheet, wanted)]
        places = {cell: place for place, cell in enumerate(cells)}
        self._sizes = {name: places[cell] for name, cell in sizes.items()}
        self._columns = {name: {column: places[cell] for column, cell in of.items()} for name, of in columns.items()}
        self._before: list[Any] = [cell.value if isinstance(cell, Constant) else None for cell in cells]
        self._given = [(places[c], c.table, c.column, c.function) for c in cells if isinstance(c, Given)]
        self._instructions = list(_instructions(cells, places, wanted))

    def rows(self, table: Callable[[str], Held], moment: pa.Scalar | None) -> dict[str, Held]:
        """The tables, as of the moment, from others by their names."""
        values = self._before.copy()
        values[0] = moment
        for place, name, column, function in self._given:
            held = table(name)
            if column is None:
                values[place] = held.size
            else:
                held.asked.add(column)
                values[place] = function(held.columns[column])
        for function, arguments, place, over in self._instructions:
            values[place] = function(*[values[a] for a in arguments])
            for done in over:
                values[done] = None
        return {
            name: Held({column: values[place] for column, place in columns.items()}, values[self._sizes[name]])
            for name, columns in self._columns.items()
        }


@lru_cache(maxsize=200)
def program(expressions: tuple[tuple[str, ops.Relation], ...]) -> Program:
    """The program that makes tables, by names, of relations; each may read those before it.

    Raises:
        UnsupportedError: there is no such relation or operation here.
    """
    question = Question()
    for name, node in expressions:
        question.make(name, node)
    return Program(question.sheet, {name: (question.made[name], node.schema.names) for name, node in expressions})


def _read(sheet: Sheet, wanted: set[Cell]) -> list[Cell]:
    """The cells that have to be worked out, in order."""
    needed = set(wanted)
    for cell in reversed(sheet.cells):
        if cell in needed:
            needed.update(cell.arguments)
    return [cell for cell in sheet.cells if cell in needed]


def _instructions(cells: list[Cell], places: Mapping[Cell, int], kept: set[Cell]) -> Iterator[_Instruction]:
    seen = set(kept)
    made = []
    for cell in reversed(cells):
        if cell.arguments and not isinstance(cell, Constant):
            over = {a for a in cell.arguments if a not in seen and not isinstance(a, Constant)}
            seen |= over
            made.append(_Instruction(cell.function, tuple(places[a] for a in cell.arguments), places[cell], tuple(places[a] for a in over)))
    return reversed(made)
