"""Statements that a connection keeps planned: a question that is asked again with another value is not read and planned again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST = 32


class Prepared:
    """The statements that were asked last, by their text."""

    def __init__(self, run: Callable[[str], object]) -> None:
        """Keep none yet.

        Args:
            run: runs a statement on the connection.
        """
        self._run, self._names, self._count = run, dict[str, str](), 0

    def named(self, statement: str) -> str:
        """The name by which a statement can be executed."""
        name = self._names.pop(statement, "")
        if not name:
            if len(self._names) >= _MOST:
                oldest = next(iter(self._names))
                self._run(f"DEALLOCATE {self._names.pop(oldest)}")
            self._count += 1
            name = f"prepared_{self._count}"
            self._run(f"PREPARE {name} AS {statement}")
        self._names[statement] = name
        return name
