"""The rows of few customers, taken out of the store for an engine that answers about few rows sooner."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import ibis
import ibis.expr.operations as ops
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ibis.common.graph import Graph

from patron.facts import tables as t
from patron.features.partials.last_events import OLD_EVENTS_TABLE
from patron.kernel.errors import UnsupportedError
from patron.kernel.time import moment
from patron.runtime.due_times import SOON, due_until
from patron.runtime.foreseen import Foreseen
from patron.runtime.new_events import NEW
from patron.runtime.remembered import Remembered, in_order, only
from patron.runtime.touching import TOUCHED, TOUCHED_ROWS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    import ibis.expr.datatypes as dt
    import ibis.expr.types as ir
    from numpy.typing import NDArray

    from patron.kernel.steps import Step
    from patron.ports.engine import Few, Store
    from patron.runtime.remembered import Ids

_KEYS = frozenset({"customer_id", "product_id"})
_PRODUCTS = "_asked_products"
_PRODUCT = ibis.table({"product_id": "int64"}, name=_PRODUCTS)
_CUSTOMERS = "_asked_customers"
_CUSTOMER = ibis.table({"customer_id": "int64"}, name=_CUSTOMERS)
_LASTING = frozenset({*t.BY_NAME, OLD_EVENTS_TABLE.name})
"""Tables whose rows about a customer change only when something has come of that customer."""
_EVENTS = t.EVENTS.name
_DUE_SOON = due_until(moment() + ibis.interval(SOON)).limit(1_000)


@dataclass(frozen=True, slots=True)
class Beside:
    """An engine beside the store, and what it has to be given of it.

    Attributes:
        engine: works answers out.
        lasting: rows of customers that change only when something has come of these, by table.
        of_customers: other rows of the customers who are asked about, by table.
        of_products: rows of the products in them.
        others: tables that are read as they are.
        new_events: the events of customers that were received at the moment; None where no event is asked for.
        remembered: lasting rows that were read before, but for events.
        remembered_events: events that were read before; to these the new ones are added.
        of_shop: rows of products and of other tables that were read before, by table.
        foreseen: answers that were worked out ahead.
    """

    engine: Few
    lasting: Mapping[str, ir.Table]
    of_customers: Mapping[str, ir.Table]
    of_products: Mapping[str, ir.Table]
    others: Mapping[str, ir.Table]
    new_events: ir.Table | None
    remembered: Remembered = field(default_factory=Remembered)
    remembered_events: Remembered = field(default_factory=Remembered)
    of_shop: dict[str, pa.Table] = field(default_factory=dict)
    foreseen: Foreseen = field(default_factory=Foreseen)

    @property
    def read(self) -> tuple[ir.Table, ...]:
        """All that is asked of the store."""
        news = () if self.new_events is None else (self.new_events,)
        of_customers = (*self.lasting.values(), *news, *self.of_customers.values())
        return (*of_customers, *self.of_products.values(), *self.others.values())

    def take(self, store: Store, touched: pa.Table) -> None:
        """Give the engine what it reads about the customers of `TOUCHED`, whose rows these are, in the place of what it had."""
        self.engine.clear()
        self.engine.fill(TOUCHED, touched.to_reader())
        for name, rows in self._lasting(store, touched.sort_by("customer_id")).items():
            self.engine.fill(name, rows.to_reader())
        for name in self.of_customers:
            self.take_one(name, store)
        self._read_shop(store)
        for name, rows in self.of_shop.items():
            self.engine.fill(name, rows.to_reader())

    def forget(self) -> None:
        """Read everything from the store that is asked next."""
        self.remembered.clear()
        self.remembered_events.clear()
        self.forget_shop()

    def forget_shop(self) -> None:
        """The same of what is not about customers; what was worked out of it before is void."""
        self.of_shop.clear()
        self.foreseen.clear()

    def take_one(self, name: str, store: Store) -> None:
        """Give the engine a table of customers anew, if it reads it."""
        rows = self.of_customers.get(name)
        if rows is not None:
            self.engine.fill(name, store.query(rows).to_reader())

    def _lasting(self, store: Store, touched: pa.Table) -> dict[str, pa.Table]:
        """Lasting rows of the customers: those who are new here, or of whom more has come than events, are read; of others only such."""
        ids, is_due, only_events = (touched[c].to_numpy() for c in ("customer_id", "is_due", "only_events"))
        stays = only_events & self._has(ids)
        parts = {**self.remembered.take(ids[stays]), **self.remembered_events.take(ids[stays])}
        visits = ids[stays & ~is_due]
        news = self._read(store, visits, self._news)
        for rows in (self._read_new(store, ids[~stays]), news):
            for name, part in rows.items():
                parts.setdefault(name, []).append(part)
        if news:
            self.remembered_events.add(visits, news)
        return {name: in_order(pa.concat_tables(tables).combine_chunks(), "customer_id") for name, tables in parts.items()}

    def _has(self, ids: Ids) -> NDArray[np.bool_]:
        """Of whom of these all lasting rows are remembered."""
        has = self.remembered.has(ids)
        return has & self.remembered_events.has(ids) if _EVENTS in self.lasting else has

    @property
    def _news(self) -> Mapping[str, ir.Table]:
        return {} if self.new_events is None else {_EVENTS: self.new_events}

    def _read_new(self, store: Store, ids: Ids) -> dict[str, pa.Table]:
        """The rows of customers who are new here, which are remembered. Those who are soon due are read with them: it costs little more."""
        if not ids.size:
            return {}
        soon = np.setdiff1d(store.query(_DUE_SOON)["customer_id"].to_numpy(), ids)
        soon = soon[~self._has(soon)]
        every = np.union1d(ids, soon)
        read = self._read(store, every, self.lasting)
        self.remembered.put(every, {name: rows for name, rows in read.items() if name != _EVENTS})
        if _EVENTS in read:
            self.remembered_events.put(every, {_EVENTS: read[_EVENTS]})
        return {name: only(rows, ids) for name, rows in read.items()} if soon.size else read

    def _read(self, store: Store, ids: Ids, tables: Mapping[str, ir.Table]) -> dict[str, pa.Table]:
        """The rows of customers in some tables; nothing where there are no customers."""
        if not (ids.size and tables):
            return {}
        store.fill(_CUSTOMERS, pa.table({"customer_id": ids}).to_reader(), temporary=True)
        read = {name: store.query(rows) for name, rows in tables.items()}
        store.drop(_CUSTOMERS, temporary=True)
        return read

    def _read_shop(self, store: Store) -> None:
        """Read what is the same for all customers, and of products those that are not among the remembered ones."""
        for name, rows in self.others.items():
            if name not in self.of_shop:
                self.of_shop[name] = store.query(rows)
        if self.of_products:
            new = self._products()
            if len(new) or _PRODUCTS not in self.of_shop:
                self._read_products(store, new)

    def _read_products(self, store: Store, new: pa.Array) -> None:
        """Add products to the remembered ones."""
        store.fill(_PRODUCTS, pa.table({"product_id": new}).to_reader(), temporary=True)
        for name, rows in (*self.of_products.items(), (_PRODUCTS, _PRODUCT)):
            found = store.query(rows)
            self.of_shop[name] = pa.concat_tables([self.of_shop[name], found]) if name in self.of_shop else found
        store.drop(_PRODUCTS, temporary=True)

    def _products(self) -> pa.Array:
        """The products in the rows of customers that are not among the remembered ones, of which there may be none."""
        of_customers = {**self.lasting, **self.of_customers}
        tables = [ibis.table(rows.schema(), name=name) for name, rows in of_customers.items() if "product_id" in rows.columns]
        found = [chunk for table in tables for chunk in self.engine.query(table.select("product_id"))["product_id"].chunks]
        asked = pc.unique(pa.chunked_array(found, pa.int64())).drop_null()
        if (known := self.of_shop.get(_PRODUCTS)) is None:
            return asked
        return asked.filter(pc.invert(pc.is_in(asked, known["product_id"].combine_chunks())))


def beside(few: Few, steps: Sequence[Step], filled: Iterable[str], rehearse: Callable[[], None]) -> Beside | None:
    """What an engine has to be given for steps about customers; None when it has no answer to some of them.

    Args:
        few: the engine.
        steps: what it shall make.
        filled: tables that are filled on the way.
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
    whose = {n: rows for n, rows in wanted.items() if "customer_id" in rows.columns and n != TOUCHED}
    others = {n: rows for n, rows in wanted.items() if "customer_id" not in rows.columns}
    return Beside(
        engine=few,
        lasting={n: rows.semi_join(_CUSTOMER, "customer_id") for n, rows in whose.items() if n in _LASTING},
        of_customers={n: rows.semi_join(TOUCHED_ROWS, "customer_id") for n, rows in whose.items() if n not in _LASTING},
        of_products={n: rows.semi_join(_PRODUCT, "product_id") for n, rows in others.items() if "product_id" in rows.columns},
        others={n: rows for n, rows in others.items() if "product_id" not in rows.columns},
        new_events=_new_events(whose[_EVENTS].columns) if _EVENTS in whose else None,
    )


def _new_events(columns: Sequence[str]) -> ir.Table:
    """The events of the asked customers that were received at the moment."""
    return NEW.select(*columns).semi_join(_CUSTOMER, "customer_id")


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
