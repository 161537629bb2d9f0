"""Statistics of the population that conditions compare with: averages, medians, percentiles, and the cut-offs of top and bottom.

Those with ranks are worked out from the counts of each value, so that ties are treated alike and every engine finds the same: a percentile
is a value that somebody has, the median the mean of the middle two.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, assert_never

import ibis

from patron.segments import tree as t
from patron.segments.expression import counted_by, feature_value, is_counted
from patron.segments.words import column_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import ibis.expr.types as ir

    from patron.facts.as_of import Facts
    from patron.features.feature import Feature

_SLACK = 1e-9  # so that a tenth of thirty is three


def statistics_of(condition: t.Condition) -> tuple[t.Statistic | t.Ranked, ...]:
    """What a condition needs to know about the population, each once."""
    found: dict[t.Statistic | t.Ranked, None] = {}
    for leaf in t.leaves(condition):
        if isinstance(leaf, t.Ranked):
            found[leaf] = None
        found.update((value, None) for value in t.values(leaf) if isinstance(value, t.Statistic))
    return tuple(found)


def population(
    wanted: Sequence[t.Statistic | t.Ranked], features: ir.Table, catalog: Mapping[str, Feature], facts: Facts
) -> ir.Table | None:
    """One row with a column per statistic, named by `words.column_of`; None when nothing is wanted.

    Args:
        wanted: statistics over the whole population; ranks within groups are `cuts_within`.
        features: one row per customer, a column per feature.
        catalog: features by name.
        facts: the shop, for its currency.
    """
    averages = {column_of(one): one.feature for one in wanted if isinstance(one, t.Statistic) and one.kind == "average"}
    by_feature: dict[str, list[t.Statistic | t.Ranked]] = {}
    for one in wanted:
        if column_of(one) not in averages:
            by_feature.setdefault(one.feature, []).append(one)
    tables = []
    if averages:
        tables.append(features.aggregate(**{c: _average(name, features, catalog, facts) for c, name in averages.items()}))
    for name, ones in by_feature.items():
        counted = _counted(name, features, catalog, facts)
        tables.append(counted.aggregate(**{column_of(one): _ranked(one, counted) for one in ones}))
    return reduce(lambda joined, table: joined.cross_join(table), tables) if tables else None


def _average(name: str, features: ir.Table, catalog: Mapping[str, Feature], facts: Facts) -> ir.FloatingScalar:
    where = is_counted(catalog[name], features, catalog)
    total = feature_value(name, features, catalog, facts).sum(where=where).cast("float64")
    return total / features.count(where=where).cast("float64").nullif(ibis.literal(0.0))


def cuts_within(ranked: t.Ranked, features: ir.Table, catalog: Mapping[str, Feature], facts: Facts) -> ir.Table:
    """One row per group (`of`, a value of the feature that ranks are taken within): the cut-off, named by `words.column_of`."""
    counted = _counted(ranked.feature, features, catalog, facts, within=ranked.within)
    return counted.group_by("of").aggregate(**{column_of(ranked): _ranked(ranked, counted)})


def _counted(name: str, features: ir.Table, catalog: Mapping[str, Feature], facts: Facts, *, within: str = "") -> ir.Table:
    """One row per value (`x`): how many have it (`n`), how many have it or less (`upto`), how many there are (`total`)."""
    read = features.select(*dict.fromkeys([*counted_by(catalog[name], catalog), *([within] if within else [])]))
    kept = read.filter(is_counted(catalog[name], read, catalog))
    group = {"of": kept[within]} if within else {}
    known = kept.select(x=feature_value(name, kept, catalog, facts), **group)
    if within:
        known = known.filter(known["of"].notnull())
    counts = known.group_by([*group, "x"]).aggregate(n=known.count())
    apart = [counts["of"]] if within else None
    return counts.mutate(
        upto=counts.n.sum().over(ibis.range_window(group_by=apart, order_by=counts.x, preceding=None, following=0)).cast("int64"),
        total=counts.n.sum().over(ibis.window(group_by=apart)).cast("int64"),
    )


def _ranked(one: t.Statistic | t.Ranked, counted: ir.Table) -> ir.Scalar:
    """A value at a rank; the median is the mean of two."""
    x, upto, total = counted.x, counted.upto, counted.total
    match one:
        case t.Statistic("percentile", rank=rank):
            return x.min(where=upto >= _share(rank, total))
        case t.Statistic():
            low, high = x.min(where=upto * 2 >= total), x.min(where=upto * 2 > total)
            return (low.cast("float64") + high.cast("float64")) / ibis.literal(2.0)
        case t.Ranked(is_top, count=count, share=share):
            wanted = ibis.literal(count, type="int64") if count is not None else _share(share or 1.0, total)
            return x.min(where=upto > total - wanted) if is_top else x.min(where=upto >= ibis.least(wanted, total))
        case _:
            assert_never(one)


def _share(share: float, total: ir.IntegerValue) -> ir.IntegerValue:
    """How many of the population a share is: rounded up, at least one."""
    return ibis.greatest((total.cast("float64") * share - _SLACK).ceil().cast("int64"), ibis.literal(1, type="int64"))
