"""An expression as a list of instructions: made once, answered as often as tables change."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from patron.adapters.engines.arrays.cells import Cell, Constant, Given, Sheet
from patron.adapters.engines.arrays.relations import Question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import ibis.expr.operations as ops
    import pyarrow as pa


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
    """How the rows of an expression are worked out, column by column."""

    def __init__(self, sheet: Sheet, columns: Mapping[str, Cell], size: Cell) -> None:
        """From the cells of its columns, and of the number of its rows."""
        wanted = {*columns.values(), size, sheet.moment}
        cells = [sheet.moment, *_read(sheet, wanted)]
        places = {cell: place for place, cell in enumerate(cells)}
        self._columns, self._size = {name: places[cell] for name, cell in columns.items()}, places[size]
        self._before = [cell.value if isinstance(cell, Constant) else None for cell in cells]
        self._given = [(places[c], c.table, c.column, c.function) for c in cells if isinstance(c, Given)]
        self._instructions = list(_instructions(cells, places, wanted))

    def rows(self, table: Callable[[str], Held], moment: pa.Scalar | None) -> Held:
        """The rows, as of the moment, of tables by their names."""
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
        return Held({name: values[place] for name, place in self._columns.items()}, values[self._size])


@lru_cache(maxsize=1_000)
def program(node: ops.Relation) -> Program:
    """The program of a relation.

    Raises:
        UnsupportedError: there is no such relation or operation here.
    """
    question = Question()
    rows = question.rows(node)
    return Program(question.sheet, {name: rows.column(name) for name in node.schema.names}, rows.size)


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
