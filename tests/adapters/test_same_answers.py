"""DuckDB and Spark give the same answers to everything, from the same files."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa
import pytest

from patron.adapters.engines.parquet import write_parquet
from patron.app.definitions import read_definitions
from patron.facts import tables as t
from patron.facts.as_of import PREDICTIONS
from patron.features.catalog import BUILT_IN
from patron.features.settings import FeatureSettings
from patron.runtime import pipeline, predicting
from patron.testing.shops import answers, differing_cells, made_up_facts, made_up_shop

if TYPE_CHECKING:
    from pathlib import Path

    from patron.ports.engine import Engine
    from patron.runtime.models import Models

AS_OF = datetime(2025, 11, 5, 13, 37, 11, tzinfo=UTC)  # in the middle of a day, with facts after it
ENDS = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.spark
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_spark_gives_the_same_features_and_memberships_cell_by_cell(tmp_path: Path) -> None:
    from patron.adapters.engines.spark import SparkEngine  # noqa: PLC0415  # only where Spark is installed

    definitions = read_definitions(tmp_path / "project", FeatureSettings())
    store = made_up_shop(400, ends_at=ENDS)
    facts = made_up_facts(store, AS_OF)
    here = answers(store, definitions, facts)
    write_parquet(store, tmp_path / "facts")
    spark = SparkEngine("local[2]", tmp_path / "work", partitions=2)
    try:
        spark.register_folder(tmp_path / "facts")
        there = answers(spark, definitions, made_up_facts(spark, AS_OF))
    finally:
        spark.close()
    assert here.features.num_rows > 300
    assert differing_cells(here.features, there.features) == {}
    assert differing_cells(here.memberships, there.memberships) == {}


@pytest.mark.spark
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_spark_gives_the_same_predictions_from_models_fitted_there(tmp_path: Path) -> None:
    from patron.adapters.engines.spark import SparkEngine  # noqa: PLC0415  # only where Spark is installed

    names = ["customer_id", *(f.name for f in BUILT_IN.values() if f.family == "predictions")]
    store = made_up_shop(400, ends_at=ENDS)
    here = _predicted(store, names)
    write_parquet(store, tmp_path / "facts")
    spark = SparkEngine("local[2]", tmp_path / "work", partitions=2)
    try:
        spark.register_folder(tmp_path / "facts")
        there = _predicted(spark, names)
    finally:
        spark.close()
    assert here.num_rows > 300
    assert differing_cells(here, there, within=1e-6) == {}


def _predicted(engine: Engine, names: list[str]) -> pa.Table:
    """Predictions by models that were fitted on this engine."""
    facts = made_up_facts(engine, AS_OF)
    facts = replace(facts, known=facts.known | {PREDICTIONS})
    settings = BUILT_IN.settings.predictions

    def fit(engine: Engine) -> Models:
        return predicting.fitted(engine, facts, predicting.named("mbgnbd"), settings, now=AS_OF)

    pipeline.make_features(engine, BUILT_IN, facts, progress=lambda done, total, what: None, names=names[1:], fit=fit)  # noqa: ARG005
    made = ibis.table({c: BUILT_IN.schema()[c] for c in names}, name=pipeline.FEATURES)
    return engine.query(made)


def test_facts_come_back_from_files_as_they_were(tmp_path: Path) -> None:
    store = made_up_shop(50, ends_at=ENDS)
    rows = write_parquet(store, tmp_path / "facts")
    assert set(rows) == {table.name for table in t.FACTS}
    for table in t.FACTS:
        (before,) = store.execute(f"SELECT count(*), bit_xor(hash({table.name}::VARCHAR)) FROM {table.name}").fetchall()
        file = tmp_path / "facts" / f"{table.name}.parquet"
        (after,) = store.execute(f"SELECT count(*), bit_xor(hash(x::VARCHAR)) FROM read_parquet('{file}') AS x").fetchall()
        assert before == after
        assert rows[table.name] == before[0]


def test_differing_cells_are_counted_by_column() -> None:
    left = pa.table({"customer_id": [1, 2, 3], "n": [1, 2, None], "x": [1.0, 2.0, None]})
    right = pa.table({"customer_id": [3, 2, 4], "n": [None, 2, 5], "x": [3.0, 2.0 + 1e-12, None]})
    assert differing_cells(left, right) == {"customer_id": 2, "n": 2, "x": 2}
    assert differing_cells(left, left) == {}
