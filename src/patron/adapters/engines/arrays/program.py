"""Expressions as one list of instructions: made once, answered as often as tables change."""

from __future__ import annotations

from functools import lru_cache
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Any, NamedTuple

from patron.adapters.engines.arrays.cells import Choice, Constant, Given
from patron.adapters.engines.arrays.columns import is_full
from patron.adapters.engines.arrays.relations import Question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import ibis.expr.operations as ops
    import pyarrow as pa

    from patron.adapters.engines.arrays.cells import Cell, Sheet
    from patron.adapters.engines.arrays.moments import Moment
    from patron.adapters.engines.arrays.rows import Rows


class Held:
    """Rows that are there."""

    def __init__(self, columns: Mapping[str, pa.Array], size: int) -> None:
        """Hold columns of so many rows."""
        self.columns, self.size = columns, size
        self.asked: set[str] = set()


class _Instruction(NamedTuple):
    """Put what a function makes of some places in another, and clear places that nothing reads after it.

    What nothing else reads comes `before` it, and is left out where the first argument says all.
    """

    function: Callable[..., Any]
    arguments: tuple[int, ...]
    place: int
    over: tuple[int, ...]
    before: tuple[_Instruction, ...]


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
        self._instructions = _instructions(cells, places, wanted)

    def rows(self, table: Callable[[str], Held], moment: Moment) -> dict[str, Held]:
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
        _follow(self._instructions, values)
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


def _follow(instructions: Sequence[_Instruction], values: list[Any]) -> None:
    for function, arguments, place, over, before in instructions:
        if before and not is_full(values[arguments[0]]):
            _follow(before, values)
        values[place] = function(*[values[a] for a in arguments])
        for done in over:
            values[done] = None


def _instructions(cells: Sequence[Cell], places: Mapping[Cell, int], kept: set[Cell]) -> tuple[_Instruction, ...]:
    done = [cell for cell in cells if cell.arguments and not isinstance(cell, Constant)]
    within: dict[Cell | None, list[Cell]] = {}
    choices = _choices(done, kept)
    for cell in done:
        within.setdefault(choices.get(cell), []).append(cell)

    def ordered(of: Cell | None) -> Iterator[Cell]:
        """Cells in the order in which they are worked out: those that only a choice reads right before it."""
        for cell in within.get(of, ()):
            yield from ordered(cell)
            yield cell

    seen = set(kept)
    over: dict[Cell, set[Cell]] = {}
    for cell in reversed(list(ordered(None))):
        over[cell] = {a for a in cell.arguments if a not in seen and not isinstance(a, Constant)}
        seen |= over[cell]

    def told(of: Cell | None) -> tuple[_Instruction, ...]:
        return tuple(
            _Instruction(c.function, tuple(places[a] for a in c.arguments), places[c], tuple(places[a] for a in over[c]), told(c))
            for c in within.get(of, ())
        )

    return told(None)


def _choices(cells: Sequence[Cell], kept: set[Cell]) -> dict[Cell, Choice]:
    """The choice that alone reads a cell, by cells of which there is one: the innermost."""
    readers: dict[Cell, set[Cell]] = {}
    for cell in cells:
        for argument in cell.arguments:
            readers.setdefault(argument, set()).add(cell)
    order = {cell: number for number, cell in enumerate(cells)}
    found: dict[Cell, Choice] = {}
    for choice in cells:
        if not isinstance(choice, Choice):
            continue
        own: set[Cell] = {choice}
        waiting = [-order[a] for a in choice.arguments[1:] if a in order]
        heapify(waiting)
        while waiting:  # from the last cell to the first, so that all readers of a cell are known before it
            cell = cells[-heappop(waiting)]
            if cell not in own and cell not in kept and cell is not choice.arguments[0] and readers[cell] <= own:
                own.add(cell)
                found.setdefault(cell, choice)
                for argument in cell.arguments:
                    if argument in order:
                        heappush(waiting, -order[argument])
    return found
