"""What customers will be worth: expected purchases times what one is worth, discounted to today.

CLV here is the expected contribution margin after T over a stated horizon. Rates are per year of 365 days and horizons in days; models
count in a unit of their own, which `unit_days` tells: 1 for a model fitted to ages in days, 7 in weeks. Discounting is continuous, each
purchase from its own time, but for `monthly_clv`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from patron.kernel.errors import InputError
from patron.kernel.problems import Problem
from patron.predictions.histories import as_floats, refuse

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from patron.predictions.histories import Floats
    from patron.predictions.model import PurchaseModel

YEAR_DAYS = 365.0
_NODES = 16
_ENDLESS_NODES = 96
_NEGLIGIBLE = 42.0  # e to the minus of it is below rounding


def clv(  # noqa: PLR0913
    model: PurchaseModel, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, margin: ArrayLike, *,  # noqa: N803
    horizon_days: float | None = YEAR_DAYS, yearly_rate: float = 0.1, unit_days: float = 1.0,
) -> Floats:  # fmt: skip
    """Expected contribution margin of each customer after T, discounted to T.

    Args:
        model: of purchases.
        x: repeat purchases.
        t_x: age at the last of them, in the unit of the model.
        T: age now, in the unit of the model.
        margin: expected contribution margin of an order, one for all or one for each customer; the answer is in the same money.
        horizon_days: how far to look, in days; None for without end.
        yearly_rate: of discounting: .1 makes what comes in a year worth 1/1.1.
        unit_days: how many days the unit of the model has.

    Raises:
        InputError: rows that are no histories; a horizon, rate or unit that cannot be; no end and no discount.
    """
    _positive("unit_days", unit_days)
    horizon = None if horizon_days is None else horizon_days / unit_days
    found = discounted_purchases(model, x, t_x, T, rate=continuous_rate(yearly_rate, unit_days=unit_days), horizon=horizon)
    return found * _margins(margin, len(found))


def monthly_clv(  # noqa: PLR0913
    model: PurchaseModel, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, margin: ArrayLike, *,  # noqa: N803
    months: int, monthly_rate: float, unit_days: float = 1.0, month_days: float = YEAR_DAYS / 12,
) -> Floats:  # fmt: skip
    """Expected contribution margin of each customer over some months after T, each month discounted as if it came at its end.

    The convention of lifetimes' `customer_lifetime_value`, except that a month is that long whatever the unit of the model is.

    Args:
        model: of purchases.
        x: repeat purchases.
        t_x: age at the last of them, in the unit of the model.
        T: age now, in the unit of the model.
        margin: expected contribution margin of an order, one for all or one for each customer.
        months: how many.
        monthly_rate: of discounting, per month.
        unit_days: how many days the unit of the model has.
        month_days: how many days a month has; 4.345 times 7 is what lifetimes takes in weeks.

    Raises:
        InputError: rows that are no histories, or lengths that cannot be.
    """
    for name, value in (("unit_days", unit_days), ("month_days", month_days), ("months", months), ("1 + monthly_rate", 1 + monthly_rate)):
        _positive(name, value)
    total, before = np.zeros(1), np.zeros(1)
    for month in range(1, months + 1):
        until = model.expected_purchases(month * month_days / unit_days, x, t_x, T)
        total = total + (until - before) / (1.0 + monthly_rate) ** month
        before = until
    return total * _margins(margin, len(total))


def discounted_purchases(  # noqa: PLR0913
    model: PurchaseModel,
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,  # noqa: N803
    *,
    rate: float,
    horizon: float | None = None,
) -> Floats:
    """Expected purchases of each customer after T, each discounted from its time to T; without end this is DERT.

    By parts it is e^(−rate H) E(H) + rate ∫ e^(−rate t) E(t) dt up to the horizon H, E(t) the expected purchases within t, of any model.

    Args:
        model: of purchases.
        x: repeat purchases.
        t_x: age at the last of them.
        T: age now.
        rate: of discounting, continuous, per unit of the model's time: ln(1.15)/52 is 15 % a year in weeks.
        horizon: how far to look, in the same unit; None for without end.

    Raises:
        InputError: rows that are no histories; a rate or horizon that cannot be.
    """
    if not (np.isfinite(rate) and rate >= 0):
        raise InputError("Nothing can be discounted.", [Problem("rate", f"{rate:g}", "0 or more")])
    if horizon is None and rate == 0:
        raise InputError("Without end and without discount the answer is infinite.", [Problem("rate", "0", "a rate above 0, or a horizon")])
    until = _NEGLIGIBLE / rate if horizon is None else horizon
    at_end = model.expected_purchases(until, x, t_x, T)
    if rate == 0 or until == 0:
        return at_end
    finest, count = (1e-7, _ENDLESS_NODES) if horizon is None else (1 / 256, _NODES)
    times, widths = _steps(until, until * finest, count)
    total = at_end * np.exp(-rate * until)
    for time, width in zip(times.tolist(), widths.tolist(), strict=True):
        total = total + rate * width * np.exp(-rate * time) * model.expected_purchases(time, x, t_x, T)
    return total


def continuous_rate(yearly_rate: float, *, unit_days: float = 1.0) -> float:
    """The rate of continuous discounting per unit of time that makes a yearly rate: ln(1 + rate) over the units in 365 days."""
    _positive("1 + yearly_rate", 1.0 + yearly_rate)
    return float(np.log1p(yearly_rate) * unit_days / YEAR_DAYS)


def _steps(until: float, finest: float, count: int) -> tuple[Floats, Floats]:
    """Times up to an end and their widths, by Gauss and Legendre's rule in ln(1 + time / finest): expectations bend most at the start."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    longest = np.log1p(until / finest)
    u = longest / 2 * (nodes + 1)
    return finest * np.expm1(u), longest / 2 * weights * finest * np.exp(u)


def _margins(margin: ArrayLike, rows: int) -> Floats:
    values = as_floats({"margin": margin})["margin"]
    if len(values) not in {1, rows}:
        raise InputError("The arrays cannot be used.", [Problem("margin", f"{len(values):,} rows", f"one number, or {rows:,} rows")])
    return values


def _positive(name: str, value: float) -> None:
    refuse({name: np.array([float(value)])}, {name: [(np.array([not (np.isfinite(value) and value > 0)]), "a number above 0")]})
