"""Where scores begin when they are learned: natural breaks, the cut points that leave the least difference within each score.

The method is Jenks's (1967), solved exactly by dynamic programming (Fisher 1958) over the logarithm of values. Values are counted
in steps of a quarter first, so that the search is over some dozens of steps, however many customers there are; counting is in whole
numbers, so that every engine finds the same.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import ibis

from patron.features.settings import LEVELS
from patron.features.values import number

if TYPE_CHECKING:
    import ibis.expr.types as ir

_STEP = 1.25
_SMALLEST = 0.01
_STEPS = 145  # from a hundredth to a million million
_KEYS = ("score", "scope")


def natural_cut_points(values: ir.Table) -> ir.Table:
    """Cut points at the natural breaks of each scope.

    Args:
        values: one row per scored customer: score, scope (text), value (number; more is better, not null). Values below zero are those
            of which less is better, with their sign turned.

    Returns:
        One row per cut point: score, scope, level (the score that begins there, 2 to 5), value. Fewer than four where too few steps hold
        anybody.
    """
    steps = _steps(values)
    rows = steps.select("score", "scope", "number", "begins_at")
    classes = [_one_class(steps)]
    for _ in range(LEVELS - 1):
        classes.append(_one_more(steps, classes[-1]))
    best = _whole(classes, steps)
    points = []
    for level in range(2, LEVELS + 1):
        break_ = best.select(_score="score", _scope="scope", _break=f"cut_{level}").filter(lambda t: t._break.notnull())
        named = rows.inner_join(break_, [rows.score == break_._score, rows.scope == break_._scope, rows.number == break_._break + 1])
        points.append(named.select("score", "scope", level=ibis.literal(level, "int64"), value=named.begins_at))
    return reduce(ibis.union, points)


def _steps(values: ir.Table) -> ir.Table:
    """How many values lie on each step of the ladder of values, with sums over all steps up to it: what a class costs needs no more."""
    size = values.value.abs()
    edges = [_SMALLEST * _STEP**n for n in range(_STEPS)]
    step = sum(((size >= number(e)).ifelse(1, 0) for e in edges), start=ibis.literal(0, "int64"))
    placed = values.mutate(_step=ibis.ifelse(values.value < 0, -step, step))
    counted = placed.group_by([*_KEYS, "_step"]).aggregate(n=placed.count().cast("int64"), begins_at=placed.value.min())
    up_to = ibis.window(group_by=list(_KEYS), order_by="_step", preceding=None, following=0)
    at = counted._step.cast("int64")
    return counted.select(
        *_KEYS,
        "begins_at",
        number=(ibis.row_number().over(ibis.window(group_by=list(_KEYS), order_by="_step")) + 1).cast("int64"),
        count=counted.n.sum().over(up_to).cast("int64"),
        sum=(counted.n * at).sum().over(up_to).cast("int64"),
        squares=(counted.n * at * at).sum().over(up_to).cast("int64"),
    )


def _cost(count: ir.IntegerValue, total: ir.IntegerValue, squares: ir.IntegerValue) -> ir.FloatingValue:
    """Squared differences from the mean within a class."""
    n, s = count.cast("float64"), total.cast("float64")
    return squares.cast("float64") - s * s / n


def _one_class(steps: ir.Table) -> ir.Table:
    """The cost of putting all steps up to each into one class."""
    nothing = {f"cut_{level}": ibis.null("int64") for level in range(2, LEVELS + 1)}
    return steps.select(
        *_KEYS, "number", cost=_cost(steps["count"], steps["sum"], steps["squares"]), classes=ibis.literal(1, "int64"), **nothing
    )


def _one_more(steps: ir.Table, best: ir.Table) -> ir.Table:
    """The least cost with one class more: the new class begins after the break that costs least, the first of equals."""
    start = steps.select(**{f"_{c}": c for c in (*_KEYS, "number", "count", "sum", "squares")})
    before = best.rename({f"_best_{c}": c for c in best.columns})
    known = before.inner_join(
        start, [before._best_score == start._score, before._best_scope == start._scope, before._best_number == start._number]
    )
    pairs = steps.inner_join(known, [steps.score == known._score, steps.scope == known._scope, steps.number > known._number])
    added = _cost(pairs["count"] - pairs["_count"], pairs["sum"] - pairs["_sum"], pairs["squares"] - pairs["_squares"])
    costed = pairs.mutate(_cost=pairs._best_cost + added)
    order = ibis.window(group_by=[*_KEYS, "number"], order_by=[costed._cost, costed._number])
    ranked = costed.mutate(_rank=ibis.row_number().over(order))
    first = ranked.filter(ranked._rank == 0)
    classes = first._best_classes + 1
    kept = {f"cut_{level}": ibis.ifelse(classes == level, first._number, first[f"_best_cut_{level}"]) for level in range(2, LEVELS + 1)}
    return first.select(*_KEYS, "number", cost=first._cost, classes=classes, **kept)


def _whole(classes: list[ir.Table], steps: ir.Table) -> ir.Table:
    """Of each scope, the breaks of all its steps into as many classes as there can be."""
    last = steps.group_by(list(_KEYS)).aggregate(_last=steps.number.max())
    last = last.rename(_score="score", _scope="scope")
    every = reduce(ibis.union, classes)
    whole = every.inner_join(last, [every.score == last._score, every.scope == last._scope, every.number == last._last])
    most = ibis.window(group_by=list(_KEYS), order_by=whole.classes.desc())
    ranked = whole.mutate(_rank=ibis.row_number().over(most))
    return ranked.filter(ranked._rank == 0)
