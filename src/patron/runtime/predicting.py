"""Models fitted to a shop and asked about all its customers: the engine groups histories, models see each distinct one once.

What is held here grows with distinct histories, not with customers; the answers go back into the engine piece by piece.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import pyarrow as pa

from patron.features.partials.histories import (
    CELLS,
    FIRST_STEP,
    HISTORIES,
    KEY,
    LAST_STEP,
    MOST_DEGREES,
    NEXT,
    STEPS,
    TERMS,
    cells_of,
    last_day,
)
from patron.features.partials.orders import GAPS, LOG_SCALE
from patron.kernel.arrow import arrow_rows
from patron.kernel.errors import InputError
from patron.kernel.problems import Problem, did_you_mean
from patron.predictions import bgnbd, cnbd, gamma_gamma, mbgnbd, naive, next_order, paretonbd
from patron.predictions.choosing.entrants import FEW, regular_with_care, with_care
from patron.predictions.gap_ends import ends
from patron.predictions.histories import Cells, cells
from patron.predictions.kept import name_of
from patron.predictions.pasts import busy_days
from patron.predictions.scoring import MODELS, pieces
from patron.predictions.seasonality import SEASONAL, SUFFIX, Seasonal, season, seasonal_cells
from patron.runtime.models import Models

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future
    from datetime import date, datetime

    import ibis.expr.types as ir

    from patron.facts.as_of import Facts
    from patron.features.settings import PredictionSettings
    from patron.ports.engine import Engine
    from patron.predictions.choosing import Choice
    from patron.predictions.gamma_gamma import GammaGamma
    from patron.predictions.histories import Floats
    from patron.predictions.next_order import Gaps
    from patron.predictions.scoring import Model, Predictor
    from patron.predictions.seasonality import Season

KINDS = {"bgnbd": bgnbd, "mbgnbd": mbgnbd, "paretonbd": paretonbd}
"""Models of buying and leaving, by name."""
USUAL = "mbgnbd"
"""The one that tells of everyone whether they have left, and needs the least."""
REGULAR = {model.name: model for model in (cnbd.BGCNBD, cnbd.MBGCNBD)}
"""Models of regular buyers, by name."""
NAMES = ("naive_rate", *KINDS, *REGULAR, *(of + SUFFIX for of in SEASONAL))
FILLED = (CELLS.name, TERMS.name, NEXT.name)
"""The tables of answers."""
_WHO_LEFT = {"bgnbd": "mbgnbd", "bgcnbd": "mbgcnbd"}  # who tells of everyone whether they have left, in place of who does not
_MANY = 100_000
_AT_ONCE = 2  # models fitted, or pieces answered
_FINE, _FINEST = 25.0, 1e6  # of the mean and the variance of logarithms of gaps, where customers are many and few
_STEPS = 256.0  # of a mean value, in its natural logarithm, where customers are many


@dataclass(frozen=True, slots=True)
class Names:
    """Which models answer, and the back-test that says so.

    Attributes:
        orders: expects orders.
        chances: gives probabilities and intervals.
        alive: tells who is still a customer.
        choice: None where the model was named by a person.
    """

    orders: str
    chances: str
    alive: str
    choice: Choice | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """What is learned from: distinct histories as of the end of a day, their gaps and the shop's season where a model needs them."""

    histories: Cells
    day: date
    log_gaps: Floats | None = None
    season: Season | None = None


def named(model: str) -> Names:
    """The models that go with one that was named: what it cannot tell, another does.

    Raises:
        InputError: there is no such model.
    """
    if model not in NAMES:
        problem = Problem("--model", model, f"auto, {', '.join(NAMES)}", did_you_mean(model, ("auto", *NAMES)))
        raise InputError("There is no such model.", [problem])
    of = model.removesuffix(SUFFIX)
    chances = of if of in KINDS or of in REGULAR else USUAL
    return Names(model, chances, _WHO_LEFT.get(chances, chances))


def fitted(engine: Engine, facts: Facts, names: Names, settings: PredictionSettings, *, now: datetime) -> Models:
    """Models fitted to all histories; the tables of the partials that they are made from must be there.

    Raises:
        InputError: nobody has ordered yet, or nobody has come back and what is usual of shops is not to be believed.
    """
    histories = grouped(engine, HISTORIES.table(facts))
    if histories is None:
        raise InputError("Nothing can be learned yet: no order counts as of this instant.")
    wanted = dict.fromkeys((names.orders, names.chances, names.alive))
    known = _Known(
        histories,
        last_day(facts),
        log_gaps=_log_gaps(engine, facts) if any(name in REGULAR for name in wanted) else None,
        season=_season(engine, facts) if any(name.endswith(SUFFIX) for name in wanted) else None,
    )
    with ThreadPoolExecutor(1) as pool:  # models are fitted while the engine works; beside each other they wait for one lock
        fits = {name: pool.submit(_fitted_orders, name, known, settings) for name in wanted}
        spend = fitted_spend(*_spend(engine, HISTORIES.table(facts), histories.customers), settings)
        gaps = _gaps(engine, GAPS.table(facts), histories.customers)
        made = {name: fit.result() for name, fit in fits.items()}
    return Models(
        orders=made[names.orders],
        chances=_as_model(made[names.chances]),
        alive=_as_model(made[names.alive]),
        spend=spend,
        gaps=gaps,
        choice=names.choice,
        as_of=facts.as_of,
        fitted_at=now,
        customers=histories.customers,
        histories=histories,
    )


def answer(engine: Engine, models: Models, facts: Facts, settings: PredictionSettings, *, temporary: bool = False) -> None:
    """Fill the tables of answers that `features.partials.histories.PREDICTIONS` reads; the one of histories must be there."""
    schema, scorer = CELLS.schema().to_pyarrow(), models.scorer(settings, last_day(facts))
    just_learned = models.histories is not None and models.as_of == facts.as_of
    histories = models.histories if just_learned else grouped(engine, HISTORIES.table(facts))

    def batch(piece: Cells) -> pa.RecordBatch:
        told = scorer.answers(piece)
        return pa.record_batch([pa.array(np.asarray(told[field.name])).cast(field.type) for field in schema], schema=schema)

    def batches() -> Iterator[pa.RecordBatch]:
        waiting: deque[Future[pa.RecordBatch]] = deque()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for piece in pieces(histories) if histories is not None else ():
                waiting.append(pool.submit(batch, piece))
                if len(waiting) > _AT_ONCE:  # no more are held than are worked on
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    engine.fill(CELLS.name, pa.RecordBatchReader.from_batches(schema, batches()), temporary=temporary)
    engine.fill(TERMS.name, arrow_rows(TERMS, [models.terms()]).to_reader(), temporary=temporary)
    engine.fill(NEXT.name, _ends(models.gaps).to_reader(), temporary=temporary)


def grouped(engine: Engine, histories: ir.Table) -> Cells | None:
    """Distinct histories; None when there is none."""
    rows = engine.query(cells_of(histories))
    if not rows.num_rows:
        return None
    x, t_x, age, n = (numbers(rows, c) for c in ("x", "t_x", "age_days", "n"))
    return cells(x, t_x, age, n)


def numbers(rows: pa.Table, name: str) -> Any:  # noqa: ANN401  # an array of whatever the column holds
    """A column of numbers, none unknown, as an array; Arrow's own way would load pandas where it is installed."""
    pieces = [np.from_dlpack(chunk) for chunk in rows.column(name).chunks if len(chunk)]
    return np.concatenate(pieces) if pieces else np.zeros(0, dtype=rows.schema.field(name).type.to_pandas_dtype())


def _fitted_orders(name: str, known: _Known, settings: PredictionSettings) -> Predictor | Seasonal:
    """A predictor of orders, with what is usual of shops where the settings say so."""
    if known.season is not None and name.endswith(SUFFIX):
        told = _Known(seasonal_cells(known.season, known.day, known.histories), known.day)
        model = _fitted_orders(name.removesuffix(SUFFIX), told, settings)
        if isinstance(model, bgnbd.BGNBD):
            return Seasonal(model, known.season)
    of = known.histories
    arrays = of.x, of.t_x, of.T
    if name == "naive_rate":
        return naive.naive_rate(*arrays, weights=of.n)
    few = {"few": FEW, "always": inf, "never": 0.0}[settings.prior]
    alone: Model
    if known.log_gaps is not None and name in REGULAR:
        at_first = REGULAR[name].first == 1
        if settings.prior == "never":
            return cnbd.most_likely(*arrays, known.log_gaps, weights=of.n, leaves_at_first=at_first)
        alone, doubt = regular_with_care(*arrays, known.log_gaps, weights=of.n, leaves_at_first=at_first, few=few)
        return replace(alone, doubt=doubt)
    kind: Any = KINDS[name]
    if settings.prior == "never":
        alone = kind.fit(*arrays, weights=of.n)
        return alone
    model, doubt = with_care(kind, *arrays, weights=of.n, few=few)
    return replace(model, doubt=doubt)


def fitted_spend(count: Any, mean: Any, weights: Any, settings: PredictionSettings) -> GammaGamma | None:  # noqa: ANN401  # arrays
    """What an order is worth, from customers who paid anything; None when nobody did."""
    if not len(count):
        return None
    alone = gamma_gamma.fit(count, mean, weights=weights)
    if settings.prior == "never" or (settings.prior == "few" and weights.sum() >= FEW and alone.covariance is not None and alone.q > 1):
        return alone
    usual = gamma_gamma.weak_prior([float((weights * count * mean).sum() / (weights * count).sum())])
    return replace(gamma_gamma.fit(count, mean, weights=weights, prior=usual), doubt=alone.doubt)


def _as_model(predictor: Predictor | Seasonal) -> Model:
    if isinstance(predictor, MODELS):
        return predictor
    raise InputError("There is no such model.", [Problem("model", name_of(predictor), f"one of {', '.join((*KINDS, *REGULAR))}")])


def _log_gaps(engine: Engine, facts: Facts) -> Floats:
    """Of each distinct history, in order, the mean sum of the logarithms of gaps."""
    histories, gaps = HISTORIES.table(facts), GAPS.table(facts).select("log_sum", _id="customer_id")
    both = histories.left_join(gaps, histories.customer_id == gaps._id)
    each = both.group_by(*KEY).aggregate(n=both.count().cast("int64"), log_sum=ibis.coalesce(both.log_sum, 0).sum().cast("int64"))
    rows = engine.query(each.order_by(*KEY))
    found: Floats = numbers(rows, "log_sum") / LOG_SCALE / numbers(rows, "n")
    return found


def _season(engine: Engine, facts: Facts) -> Season:
    rows = engine.query(busy_days(facts).order_by("day"))
    first, daily = daily_orders(rows, last_day(facts))
    found = season(daily, first)
    if found is None:
        problem = Problem("orders", f"{len(daily):,} days of them", "two whole years")
        raise InputError("There is no season to learn from yet: name a model without one.", [problem])
    return found


def daily_orders(rows: pa.Table, last: date) -> tuple[date, Floats]:
    """The first day with an order, and the orders of each day from then to the last day that is known.

    Args:
        rows: of `predictions.pasts.busy_days`, in the order of time, at least one.
        last: the last day.
    """
    days = rows.column("day").to_pylist()
    daily = np.zeros((last - days[0]).days + 1)
    daily[[(day - days[0]).days for day in days]] = numbers(rows, "order_count")
    return days[0], daily


def _spend(engine: Engine, histories: ir.Table, customers: float) -> tuple[Any, Any, Any]:
    """Numbers of paid days, their mean values, and how many customers have both; with many customers nearly equal means are one."""
    paid = histories.filter(histories.paid_count > 0)
    mean = paid.paid_sum.cast("float64") / paid.paid_count.cast("float64")
    near = (mean.ln() * _STEPS).floor().cast("int64") if customers > _MANY else paid.paid_sum
    each = paid.mutate(near=near).group_by("paid_count", "near")
    rows = engine.query(each.aggregate(n=lambda t: t.count().cast("int64"), total=lambda t: t.paid_sum.sum().cast("int64")))
    count, n, total = (numbers(rows, c).astype(np.float64) for c in ("paid_count", "n", "total"))
    return count, total / np.maximum(n * count, 1.0), n


def _gaps(engine: Engine, gaps: ir.Table, customers: float) -> Gaps | None:
    """How gaps between orders are spread; where customers are many, those with nearly the same are taken together."""
    gaps = gaps.filter(gaps.gap_count > 0)
    n = gaps.gap_count.cast("float64")
    logs, squares = (gaps[c].cast("float64") / ibis.literal(LOG_SCALE) for c in ("log_sum", "log_square_sum"))
    scattered = ibis.greatest(squares - logs * logs / n, ibis.literal(0.0))
    variance = ibis.ifelse(gaps.gap_count > 1, scattered / ibis.greatest(n - 1.0, ibis.literal(1.0)), ibis.literal(0.0))
    fine = _FINE if customers > _MANY else _FINEST
    near = gaps.mutate(mean=(logs / n * fine).round(), variance=(variance * fine).round()).group_by("gap_count", "mean", "variance")
    rows = engine.query(near.aggregate(customers=lambda t: t.count().cast("int64")))
    if not rows.num_rows:
        return None
    count, mean, spread, n_each = (numbers(rows, c).astype(np.float64) for c in rows.column_names)
    return next_order.fit(count, mean / fine, spread / fine, weights=n_each)


def _ends(gaps: Gaps | None) -> pa.Table:
    """Where gaps end, by how far they have gone: `predictions.next_order`, for a gap with centre 0 and scale 1."""
    if gaps is None:
        return arrow_rows(NEXT, ())
    steps = np.arange(FIRST_STEP, LAST_STEP + 1)
    degrees, step = np.repeat(np.arange(MOST_DEGREES + 1), len(steps)), np.tile(steps, MOST_DEGREES + 1)
    low, middle, high = ends(gaps.certainty + degrees.astype(np.float64), step.astype(np.float64) / STEPS)
    columns = {"degrees": degrees, "step": step, "low": low, "middle": middle, "high": high}
    return pa.table(columns).cast(NEXT.schema().to_pyarrow())
