"""A project: a shop's folder of definitions, its settings, and its store."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import ibis

from patron import plugins
from patron.app.config import FILE, Config, project_folder, read_config
from patron.app.definitions import read_definitions
from patron.app.sharing import guest_of
from patron.facts import tables as t
from patron.facts.as_of import DETAILS, PREDICTIONS, Facts
from patron.runtime import memberships
from patron.runtime.models import MODELS
from patron.runtime.reached import TICKS
from patron.segments.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from patron.facts.shop import Shop
    from patron.ports.clock import Clock
    from patron.ports.engine import Store
    from patron.runtime.pipeline import Definitions

DATABASE = "data/patron.duckdb"


@dataclass(frozen=True, slots=True)
class Project:
    """An open project.

    Attributes:
        folder: where its definitions are.
        config: its settings.
        shop: its settings in the form that the path takes.
        store: its facts and answers, held open.
        clock: tells the present.
        definitions: its features and segments, checked.
    """

    folder: Path
    config: Config
    shop: Shop
    store: Store
    clock: Clock
    definitions: Definitions

    def waiting(self, as_of: datetime) -> Mapping[str, tuple[str, ...]]:
        """The segments that cannot be told yet, and the fact tables they wait for."""
        return Plan(self.definitions.segments, self.definitions.catalog, self.facts(as_of)).waiting

    def facts(self, as_of: datetime) -> Facts:
        """The project's facts as they were known at an instant."""
        found = self.store.query(_HELD).to_pylist()
        known = frozenset(r["name"] for r in found if r["what"] == "known")
        currencies = frozenset(r["name"] for r in found if r["what"] == "currency") - {self.shop.currency}
        return Facts(self.shop, as_of, known, currencies, costed=any(r["what"] == "cost" for r in found))


def _held() -> ibis.Table:
    """What the fact tables hold, in one query: what there is any row of, kept models, currencies, and whether costs are known."""
    orders, spend = t.ORDERS.unbound(), t.SPEND.unbound()
    tables = [table.unbound().limit(1).select(what=ibis.literal("known"), name=ibis.literal(table.name)) for table in t.FACTS]
    details = [
        table.unbound().filter(table.unbound()[column].notnull()).limit(1).select(what=ibis.literal("known"), name=ibis.literal(name))
        for name, (table, column) in DETAILS.items()
    ]
    fitted = MODELS.unbound().limit(1).select(what=ibis.literal("known"), name=ibis.literal(PREDICTIONS))
    currencies = [rows.select(what=ibis.literal("currency"), name=rows.currency).distinct() for rows in (orders, spend)]
    costs = orders.filter(orders.cost.notnull()).limit(1).select(what=ibis.literal("cost"), name=ibis.literal("orders"))
    return ibis.union(*tables, *details, fitted, *currencies, costs)


_HELD = _held()


@contextmanager
def opened(given: str | None, clock: Clock, *, alone: bool = False) -> Iterator[Project]:
    """The project in a folder, open as long as the block runs; while a server runs, the store is the one that it holds.

    Args:
        given: the folder; the environment's or the current one if not given.
        clock: tells the present.
        alone: whether no server may run.

    Raises:
        InputError: there is no project, or its settings cannot be used.
        TransientError: another process holds it open.
    """
    folder = project_folder(given)
    config = read_config(folder / FILE)
    definitions = read_definitions(folder, config.features)
    (folder / DATABASE).parent.mkdir(parents=True, exist_ok=True)
    store = (None if alone else guest_of(folder)) or store_of(folder / DATABASE, config)
    try:
        there = store.tables()
        lacking = [table for table in (*t.FACTS, *t.LEDGER, MODELS, *memberships.TABLES, TICKS) if table.name not in there]
        if lacking:
            with store.transaction():
                for table in lacking:
                    store.declare(table)
        yield Project(folder, config, config.as_shop(), store, clock, definitions)
    finally:
        store.close()


def store_of(file: Path, config: Config) -> Store:
    """The store in a file, within the limits of the settings."""
    make, limits = plugins.load("engine", "duckdb"), config.engine
    return cast("Store", make(file, memory_limit=limits.memory_limit or None, threads=limits.threads or None))
