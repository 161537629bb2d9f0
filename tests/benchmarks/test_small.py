"""Every benchmark runs in its quick variant, and the rivals give the answers that they are compared by."""

from __future__ import annotations

import importlib.util
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from benchmarks import page
from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.harness import Case, Row, Setting

if TYPE_CHECKING:
    from pathlib import Path

needs_pandas = pytest.mark.skipif(importlib.util.find_spec("pandas") is None, reason="pandas is installed by `make setup-all`")


@pytest.mark.parametrize("name", ["start", "load", "make", "preview", "predict", "collect"])
def test_benchmark_runs(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([name, "--small", "--work", str(tmp_path)])
    assert ": ratio" in capsys.readouterr().out.replace("; ratio", ": ratio")


@pytest.mark.slow  # a window of a minute ends in it
def test_a_served_shop_is_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["served", "--small", "--work", str(tmp_path)])
    assert len(capsys.readouterr().out.splitlines()) == 14


@pytest.mark.slow
def test_refresh_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["refresh", "--small", "--work", str(tmp_path)])
    assert len(capsys.readouterr().out.splitlines()) == 4


@pytest.mark.spark
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_spark_gives_the_same_answers_in_the_benchmark(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["beside_spark", "--small", "--work", str(tmp_path)])
    assert "ratio 0.00, bar none: kept" in capsys.readouterr().out


@pytest.mark.slow  # pandas comes with `make setup-all`, as it does for `make test-all`
@needs_pandas
def test_pandas_gives_the_same_answers_in_every_cell(tmp_path: Path) -> None:
    from benchmarks import beside_pandas, pandas_rival  # noqa: PLC0415  # only where pandas is installed
    from benchmarks.shops import ENDS  # noqa: PLC0415
    from patron.testing.shops import SHOP, differing_cells  # noqa: PLC0415

    folder = beside_pandas.files(tmp_path, 400)
    ours = beside_pandas.patron_features(folder)
    theirs = pandas_rival.features(folder, ENDS, SHOP.calendar.zone).select(ours.column_names)
    assert ours.num_rows > 300
    assert differing_cells(ours, theirs) == {}


@pytest.mark.slow  # lifetimes comes with `make setup-all`
@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(importlib.util.find_spec("lifetimes") is None, reason="lifetimes is installed by `make setup-all`")
def test_models_expect_what_lifetimes_expects(tmp_path: Path) -> None:
    from lifetimes import BetaGeoFitter  # noqa: PLC0415  # only where it is installed

    from benchmarks.models import histories  # noqa: PLC0415  # the same
    from patron.predictions import bgnbd  # noqa: PLC0415  # the same

    x, t_x, ages = histories(tmp_path, 3_000)
    ours, theirs = bgnbd.fit(x, t_x, ages), BetaGeoFitter().fit(x, t_x, ages)
    assert ours.parameters == pytest.approx(dict(theirs.params_), rel=1e-2)
    expected = bgnbd.BGNBD(tuple(theirs.params_)).expected_purchases(90, x, t_x, ages)
    assert expected == pytest.approx(theirs.conditional_expected_number_of_purchases_up_to_time(90, x, t_x, ages), rel=1e-6)


def test_every_benchmark_is_known_by_name() -> None:
    assert all(importlib.util.find_spec(f"benchmarks.{name}") for name in BENCHMARKS)


def test_a_case_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    case = Case("nothing", "benchmarks.start:command", {"arguments": ["true"]})
    (found,) = Setting(tmp_path, rounds=1).measured(case)
    assert found.seconds < 5
    assert found.peak_mb > 0


def test_a_case_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="nothing failed"):
        Setting(tmp_path, rounds=1).measured(Case("nothing", "benchmarks.start:command", {"arguments": ["false"]}))


def test_the_page_shows_each_figure_beside_its_bar() -> None:
    row = Row("refresh", 1_000_000, 2.0, 300, "a floor: 1.0 s", 2.0, "at most 6.0 times", True)
    written = page.written({"refresh": {"on": "2026-01-01", "machine": "2 cores", "rows": [asdict(row)]}})
    assert "| refresh | 1,000,000 | 2.00 | 500,000 | 300 MB | a floor: 1.0 s | 2.00 | at most 6.0 times | yes | 2026-01-01 |" in written


def test_the_page_is_written_from_the_figures() -> None:
    assert page.PAGE.read_text(encoding="utf-8") == page.written(page.kept())
