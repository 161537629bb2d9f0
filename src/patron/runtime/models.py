"""Kept models: what was fitted to the shop's past, and how good it was there; answers are worked out from them at every refresh."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING

from patron.features.partials.histories import TERMS
from patron.kernel.arrow import arrow_rows
from patron.kernel.tables import Column, Table
from patron.kernel.time import in_utc
from patron.predictions.choosing.results import Choice
from patron.predictions.kept import as_values, from_values, name_of
from patron.predictions.scoring import Scorer
from patron.predictions.seasonality import Seasonal

if TYPE_CHECKING:
    from datetime import date, datetime

    from patron.features.settings import PredictionSettings
    from patron.ports.engine import Engine, Store
    from patron.predictions.gamma_gamma import GammaGamma
    from patron.predictions.histories import Cells
    from patron.predictions.next_order import Gaps
    from patron.predictions.scoring import Model, Predictor

MODELS = Table(
    "models",
    "one row per fitted model that answers are worked out from",
    ("kind",),
    (
        Column("kind", "text", "what it answers: orders, chances, alive, spend or gaps", required=True),
        Column("name", "text", "which model it is", required=True),
        Column("parameters", "text", "its parameters with their covariance, as JSON", required=True),
        Column("doubt", "text", "why its parameters should not be trusted; empty when nothing is wrong", required=True),
        Column("as_of", "instant", "the instant before which the facts are that it was fitted to", required=True),
        Column("fitted_at", "instant", "when it was fitted", required=True),
        Column("customers", "number", "how many customers it was fitted to", required=True),
        Column("backtest", "text", "of the model of orders, the back-test that chose it, as JSON"),
    ),
)


@dataclass(frozen=True, slots=True)
class Models:
    """The models that answers are worked out from.

    Attributes:
        orders: expects orders.
        chances: gives the probability to order, and intervals; mostly the same.
        alive: tells who is still a customer; mostly the same.
        spend: what an order is worth; None where nothing was ever paid.
        gaps: when the next order comes; None where nobody has come back.
        choice: the back-test that chose them; None where one was named.
        as_of: facts before this instant were learned from.
        fitted_at: when.
        customers: who were learned from.
        histories: theirs, just after the fit; None for models that were kept.
    """

    orders: Predictor | Seasonal
    chances: Model
    alive: Model
    spend: GammaGamma | None
    gaps: Gaps | None
    choice: Choice | None
    as_of: datetime
    fitted_at: datetime
    customers: float
    histories: Cells | None = field(default=None, compare=False, repr=False)

    def scorer(self, settings: PredictionSettings, day: date) -> Scorer:
        """Who answers what about histories as of the end of a day."""
        return Scorer(self.orders_on(day), self.chances, self.alive, settings.discount_rate_per_year)

    def orders_on(self, day: date) -> Predictor:
        """Who expects orders at the end of a day."""
        return self.orders.on(day) if isinstance(self.orders, Seasonal) else self.orders

    def terms(self) -> dict[str, float | None]:
        """The row of `features.partials.histories.TERMS`."""
        terms: dict[str, float | None] = dict.fromkeys(TERMS.schema().names)
        if self.spend is not None:
            spend = self.spend
            terms |= {"spend_p": spend.p, "spend_q": spend.q, "spend_v": spend.v, "spend_mean": spend.mean_seen}
        if self.gaps is not None:
            gaps = self.gaps
            terms |= {"gap_centre": gaps.centre, "gap_between": gaps.between, "gap_within": gaps.within, "gap_certainty": gaps.certainty}
        return terms


def kept_models(engine: Engine) -> Models | None:
    """The models that were kept last; None when there are none."""
    if MODELS.name not in engine.tables():
        return None
    rows = {str(r["kind"]): r for r in engine.query(MODELS.unbound()).to_pylist()}
    if "orders" not in rows:
        return None
    found = {kind: from_values(r["name"], json.loads(r["parameters"])) for kind, r in rows.items()}
    first = rows["orders"]
    return Models(
        orders=found["orders"],
        chances=found["chances"],
        alive=found["alive"],
        spend=found.get("spend"),
        gaps=found.get("gaps"),
        choice=_choice(first["backtest"]),
        as_of=first["as_of"].replace(tzinfo=UTC),
        fitted_at=first["fitted_at"].replace(tzinfo=UTC),
        customers=first["customers"],
    )


def _choice(kept: str | None) -> Choice | None:
    """The back-test that was kept; None when there is none, or an earlier version wrote it in other words: models answer without it."""
    try:
        return Choice.from_json(json.loads(kept)) if kept else None
    except (KeyError, TypeError):
        return None


def keep_models(store: Store, models: Models) -> None:
    """Keep models in place of those that were kept."""
    store.declare(MODELS)
    store.delete(MODELS.name, MODELS.unbound().select("kind"), on=MODELS.key)
    given = {"orders": models.orders, "chances": models.chances, "alive": models.alive, "spend": models.spend, "gaps": models.gaps}
    common = {"as_of": in_utc(models.as_of), "fitted_at": in_utc(models.fitted_at), "customers": models.customers}
    rows = [
        {
            "kind": kind, "name": name_of(model), "parameters": json.dumps(as_values(model)), "doubt": getattr(model, "doubt", ""),
            **common,
            "backtest": json.dumps(models.choice.as_json()) if kind == "orders" and models.choice else None,
        }
        for kind, model in given.items() if model is not None
    ]  # fmt: skip
    store.insert(MODELS.name, arrow_rows(MODELS, rows))
