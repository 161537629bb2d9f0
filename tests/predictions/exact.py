"""Answers of purchase models in arithmetic of 50 digits and more, from the formulae as they are printed. Slow: `exact.json` keeps them.

`python -m predictions.exact` in the folder `tests` writes the file anew.
"""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import mpmath as mp

FILE = Path(__file__).with_suffix(".json")
PURCHASES = (0, 1, 2, 10, 100, 1000, 3000)
AGES = (10.0, 200.0, 5000.0)
SPANS = (30.0, 365.0)
DISCOUNT = 0.0003
GEOMETRIC = (
    (0.243, 30.9, 0.793, 2.426), (0.243, 30.9, 0.99, 2.426), (0.243, 30.9, 0.999999, 2.426), (0.243, 30.9, 1.0, 2.426),
    (0.243, 30.9, 1.000001, 2.426), (0.243, 30.9, 0.3, 0.5), (1.7, 4.0, 2.5, 9.0),
    (1.0, 1.0, 148.0, 1.0), (0.5, 30.0, 3.0, 0.02), (0.5, 30.0, 0.02, 0.02), (3.0, 500.0, 0.5, 140.0),
)  # fmt: skip
EXPONENTIAL = (
    (0.553, 74.0, 0.606, 81.7), (0.553, 74.0, 0.999999, 81.7), (0.553, 74.0, 1.0, 81.7), (0.553, 74.0, 1.000001, 81.7),
    (0.5143, 2.8845, 0.2856, 14.1087), (1.6, 40.0, 2.2, 11.0),
    (0.6, 60.0, 0.3, 117359.0), (0.6, 600.0, 0.3, 0.01), (0.02, 0.02, 50.0, 140.0), (140.0, 3000.0, 0.02, 0.02),
)  # fmt: skip
_NEAR = "1e-40"  # where a formula is 0/0, its limit


def main() -> None:
    """Write the file."""
    cases: list[dict[str, Any]] = []
    for name, parameters in (
        [("bgnbd", p) for p in GEOMETRIC] + [("mbgnbd", p) for p in GEOMETRIC] + [("paretonbd", p) for p in EXPONENTIAL]
    ):
        for x, age in product(PURCHASES, AGES):
            for last in [0.0] if x == 0 else [0.3 * age, age]:
                found = (
                    of_pareto(parameters, x, last, age) if name == "paretonbd" else of_bg(parameters, x, last, age, int(name == "mbgnbd"))
                )
                cases.append(
                    {"model": name, "parameters": parameters, "x": x, "t_x": last, "T": age} | {k: mp.nstr(v, 20) for k, v in found.items()}
                )
    FILE.write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


def of_bg(parameters: tuple[float, ...], x: int, last: float, age: float, first: int) -> dict[str, Any]:
    """P(alive) and expected purchases of (M)BG/NBD: Fader, Hardie and Lee (2005), equation 10; MBG/NBD is b + 1 in what follows the first."""
    with mp.workdps(110):
        r, alpha, a, b = (mp.mpf(v) for v in parameters)
        a = a + mp.mpf(_NEAR) if a == 1 else a
        t_x, end, stay = mp.mpf(last), mp.mpf(age), b + x + first
        gone = a / (stay - 1) * ((alpha + end) / (alpha + t_x)) ** (r + x) if x or first else mp.mpf(0)
        found = {"alive": 1 / (1 + gone)}
        for span in SPANS:
            t = mp.mpf(span)
            curve = mp.hyp2f1(r + x, stay, a + stay - 1, t / (alpha + end + t))
            buys = (a + stay - 1) / (a - 1) * (1 - ((alpha + end) / (alpha + end + t)) ** (r + x) * curve)
            found[f"buys_{span:g}"] = found["alive"] * buys
        return found


def of_pareto(parameters: tuple[float, ...], x: int, last: float, age: float) -> dict[str, Any]:
    """P(alive), expected and discounted purchases of Pareto/NBD: Fader and Hardie (2005), "A Note on Deriving the Pareto/NBD Model"."""
    with mp.workdps(110):
        r, alpha, s, beta = (mp.mpf(v) for v in parameters)
        s = s + mp.mpf(_NEAR) if s == 1 else s
        t_x, end = mp.mpf(last), mp.mpf(age)
        power, greater = r + s + x, max(alpha, beta)
        inner = s + 1 if alpha >= beta else r + x

        def tail(y: Any) -> Any:
            return mp.hyp2f1(power, inner, power + 1, abs(alpha - beta) / (greater + y)) / (greater + y) ** power

        gone = s / power * (alpha + end) ** (r + x) * (beta + end) ** s * (tail(t_x) - tail(end))
        found = {"alive": 1 / (1 + gone)}
        rate = found["alive"] * (r + x) / (alpha + end)
        for span in SPANS:
            t = mp.mpf(span)
            found[f"buys_{span:g}"] = rate * (beta + end) / (s - 1) * (1 - ((beta + end) / (beta + end + t)) ** (s - 1))
        delta = mp.mpf(DISCOUNT)
        found["discounted"] = rate * (beta + end) ** s * delta ** (s - 1) * mp.hyperu(s, s, delta * (beta + end))
        return found


if __name__ == "__main__":
    main()
