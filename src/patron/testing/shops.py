"""Made-up shops for tests and benchmarks, all answers about one worked out on any engine, and the cells in which two answers differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.adapters.made_up import Proportions, fill
from patron.facts import tables as t
from patron.facts.as_of import DETAILS, Facts
from patron.facts.shop import Shop
from patron.kernel.money import Currency
from patron.kernel.time import Calendar
from patron.runtime import pipeline
from patron.segments.plan import Plan

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    import pyarrow as pa

    from patron.ports.engine import Engine
    from patron.runtime.pipeline import Definitions

SHOP = Shop(
    name="Made up", currency=Currency("EUR"), calendar=Calendar("Europe/Berlin"), country="DE", delivery_cost=300, payment_rate=0.02
)
FEW = Proportions(messages=5, events=25)
"""For tests: a quarter of the messages and events."""


@dataclass(frozen=True, slots=True)
class Answers:
    """All that a refresh works out.

    Attributes:
        features: one row per customer.
        memberships: customer_id and a flag per segment.
    """

    features: pa.Table
    memberships: pa.Table


def made_up_shop(customers: int, *, ends_at: datetime, seed: int = 1, much: Proportions = FEW, path: Path | None = None) -> DuckDBEngine:
    """A store that holds a made-up shop, in memory unless a path is given."""
    store = DuckDBEngine(path, threads=2)
    fill(store, customers=customers, seed=seed, ends_at=ends_at, currency=SHOP.currency, much=much)
    return store


def made_up_facts(engine: Engine, as_of: datetime) -> Facts:
    """The facts of a made-up shop, which has one currency and knows its costs."""
    there = engine.tables()
    known = [f.name for f in t.FACTS if f.name in there and engine.query(f.unbound().limit(1)).num_rows]
    return Facts(shop=SHOP, as_of=as_of, known=frozenset({*known, *DETAILS}), costed=True)


def answers(engine: Engine, definitions: Definitions, facts: Facts) -> Answers:
    """Features and memberships, worked out as a refresh does; the tables they come from are left in the engine."""
    memberships(engine, definitions, facts)
    features = ibis.table(definitions.catalog.schema(), name=pipeline.FEATURES)
    flags = ibis.table({"customer_id": "int64"} | dict.fromkeys(definitions.segments.slugs, "boolean"), name="flags")
    return Answers(engine.query(features), engine.query(flags))


def memberships(engine: Engine, definitions: Definitions, facts: Facts) -> None:
    """Make the tables of a refresh, and of memberships the table `flags`."""
    pipeline.make_features(engine, definitions.catalog, facts, progress=_silent)
    plan = Plan(definitions.segments, definitions.catalog, facts)
    engine.create("flags", plan.memberships(pipeline.population(engine, plan)))


def differing_cells(left: pa.Table, right: pa.Table, *, key: str = "customer_id", within: float = 1e-9) -> dict[str, int]:
    """How many cells of each column differ between two tables; columns without a difference are left out.

    Args:
        left: one row per key.
        right: the same rows in any order.
        key: the column that identifies a row.
        within: floats may differ by this share of their size; all else must be equal.

    Returns:
        Per column the number of rows; a row that is missing on one side differs in its key.
    """
    assert left.column_names == right.column_names, "the tables have other columns"
    engine = DuckDBEngine(threads=2)
    engine.connection.register("a", left)
    engine.connection.register("b", right)
    counts = [f"count(*) FILTER (a.{key} IS NULL OR b.{key} IS NULL)"]
    names = [n for n in left.column_names if n != key]
    for name, kind in ((n, left.schema.field(n).type) for n in names):
        x, y = f'a."{name}"', f'b."{name}"'
        same = f"{x} IS NOT DISTINCT FROM {y}"
        if str(kind) == "double":
            same = f"({same} OR abs({x} - {y}) <= {within} * greatest(abs({x}), abs({y})))"
        counts.append(f"count(*) FILTER (NOT coalesce({same}, false))")
    found = engine.execute(f"SELECT {', '.join(counts)} FROM a FULL JOIN b ON a.{key} = b.{key}").fetchall()[0]  # noqa: S608  # names of columns
    return {name: n for name, n in zip([key, *names], found, strict=True) if n}


def _silent(done: int, total: int, what: str) -> None:
    """Nobody wants to know how far it is."""
    del done, total, what
