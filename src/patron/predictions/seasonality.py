"""Operational time: days that count for more when a shop is busy, so that a model of steady buying fits a shop that is not steady.

A day lasts as long as the shop's usual orders of that month and weekday say, a year remains a year. Histories are told in these days before
a model sees them, and so is the horizon; all formulae of (M)BG/NBD hold exactly, for customers leave only after an order. It is an
experiment: it takes part in the back-test (`seasonal`), and is used where it wins there, for the orders to expect; chances and who has left
are told by a model in days. It needs two whole years of orders.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from patron.predictions.histories import Cells, as_floats, checked, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from numpy.typing import ArrayLike

    from patron.predictions.bgnbd import BGNBD
    from patron.predictions.choosing.entrants import Entrant, Forecast
    from patron.predictions.choosing.origins import Known
    from patron.predictions.histories import Floats, Integers

SUFFIX = "_seasonal"
SEASONAL = ("bgnbd", "mbgnbd")
"""Models that may be told in operational time."""
_MONTHS = 24
_AHEAD = 800  # days: farther than any answer looks
_BACK = 14_600  # days: few shops are older, and where a clock begins must not change what it says
_BELIEVED = 50.0  # orders that an ordinary month or weekday counts for
_LEAST = 0.02  # time never stands still
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday


@dataclass(frozen=True, slots=True)
class Season:
    """How busy a shop usually is.

    Attributes:
        months: January to December; 1 is an average day.
        weekdays: Monday to Sunday.
    """

    months: tuple[float, ...]
    weekdays: tuple[float, ...]

    def busy(self, first: date, days: int) -> Floats:
        """How long so many days last from the first on: about 1 on the mean of a year."""
        dates = np.datetime64(first, "D") + np.arange(days)
        found: Floats = np.asarray(self.months)[_month(dates)] * np.asarray(self.weekdays)[_weekday(dates)]
        return np.maximum(found, _LEAST)


@dataclass(frozen=True, slots=True, eq=False)
class Clock:
    """Operational time around a day of the past.

    Attributes:
        at: the day, counted from the first day of `passed`; its own orders are known.
        passed: operational days from the first day to the end of each day, the horizon after `at` included.
    """

    at: int
    passed: Floats

    def ages(self, t_x: Floats, T: Floats) -> tuple[Floats, Floats]:  # noqa: N803
        """Ages at the last purchase and at the end, in operational days.

        Raises:
            InputError: a customer is older than the clock.
        """
        refuse({"T": T}, {"T": [(self.at < T, f"at most {self.at} days, as long as the clock has run")]})
        first = self._read(self.at - T)
        return self._read(self.at - T + t_x) - first, self._read(np.full(len(T), float(self.at))) - first

    def horizon(self, days: float) -> float:
        """How long so many days after `at` last."""
        return float(np.diff(self._read(np.array([self.at, self.at + days])))[0])

    def _read(self, days: Floats) -> Floats:
        read: Floats = np.interp(days, np.arange(len(self.passed)), self.passed)
        return read


@dataclass(frozen=True, slots=True)
class Seasonal:
    """A model that was fitted in operational time, with the season that makes it.

    Attributes:
        model: its time is operational.
        season: how busy the shop usually is.
    """

    model: BGNBD
    season: Season

    @property
    def name(self) -> str:
        """As in the back-test."""
        return self.model.name + SUFFIX

    @property
    def parameters(self) -> dict[str, float]:
        """Of the model."""
        return self.model.parameters

    @property
    def standard_errors(self) -> dict[str, float] | None:
        """Of the model's parameters."""
        return self.model.standard_errors

    @property
    def doubt(self) -> str:
        """Why the parameters should not be trusted; empty when nothing is wrong."""
        return self.model.doubt

    def on(self, day: date) -> OnDay:
        """The model at the end of a day: answers depend on which days are to come."""
        return OnDay(self.model, _clock_of_day(self.season, day, _BACK))


@dataclass(frozen=True, slots=True, eq=False)
class OnDay:
    """A model in operational time at the end of a day, asked in days.

    Attributes:
        model: its time is operational.
        clock: around the day.
    """

    model: BGNBD
    clock: Clock

    @property
    def name(self) -> str:
        """As in the back-test."""
        return self.model.name + SUFFIX

    def expected_purchases(self, t: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:  # noqa: N803
        """Expected purchases of each customer within t days."""
        _, of_t, of_end, _ = checked(x, t_x, T)
        return self.model.expected_purchases(self.clock.horizon(t), x, *self.clock.ages(of_t, of_end))


def seasonal_cells(of: Season, day: date, histories: Cells) -> Cells:
    """Histories as of the end of a day, told in operational time, in the same order."""
    t_x, age = _clock_of_day(of, day, _BACK).ages(histories.t_x, histories.T)
    return Cells(histories.x, t_x, age, histories.n)


def season(daily: ArrayLike, first: date) -> Season | None:
    """How busy the shop usually is by month and weekday; None with less than two whole years.

    A month is compared with the twelve months around it, so growth is no season.

    Args:
        daily: orders of each day, without gaps, up to the last day that is known.
        first: the date of the first of them.
    """
    counts = as_floats({"daily": daily})["daily"]
    refuse({"daily": counts}, {"daily": [(counts < 0, "0 or more")]})
    dates = np.datetime64(first, "D") + np.arange(len(counts))
    months = dates.astype("datetime64[M]").astype(np.int64)
    begun = months[0] + (0 if dates[0] == dates[0].astype("datetime64[M]") else 1)
    over = (dates[-1] + 1).astype("datetime64[M]").astype(np.int64)  # the month of the day after: not complete
    whole = (months >= begun) & (months < over)
    if over - begun < _MONTHS:
        return None
    weekdays = _drawn(_by(_weekday(dates), counts, 7), _by(_weekday(dates), np.full(len(counts), counts.mean()), 7))
    of_months = _by(months[whole] - begun, counts[whole], int(over - begun))
    days = _by(months[whole] - begun, np.ones(int(whole.sum())), int(over - begun))
    return Season(_of_year(of_months, days, int(begun) % 12), tuple((weekdays / weekdays.mean()).tolist()))


def clock(of: Season, first: date, at: int, horizon: int) -> Clock:
    """The clock of a day of the past.

    Args:
        of: learned from what was known then.
        first: the date that days are counted from; no customer is older.
        at: the day of the past, counted from there.
        horizon: days after it.
    """
    passed = np.concatenate(([0.0], np.cumsum(of.busy(first, at + horizon + 1))))
    return Clock(at, passed[1:])


def seasonal(entrant: Entrant, clocks: Mapping[str, Clock]) -> Entrant:
    """An entrant that sees histories and horizon in operational time.

    Args:
        entrant: a purchase model.
        clocks: by the name of the origin, each learned from what was known then.
    """

    def forecast(at: Known, horizon: float) -> Forecast:
        of = clocks[at.name]
        t_x, age = of.ages(at.t_x, at.T)
        return entrant.forecast(replace(at, t_x=t_x, T=age), of.horizon(horizon))

    name, title = f"{entrant.name}{SUFFIX}", f"{entrant.title} by season"
    return replace(entrant, name=name, title=title, forecast=forecast, is_model=False, tells_who_left=False)


def _clock_of_day(of: Season, day: date, back: int) -> Clock:
    return clock(of, day - timedelta(days=back), back, _AHEAD)


def _of_year(counts: Floats, days: Floats, begun: int) -> tuple[float, ...]:
    """Of each month of the year, orders over what the twelve months around let expect; their mean is 1."""
    rates = counts / days
    around = np.convolve(rates, np.array([0.5, *[1.0] * 11, 0.5]) / 12, mode="valid")  # of all months but the first and last six
    inner = slice(6, 6 + len(around))
    place = (begun + np.arange(len(counts)))[inner] % 12
    found = _drawn(_by(place, counts[inner], 12), _by(place, around * days[inner], 12))
    return tuple((found / found.mean()).tolist())


def _drawn(counted: Floats, expected: Floats) -> Floats:
    return np.maximum((counted + _BELIEVED) / (expected + _BELIEVED), _LEAST)


def _by(place: Integers, amounts: Floats, size: int) -> Floats:
    return np.bincount(place, weights=amounts, minlength=size).astype(np.float64, copy=False)


def _month(dates: np.ndarray[tuple[int], np.dtype[np.datetime64]]) -> Integers:
    return dates.astype("datetime64[M]").astype(np.int64) % 12


def _weekday(dates: np.ndarray[tuple[int], np.dtype[np.datetime64]]) -> Integers:
    return (dates.astype(np.int64) + _EPOCH_WEEKDAY) % 7
