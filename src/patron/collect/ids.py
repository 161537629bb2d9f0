"""Ids of things that have a name outside: the same name gives the same id, whichever file it came in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.kernel.ids import SEPARATOR, hash63

if TYPE_CHECKING:
    import ibis.expr.types as ir


def named(*parts: str | ir.StringValue) -> ir.IntegerValue:
    """The same number as `kernel.ids.derived` for these parts; null when a part is null."""
    first, *others = (ibis.literal(p) if isinstance(p, str) else p for p in parts)
    text = first
    for part in others:
        text = text + SEPARATOR + part
    return hash63(text)


def order_id(source: str, scope: str, number: ir.StringValue) -> ir.IntegerValue:
    """The id of an order: its number within a source and scope."""
    return named(f"order{SEPARATOR}{source}{SEPARATOR}{scope}", number)


def product_id(code: ir.StringValue) -> ir.IntegerValue:
    """The id of a product: its code, so that catalogue and order lines meet."""
    return named("product", code)


def identifier_id(kind: str, scope: str, value: ir.StringValue) -> ir.IntegerValue:
    """The id of an identifier: kind, scope and value as they stand in `facts.IDENTIFIERS`."""
    return named(f"{kind}{SEPARATOR}{scope}", value)


def repeated(rows: ir.Table, name: str, by: tuple[str, ...]) -> ir.Table:
    """`rows` with a column that counts equal rows from 1, so that a row written twice in a file is two things, and in two files one."""
    return rows.mutate(**{name: ibis.row_number().over(ibis.window(group_by=list(by))).cast("int64") + 1})
