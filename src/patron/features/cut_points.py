"""Where scores begin: cut points by quantile, found by the engine in one query, and kept until the next full recomputation."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import ibis

from patron.features.settings import LEVELS

if TYPE_CHECKING:
    import ibis.expr.types as ir


def quantile_cut_points(values: ir.Table) -> ir.Table:
    """Cut points that split each scope into fifths, ties together.

    Args:
        values: one row per scored customer: score, scope (text), value (number; more is better, not null).

    Returns:
        One row per cut point: score, scope, level (the score that begins there, 2 to 5), value. Fewer than four when few values differ.

    Notes:
        The first cut point is the smallest value below which at least a fifth lies. Each next one splits what is left in the same way: a
        quarter, a third, a half. Without ties these are the plain quantiles; a tie stays whole in the lowest score that it touches, and
        the scores above are shared out among the rest. Counting is in whole numbers.
    """
    counted = values.group_by(["score", "scope", "value"]).aggregate(n=values.count().cast("int64"))
    up_to = ibis.window(group_by=["score", "scope"], order_by="value", preceding=None, following=0)
    ranked = counted.mutate(upto=counted.n.sum().over(up_to), size=counted.n.sum().over(ibis.window(group_by=["score", "scope"])))
    known = ranked.select("score", "scope", "value", "size", below=(ranked.upto - ranked.n).cast("int64"))
    levels = [known.group_by(["score", "scope"]).aggregate(value=known.value.min(), below=known.below.min())]
    for level in range(2, LEVELS + 1):
        levels.append(_next(known, levels[-1], parts=LEVELS + 2 - level))
    named = [t.select("score", "scope", "value", level=ibis.literal(n, "int64")) for n, t in enumerate(levels[1:], start=2)]
    return reduce(ibis.union, named).select("score", "scope", "level", "value")


def _next(known: ir.Table, reached: ir.Table, *, parts: int) -> ir.Table:
    """The cut point above those reached that leaves at least one of so many parts of the rest below."""
    before = reached.select(_score="score", _scope="scope", _below="below")
    rows = known.inner_join(before, [known.score == before._score, known.scope == before._scope])
    enough = (rows.below > rows._below) & ((rows.below - rows._below) * parts >= rows.size - rows._below)
    return rows.filter(enough).group_by(["score", "scope"]).aggregate(value=lambda t: t.value.min(), below=lambda t: t.below.min())
