from __future__ import annotations

import ibis
import pytest
from ibis.backends.sql.compilers import PySparkCompiler

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.collect.events import OLD_NAMES, SHORT_NAMES, snake_case
from patron.collect.places import NAMES, country


def _of(value: ibis.Value) -> object:
    return DuckDBEngine().query(ibis.range(1).unnest().as_table().select(v=value)).column("v")[0].as_py()


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("United Kingdom", "GB"), ("UK", "GB"), ("uk", "GB"), ("Deutschland", "DE"), ("at", "AT"), ("U.S.A.", "US"),
        ("Channel Islands", "Channel Islands"), ("European Community", "European Community"), (None, None),
    ],
)  # fmt: skip
def test_a_country_is_its_code_where_it_can_be_read(said: str | None, code: str | None) -> None:
    assert _of(country(ibis.literal(said, type="string"))) == code


def test_no_name_means_two_countries() -> None:
    every = [name for names in NAMES.values() for name in names]
    assert len(every) == len(set(every))
    assert all(len(code) == 2 and code.isupper() for code in NAMES)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Product Added to Wishlist", "product_added_to_wishlist"),
        ("productAdded", "product_added"),
        ("  Café-Visit ", "café_visit"),
        ("★", "★"),
    ],
)
def test_names_of_events_are_in_snake_case(name: str, expected: str) -> None:
    assert _of(snake_case(ibis.literal(name))) == expected


def test_words_mean_events_that_have_a_name_of_the_specification() -> None:
    for word, meaning in {**OLD_NAMES, **SHORT_NAMES}.items():
        assert word != meaning
        assert meaning not in OLD_NAMES
        assert meaning not in SHORT_NAMES


def test_countries_compile_on_spark() -> None:
    table = ibis.table({"country": "string"}, name="t")
    assert PySparkCompiler().to_sqlglot(table.select(code=country(table.country))).sql(dialect="spark")
