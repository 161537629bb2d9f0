"""The path run on an engine: facts as of an instant become features, scores and memberships.

Every table is made by one step, in one transaction: whoever stops it, the old answers stay. The same steps run for the present, for an
instant in the past (in temporary tables, which hide the stored ones), and on a cluster.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import ibis

from patron.facts.as_of import PREDICTIONS
from patron.features import plan as feature_plan
from patron.features.partials import histories
from patron.features.partials.last_events import OLD_EVENTS_TABLE
from patron.features.scores import cut_point_query, cuts
from patron.kernel.errors import InvariantError
from patron.runtime import memberships
from patron.runtime.due_times import DUE, due_rows
from patron.runtime.loading_options import Steps
from patron.runtime.models import MODELS, kept_models
from patron.runtime.predicting import FILLED, answer
from patron.runtime.reached import outdate
from patron.segments.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import datetime

    from patron.facts.as_of import Facts
    from patron.features.catalog import Catalog
    from patron.kernel.steps import Step
    from patron.ports.engine import Engine, Store
    from patron.runtime.loading_options import Progress
    from patron.runtime.models import Models
    from patron.segments.check import Checked

    Fit = Callable[[Engine], Models]
    """Fits models to the partials that are there by then, and keeps them."""


FEATURES, CUT_POINTS, STATISTICS = "features", "cut_points", "population_statistics"
_BYTES_OF_A_VALUE = 18  # in the statement that makes features, with what it is worked out from
_FURTHER_STEPS = 4  # scores, features; in a refresh segments and due times


@dataclass(frozen=True, slots=True)
class Definitions:
    """What is worked out.

    Attributes:
        catalog: features, with the settings of their scores.
        segments: over them.
        digest: another one when anything of it, or the software that works it out, is another.
    """

    catalog: Catalog
    segments: Checked
    digest: str = ""


def refresh(  # noqa: PLR0913  # the present and the way to tell are said by name
    store: Store,
    definitions: Definitions,
    facts: Facts,
    *,
    now: datetime,
    progress: Progress,
    fit: Fit | None = None,
    is_live: bool = False,
    stand: Collection[str] = (),
) -> memberships.Done:
    """Work out everything as of `facts.as_of` and keep it.

    Args:
        store: the project's.
        definitions: what is worked out.
        facts: the instant, the shop, and which facts are known.
        now: the present.
        progress: is told about every table.
        fit: renews models on the way; without it the kept ones answer.
        is_live: whether ticks go on from here, which need to know who is due when.
        stand: tables that ticks have kept true, and that are not made anew.
    """
    for table in (*memberships.TABLES, MODELS):
        store.declare(table)
    facts = replace(facts, known=facts.known | {PREDICTIONS}) if fit else facts
    with store.transaction():
        memberships.keep_recorded(store)
        made = work_out(store, definitions, facts, progress=progress, fit=fit, stand=stand)
        show_predictions(store, definitions.catalog, facts)
        done = memberships.keep_memberships(store, made.places, as_of=facts.as_of, now=now)
        if is_live:
            make_due(store, made)
            index_answers(store)
        else:
            outdate(store)
        drop_passing(store, made.plan.steps())
        return done


@dataclass(frozen=True, slots=True)
class WorkedOut:
    """What the tables that a refresh has made so far come from.

    Attributes:
        plan: of the segments.
        stats: of the population.
        places: of the bits of memberships.
        tell: is told of what is made next.
    """

    plan: Plan
    stats: Mapping[str, object]
    places: memberships.Places
    tell: Steps


def work_out(  # noqa: PLR0913  # as for `refresh`
    engine: Engine, definitions: Definitions, facts: Facts, *, progress: Progress, fit: Fit | None = None, stand: Collection[str] = ()
) -> WorkedOut:
    """Make the tables of a refresh, up to everybody's memberships.

    Args:
        engine: where they are made; the tables of terms stay until `drop_passing`.
        definitions: what is worked out.
        facts: the instant, the shop, and which facts are known.
        progress: is told about every table.
        fit: as for `refresh`.
        stand: as for `refresh`.
    """
    tell = make_features(engine, definitions.catalog, facts, progress=progress, fit=fit, stand=stand)
    plan = Plan(definitions.segments, definitions.catalog, facts)
    tell("segments")
    stats = population(engine, plan)
    places = memberships.places(engine, _texts(definitions.segments))
    engine.create(memberships.CURRENT, memberships.packed(plan.memberships(stats), places.slots))
    return WorkedOut(plan, stats, places, tell)


def make_due(engine: Engine, made: WorkedOut) -> None:
    """Make the table of when each customer has to be looked at again; who is due next stands first, where he is soon found."""
    made.tell("due times")
    engine.create(DUE.name, due_rows(made.plan, made.stats).order_by("due_at"))


def index_answers(store: Store) -> None:
    """Have the kept answers about few customers found at once: ticks renew them, and a site asks about its visitors one by one."""
    for name in (FEATURES, memberships.CURRENT, DUE.name, OLD_EVENTS_TABLE.name):
        store.index(name, "customer_id")


def make_features(  # noqa: PLR0913  # what is left out has its usual value
    engine: Engine,
    catalog: Catalog,
    facts: Facts,
    *,
    progress: Progress,
    names: Collection[str] | None = None,
    fit: Fit | None = None,
    stand: Collection[str] = (),
) -> Steps:
    """Make the tables of partials, cut points and features, to be kept; or, of some features, temporary ones that hide those.

    Returns the steps, of which a refresh has some more to make.

    Args:
        engine: where they are made.
        catalog: the features.
        facts: the instant, the shop, and which facts are known.
        progress: is told about every table.
        names: only these features, and only the partials that they and the cut points need, in temporary tables; all if not given.
        fit: gives the models that predictions come from; those that are kept if not given.
        stand: tables that are there, as they shall be.
    """
    temporary = names is not None
    steps = [step for step in _partials(engine, catalog, facts, names) if step.name not in stand]
    tell = Steps(progress, len(steps) + (PREDICTIONS in facts.known) + _FURTHER_STEPS)
    predicted = next((i for i, step in enumerate(steps) if step.name == histories.PREDICTIONS.table_name), len(steps))
    _make(engine, steps[:predicted], tell, temporary=temporary)
    if predicted < len(steps):
        tell("predictions")
        answer(engine, _models(engine, fit), facts, catalog.settings.predictions, temporary=temporary)
        _make(engine, steps[predicted:], tell, temporary=temporary)
    settings = catalog.settings.scores
    tell("scores")
    points = cut_point_query(catalog, facts, settings)
    engine.create(CUT_POINTS, points, temporary=temporary)
    found = engine.query(ibis.table(points.schema(), name=CUT_POINTS))
    tell("features")
    engine.create(FEATURES, feature_plan.features(catalog, facts, cuts(found.to_pylist(), settings), names), temporary=temporary)
    drop_passing(engine, steps)
    return tell


def features_at(engine: Engine, catalog: Catalog, facts: Facts, *, into: str, names: Collection[str]) -> None:
    """Make a temporary table `into` of some features as of another instant, and of these only; the kept answers stay as they are."""
    steps = _partials(engine, catalog, facts, names)
    try:
        make_features(engine, catalog, facts, progress=_silent, names=names)
        schema = catalog.schema()
        made = ibis.table({c: schema[c] for c in ("customer_id", *names)}, name=FEATURES)
        engine.create(into, made, temporary=True)
    finally:
        drop_passing(engine, steps)
        for name in (*(step.name for step in steps if step.is_kept), *FILLED, CUT_POINTS, FEATURES):
            engine.drop(name, temporary=True)


def population(engine: Engine, plan: Plan, *, temporary: bool = False) -> Mapping[str, object]:
    """Make the tables that a plan's conditions read, and return the statistics they compare with."""
    _make(engine, plan.steps(), Steps(None, 0), temporary=temporary)
    statistics = plan.statistics()
    if statistics is None:
        return {}
    engine.create(STATISTICS, statistics, temporary=temporary)
    row: Mapping[str, object] = engine.query(ibis.table(statistics.schema(), name=STATISTICS)).to_pylist()[0]
    return row


def show_predictions(store: Store, catalog: Catalog, facts: Facts) -> None:
    """A view of what is predicted, under its own name, for people and tools."""
    if PREDICTIONS in facts.known:
        names = [f.name for f in catalog.visible() if f.family == "predictions"]
        made = feature_plan.table(catalog)
        store.view(PREDICTIONS, made.filter(made.p_alive.notnull()).select("customer_id", *names))


def drop_passing(engine: Engine, steps: Iterable[Step]) -> None:
    """Drop the tables that only later steps have read."""
    for step in steps:
        if step.is_read_once:
            engine.undefine(step.name)
        elif not step.is_kept:
            engine.drop(step.name, temporary=True)


def _models(engine: Engine, fit: Fit | None) -> Models:
    models = fit(engine) if fit else kept_models(engine)
    if models is None:
        raise InvariantError("Predictions are said to be known, but no models are kept.")
    return models


def _texts(segments: Checked) -> dict[str, str]:
    """What each segment's members depend on besides facts: its own definition and those it refers to."""

    def text(slug: str) -> str:
        return "\n".join(f"{d.kind} {d.where} {d.list_name} {d.centroids} {d.number}" for d in segments.only([slug]).definitions)

    return {slug: text(slug) for slug in segments.slugs}


def _partials(engine: Engine, catalog: Catalog, facts: Facts, names: Collection[str] | None) -> tuple[Step, ...]:
    """The tables that these features and the cut points are made from; none is read once where one statement of all would lack memory."""
    needed = None if names is None else [*names, *catalog.settings.scores.features]
    steps = feature_plan.partial_steps(catalog, facts, needed)
    if (room := engine.memory_bytes) is None:
        return steps
    customers = engine.query(facts.customers.aggregate(n=facts.customers.count()))["n"][0].as_py()
    is_enough = customers * len(catalog if needed is None else needed) * _BYTES_OF_A_VALUE <= room
    return steps if is_enough else tuple(replace(step, is_read_once=False) for step in steps)


def _make(engine: Engine, steps: Iterable[Step], tell: Steps, *, temporary: bool) -> None:
    for step in steps:
        tell(step.name)
        if step.is_read_once:
            engine.define(step.name, step.expression)
        else:
            engine.create(step.name, step.expression, temporary=temporary or not step.is_kept)


def _silent(done: int, total: int, what: str) -> None:
    del done, total, what
