"""The rows of few customers, taken out of the store for an engine that answers about few rows sooner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import ibis.expr.operations as ops
import pyarrow as pa
import pyarrow.compute as pc
from ibis.common.graph import Graph

from patron.kernel.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    import ibis.expr.datatypes as dt
    import ibis.expr.types as ir

    from patron.kernel.steps import Step
    from patron.ports.engine import Few, Store

_KEYS = frozenset({"customer_id", "product_id"})
_PRODUCTS = "_asked_products"
_PRODUCT = ibis.table({"product_id": "int64"}, name=_PRODUCTS)


@dataclass(frozen=True, slots=True)
class Beside:
    """An engine beside the store, and what it has to be given of it.

    Attributes:
        engine: works answers out.
        of_customers: rows of the customers who are asked about, by table.
        of_products: rows of the products in them.
        others: tables that are read as they are.
    """

    engine: Few
    of_customers: Mapping[str, ir.Table]
    of_products: Mapping[str, ir.Table]
    others: Mapping[str, ir.Table]

    @property
    def read(self) -> tuple[ir.Table, ...]:
        """All that is asked of the store."""
        return (*self.of_customers.values(), *self.of_products.values(), *self.others.values())

    def take(self, store: Store) -> None:
        """Give the engine what it reads, in the place of what it had."""
        self.engine.clear()
        for name in (*self.of_customers, *self.others):
            self.take_one(name, store)
        if self.of_products:
            store.fill(_PRODUCTS, self._products().to_reader(), temporary=True)
            for name, rows in self.of_products.items():
                self.engine.fill(name, store.query(rows).to_reader())
            store.drop(_PRODUCTS, temporary=True)

    def take_one(self, name: str, store: Store) -> None:
        """Give the engine a table of customers anew, if it reads it."""
        rows = self.of_customers.get(name, self.others.get(name))
        if rows is not None:
            self.engine.fill(name, store.query(rows).to_reader())

    def _products(self) -> pa.Table:
        """The products in the rows of customers: product_id."""
        tables = [ibis.table(rows.schema(), name=name) for name, rows in self.of_customers.items() if "product_id" in rows.columns]
        found = [chunk for table in tables for chunk in self.engine.query(table.select("product_id"))["product_id"].chunks]
        return pa.table({"product_id": pc.unique(pa.chunked_array(found, pa.int64())).drop_null()})


def beside(few: Few, steps: Sequence[Step], filled: Iterable[str], touched: ir.Table, rehearse: Callable[[], None]) -> Beside | None:
    """What an engine has to be given for steps about customers; None when it has no answer to some of them.

    Args:
        few: the engine.
        steps: what it shall make.
        filled: tables that are filled on the way.
        touched: the customers who are asked about (customer_id).
        rehearse: makes everything once, without any rows.
    """
    read = _read(steps, {step.name for step in steps} | set(filled))
    few.clear()
    for name, table in read.items():
        few.fill(name, table.schema().to_pyarrow().empty_table().to_reader())
    try:
        rehearse()
    except UnsupportedError:
        return None
    asked = few.asked
    bounds = _bounds(steps)
    bounded = {name: table.filter(*bounds[name]) if name in bounds else table for name, table in read.items()}
    wanted = {name: table.select(*_columns(table, asked.get(name, frozenset()))) for name, table in bounded.items()}
    of_customers = {n: _of(touched, n, t) for n, t in wanted.items() if "customer_id" in t.columns}
    others = {n: t for n, t in wanted.items() if n not in of_customers}
    of_products = {n: t.semi_join(_PRODUCT, "product_id") for n, t in others.items() if "product_id" in t.columns}
    return Beside(few, of_customers, of_products, {n: t for n, t in others.items() if n not in of_products})


def _of(touched: ir.Table, name: str, table: ir.Table) -> ir.Table:
    """The rows of a table that are about the customers."""
    return touched.select(*table.columns) if name == touched.get_name() else table.semi_join(touched, "customer_id")


def _read(steps: Sequence[Step], made: Collection[str]) -> dict[str, ir.Table]:
    """The tables that steps read and that are not made on the way, each with all columns that any step names."""
    found: dict[str, dict[str, dt.DataType]] = {}
    for step in steps:
        for node in step.expression.op().find(ops.UnboundTable):
            if node.name not in made:
                found.setdefault(node.name, {}).update(node.schema.items())
    return {name: ibis.table(schema, name=name) for name, schema in found.items()}


def _bounds(steps: Sequence[Step]) -> dict[str, tuple[ir.BooleanValue, ...]]:
    """What is true of all rows of a table that steps look at, where each of them asks for the same before anything else."""
    readers: dict[str, set[ops.Relation]] = {}
    for step in steps:
        for node, arguments in Graph.from_bfs(step.expression.op(), filter=ops.Relation).items():
            for table in arguments:
                if isinstance(table, ops.UnboundTable):
                    readers.setdefault(table.name, set()).add(node)
    alone = {name: next(iter(nodes)) for name, nodes in readers.items() if len(nodes) == 1}
    return {name: tuple(p.to_expr() for p in node.predicates) for name, node in alone.items() if isinstance(node, ops.Filter)}


def _columns(table: ir.Table, asked: Collection[str]) -> list[str]:
    return [c for c in table.columns if c in _KEYS or c in asked]
