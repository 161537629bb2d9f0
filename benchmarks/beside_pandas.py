"""How does Patron compare with pandas on five million events? The same features, from the same Parquet files, reading included."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import ibis

from benchmarks.harness import Case, Row
from benchmarks.shops import ENDS, TINY, TWENTIETH, definitions, rows_of, store
from patron.adapters.engines.duckdb import DuckDBEngine
from patron.adapters.engines.parquet import write_parquet
from patron.facts import tables as t
from patron.features import plan
from patron.features.catalog import Catalog
from patron.testing.shops import SHOP, made_up_facts

if TYPE_CHECKING:
    import pyarrow as pa

    from benchmarks.harness import Setting

NAMES = tuple(
    "order_count first_order_at last_order_at days_since_last_order order_count_30d order_count_90d order_count_365d net_revenue "
    "net_revenue_30d net_revenue_90d net_revenue_365d mean_order_value largest_order_value unit_count coupon_order_count active_days_365d "
    "typical_gap_days product_line_count distinct_product_count distinct_category_count last_visit_at view_count_7d view_count_30d "
    "search_count_30d cart_count_30d checkout_count_30d chat_count_90d wishlist_count_90d social_count_90d visit_count_7d visit_count_30d "
    "visit_count_90d most_viewed_product_views_30d favourite_viewed_category_30d message_count_90d email_sent_90d email_open_count_90d "
    "email_click_count_90d last_email_open_at unsubscribed_count review_count review_mean_rating ticket_count ticket_count_90d".split()
)


def run(setting: Setting) -> list[Row]:
    """Time and memory beside pandas."""
    customers = TINY if setting.small else TWENTIETH
    folder = files(setting.work, customers)
    rows = rows_of(store(setting.work, customers))
    theirs, ours = setting.measured(
        Case("pandas", "benchmarks.beside_pandas:by_pandas", {"folder": str(folder)}),
        Case("Patron", "benchmarks.beside_pandas:by_patron", {"folder": str(folder)}),
        rounds=5,
    )
    memory = ours.peak_mb / theirs.peak_mb
    what = f"{len(NAMES)} features of {customers:,} customers"
    time = ours.seconds / theirs.seconds
    return [
        Row(f"{what}, time", rows, ours.seconds, ours.peak_mb, f"pandas: {theirs.seconds:.1f} s", time, "at most 1.2 times", time <= 1.2),
        Row(
            f"{what}, memory",
            rows,
            ours.seconds,
            ours.peak_mb,
            f"pandas: {theirs.peak_mb:,} MB",
            memory,
            "at most 0.5 times",
            memory <= 0.5,
        ),
    ]


def files(work: Path, customers: int) -> Path:
    """The facts of a made-up shop as Parquet."""
    folder = work / f"facts-{customers}"
    if not folder.exists():
        engine = DuckDBEngine(store(work, customers), threads=2)
        write_parquet(engine, folder)
        engine.close()
    return folder


def over_files(folder: Path) -> DuckDBEngine:
    """An engine in memory whose facts are Parquet files, read where they are."""
    engine = DuckDBEngine(threads=2)
    for table in t.FACTS:
        engine.execute(f"CREATE VIEW {table.name} AS FROM read_parquet('{folder / table.name}.parquet')")
    return engine


def by_patron(folder: str) -> float:
    """Seconds of the features on the embedded engine."""
    began = perf_counter()
    patron_features(Path(folder))
    return perf_counter() - began


def by_pandas(folder: str) -> float:
    """Seconds of the features in pandas."""
    from benchmarks.pandas_rival import features  # noqa: PLC0415  # pandas is not to be in Patron's memory

    began = perf_counter()
    features(Path(folder), ENDS, SHOP.calendar.zone)
    return perf_counter() - began


def patron_features(folder: Path) -> pa.Table:
    """The features, from the expressions of the catalog."""
    engine = over_files(folder)
    facts = made_up_facts(engine, ENDS)
    catalog = definitions().catalog
    some = Catalog({name: catalog[name] for name in NAMES}, catalog.partials, catalog.settings)
    for step in plan.partial_steps(some, facts):
        engine.create(step.name, step.expression)
    engine.create("features", plan.base(some, facts))
    return engine.query(ibis.table(some.schema(), name="features"))
