"""The highest point of a smooth function of a few positive parameters, found in their logarithms by Newton's method with guards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from patron.predictions.histories import Floats

    Function = Callable[[Floats], tuple[float, Floats, Floats]]
    """From natural parameters to value, gradient and Hessian."""

_STEPS = 200
_LONGEST = 2.0
_FLOOR = 1e-9
_FLOOR_OF_HOLLOWS = 1e-3  # where the function is not concave, what is nearly flat is not followed far
_FAR = 14.0
_NOISE = 1e-14
_LAST = 1e-3
_FLAT = 1 / 9  # a logarithm known to no more than three: a factor of twenty either way
_IDLE = 1e-6


@dataclass(frozen=True, slots=True)
class Optimum:
    """Where the search ended.

    Attributes:
        parameters: natural ones.
        value: of the function there, the prior taken off.
        hessian: of the function with its prior in natural parameters.
        is_inside: false when a parameter ran away, or the top is flat: the data do not tell it.
        steps: how many were taken.
    """

    parameters: Floats
    value: float
    hessian: Floats
    is_inside: bool
    steps: int

    @property
    def covariance(self) -> Floats | None:
        """The inverse of the negative Hessian; None where the top is flat."""
        if not self.is_inside:
            return None
        covariance: Floats = np.asarray(np.linalg.inv(-self.hessian), dtype=np.float64)
        return covariance if (np.diag(covariance) > 0).all() else None


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed of the parameters before the data: independent normals of their logarithms.

    Attributes:
        centre: of each logarithm.
        spread: standard deviation of each.
    """

    centre: tuple[float, ...]
    spread: tuple[float, ...]

    def at(self, logs: Floats) -> tuple[float, Floats, Floats]:
        """Logarithm of the density but for a constant, its gradient and Hessian in the logarithms."""
        spread = np.asarray(self.spread)
        away = (logs - np.asarray(self.centre)) / spread
        return -0.5 * float(away @ away), -away / spread, np.diag(-1.0 / spread**2)


def maximum(
    function: Function, starts: Sequence[Sequence[float]], prior: Prior | None = None, *, usual: Sequence[float] | None = None
) -> Optimum:
    """The highest point reached from any of the starts.

    Args:
        function: value, gradient and Hessian at natural parameters, all positive.
        starts: natural parameters.
        prior: of their logarithms, added to the function.
        usual: parameters of the right size for the units of the data, which a parameter that runs away leaves far behind; the first of
            the starts when not given.
    """
    near = np.log(np.asarray(starts[0] if usual is None else usual, dtype=np.float64))
    found = [_climbed(function, np.log(np.asarray(s, dtype=np.float64)), near, prior) for s in starts]
    return max(found, key=lambda o: o[0])[1]


def _climbed(function: Function, logs: Floats, near: Floats, prior: Prior | None) -> tuple[float, Optimum]:
    def at(logs: Floats) -> tuple[float, Floats, Floats, float]:
        natural = np.exp(logs)
        value, gradient, hessian = function(natural)
        in_logs = natural * gradient
        curvature = natural[:, None] * hessian * natural[None, :] + np.diag(in_logs)
        if prior is None:
            return value, in_logs, curvature, value
        more, slope, bend = prior.at(logs)
        return value + more, in_logs + slope, curvature + bend, value

    value, gradient, curvature, plain = at(logs)
    steps = 0
    while steps < _STEPS:
        steps += 1
        step = _step(gradient, curvature)
        promised = float(gradient @ step)
        if promised < _IDLE and np.abs(logs - near).max() > _FAR:  # runs away for next to nothing
            break
        if promised <= _NOISE * (1.0 + abs(value)):
            if np.abs(step).max() < _LAST:  # the value cannot tell any more, the slope still can
                logs = logs + step
                value, gradient, curvature, plain = at(logs)
            break
        scale = 1.0
        while scale > 1e-10:
            there = logs + scale * step
            reached = at(there)
            if np.isfinite(reached[0]) and reached[0] >= value + 1e-4 * scale * promised - _NOISE * abs(value):
                break
            scale *= 0.3
        else:
            break
        logs = there
        value, gradient, curvature, plain = reached
        if np.abs(logs - near).max() > _FAR + 6:
            break
    natural = np.exp(logs)
    information = -curvature
    eigenvalues = np.linalg.eigvalsh(information)
    is_inside = bool(eigenvalues[0] > _FLAT and np.abs(logs - near).max() < _FAR)
    hessian = (curvature - np.diag(gradient)) / np.outer(natural, natural)
    return value, Optimum(natural, plain, hessian, is_inside, steps)


def _step(gradient: Floats, curvature: Floats) -> Floats:
    """Newton's step, made to go uphill and not too far."""
    eigenvalues, vectors = np.linalg.eigh(-curvature)
    floor = np.where(eigenvalues > 0, _FLOOR, _FLOOR_OF_HOLLOWS) * max(1.0, float(np.abs(eigenvalues).max()))
    size = np.maximum(np.abs(eigenvalues), floor)
    step: Floats = vectors @ ((vectors.T @ gradient) / size)
    longest = float(np.abs(step).max())
    return step * (_LONGEST / longest) if longest > _LONGEST else step
