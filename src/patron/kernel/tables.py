"""Declarations of tables: what a row is, and the type, unit and meaning of each column.

A declaration gives the Ibis schema that every engine creates the table with, the unbound table that expressions are written over, and
the page of documentation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import ibis
import ibis.expr.types as ir

from patron.kernel.expressions import said_once

Kind = Literal["id", "text", "count", "number", "quantity", "price", "money", "mean_money", "share", "flag", "instant", "date"]

_TYPES: dict[Kind, str] = {
    "id": "int64",
    "text": "string",
    "count": "int64",
    "number": "float64",
    "quantity": "decimal(18, 3)",
    "price": "decimal(18, 6)",  # of a unit, in major units of the currency: may be finer than a minor unit
    "money": "int64",  # minor units: exact
    "mean_money": "float64",  # minor units: a ratio of exact sums
    "share": "float64",
    "flag": "boolean",
    "instant": "timestamp(6)",
    "date": "date",
}


def type_of(kind: Kind) -> str:
    """The Ibis type that values of a kind have in tables."""
    return _TYPES[kind]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, kind, meaning, and whether it may be unknown."""

    name: str
    kind: Kind
    meaning: str
    required: bool = False

    @property
    def type(self) -> str:
        """The Ibis type."""
        return type_of(self.kind)


@dataclass(frozen=True, slots=True)
class Table:
    """One table: what a row is, the columns that identify it, and all columns in order."""

    name: str
    row: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def schema(self) -> ibis.Schema:
        """The Ibis schema, column order included."""
        return ibis.schema({c.name: c.type for c in self.columns})

    def unbound(self, name: str | None = None) -> ir.Table:
        """The table as an expression that any engine can run, under its own or another name; one object for the same name."""
        return _unbound(self, name or self.name)

    def __contains__(self, column: str) -> bool:
        """Whether the table has a column of that name."""
        return any(c.name == column for c in self.columns)


@said_once
def _unbound(table: Table, name: str) -> ir.Table:
    return ibis.table(table.schema(), name=name)
