"""Values of a table that have parts in common: each part is made a column of its own, so that it is said, bound and worked out once.

Expressions are graphs, statements are texts: what many values read is written out as many times, and an engine that reads a statement of
a hundred pages spends more time on understanding it than on a few thousand rows.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import ibis.expr.operations as ops

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import ibis.expr.types as ir


def shared(table: ir.Table, values: Sequence[ir.Value]) -> tuple[ir.Table, tuple[ir.Value, ...]]:
    """The table with the common parts of some of its values as columns, and the same values over it.

    Parts are worked out for every row, also where a value would not have asked for them: they must not be such that they can fail.

    Args:
        table: any.
        values: over its columns alone, none of them aggregates or windows.
    """
    nodes = [value.op() for value in values]
    depths = _depths(_common(nodes))
    known: dict[ops.Node, str] = {}
    for depth in range(1, max(depths.values(), default=0) + 1):
        level = [node for node, at in depths.items() if at == depth]
        made = {f"_part_{len(known) + number}": _over(node, table, known) for number, node in enumerate(level)}
        known |= dict(zip(level, made, strict=True))
        table = table.mutate(**made)
    return table, tuple(_over(node, table, known) for node in nodes)


def _common(nodes: Iterable[ops.Node]) -> Mapping[ops.Node, None]:
    """Parts that are read more than once, those that are read by others first."""
    read: Counter[ops.Node] = Counter()
    order: dict[ops.Node, None] = {}

    def visit(node: ops.Node) -> None:
        read[node] += 1
        if node not in order:
            for part in _parts(node):
                visit(part)
            order[node] = None

    for node in dict.fromkeys(nodes):
        visit(node)
    return {node: None for node in order if read[node] > 1 and not _is_plain(node)}


def _depths(common: Mapping[ops.Node, None]) -> dict[ops.Node, int]:
    """In which layer each common part can be made: one later than the deepest that it reads."""
    found: dict[ops.Node, int] = {}

    def depth(node: ops.Node) -> int:
        if node not in found:
            below = max((depth(part) for part in _parts(node)), default=0)
            found[node] = below + (node in common)
        return found[node]

    return {node: depth(node) for node in common}


def _over(node: ops.Node, table: ir.Table, known: Mapping[ops.Node, str]) -> ir.Value:
    def renewed(node: ops.Node, _: object, **parts: object) -> ops.Node:
        if node in known:
            return ops.Field(table, known[node])
        if isinstance(node, ops.Field):
            return ops.Field(table, node.name)
        return node.__recreate__(parts) if parts else node

    return node.map(renewed, filter=ops.Value)[node].to_expr()


def _parts(node: ops.Node) -> Iterator[ops.Node]:
    if isinstance(node, ops.Field):
        return
    for argument in node.__args__:
        for part in argument if isinstance(argument, tuple) else (argument,):
            if isinstance(part, ops.Value):
                yield part


def _is_plain(node: ops.Node) -> bool:
    """Columns and constants: nothing is won by naming them."""
    return isinstance(node, ops.Field) or not any(_parts(node))
