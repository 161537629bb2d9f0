"""The sample shop, with the members of every segment of the library worked out once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from patron.library.entries import library
from patron.testing.answers import answers
from patron.testing.sample_shop import sample_facts, sample_shop

if TYPE_CHECKING:
    from patron.adapters.engines.duckdb import DuckDBEngine
    from patron.testing.answers import Answers


@pytest.fixture(scope="session")
def engine() -> DuckDBEngine:
    return sample_shop()


@pytest.fixture(scope="session")
def sample(engine: DuckDBEngine) -> Answers:
    return answers(engine, sample_facts(), library())


@pytest.fixture(scope="session")
def orders_only() -> Answers:
    """The sample shop of an owner who has loaded orders and nothing else."""
    lacking = frozenset({"events", "messages", "consents", "reviews", "tickets", "redemptions", "list_members"})
    return answers(sample_shop(without=lacking), sample_facts(without=lacking), library())
