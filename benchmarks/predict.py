"""How long does predicting take? Beside the engine working out the purchase histories alone: x, t_x, T and what was paid."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.harness import Case, Row
from benchmarks.shops import ENDS, TINY, WHOLE, store
from patron.adapters.engines.duckdb import DuckDBEngine
from patron.facts import tables as t
from patron.features.partials.histories import HISTORIES, PREDICTIONS, SHOP
from patron.features.partials.orders import GAPS
from patron.features.settings import DEFAULTS
from patron.runtime.predicting import Names, answer, fitted
from patron.testing.shops import made_up_facts

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.harness import Setting
    from patron.facts.as_of import Facts
    from patron.features.partials.partial import Partial

_NAMES = Names("bgnbd", "bgnbd", "mbgnbd")


def run(setting: Setting) -> list[Row]:
    """Fitting the models of orders, of leaving, of spend and of gaps, and asking them about every customer."""
    customers = TINY if setting.small else WHOLE
    path = str(store(setting.work, customers))
    alone, whole = setting.measured(
        Case("histories", "benchmarks.predict:histories", {"path": path}), Case("predict", "benchmarks.predict:predict", {"path": path})
    )
    ratio = whole.seconds / alone.seconds
    beside = f"the purchase histories alone: {alone.seconds:.1f} s"
    return [
        Row("predict: fit and ask about everyone", customers, whole.seconds, whole.peak_mb, beside, ratio, "at most 2.0 times", ratio <= 2)
    ]


def histories(path: str) -> float:
    """Seconds of x, t_x, T and spend of every customer, the second time."""
    engine, facts = _opened(path)

    def work() -> None:
        _make(engine, facts, HISTORIES)

    return _second(engine, work)


def predict(path: str) -> float:
    """Seconds from orders to the table of predictions, histories included, the second time."""
    engine, facts = _opened(path)
    for partial in (*GAPS.reads, GAPS):  # what every refresh makes, whether anything is predicted or not
        _make(engine, facts, partial)

    def work() -> None:
        for partial in (HISTORIES, SHOP):
            _make(engine, facts, partial)
        models = fitted(engine, facts, _NAMES, DEFAULTS.predictions, now=ENDS)
        answer(engine, models, facts, DEFAULTS.predictions, temporary=True)
        _make(engine, facts, PREDICTIONS)

    return _second(engine, work)


def _second(engine: DuckDBEngine, work: Callable[[], None]) -> float:
    work()
    began = perf_counter()
    work()
    took = perf_counter() - began
    engine.close()
    return took


def _opened(path: str) -> tuple[DuckDBEngine, Facts]:
    """The shop, with its orders in memory as they are on a running server."""
    engine = DuckDBEngine(Path(path), threads=2)
    engine.execute(f"SELECT max(net_revenue), max(ordered_at), max(customer_id) FROM {t.ORDERS.name}")
    return engine, made_up_facts(engine, ENDS)


def _make(engine: DuckDBEngine, facts: Facts, partial: Partial) -> None:
    engine.create(partial.table_name, partial.expression(facts), temporary=True)
