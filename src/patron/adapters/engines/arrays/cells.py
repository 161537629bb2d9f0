"""Cells: what an expression is turned into, once, so that answering it is nothing but working out one cell after another.

A cell is something that is worked out from other cells: the values of a column, the number of rows, which rows meet a condition. What is
worked out in the same way from the same cells is the same cell, wherever in an expression it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable


class Cell:
    """Something that is worked out from others.

    Attributes:
        function: makes it of them.
        arguments: the others.
    """

    __slots__ = ("arguments", "function")

    def __init__(self, function: Callable[..., Any], arguments: tuple[Cell, ...]) -> None:
        """From a function and what it is given."""
        self.function, self.arguments = function, arguments


class Given(Cell):
    """A column of a table; or the number of its rows, where no column is named."""

    __slots__ = ("column", "table")

    def __init__(self, table: str, column: str | None, function: Callable[..., Any]) -> None:
        """By their names; what is given goes through a function."""
        super().__init__(function, ())
        self.table, self.column = table, column


class Constant(Cell):
    """Something that is the same whatever tables hold."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:  # noqa: ANN401  # anything
        """What it is."""
        super().__init__(lambda: value, ())
        self.value = value


class Choice(Cell):
    """The first of others that there is: where the very first is there in every row, the rest need not be worked out."""

    __slots__ = ()


class Sheet:
    """The cells of an expression, those that others read before them."""

    def __init__(self) -> None:
        """With the moment alone."""
        self.moment = Cell(lambda: None, ())
        self._cells: dict[Hashable, Cell] = {}

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All but the moment, in the order in which they can be worked out."""
        return tuple(self._cells.values())

    def given(self, table: str, column: str | None, function: Callable[..., Any], key: Hashable) -> Cell:
        """A column of a table, or the number of its rows; `key` tells the function from others."""
        told = (table, column, key)
        return self._cells.get(told) or self._cells.setdefault(told, Given(table, column, function))

    def of(self, function: Callable[..., Any], *arguments: Cell, key: Hashable = None, kind: type[Cell] = Cell) -> Cell:
        """What a function makes of cells; `key` tells functions apart that are made anew each time."""
        told = (key or function, arguments)
        found = self._cells.get(told)
        if found is None:
            values = [a.value for a in arguments if isinstance(a, Constant)]
            is_constant = len(values) == len(arguments)
            found = self._cells[told] = Constant(function(*values)) if is_constant else kind(function, arguments)
        return found
