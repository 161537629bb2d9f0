"""Every published value of CDNOW, to the digit it was given with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from patron.predictions import bgnbd, gamma_gamma, mbgnbd, paretonbd
from predictions import published
from predictions.cdnow import sample

if TYPE_CHECKING:
    from collections.abc import Callable

    from patron.predictions.histories import Floats, Integers

FITS: dict[str, Callable[..., Any]] = {"bg": bgnbd.fit, "mbg": mbgnbd.fit, "pareto": paretonbd.fit}
WEEKS = [("bg", published.BG), ("mbg", published.MBG), ("pareto", published.PARETO)]


@pytest.fixture(scope="module")
def fitted() -> dict[str, Any]:
    """The models of CDNOW in weeks."""
    return {name: fit(*sample().weeks) for name, fit in FITS.items()}


@pytest.fixture(scope="module")
def spend() -> gamma_gamma.GammaGamma:
    """Gamma-Gamma of lifetimes' file: repeat orders only."""
    has = sample().x > 0
    return gamma_gamma.fit(sample().x[has], sample().rounded_spend[has])


def same(model: Any, expected: tuple[Any, ...]) -> None:
    """Likelihood within 1e-6, parameters within 1e-5 and standard errors within 1e-3 of their size."""
    assert model.log_likelihood == pytest.approx(expected[0], rel=0, abs=1e-6)
    assert model.values == pytest.approx(expected[1], rel=1e-5)
    if len(expected) > 2:
        assert tuple(model.standard_errors.values()) == pytest.approx(expected[2], rel=1e-3)


def by_count(values: Floats | Integers) -> list[float]:
    """Means of customers with 0, 1, … 6 and at least 7 repeat orders."""
    group = np.minimum(sample().x, 7)
    return [float(values[group == g].mean()) for g in range(8)]


def counts(model: Any) -> list[float]:
    """Expected customers with 0, 1, … 6 and at least 7 repeat orders."""
    ages, n = np.unique(sample().weeks[2], return_counts=True)
    few = sum(count * model.pmf_of_new(age, 6) for age, count in zip(ages.tolist(), n.tolist(), strict=True))
    return [*few.tolist(), float(n.sum() - few.sum())]


def test_the_file_holds_what_the_papers_say() -> None:
    s = sample()
    assert (len(s.x), int(s.x.sum()), int((s.x > 0).sum()), int(s.later.sum())) == (2357, 2457, 946, 1882)
    assert (s.age.min(), s.age.max()) == (189, 272)
    assert s.rounded_spend[s.x > 0].mean() == pytest.approx(35.0779, abs=1e-3)
    for c in published.NAMED:
        row = c.number - 1
        assert (s.x[row], s.last[row], s.age[row], s.later[row]) == (c.x, c.last, c.age, c.later)
        assert s.rounded_spend[row] == pytest.approx(c.zbar, abs=1e-9)


@pytest.mark.parametrize(("name", "expected"), WEEKS)
def test_fits_to_the_dates_are_the_published_ones(fitted: dict[str, Any], name: str, expected: tuple[Any, ...]) -> None:
    same(fitted[name], expected)
    assert fitted[name].doubt == ""
    assert fitted[name].customers == 2357


@pytest.mark.parametrize(("name", "expected"), [("bg", published.BG_ROUNDED), ("pareto", published.PARETO_ROUNDED)])
def test_fits_to_the_rounded_file_are_those_of_lifetimes(name: str, expected: tuple[Any, ...]) -> None:
    same(FITS[name](*sample().rounded), expected)


@pytest.mark.parametrize(("name", "expected"), WEEKS)
def test_a_fit_in_days_is_the_fit_in_weeks(fitted: dict[str, Any], name: str, expected: tuple[Any, ...]) -> None:
    in_days = FITS[name](sample().x, sample().last, sample().age)
    weeks = fitted[name]
    scales = [7.0 if p in {"alpha", "beta"} else 1.0 for p in weeks.names]
    assert in_days.values == pytest.approx([v * s for v, s in zip(weeks.values, scales, strict=True)], rel=1e-7)
    assert in_days.log_likelihood - weeks.log_likelihood == pytest.approx(-sample().x.sum() * np.log(7), abs=1e-6)
    assert expected[0] == pytest.approx(weeks.log_likelihood, abs=1e-6)


def test_values_of_repeat_orders_are_the_published_ones(spend: gamma_gamma.GammaGamma) -> None:
    has = sample().x > 0
    raw = gamma_gamma.fit(sample().x[has], sample().spend[has])
    same(raw, published.SPEND)
    assert (raw.customers, raw.doubt) == (946, "")
    same(spend, published.SPEND_ROUNDED)
    assert spend.population_mean == pytest.approx(35.17, abs=5e-3)
    assert spend.correlation == pytest.approx(0.114, abs=5e-4)


def test_named_customers_are_as_alive_and_will_buy_as_much_as_published(fitted: dict[str, Any]) -> None:
    rows = [c.number - 1 for c in published.NAMED]
    histories = [column[rows] for column in sample().weeks]
    for name, alive, buys in (("bg", "bg_alive", "bg_39"), ("pareto", "pn_alive", "pn_39")):
        assert fitted[name].p_alive(*histories).tolist() == pytest.approx([getattr(c, alive) for c in published.NAMED], rel=0, abs=1e-6)
        expected = fitted[name].expected_purchases(39, *histories)
        assert expected.tolist() == pytest.approx([getattr(c, buys) for c in published.NAMED], rel=0, abs=1e-6)
    dert = fitted["pareto"].discounted_purchases(*histories, np.log(1.15) / 52)
    assert dert.tolist() == pytest.approx([c.dert for c in published.NAMED], rel=1e-5)


def test_named_customers_will_spend_what_is_published(spend: gamma_gamma.GammaGamma) -> None:
    mean = spend.expected_value([c.x for c in published.NAMED], [c.zbar for c in published.NAMED])
    assert mean.tolist() == pytest.approx([c.mean for c in published.NAMED], rel=1e-6)


def test_a_year_is_that_of_btyd_as_far_as_its_optimiser_goes(fitted: dict[str, Any]) -> None:
    history = [column[1515:1516] for column in sample().weeks]
    assert fitted["pareto"].expected_purchases(52, *history)[0] == pytest.approx(25.4542, rel=1e-4)
    assert fitted["bg"].expected_purchases(52, *history)[0] == pytest.approx(25.7565, rel=1e-4)
    assert fitted["bg"].expected_of_new(52)[0] == pytest.approx(1.44400, rel=5e-4)
    assert fitted["pareto"].expected_of_new(52)[0] == pytest.approx(1.47311, rel=5e-4)


def test_customers_by_number_of_orders_are_the_published_histogram(fitted: dict[str, Any]) -> None:
    assert np.bincount(np.minimum(sample().x, 7)).tolist() == list(published.COUNTS)
    for name, expected, chi in (("bg", published.BG_COUNTS, 4.821), ("pareto", published.PARETO_COUNTS, 11.990)):
        found = counts(fitted[name])
        assert found == pytest.approx(expected, abs=1e-3)
        assert sum((n - e) ** 2 / e for n, e in zip(published.COUNTS, found, strict=True)) == pytest.approx(chi, abs=1e-3)


def test_purchases_to_come_by_number_of_orders_are_the_published_ones(fitted: dict[str, Any]) -> None:
    assert by_count(sample().later) == pytest.approx(published.BOUGHT, abs=5e-5)
    bg, pareto = (fitted[name].expected_purchases(39, *sample().weeks) for name in ("bg", "pareto"))
    assert by_count(bg) == pytest.approx(published.BG_BUY, abs=5.1e-5)
    assert by_count(pareto) == pytest.approx(published.PARETO_BUY, abs=5.1e-5)
    assert (float(bg.sum()), float(pareto.sum())) == pytest.approx((1653.408698, 1665.513107), abs=1e-4)
    found = np.corrcoef(np.stack([sample().later, bg, pareto]))
    assert (found[0, 1], found[0, 2], found[1, 2]) == pytest.approx((0.625647, 0.630223, 0.995534), abs=1e-6)


def test_repeat_orders_of_all_by_week_are_the_published_ones(fitted: dict[str, Any]) -> None:
    born, n = np.unique(sample().born, return_counts=True)
    for week, (_, bg, pareto) in published.TRACKED.items():
        for name, expected in (("bg", bg), ("pareto", pareto)):
            assert float(fitted[name].expected_of_new(week - born / 7) @ n) == pytest.approx(expected, abs=5.1e-3)
