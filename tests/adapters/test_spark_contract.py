"""Spark does what every engine must."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

pytest.importorskip("pyspark")

import pyarrow.parquet as pq

from patron.adapters.engines.spark import SparkEngine
from patron.testing.engines import EngineContract, tables

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.spark,
    # Spark's client leaves sockets to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkEngine]:
    folder = tmp_path_factory.mktemp("tables")
    for name, rows in tables().items():
        pq.write_table(rows, folder / f"{name}.parquet")
    engine = SparkEngine("local[2]", tmp_path_factory.mktemp("work"), partitions=2)
    engine.register_folder(folder)
    yield engine
    engine.close()


class TestSpark(EngineContract):
    """The suite, run on Spark."""
