"""The answers of some customers worked out anew, by the same expressions as everybody's, and put in the place of the kept ones.

What only the whole population can tell (cut points, averages, the shop's rhythm, the prices of products) stays as the last refresh found
it. So a renewal costs by the customers that are touched, and a full recomputation with the same population gives the same rows.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import ibis

from patron.facts import tables as t
from patron.facts.as_of import PREDICTIONS
from patron.features import plan as feature_plan
from patron.features.partials import histories
from patron.features.partials.lines import PRODUCTS, later_products
from patron.features.scores import CUTS, cuts
from patron.kernel.errors import UnsupportedError
from patron.kernel.steps import Step
from patron.runtime.due_times import DUE, due_rows
from patron.runtime.few import Beside, beside
from patron.runtime.memberships import (
    CHANGES,
    CURRENT,
    RENEWED,
    SLOTS,
    add_changes,
    packed,
    renew_memberships,
    slots_of,
)
from patron.runtime.models import kept_models
from patron.runtime.pipeline import CUT_POINTS, FEATURES, STATISTICS
from patron.runtime.predicting import FILLED, answer
from patron.runtime.touching import TOUCHED, TOUCHED_ROWS
from patron.segments.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    import ibis.expr.types as ir
    import pyarrow as pa

    from patron.facts.as_of import Facts
    from patron.ports.engine import Engine, Few, Store
    from patron.runtime.foreseen import Seen
    from patron.runtime.latest import Latest
    from patron.runtime.models import Models
    from patron.runtime.moves import Slot
    from patron.runtime.pipeline import Definitions

    Answers = Mapping[str, pa.Table]
    """Rows about customers, by the name of the table that they are kept in."""
    Keep = Callable[[pa.Table], int]
    """Keeps the memberships of the customers of `TOUCHED`; how many changed."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is made for the customers that are asked about, in this order.

    Attributes:
        before: partials that predictions are made from, and those before them.
        after: the other partials.
        answers: features, terms and memberships.
        due: when these can next change by themselves.
        slots: of memberships.
        facts: the facts that they read.
        definitions: what is worked out.
        models: what predictions come from; None where nothing is predicted.
        by: what works them out; None where the store itself does.
    """

    before: tuple[Step, ...]
    after: tuple[Step, ...]
    answers: tuple[Step, ...]
    due: Step
    slots: Sequence[Slot]
    facts: Facts
    definitions: Definitions
    models: Models | None
    by: Beside | None = None

    @property
    def steps(self) -> tuple[Step, ...]:
        """All tables of it."""
        return (*self.before, *self.after, *self.answers, self.due)

    @property
    def kept(self) -> tuple[Step, ...]:
        """Those that are kept as they are; memberships are kept by what changed."""
        return tuple(step for step in self.steps if step.is_kept)

    def forget(self) -> None:
        """Read everything from the store that is asked next."""
        if self.by is not None:
            self.by.forget()

    def forget_shop(self) -> None:
        """The same of what is not about customers."""
        if self.by is not None:
            self.by.forget_shop()


def of_touched(facts: Facts) -> Facts:
    """Facts of the customers of `TOUCHED` as of the moment, the same for every tick of a day."""
    return replace(facts, as_of=facts.shop.calendar.mark(facts.as_of), only=TOUCHED, is_live=True)


def recipe(engine: Engine, definitions: Definitions, facts: Facts, few: Few | None = None) -> Recipe:
    """How answers are made while definitions and the population stay as the last refresh found them.

    Args:
        engine: holds them.
        definitions: features and segments.
        facts: of whom, and as of when.
        few: works the answers out if it can; else the store itself does.
    """
    catalog = definitions.catalog
    slots = slots_of(engine.query(SLOTS.unbound()))
    partials = [step for step in feature_plan.partial_steps(catalog, facts) if _is_of_customers(step)]
    predicted = next((i for i, step in enumerate(partials) if step.name == histories.PREDICTIONS.table_name), len(partials))
    points = engine.query(ibis.table(CUTS, name=CUT_POINTS)).to_pylist()
    features = Step(FEATURES, feature_plan.features(catalog, facts, cuts(points, catalog.settings.scores)))
    plan = Plan(definitions.segments, catalog, facts)
    statistics = plan.statistics()
    stats = {} if statistics is None else engine.query(ibis.table(statistics.schema(), name=STATISTICS)).to_pylist()[0]
    terms = [step for step in plan.steps() if _is_of_customers(step)]
    made = Recipe(
        before=tuple(partials[:predicted]),
        after=tuple(partials[predicted:]),
        answers=(features, *terms, Step(RENEWED, packed(plan.memberships(stats), slots), is_kept=False)),
        due=Step(DUE.name, due_rows(plan, stats)),
        slots=slots,
        facts=facts,
        definitions=definitions,
        models=kept_models(engine) if PREDICTIONS in facts.known else None,
    )
    return made if few is None else replace(made, by=beside(few, made.steps, FILLED, lambda: _rehearse(few, made)))


def renew(  # noqa: PLR0913  # what is left out has its usual value
    store: Store, how: Recipe, touched: pa.Table, now: datetime, *, keep: Keep | None = None, latest: Latest | None = None
) -> int:
    """Work out the answers of the customers of `TOUCHED` as of the moment and keep them; how many memberships changed.

    Args:
        store: it, within a transaction; it and the engine of `how` were told the moment.
        how: from `recipe`.
        touched: the rows of `TOUCHED`.
        now: the moment.
        keep: keeps their memberships, and what changed, if not by what is recorded of them; doing it again changes nothing.
        latest: is told the answers.
    """
    keep = keep or partial(renew_memberships, store, how.slots, touched, now)
    changed, answers = _worked_out(store, how, touched, keep)
    for step in how.kept:
        store.renew(step.name, answers[step.name], TOUCHED_ROWS)
    if latest is not None:
        latest.note(touched, {FEATURES: answers[FEATURES], CURRENT: answers[RENEWED]})
    return changed


def renew_as_seen(store: Store, how: Recipe, due: Sequence[int], now: datetime) -> dict[int, Seen] | None:
    """Keep what was seen ahead of customers for whom nothing but time has passed.

    None, and nothing is done, unless it was seen of all of them, and holds at the moment.

    Args:
        store: it, within a transaction.
        how: from `recipe`.
        due: who.
        now: the moment.
    """
    seen = None if how.by is None else how.by.foreseen.take(due, now)
    if seen is None:
        return None
    for name in (CURRENT, *(step.name for step in how.kept)):
        store.amend(name, {customer_id: of.cells[name] for customer_id, of in seen.items()})
    moves = [(customer_id, *move) for customer_id, of in seen.items() for move in of.moves]
    if moves:
        ids, segments, changes = zip(*moves, strict=True)
        add_changes(store, ids, segments, changes, why=["time"] * len(moves), at=now)
    return seen


def _worked_out(store: Store, how: Recipe, touched: pa.Table, keep: Keep) -> tuple[int, Answers]:
    if how.by is not None:
        how.by.foreseen.drop(touched["customer_id"].to_pylist())
        try:
            how.by.take(store, touched)
            return _worked_out_by(how.by.engine, store, how, keep)
        except UnsupportedError as error:  # for these rows; the store can
            _log.warning("answers are left to the store", extra={"action": "tick", "reason": str(error)})
    return _worked_out_by(store, store, how, keep)


def _worked_out_by(engine: Engine, store: Store, how: Recipe, keep: Keep) -> tuple[int, Answers]:
    """How many memberships changed, which are kept already, and all answers: whom to look at when depends on what has just changed."""
    make(engine, how)
    bits = rows_of(engine, how.answers[-1])
    changed = keep(bits)
    if how.by is not None and engine is how.by.engine:
        how.by.take_one(CHANGES.name, store)
    engine.make([how.due])
    answers = {RENEWED: bits, **{step.name: rows_of(engine, step) for step in how.kept}}
    clear(engine, how)
    return changed, answers


def add_products(store: Store, facts: Facts, since: ir.TimestampValue) -> None:
    """Give products that were sold for the first time, by lines received from an instant on, their place among the known ones."""
    lines, known = t.ORDER_LINES.unbound(), PRODUCTS.table(facts)
    new = lines.filter(lines.received_at >= since, lines.product_id.notnull()).anti_join(known, "product_id")
    if store.query(new.select("product_id").limit(1)).num_rows:
        store.insert(PRODUCTS.table_name, later_products(replace(facts, only="")))


def prepare(store: Store, how: Recipe) -> None:
    """Have the statements written that the first renewal would wait for."""
    read = how.by.read if how.by is not None else [step.expression for step in how.steps]
    for rows in read:
        store.sql(rows)


def make(engine: Engine, how: Recipe) -> None:
    """Make temporary tables of the answers, which hide the kept ones until they are cleared."""
    if how.models is None:
        engine.make((*how.before, *how.after, *how.answers))
        return
    engine.make(how.before)
    answer(engine, how.models, how.facts, how.definitions.catalog.settings.predictions, temporary=True)
    engine.make((*how.after, *how.answers))


def clear(engine: Engine, how: Recipe) -> None:
    """Drop what `make` made."""
    for name in (*(step.name for step in how.steps), *(FILLED if how.models else ())):
        engine.drop(name, temporary=True)


def _rehearse(few: Few, how: Recipe) -> None:
    make(few, how)
    few.make([how.due])


def rows_of(engine: Engine, step: Step) -> pa.Table:
    """The rows of a table that was made."""
    return engine.query(ibis.table(step.expression.schema(), name=step.name))


def _is_of_customers(step: Step) -> bool:
    return "customer_id" in step.expression.columns
