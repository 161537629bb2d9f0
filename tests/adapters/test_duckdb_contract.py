"""The embedded engine does what every engine must."""

from __future__ import annotations

import pytest

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.testing.engines import EngineContract, tables


@pytest.fixture(scope="module")
def engine() -> DuckDBEngine:
    engine = DuckDBEngine(threads=1)
    for name, rows in tables().items():
        engine.connection.register(f"_{name}", rows)
        engine.execute(f"CREATE TABLE {name} AS FROM _{name}")
    return engine


class TestDuckDB(EngineContract):
    """The suite, run on DuckDB."""
