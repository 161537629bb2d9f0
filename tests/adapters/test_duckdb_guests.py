"""A guest of the embedded store: the suite, and what is seen, written, broken off and undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.guests import guest
from patron.adapters.engines.duckdb import DuckDBEngine
from patron.testing.engines import EngineContract, tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patron.adapters.engines.duckdb_guest import DuckDBGuest


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBGuest]:
    host = DuckDBEngine(threads=1)
    with guest(host) as made:
        for name, rows in tables().items():
            made.fill(name, rows.to_reader())
        yield made
    host.close()


class TestGuest(EngineContract):
    """The suite, run by a guest."""
