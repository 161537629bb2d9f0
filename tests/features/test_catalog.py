"""The catalog: what every entry must tell."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from patron.facts import tables
from patron.facts.as_of import DETAILS, PREDICTIONS
from patron.features.catalog import BUILT_IN
from patron.features.feature import Ages, Family, Feature, Follows, Slides
from patron.kernel.errors import InputError
from patron.kernel.tables import type_of

FACTS = {t.name for t in tables.FACTS}
SEED = re.compile(r"00[0-4]-\d\d")


@pytest.mark.parametrize("feature", BUILT_IN.values(), ids=lambda f: f.name)
def test_entry_tells_all_that_a_reader_needs(feature: Feature) -> None:
    assert re.fullmatch(r"[A-Z].*\.", feature.meaning, re.DOTALL)
    assert feature.unit
    assert feature.family in get_args(Family)
    assert {*feature.needs, *feature.needs_one_of} <= {*FACTS, *DETAILS, PREDICTIONS}
    assert feature.hidden or feature.seeds
    assert all(SEED.fullmatch(s) for s in feature.seeds)


@pytest.mark.parametrize("feature", BUILT_IN.values(), ids=lambda f: f.name)
def test_changes_name_features_of_the_right_kind(feature: Feature) -> None:
    match feature.changes:
        case Slides(edge, falls, ahead):
            assert BUILT_IN[edge].kind == "instant"
            assert BUILT_IN[edge].hidden
            assert not ahead or (falls and BUILT_IN[ahead].hidden and BUILT_IN[ahead].kind == feature.kind)
        case Ages(since, per, _):
            assert BUILT_IN[since].kind == "instant"
            assert not per or BUILT_IN[per].kind == "number"
        case Follows(features):
            assert features
            assert set(features) <= set(BUILT_IN)


def test_there_are_enough_features_and_none_is_used_in_vain() -> None:
    assert len(BUILT_IN.visible()) >= 60
    slides = [f.changes for f in BUILT_IN.values() if isinstance(f.changes, Slides)]
    assert {f.name for f in BUILT_IN.values() if f.hidden} == {s.edge for s in slides} | {s.ahead for s in slides if s.ahead}


def test_schema_is_customer_then_features() -> None:
    schema = BUILT_IN.schema()
    assert tuple(schema) == ("customer_id", *BUILT_IN)
    assert all(str(schema[f.name]) == type_of(f.kind).replace(" ", "") or schema[f.name] is not None for f in BUILT_IN.values())


def test_taken_name_is_refused() -> None:
    with pytest.raises(InputError, match="order_count"):
        BUILT_IN.plus([BUILT_IN["order_count"]])


def test_feature_made_of_several_sources_needs_one_of_them() -> None:
    points = BUILT_IN["engagement_points"]
    assert points.missing(frozenset({"orders"})) == ("events", "messages")
    assert points.missing(frozenset({"messages"})) == ()
