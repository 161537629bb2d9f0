"""MBG/NBD: as BG/NBD, but customers may leave after the very first purchase too (Batislam, Denizel and Filiztekin 2007)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from patron.predictions.bgnbd import BGNBD, fitted, weak_prior
from patron.predictions.histories import cells

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from patron.predictions.optimum import Prior

__all__ = ["MBGNBD", "fit", "weak_prior"]


@dataclass(frozen=True)
class MBGNBD(BGNBD):
    """A fitted MBG/NBD: λ ~ Gamma(r, alpha), p ~ Beta(a, b)."""

    name: ClassVar[str] = "mbgnbd"
    first: ClassVar[int] = 1


def fit(x: ArrayLike, t_x: ArrayLike, T: ArrayLike, *, weights: ArrayLike | None = None, prior: Prior | None = None) -> MBGNBD:  # noqa: N803
    """An MBG/NBD fitted by maximum likelihood, or with a prior to the highest posterior; arguments and errors as `bgnbd.fit`."""
    return fitted(MBGNBD, cells(x, t_x, T, weights), prior)
