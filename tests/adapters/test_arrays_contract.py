"""The engine of few rows does what every engine must."""

from __future__ import annotations

import pytest

from patron.adapters.engines.arrays.engine import ArraysEngine
from patron.testing.engines import EngineContract, tables


@pytest.fixture(scope="module")
def engine() -> ArraysEngine:
    engine = ArraysEngine()
    for name, rows in tables().items():
        engine.fill(name, rows.to_reader())
    return engine


class TestArrays(EngineContract):
    """The suite, run on arrays."""
