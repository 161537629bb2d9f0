"""Fitted models as plain values and back, so that what was fitted today answers tomorrow."""

from __future__ import annotations

from dataclasses import fields
from math import isfinite, nan
from typing import TYPE_CHECKING, Any

from patron.kernel.errors import InputError
from patron.kernel.problems import Problem, did_you_mean
from patron.predictions.bgnbd import BGNBD
from patron.predictions.cnbd import BGCNBD, CNBD, MBGCNBD
from patron.predictions.gamma_gamma import GammaGamma
from patron.predictions.mbgnbd import MBGNBD
from patron.predictions.model import Fitted
from patron.predictions.naive import NaiveRate, RecencyRule, Zero
from patron.predictions.next_order import Gaps
from patron.predictions.paretonbd import ParetoNBD
from patron.predictions.seasonality import SEASONAL, SUFFIX, Season, Seasonal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patron.predictions.scoring import Predictor

_FITTED: dict[str, type[BGNBD | CNBD | ParetoNBD | GammaGamma]] = {
    m.name: m for m in (BGNBD, MBGNBD, BGCNBD, MBGCNBD, ParetoNBD, GammaGamma)
}
_NAIVE = ("zero", "naive_rate", "recency_rule")
_GAPS = "gaps"
_EXTRA = ("mean_seen", "correlation", "k")


def name_of(model: Predictor | Seasonal | GammaGamma | Gaps) -> str:
    """What a model is called where it is kept."""
    return _GAPS if isinstance(model, Gaps) else model.name


def as_values(model: Predictor | Seasonal | GammaGamma | Gaps) -> dict[str, Any]:
    """All that has to be kept of a model, as JSON knows it."""
    match model:
        case Fitted():
            covariance = None if model.covariance is None else [list(row) for row in model.covariance]
            extra = {name: getattr(model, name) for name in _EXTRA if hasattr(model, name)}
            known = model.log_likelihood if isfinite(model.log_likelihood) else None
            likelihood = {"log_likelihood": known, "customers": model.customers, "doubt": model.doubt}
            return {"values": model.parameters, "covariance": covariance, **likelihood, **extra}
        case Seasonal():
            return as_values(model.model) | {"season": {f.name: list(getattr(model.season, f.name)) for f in fields(Season)}}
        case NaiveRate():
            return {"values": {"rate": model.rate, "settling": model.settling}}
        case RecencyRule():
            return {"values": {"rate": model.going_on.rate, "settling": model.going_on.settling, "gap": model.gap}}
        case Gaps():
            return {"values": {f.name: getattr(model, f.name) for f in fields(model)}}
        case _:
            return {"values": {}}


def from_values(name: str, kept: Mapping[str, Any]) -> Any:  # noqa: ANN401  # what it is depends on the name
    """The model that `as_values` was given.

    Raises:
        InputError: no model has this name.
    """
    values = kept["values"]
    if name in _FITTED:
        of = _FITTED[name]
        covariance = None if kept["covariance"] is None else tuple(map(tuple, kept["covariance"]))
        extra = {key: kept[key] for key in _EXTRA if key in kept}
        numbers = tuple(values[n] for n in of.names)
        likelihood = nan if kept["log_likelihood"] is None else kept["log_likelihood"]
        return of(numbers, likelihood, covariance, kept["customers"], kept["doubt"], **extra)
    if name.removesuffix(SUFFIX) in SEASONAL:
        season = Season(**{part: tuple(of) for part, of in kept["season"].items()})
        return Seasonal(from_values(name.removesuffix(SUFFIX), kept), season)
    match name:
        case "zero":
            return Zero()
        case "naive_rate":
            return NaiveRate(**values)
        case "recency_rule":
            return RecencyRule(NaiveRate(values["rate"], values["settling"]), values["gap"])
        case "gaps":
            return Gaps(**values)
    known = (*_FITTED, *(of + SUFFIX for of in SEASONAL), *_NAIVE, _GAPS)
    raise InputError("A kept model cannot be read.", [Problem("model", name, f"one of {', '.join(known)}", did_you_mean(name, known))])
