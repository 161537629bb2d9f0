"""The path run on an engine: facts as of an instant become features, scores and memberships.

Every table is made by one step, in one transaction: whoever stops it, the old answers stay. The same steps run for the present, for an
instant in the past (in temporary tables, which hide the stored ones), and on a cluster.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis

from patron.features import plan as feature_plan
from patron.features.scores import cut_point_query, cuts, scored
from patron.runtime import memberships
from patron.segments.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from patron.facts.as_of import Facts
    from patron.features.catalog import Catalog
    from patron.kernel.steps import Step
    from patron.ports.engine import Engine, Store
    from patron.runtime.loading_options import Progress
    from patron.segments.check import Checked


FEATURES, CUT_POINTS, POPULATION = "features", "cut_points", "population"


@dataclass(frozen=True, slots=True)
class Definitions:
    """What is worked out: features, with the settings of their scores, and segments over them."""

    catalog: Catalog
    segments: Checked


def refresh(store: Store, definitions: Definitions, facts: Facts, *, now: datetime, progress: Progress) -> memberships.Done:
    """Work out everything as of `facts.as_of` and keep it."""
    for table in memberships.TABLES:
        store.declare(table)
    with store.transaction():
        make_features(store, definitions.catalog, facts, progress=progress)
        plan = Plan(definitions.segments, definitions.catalog, facts)
        progress(0, 1, "segments")
        flags = plan.memberships(population(store, plan))
        slots = memberships.assign_slots(store, _texts(definitions.segments))
        return memberships.keep_memberships(store, flags, slots, as_of=facts.as_of, now=now)


def make_features(engine: Engine, catalog: Catalog, facts: Facts, *, progress: Progress, names: Collection[str] | None = None) -> None:
    """Make the tables of partials, cut points and features, to be kept; or, of some features, temporary ones that hide those.

    Args:
        engine: where they are made.
        catalog: the features.
        facts: the instant, the shop, and which facts are known.
        progress: is told about every table.
        names: only these features, and only the partials that they and the cut points need, in temporary tables; all if not given.
    """
    temporary = names is not None
    _make(engine, _partials(catalog, facts, names), progress, temporary=temporary)
    settings = catalog.settings.scores
    progress(0, 1, "scores")
    points = cut_point_query(catalog, facts, settings)
    engine.create(CUT_POINTS, points, temporary=temporary)
    found = engine.query(ibis.table(points.schema(), name=CUT_POINTS))
    progress(0, 1, "features")
    engine.create(FEATURES, feature_plan.features(catalog, facts, cuts(found.to_pylist(), settings), names), temporary=temporary)


def features_at(engine: Engine, catalog: Catalog, facts: Facts, *, into: str, names: Collection[str]) -> None:
    """Make a temporary table `into` of some features as of another instant, and of these only; the kept answers stay as they are."""
    steps = _partials(catalog, facts, names)
    try:
        make_features(engine, catalog, facts, progress=_silent, names=names)
        schema = catalog.schema()
        made = ibis.table({c: schema[c] for c in ("customer_id", *names)}, name=FEATURES)
        engine.create(into, made, temporary=True)
    finally:
        for name in (*(step.name for step in steps), CUT_POINTS, FEATURES):
            engine.drop(name, temporary=True)


def population(engine: Engine, plan: Plan, *, temporary: bool = False) -> Mapping[str, object]:
    """Make the tables that a plan's conditions read, and return the statistics they compare with."""
    _make(engine, plan.steps(), _silent, temporary=temporary)
    statistics = plan.statistics()
    if statistics is None:
        return {}
    row: Mapping[str, object] = engine.query(statistics).to_pylist()[0]
    return row


def _texts(segments: Checked) -> dict[str, str]:
    """What each segment's members depend on besides facts: its own definition and those it refers to."""

    def text(slug: str) -> str:
        return "\n".join(f"{d.kind} {d.where} {d.list_name} {d.centroids} {d.number}" for d in segments.only([slug]).definitions)

    return {slug: text(slug) for slug in segments.slugs}


def _partials(catalog: Catalog, facts: Facts, names: Collection[str] | None) -> tuple[Step, ...]:
    """The tables that these features and the cut points are made from."""
    needed = None if names is None else [*names, *scored(catalog.settings.scores)]
    return feature_plan.partial_steps(catalog, facts, needed)


def _make(engine: Engine, steps: Iterable[Step], progress: Progress, *, temporary: bool) -> None:
    steps = list(steps)
    for number, step in enumerate(steps):
        progress(number, len(steps), step.name)
        engine.create(step.name, step.expression, temporary=temporary)


def _silent(done: int, total: int, what: str) -> None:
    del done, total, what
