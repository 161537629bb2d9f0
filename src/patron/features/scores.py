"""Cut points of scores: the query that finds them in a shop, and how its rows are read back. Scores of single categories.

Cut points are found by the full recomputation, kept, and put into the expression of features as plain numbers: one event moves its
customer's scores at once and nobody else's.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import ibis

from patron.features.cut_points import quantile_cut_points
from patron.features.erfm import less_is_better
from patron.features.natural_breaks import natural_cut_points
from patron.features.plan import base
from patron.features.settings import SCORES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import ibis.expr.types as ir

    from patron.facts.as_of import Facts
    from patron.features.catalog import Catalog
    from patron.features.settings import Rule, Score, ScoreSettings

SHOP = "shop"
"""The scope of cut points that hold for all customers."""

CUTS = ibis.schema({"score": "string", "scope": "string", "level": "int64", "value": "float64"})
"""The columns of `cut_point_query`."""

CutPoints = dict["Score", tuple[float, ...]]
"""Of each score, the values at which the next one begins, rising; fewer than four where few values differ."""

_SEARCHES = {"quantile": quantile_cut_points, "learned": natural_cut_points}


def cut_point_query(catalog: Catalog, facts: Facts, settings: ScoreSettings) -> ir.Table:
    """The cut points of the shop as of now, from the tables of `partial_steps`; only those that the scored features need are read.

    Args:
        catalog: the features, made with the same settings.
        facts: the instant, the shop, and which facts are known.
        settings: how each score is made; scores with the owner's own cut points have no rows.

    Returns:
        One row per cut point: score (r, f, m, e), scope (`shop`), level (the score that begins there, 2 to 5), value (in the feature's
        unit; a recency score holds up to it, any other from it).
    """
    rules = {s: settings.rule(s) for s in SCORES}
    table = base(catalog, facts, settings.features)
    table = table.filter(table.order_count > 0)
    values = {s: _values(table, s, rule, catalog) for s, rule in rules.items()}
    found = [
        search(reduce(ibis.union, chosen))
        for method, search in _SEARCHES.items()
        if (chosen := [values[s] for s, rule in rules.items() if rule.method == method])
    ]
    # With the owner's cut points alone there is nothing to be found.
    points = reduce(ibis.union, found) if found else quantile_cut_points(values["r"]).filter(ibis.literal(False))
    return points.mutate(value=points.value * _signs(points.score, catalog, settings))


def cuts(rows: Iterable[Mapping[str, object]], settings: ScoreSettings) -> CutPoints:
    """Cut points for `plan.features`, from the rows of `cut_point_query` and the owner's own."""
    found: dict[Score, list[float]] = {s: [] for s in SCORES}
    for row in rows:
        if row["scope"] == SHOP:
            found[_score(str(row["score"]))].append(float(str(row["value"])))
    fixed = {s: settings.rule(s).cuts for s in SCORES if settings.rule(s).method == "fixed"}
    return {**{s: tuple(sorted(v)) for s, v in found.items()}, **fixed}


def _values(table: ir.Table, score: Score, rule: Rule, catalog: Catalog) -> ir.Table:
    value = table[rule.feature].cast("float64")
    signed = -value if less_is_better(catalog[rule.feature]) else value
    return table.filter(value.notnull()).select(score=ibis.literal(score), scope=ibis.literal(SHOP), value=signed)


def _signs(score: ir.StringValue, catalog: Catalog, settings: ScoreSettings) -> ir.FloatingValue:
    turned = [s for s in SCORES if less_is_better(catalog[settings.rule(s).feature])]
    return ibis.ifelse(score.isin(turned), -1.0, 1.0)


def _score(name: str) -> Score:
    return next(s for s in SCORES if s == name)
