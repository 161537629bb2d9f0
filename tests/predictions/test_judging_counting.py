"""The three pictures of purchase models, against the published ones of CDNOW."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from patron.predictions import bgnbd, mbgnbd, paretonbd
from patron.predictions.judging import by_frequency, histogram, tracking
from predictions import published
from predictions.cdnow import FILE, sample

if TYPE_CHECKING:
    from collections.abc import Callable

    from patron.predictions.histories import Floats
    from predictions.published import Row

    Fit = Callable[..., Any]

FITS: dict[str, Fit] = {"bg": bgnbd.fit, "pareto": paretonbd.fit}


@pytest.mark.parametrize(
    ("name", "counts", "chi_square", "p_value"),
    [("bg", published.BG_COUNTS, 4.821, 0.185), ("pareto", published.PARETO_COUNTS, 11.990, 0.0074)],
)
def test_the_histogram_is_the_published_one(name: str, counts: Row, chi_square: float, p_value: float) -> None:
    x, _, age = sample().weeks
    found = histogram(FITS[name](*sample().weeks), x, age)
    assert found.actual == published.COUNTS
    assert found.expected == pytest.approx(counts, abs=6e-4)
    assert found.chi_square == pytest.approx(chi_square, abs=6e-4)
    assert found.degrees == 3
    assert found.p_value == pytest.approx(p_value, abs=5e-4)
    assert sum(found.expected) == pytest.approx(len(x))


@pytest.mark.parametrize(("name", "buy"), [("bg", published.BG_BUY), ("pareto", published.PARETO_BUY)])
def test_purchases_by_frequency_are_the_published_ones(name: str, buy: Row) -> None:
    expected = FITS[name](*sample().weeks).expected_purchases(39, *sample().weeks)
    rows = by_frequency(expected, sample().later, sample().x)
    assert [r.x for r in rows] == list(range(8))
    assert [r.customers for r in rows] == list(published.COUNTS)
    assert [r.actual for r in rows] == pytest.approx(published.BOUGHT, abs=5.1e-5)
    assert [r.expected for r in rows] == pytest.approx(buy, abs=5.1e-5)


@pytest.mark.parametrize(("name", "place"), [("bg", 1), ("pareto", 2)])
def test_tracking_is_the_published_one(name: str, place: int) -> None:
    weeks = list(published.TRACKED)
    found = tracking(FITS[name](*sample().weeks), sample().born / 7, repeats() / 7, weeks)
    assert found.until == tuple(weeks)
    assert found.actual == tuple(published.TRACKED[w][0] for w in weeks)
    assert found.expected == pytest.approx([published.TRACKED[w][place] for w in weeks], abs=6e-3)


def repeats() -> Floats:
    """Days of all repeat orders from the start of 1997."""
    seen = {(int(n), day) for _, n, day, _, _ in (line.split() for line in FILE.read_text().splitlines())}
    ordered = sorted(seen)
    later = [day for (n, day), (before, _) in zip(ordered[1:], ordered, strict=False) if n == before]
    return np.array([(date(int(d[:4]), int(d[4:6]), int(d[6:])) - date(1997, 1, 1)).days for d in later], dtype=np.float64)


def test_rows_with_too_few_expected_are_joined_and_too_few_rows_tell_nothing() -> None:
    model = mbgnbd.fit(*sample().weeks)
    found = histogram(model, [0, 0, 1, 0, 3, 0, 0, 0], [20.0] * 8)
    assert found.actual == (6, 1, 0, 1, 0, 0, 0, 0)
    assert found.p_value is None
    assert found.degrees <= 0


def test_weights_are_repetitions() -> None:
    model = bgnbd.fit(*sample().weeks)
    one = histogram(model, [0, 2, 9], [20.0, 30.0, 30.0], [3, 1, 2])
    other = histogram(model, [0, 0, 0, 2, 9, 9], [20.0] * 3 + [30.0] * 3)
    assert one.actual == other.actual
    assert one.expected == pytest.approx(other.expected)
    assert by_frequency([1, 2], [0, 1], [0, 9], [3, 1]) == by_frequency([1, 1, 1, 2], [0, 0, 0, 1], [0, 0, 0, 9])
