"""The eleven groups of RFM: who is in each, and which scores make it.

Every one of the 125 combinations of scores is in exactly one group: `GROUPS` is read from the top, and the first that fits decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis

if TYPE_CHECKING:
    import ibis.expr.types as ir


@dataclass(frozen=True, slots=True)
class Group:
    """One group: its name, who is in it, and the scores that make it, each from and to.

    Attributes:
        name: the word used in conditions.
        meaning: who is in it, for the owner of a shop.
        r: lowest and highest recency score.
        f: lowest and highest frequency score.
        m: lowest and highest money score.
    """

    name: str
    meaning: str
    r: tuple[int, int] = (1, 5)
    f: tuple[int, int] = (1, 5)
    m: tuple[int, int] = (1, 5)

    def holds(self, r: int, f: int, m: int) -> bool:
        """Whether the scores fit, leaving aside the groups above."""
        return self.r[0] <= r <= self.r[1] and self.f[0] <= f <= self.f[1] and self.m[0] <= m <= self.m[1]


GROUPS = (
    Group("champions", "Ordered lately, order often, and spend most.", (4, 5), (4, 5), (4, 5)),
    Group("loyal", "Order often, and have not been away for long.", (3, 5), (4, 5)),
    Group("potential_loyalists", "Ordered lately, and more than once or twice: could become loyal.", (4, 5), (2, 3)),
    Group("new_customers", "Have just ordered, and seldom before: mostly the first time.", (5, 5), (1, 1)),
    Group("promising", "Ordered not long ago, and seldom before.", (4, 4), (1, 1)),
    Group("needs_attention", "Order now and then, and it has been a while.", (3, 3), (3, 3)),
    Group("needs_attention", "Order seldom but spend well, and it has been a while.", (3, 3), (1, 2), (3, 5)),
    Group("about_to_sleep", "Order seldom and spend little, and it has been a while.", (3, 3), (1, 2), (1, 2)),
    Group("cannot_lose", "Ordered often and spent most, but not for longest.", (1, 1), (3, 5), (4, 5)),
    Group("at_risk", "Ordered often, but not for long.", (1, 2), (3, 5)),
    Group("at_risk", "Ordered seldom but spent well, and not for long.", (1, 2), (2, 2), (4, 5)),
    Group("hibernating", "Ordered seldom, and not for long.", (2, 2)),
    Group("lost", "Ordered seldom, and not for longest.", (1, 1)),
)
"""All groups, in the order in which they are tried; two have two ways in."""

NAMES = tuple(dict.fromkeys(g.name for g in GROUPS))
"""The eleven names, best first."""


def group_of(r: int, f: int, m: int) -> str:
    """The group of three scores from 1 to 5."""
    return next(g.name for g in GROUPS if g.holds(r, f, m))


def rfm_group(r: ir.IntegerValue, f: ir.IntegerValue, m: ir.IntegerValue) -> ir.StringValue:
    """The group of three scores; unknown when one of them is."""
    holds = [(r.between(*g.r) & f.between(*g.f) & m.between(*g.m), g.name) for g in GROUPS]
    return ibis.cases(*holds, else_=ibis.null("string"))
