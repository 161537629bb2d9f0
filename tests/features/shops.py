"""Tiny shops and their features, for tests."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from patron.adapters.engines.duckdb_words import type_name
from patron.facts.as_of import DETAILS, Facts
from patron.facts.shop import Shop
from patron.features import plan, scores
from patron.features.catalog import BUILT_IN
from patron.kernel.money import Currency
from patron.kernel.steps import Step
from patron.kernel.time import Calendar
from patron.testing.tiny import customer, tiny_shop

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from patron.adapters.engines.duckdb import DuckDBEngine
    from patron.features.catalog import Catalog
    from patron.features.scores import CutPoints

Rows = dict[str, list[dict[str, Any]]]
Answers = dict[str, dict[str, Any]]


def read_shop(path: Path) -> tuple[DuckDBEngine, Facts]:
    """A shop from TOML, in which customers are called by name."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    tables: Rows = {name: rows for name, rows in told.items() if isinstance(rows, list)}
    shop = Shop(
        currency=Currency(told["currency"]),
        calendar=Calendar(told["zone"]),
        country=told["country"],
        margin_rate=told["margin_rate"],
        payment_rate=told["payment_rate"],
        delivery_cost=told["delivery_cost"],
    )
    return made(tables), Facts(shop, at(told["as_of"]), frozenset({*tables, *DETAILS}))


def made(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> DuckDBEngine:
    """An engine with these facts; customers are called by name."""
    named = {
        table: [{**row, **({"customer_id": customer(row["customer_id"])} if row.get("customer_id") else {})} for row in rows]
        for table, rows in tables.items()
    }
    return tiny_shop(named)


def known(tables: Mapping[str, Sequence[Mapping[str, Any]]], as_of: str, shop: Shop | None = None) -> Facts:
    """Facts of these tables as of an instant."""
    return Facts(shop or Shop(currency=Currency("GBP")), at(as_of), frozenset({*DETAILS, *(name for name, rows in tables.items() if rows)}))


def at(text: str) -> datetime:
    """An instant from ISO text; UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def answers(engine: DuckDBEngine, facts: Facts, catalog: Catalog = BUILT_IN, names: Iterable[str] | None = None) -> Answers:
    """The features of every customer, by name of the customer; without scores where features are named."""
    for step in plan.partial_steps(catalog, facts, names):
        engine.create(step.name, step.expression)
    if names is None:
        settings = catalog.settings.scores
        cuts = scores.cuts(engine.query(scores.cut_point_query(catalog, facts, settings)).to_pylist(), settings)
        expression = plan.features(catalog, facts, cuts)
    else:
        expression = plan.base(catalog, facts, names)
    people = {customer(n): n for n in ("ann", "bob", "cat", "dan", "eve", "fay", "gus", "hal")}
    return {people[row["customer_id"]]: row for row in engine.query(expression).to_pylist()}


class Run:
    """The plan of some facts, said once and run on many shops."""

    def __init__(self, facts: Facts, cuts: CutPoints, catalog: Catalog = BUILT_IN) -> None:
        """Say every step in the engine's words."""
        engine = made({})
        self._catalog = catalog
        steps = [*plan.partial_steps(catalog, facts), Step("features", plan.features(catalog, facts, cuts))]
        self._statements = [(s.name, _typed(engine, s)) for s in steps]

    def __call__(self, engine: DuckDBEngine) -> list[dict[str, Any]]:
        """The features of every customer, in the order of their ids."""
        for name, statement in self._statements:
            engine.connection.execute(f'CREATE OR REPLACE TABLE "{name}" AS {statement}')
        rows: list[dict[str, Any]] = engine.query(plan.table(self._catalog).order_by("customer_id")).to_pylist()
        return rows


def _typed(engine: DuckDBEngine, step: Step) -> str:
    columns = ", ".join(f'"{c}"::{type_name(t)} AS "{c}"' for c, t in step.expression.schema().items())
    return f"SELECT {columns} FROM ({engine.sql(step.expression)})"
