"""Predictions are those of arithmetic with 50 digits and more, where peers overflow, cancel or answer 0/0."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from patron.predictions.bgnbd import BGNBD
from patron.predictions.mbgnbd import MBGNBD
from patron.predictions.paretonbd import ParetoNBD
from predictions import exact

MODELS: dict[str, Any] = {"bgnbd": BGNBD, "mbgnbd": MBGNBD, "paretonbd": ParetoNBD}
CASES = json.loads(exact.FILE.read_text())
SETS = sorted({(c["model"], tuple(c["parameters"])) for c in CASES})
SMALLEST = 1e-290  # below it doubles hold fewer digits


@pytest.mark.parametrize(("name", "parameters"), SETS)
def test_answers_agree_with_fifty_digits(name: str, parameters: tuple[float, ...]) -> None:
    cases = [c for c in CASES if c["model"] == name and tuple(c["parameters"]) == parameters]
    model = MODELS[name](parameters)
    histories = [np.array([c[k] for c in cases]) for k in ("x", "t_x", "T")]
    found = {"alive": model.p_alive(*histories)} | {f"buys_{t:g}": model.expected_purchases(t, *histories) for t in exact.SPANS}
    if name == "paretonbd":
        found["discounted"] = model.discounted_purchases(*histories, exact.DISCOUNT)
    for key, values in found.items():
        expected = np.array([float(c[key]) for c in cases])
        told = expected > SMALLEST
        wrong = np.abs(values[told] / expected[told] - 1)
        assert wrong.max() < 1e-10, (key, [column[told][wrong.argmax()] for column in histories])
        assert (values[~told] >= 0).all()
        assert (values[~told] <= 2 * SMALLEST).all()


@pytest.mark.parametrize(("name", "parameters", "x", "last", "age"), [
    ("bgnbd", (0.243, 30.9, 0.793, 2.426), 10, 60.0, 200.0),
    ("mbgnbd", (0.243, 30.9, 1.0, 2.426), 0, 0.0, 200.0),
    ("paretonbd", (0.553, 74.0, 0.606, 81.7), 2, 60.0, 200.0),
])  # fmt: skip
def test_the_kept_answers_are_those_of_the_printed_formulae(
    name: str, parameters: tuple[float, ...], x: int, last: float, age: float
) -> None:
    found = (
        exact.of_pareto(parameters, x, last, age) if name == "paretonbd" else exact.of_bg(parameters, x, last, age, int(name == "mbgnbd"))
    )
    kept = next(c for c in CASES if (c["model"], tuple(c["parameters"]), c["x"], c["t_x"], c["T"]) == (name, parameters, x, last, age))
    assert {k: float(v) for k, v in found.items()} == pytest.approx({k: float(kept[k]) for k in found}, rel=1e-15)
