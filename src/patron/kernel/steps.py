"""A step of a plan: a table to be made from an expression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir


@dataclass(frozen=True, slots=True)
class Step:
    """Make the table `name` from `expression`; later steps may read it by that name.

    Attributes:
        name: the table.
        expression: its rows.
        is_kept: whether anything but later steps reads it; a table that is not kept is temporary.
        is_read_once: whether one later step alone reads it, which may work it out as it goes: no table need be made of it.
    """

    name: str
    expression: ir.Table
    is_kept: bool = True
    is_read_once: bool = False
