"""The back-test: what each model would have said on days of the shop's own past, and which is to be taken."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING

import numpy as np

from patron.app.actions.entering import further, with_trees
from patron.app.actions.refreshing import facts_at
from patron.features.partials.orders import LOG_SCALE
from patron.kernel.errors import InputError
from patron.kernel.time import iso
from patron.predictions.choosing import STANDARD, Origin, choose
from patron.predictions.pasts import pasts, rows_of
from patron.runtime.predicting import fitted_spend, numbers

if TYPE_CHECKING:
    from datetime import date, datetime

    import pyarrow as pa
    from numpy.typing import ArrayLike

    from patron.app.project import Project
    from patron.facts.as_of import Facts
    from patron.features.settings import PredictionSettings
    from patron.predictions.choosing import Choice
    from patron.predictions.choosing.results import OfSegment
    from patron.predictions.histories import Floats
    from patron.predictions.pasts import Past
    from patron.runtime.loading_options import Progress

ORIGINS = 3
_MOST = 50_000
_DRAWN = 5_000
_DRAWINGS = 200
_OFF = 0.1


@dataclass(frozen=True, slots=True)
class Backtest:
    """What the shop's own past says of models.

    Attributes:
        as_of: the instant from which was looked back.
        horizon_days: how far was looked from each origin.
        one_in: of so many customers one was looked at.
        choice: the table and what follows from it.
    """

    as_of: datetime
    horizon_days: int
    one_in: int
    choice: Choice

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {
            "as_of": iso(self.as_of),
            "horizon_days": self.horizon_days,
            "one_in": self.one_in,
            **self.choice.as_json(),
            "warnings": list(warnings(self.choice)),
        }


def backtest(  # noqa: PLR0913  # options of one call
    project: Project,
    *,
    as_of: str = "",
    origins: int = ORIGINS,
    horizon_days: int | None = None,
    boosting: bool = False,
    progress: Progress,
) -> Backtest:
    """Every model on days of the shop's own past, and which is to be taken.

    Args:
        project: the shop's.
        as_of: the instant from which to look back; now if empty.
        origins: how many days of the past.
        horizon_days: how far to look from each; as in the settings if not given.
        boosting: whether boosted trees take part too, whatever the settings say.
        progress: is told about every origin.

    Raises:
        InputError: nothing was loaded yet, nobody has ordered, or the instant cannot be read.
    """
    settings = project.config.predictions
    facts = facts_at(project, as_of)
    horizon = horizon_days or settings.horizon_days
    first, customers = _extent(project, facts)
    looked_at = pasts(facts, first, count=origins, horizon_days=horizon)
    one_in = max(1, -(-customers // _MOST))
    rows = []
    for number, past in enumerate(looked_at):
        progress(number, len(looked_at) + 1, f"customers as of {past.day}")
        rows.append((str(past.day), project.store.query(rows_of(facts, past, one_in=one_in))))
    progress(len(looked_at), len(looked_at) + 1, "models")
    known = _origins(rows, settings)

    def origin(past: Past) -> Origin | None:
        table = project.store.query(rows_of(facts, past, one_in=one_in)) if past.day > first else None
        return _origin(str(past.day), table, numbers(table, "customer_id"), settings) if table and table.num_rows else None

    trees = with_trees(looked_at, origin, is_asked=boosting or settings.boosting)
    others = further(project.store, facts, looked_at, known, trees)
    choice = choose(known, float(horizon), entrants=(*STANDARD, *others.entrants), replicates=_DRAWINGS, most=_DRAWN)
    return Backtest(facts.as_of, horizon, one_in, replace(choice, absent=others.absent))


def absentees(choice: Choice) -> tuple[str, ...]:
    """Who did not take part in the back-test, and why."""
    return tuple(f"{of.title[0].upper()}{of.title[1:]} took no part: {of.why}." for of in choice.absent)


def warnings(choice: Choice) -> tuple[str, ...]:
    """For whom the chosen predictor was not good: groups of whom it expected too many orders or too few, beyond chance."""
    found = [s for s in choice.segments if s.model == choice.chosen and _is_off(s)]
    return tuple(f"Of {who(s.segment)} it expected {s.expected:,.0f} orders, and {s.actual:,.0f} came." for s in found)


def _is_off(of: OfSegment) -> bool:
    ratio = of.sum_ratio
    if ratio.value is None or ratio.low is None or ratio.high is None:
        return False
    return abs(ratio.value - 1) > _OFF and not ratio.low <= 1 <= ratio.high


def who(segment: str) -> str:
    """A group of customers in words."""
    special = {
        "younger than the horizon": "customers whose first order is closer than the horizon",
        "top 1 % by spend": "the one in a hundred who had spent the most",
    }
    return special.get(segment, f"customers with {segment}")


def _extent(project: Project, facts: Facts) -> tuple[date, int]:
    """The shop's day of the first order that counts, and how many customers have one."""
    sales = facts.sales.filter(facts.sales.customer_id.notnull())
    row = project.store.query(sales.aggregate(first=sales.ordered_at.min(), n=sales.customer_id.nunique().cast("int64"))).to_pylist()[0]
    if row["first"] is None:
        raise InputError("Nothing can be learned yet: no order counts as of this instant.")
    return _day(facts, row["first"]), row["n"]


def _day(facts: Facts, naive: datetime) -> date:
    return facts.shop.calendar.day_of(naive.replace(tzinfo=UTC))


def _origins(rows: list[tuple[str, pa.Table]], settings: PredictionSettings) -> list[Origin]:
    ids = [numbers(table, "customer_id") for _, table in rows]
    every = np.unique(np.concatenate(ids)) if ids else np.zeros(0, dtype=np.int64)
    return [_origin(name, table, np.searchsorted(every, own), settings) for (name, table), own in zip(rows, ids, strict=True) if len(own)]


def _origin(name: str, table: pa.Table, ids: ArrayLike, settings: PredictionSettings) -> Origin:
    of = {c: numbers(table, c).astype(np.float64) for c in table.column_names if c != "customer_id"}
    value = _order_values(of["paid_count"], of["paid_sum"], settings)
    judged = {"order_value": value, "revenue": np.maximum(of["revenue"], 0.0), "spend": of["paid_sum"]} if value is not None else {}
    gaps = of["log_gaps"] / LOG_SCALE
    return Origin(name, of["x"], of["t_x"], of["age_days"], of["order_count"], customers=ids, log_gaps=gaps, **judged)


def _order_values(count: Floats, total: Floats, settings: PredictionSettings) -> Floats | None:
    """What an order of each customer was expected to be worth, by a model that learned from what was known then."""
    paid = count > 0
    mean = total[paid] / np.maximum(count[paid], 1)
    model = fitted_spend(count[paid], mean, np.ones(int(paid.sum())), settings)
    return None if model is None else model.expected_value(count, np.where(paid, total / np.maximum(count, 1), 1.0))
