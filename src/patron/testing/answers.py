"""Features and memberships of a small shop, worked out from its facts in one call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patron.features.catalog import BUILT_IN
from patron.features.partials.histories import PREDICTIONS
from patron.features.plan import features, partial_steps
from patron.features.scores import cut_point_query, cuts
from patron.runtime.predicting import USUAL, answer, fitted, named
from patron.segments.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patron.facts.as_of import Facts
    from patron.features.catalog import Catalog
    from patron.ports.engine import Engine
    from patron.segments.check import Checked


@dataclass(frozen=True, slots=True)
class Answers:
    """What segments say about a shop.

    Attributes:
        plan: the plan that was run.
        stats: the statistics of the population.
        members: customer ids by slug.
    """

    plan: Plan
    stats: Mapping[str, object]
    members: Mapping[str, frozenset[int]]


def answers(engine: Engine, facts: Facts, segments: Checked, *, catalog: Catalog = BUILT_IN) -> Answers:
    """The members of each segment; the table `features` and those it is made from are left in the engine.

    Where predictions are known, the usual model is fitted.
    """
    for step in partial_steps(catalog, facts):
        if step.name == PREDICTIONS.table_name:
            settings = catalog.settings.predictions
            answer(engine, fitted(engine, facts, named(USUAL), settings, now=facts.as_of), facts, settings)
        engine.create(step.name, step.expression)
    scores = catalog.settings.scores
    points = cuts(engine.query(cut_point_query(catalog, facts, scores)).to_pylist(), scores)
    engine.create("features", features(catalog, facts, points))
    plan = Plan(segments, catalog, facts)
    for step in plan.steps():
        engine.create(step.name, step.expression)
    wanted = plan.statistics()
    stats = {} if wanted is None else engine.query(wanted).to_pylist()[0]
    rows = engine.query(plan.memberships(stats)).to_pylist()
    return Answers(plan, stats, {slug: frozenset(r["customer_id"] for r in rows if r[slug]) for slug in plan.checked.slugs})
