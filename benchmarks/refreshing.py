"""What is timed of a refresh, and of the floor beneath it: one plain hash aggregate per table over the columns that a refresh reads."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

from benchmarks.shops import ENDS, definitions
from patron.adapters.engines.duckdb import DuckDBEngine
from patron.runtime import pipeline
from patron.testing.shops import made_up_facts

NEEDED = {
    "events": ("occurred_at", "session_id", "product_id", "value", "kind", "channel", "category", "campaign_source", "campaign_medium"),
    "messages": ("sent_at", "opened_at", "clicked_at", "unsubscribed_at", "channel", "purpose"),
    "orders": (
        "order_id", "ordered_at", "cancelled_at", "net_revenue", "discount", "total", "cost", "shipping", "fees", "coupon_discount", "kind",
        "coupon_code",
    ),
    "order_lines": ("order_id", "product_id", "ordered_at", "quantity", "unit_price", "net_revenue", "discount", "kind"),
}  # fmt: skip
"""The columns of the four large tables; texts are counted, all else is maximised."""
_TEXTS = frozenset({"kind", "channel", "category", "campaign_source", "campaign_medium", "purpose", "coupon_code"})


def refresh(path: str, memory_limit: str | None = None) -> float:
    """Seconds of a whole refresh: all features, scores and segments, kept; planning and compiling included."""
    engine = DuckDBEngine(Path(path), threads=2, memory_limit=memory_limit)
    shipped, facts = definitions(), made_up_facts(engine, ENDS)
    began = perf_counter()
    pipeline.refresh(engine, shipped, facts, now=ENDS, progress=_unheard)
    took = perf_counter() - began
    engine.close()
    return took


def floor(path: str) -> float:
    """Seconds of one plain hash aggregate per large table."""
    engine = DuckDBEngine(Path(path), threads=2)
    began = perf_counter()
    for table, columns in NEEDED.items():
        values = ", ".join(f"{'count' if c in _TEXTS else 'max'}({c}) AS {c}" for c in columns)
        engine.execute(f"CREATE OR REPLACE TEMP TABLE floor AS SELECT customer_id, {values} FROM {table} GROUP BY customer_id")
    took = perf_counter() - began
    engine.close()
    return took


def _unheard(done: int, total: int, what: str) -> None:
    del done, total, what
