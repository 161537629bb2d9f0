from __future__ import annotations

import re
from typing import TYPE_CHECKING

import ibis
import pytest
from ibis.backends.sql.compilers import PySparkCompiler
from ibis.config import Config

from patron.features.catalog import BUILT_IN
from patron.library.entries import entries, library
from patron.library.files import segment_files
from patron.segments.check import checked
from patron.segments.definition import read, to_toml

if TYPE_CHECKING:
    from patron.testing.answers import Answers

FILES = dict(segment_files())
LIBRARY = library()
ENTRIES = entries()
LAST_IDS = {"000": 49, "001": 41, "002": 41, "003": 33, "004": 20}
"""The capabilities asked for are numbered from 01 in five lists."""
SEGMENTS_ASKED_FOR = (
    "000-05 000-10 000-18 000-20 000-26 000-28 000-35 000-40 000-44 "
    "001-04 001-32 001-33 001-34 001-35 001-36 "
    "002-14 002-15 002-16 002-35 002-36 002-37 002-38 "
    "003-02 003-08 003-09 003-11 003-13 003-15 003-17 003-18 003-19 003-21 003-25 003-27 003-28 003-30 003-31 "
    "004-07 004-09 004-10 004-11"
).split()


@pytest.mark.parametrize("slug", FILES)
def test_a_file_says_all_that_an_owner_needs(slug: str) -> None:
    definition = read(FILES[slug], slug=slug, where=f"{slug}.toml")
    for said in (definition.name, definition.meaning, definition.why, definition.advice):
        assert said.strip() == said
        assert said
    for sentence in (definition.meaning, definition.why, definition.advice):
        assert sentence.endswith((".", "?"))
    assert definition.seeds
    assert definition.suggest
    assert all(re.fullmatch(r"journeys/[a-z0-9_]+", s) for s in definition.suggest)


@pytest.mark.parametrize("slug", FILES)
def test_a_file_survives_being_written_and_read(slug: str) -> None:
    definition = read(FILES[slug], slug=slug, where="here")
    assert read(to_toml(definition), slug=slug, where="here") == definition


def test_the_library_passes_the_checker_without_a_warning() -> None:
    found = LIBRARY
    assert sorted(found.slugs) == list(FILES)
    assert found.warnings == {}


def test_seeds_are_ids_of_what_was_asked_for() -> None:
    for entry in ENTRIES:
        for seed in entry.seeds:
            text, _, number = seed.partition("-")
            assert 1 <= int(number) <= LAST_IDS[text], (entry.slug, seed)
            assert seed == f"{text}-{int(number):02}"


def test_every_segment_asked_for_is_there() -> None:
    covered = {seed for entry in ENTRIES for seed in entry.seeds}
    assert set(SEGMENTS_ASKED_FOR) - covered == set()


def test_no_two_segments_share_a_name() -> None:
    names = [entry.name for entry in ENTRIES]
    assert len(set(names)) == len(names)


def test_no_threshold_of_money_is_a_fixed_number() -> None:
    """What is much money depends on the shop."""
    money = "|".join(f.name for f in BUILT_IN.values() if f.kind in {"money", "mean_money"})
    fixed = re.compile(rf"\b(?:{money})\b\s*[<>=]+\s*\d|\d\s*[<>=]+\s*(?:{money})\b")
    assert [entry.slug for entry in ENTRIES if fixed.search(entry.where)] == []


class SparkOptions(Config):  # type: ignore[misc]  # Ibis has no types
    """What Ibis sets when its Spark back end is loaded."""

    treat_nan_as_null: bool = False


def test_the_library_compiles_for_spark(sample: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ibis.options, "pyspark", SparkOptions())
    compiler = PySparkCompiler()
    statements = [compiler.to_sqlglot(step.expression).sql(dialect="spark") for step in sample.plan.steps()]
    statements.append(compiler.to_sqlglot(sample.plan.memberships(sample.stats)).sql(dialect="spark"))
    statistics = sample.plan.statistics()
    assert statistics is not None
    statements.append(compiler.to_sqlglot(statistics).sql(dialect="spark"))
    assert all(statement.startswith(("SELECT", "WITH")) for statement in statements)


@pytest.mark.parametrize("slug", FILES)
def test_each_segment_can_stand_in_a_project_by_itself(slug: str) -> None:
    alone = LIBRARY.only([slug])
    again = checked(alone.definitions, BUILT_IN)
    assert again.conditions == alone.conditions


def test_entries_name_the_facts_that_are_needed() -> None:
    needs = {entry.slug: entry.needs for entry in ENTRIES}
    assert needs["biggest_spenders"] == ("orders",)
    assert needs["silent_subscribers"] == ("consents", "messages")
    assert needs["negative_experience"] == ("orders", "reviews", "tickets")
    assert needs["visiting_heroes"] == ("events", "orders")
