"""How fast are the purchase models? Beside lifetimes, from the same arrays: a made-up shop that is a BG/NBD, in whole days."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.harness import Case, Row
from patron.predictions import bgnbd, paretonbd

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.harness import Measured, Setting
    from patron.predictions.histories import Floats, Integers

_TRUTH = (0.243, 30.9, 0.793, 2.426)  # r, alpha (days), a, b
_HORIZON = 180.0
_HERE = "benchmarks.models"


def run(setting: Setting) -> list[Row]:
    """Fits, predictions and intervals beside lifetimes."""
    million, many, part = (2_000, 5_000, 1_000) if setting.small else (1_000_000, 10_000_000, 100_000)
    at = {n: str(_made(setting.work, n)) for n in (million, many, part)}
    fit, pareto, rivals, predict, rival_predict, bootstrap, first = setting.measured(
        Case("fit", f"{_HERE}:fit", {"file": at[million]}),
        Case("Pareto/NBD fit", f"{_HERE}:fit_pareto", {"file": at[million]}),
        Case("lifetimes fit", f"{_HERE}:rival_fit", {"file": at[million]}),
        Case("predict", f"{_HERE}:predict", {"file": at[many]}),
        Case("lifetimes predict", f"{_HERE}:rival_predict", {"file": at[many]}),
        Case("bootstrap", f"{_HERE}:bootstrap", {"file": at[part]}),
        Case("import and first fit", f"{_HERE}:first_fit", {"file": at[part]}),
    )
    beside = f"lifetimes' BG/NBD fit: {rivals.seconds:.1f} s"
    predicting = f"lifetimes: {rival_predict.seconds:.1f} s"
    faster, at_most = "at least {} times as fast", "at most {} times"
    return [
        _row("fit BG/NBD", million, fit, beside, rivals.seconds / fit.seconds, faster.format(30), least=30),
        _row("fit Pareto/NBD", million, pareto, beside, pareto.seconds / rivals.seconds, at_most.format(0.25), most=0.25),
        _row(
            "expected orders of each customer",
            many,
            predict,
            predicting,
            rival_predict.seconds / predict.seconds,
            faster.format(15),
            least=15,
        ),
        _row("100 bootstraps of BG/NBD", part, bootstrap, beside, bootstrap.seconds / rivals.seconds, at_most.format(1.0), most=1.0),
        _row("import and first fit in a new process", part, first, "patience: 2 s", first.seconds / 2, at_most.format(1.0), most=1.0),
    ]


def _row(  # noqa: PLR0913, PLR0917  # the columns of the page
    question: str, rows: int, took: Measured, beside: str, ratio: float, bar: str, *, least: float = 0.0, most: float = float("inf")
) -> Row:
    return Row(question, rows, took.seconds, took.peak_mb, beside, ratio, bar, least <= ratio <= most)


def fit(file: str) -> float:
    """Seconds of a second fit of BG/NBD, grouping included."""
    return _second(bgnbd.fit, file)


def fit_pareto(file: str) -> float:
    """Seconds of a second fit of Pareto/NBD, grouping included."""
    return _second(paretonbd.fit, file)


def predict(file: str) -> float:
    """Seconds to expect orders of every customer."""
    model = bgnbd.BGNBD(_TRUTH)
    return _second(lambda x, t_x, ends: model.expected_purchases(_HORIZON, x, t_x, ends), file, few=None)


def bootstrap(file: str) -> float:
    """Seconds of a hundred fits to customers drawn anew."""
    x, t_x, ends = _read(file)
    began = perf_counter()
    bgnbd.bootstrap(x, t_x, ends, count=100, seed=1)
    return perf_counter() - began


def first_fit(file: str) -> float:
    """Seconds of importing and fitting in a process of its own."""
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415

    code = f"import numpy as np; from patron.predictions import bgnbd; d = np.load({file!r}); bgnbd.fit(d['x'], d['t_x'], d['T'])"
    began = perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return perf_counter() - began


def rival_fit(file: str) -> float:
    """Seconds of a second fit by lifetimes."""
    from lifetimes import BetaGeoFitter  # noqa: PLC0415

    return _second(lambda x, t_x, ends: BetaGeoFitter().fit(x, t_x, ends), file)


def rival_predict(file: str) -> float:
    """Seconds of the same answers by lifetimes."""
    import pandas as pd  # noqa: PLC0415
    from lifetimes import BetaGeoFitter  # noqa: PLC0415

    rival = BetaGeoFitter()
    rival.params_ = pd.Series(_TRUTH, index=["r", "alpha", "a", "b"])
    expected = rival.conditional_expected_number_of_purchases_up_to_time
    return _second(lambda x, t_x, ends: expected(_HORIZON, x, t_x, ends), file, few=None)


def _second(work: Callable[[Integers, Floats, Floats], object], file: str, *, few: int | None = 1_000) -> float:
    """Seconds of work that was done before, on a few rows or on all."""
    x, t_x, ends = _read(file)
    work(x[:few], t_x[:few], ends[:few])
    began = perf_counter()
    work(x, t_x, ends)
    return perf_counter() - began


def _read(file: str) -> tuple[Integers, Floats, Floats]:
    with np.load(file) as arrays:
        return arrays["x"], arrays["t_x"], arrays["T"]


def histories(work: Path, customers: int) -> tuple[Integers, Floats, Floats]:
    """Histories of so many made-up customers: x, t_x, T."""
    return _read(str(_made(work, customers)))


def _made(work: Path, customers: int) -> Path:
    """Histories of so many customers in whole days, ages from 30 to 730."""
    file = work / f"histories-{customers}.npz"
    if not file.exists():
        ages = np.random.default_rng(7).integers(30, 731, customers).astype(np.float64)
        x, t_x = bgnbd.BGNBD(_TRUTH).simulate(ages, seed=8)
        np.savez(file, x=x, t_x=np.where(x > 0, np.ceil(t_x), 0.0), T=ages)
    return file
