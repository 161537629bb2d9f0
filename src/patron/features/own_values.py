"""Features of the shop's own, worked out: their partials, one per table and window, and their entries in the catalog."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import ibis

from patron.features.feature import Feature, Slides, Still
from patron.features.own_tests import holds
from patron.features.partials.partial import Partial, first_in, number_of
from patron.features.values import of, ratio
from patron.kernel.time import MICROSECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import ibis.expr.types as ir

    from patron.facts.as_of import Facts
    from patron.features.inputs import Inputs
    from patron.features.own_tables import Own, Source

_ZERO = frozenset({"count", "sum", "distinct"})
_MILLION = 1_000_000
_UNITS = {"count": "rows", "distinct": "values"}


def own_features(own: Sequence[Own]) -> tuple[list[Feature], list[Partial]]:
    """The entries of the catalog, an edge beside each that has a window, and the partials they read."""
    partials: list[Partial] = []
    by_partial: dict[str, list[Own]] = {}
    for one in own:
        by_partial.setdefault(_partial_name(one), []).append(one)
    for name, several in by_partial.items():
        rows = partial(_rows_of[several[0].aggregate], several)
        zeros = frozenset(o.name for o in several if o.aggregate in _ZERO)
        partials.append(Partial(name, rows, zeros=zeros))
    return [feature for one in own for feature in _features(one)], partials


def _partial_name(one: Own) -> str:
    """Sums of one table and window share a pass; distinct and last values need one each."""
    if one.aggregate in {"distinct", "last"}:
        return f"own_{one.name}"
    window = f"_{int(one.last.total_seconds())}s" if one.last else ""
    return f"own_rows_of_{one.source.table.name}{window}"


def _features(one: Own) -> tuple[Feature, ...]:
    name, table = _partial_name(one), one.source.table.name
    unit = one.unit or _UNITS.get(one.aggregate) or one.column
    edge = f"edge_{one.name}_at"
    value = _mean(one, name) if one.aggregate == "mean" else of(name, one.name)
    changes = Slides(edge, falls=one.aggregate in {"count", "distinct"}) if one.last else Still()
    feature = Feature(one.name, "own", one.kind, unit, one.meaning, value, needs=(table,), changes=changes)
    if not one.last:
        return (feature,)
    meaning = f"When the next row leaves the window of {one.name}."
    return feature, Feature(edge, "own", "instant", "instant", meaning, of(name, edge), needs=(table,), hidden=True)


def _mean(one: Own, partial_name: str) -> Callable[[Inputs], ir.Value]:
    scale = 1.0 if one.kind == "mean_money" else float(_MILLION)
    return lambda i: ratio(i[partial_name][one.name], i[partial_name][f"{one.name}_rows"]) / scale


def _source_rows(source: Source, facts: Facts) -> ir.Table:
    """Rows of customers, with the columns of their products."""
    rows = source.rows(facts)
    rows = rows.filter(rows.customer_id.notnull())
    names = source.of_products()
    if not names:
        return rows
    products = facts.products.select(_product="product_id", **{f"_{n}": n for n in names})
    joined = rows.left_join(products, rows.product_id == products._product)
    told = {n: ibis.coalesce(joined[n], joined[f"_{n}"]) if n in rows.columns else joined[f"_{n}"] for n in names}
    return joined.mutate(**told).drop("_product", *(f"_{n}" for n in names))


def _window(one: Own, facts: Facts) -> ir.Table:
    rows = _source_rows(one.source, facts)
    return rows.filter(rows[one.source.at] >= facts.ago(one.last)) if one.last else rows


def _sums(several: Sequence[Own], facts: Facts) -> ir.Table:
    """Counts, sums, means, least and greatest values of one table and window, in one pass."""
    rows = _window(several[0], facts)
    columns: dict[str, ir.Value] = {}
    for one in several:
        fits = holds(rows, one.tests, one.source, facts)
        columns |= _aggregates(one, rows, fits) | _edge(one, rows, fits)
    return rows.group_by("customer_id").aggregate(**columns)


def _aggregates(one: Own, rows: ir.Table, fits: ir.BooleanValue) -> dict[str, ir.Value]:
    if one.aggregate == "count":
        return {one.name: number_of(fits)}
    value = rows[one.column]
    inside = ibis.ifelse(fits, value, ibis.null(value.type()))
    match one.aggregate:
        case "min":
            return {one.name: inside.min()}
        case "max":
            return {one.name: inside.max()}
        case "mean":
            exact = inside.cast("int64") if one.kind == "mean_money" else _millionths(inside)
            return {one.name: exact.sum().cast("int64"), f"{one.name}_rows": inside.count().cast("int64")}
        case _ if one.kind == "number":
            return {one.name: ibis.coalesce(_millionths(inside).sum().cast("float64") / float(_MILLION), 0.0)}
        case _:
            return {one.name: ibis.coalesce(inside.sum(), 0).cast(value.type())}


def _millionths(value: ir.Value) -> ir.IntegerValue:
    """Whole numbers, whose sum does not depend on the order of rows."""
    return (value.cast("float64") * float(_MILLION)).round().cast("int64")


def _edge(one: Own, rows: ir.Table, fits: ir.BooleanValue) -> dict[str, ir.Value]:
    if not one.last:
        return {}
    first_at = first_in(fits, rows[one.source.at])
    leaves_at = first_at + ibis.interval(seconds=int(one.last.total_seconds())) + MICROSECOND
    return {f"edge_{one.name}_at": leaves_at}


def _distinct(several: Sequence[Own], facts: Facts) -> ir.Table:
    one = several[0]
    rows = _window(one, facts)
    rows = rows.filter(holds(rows, one.tests, one.source, facts), rows[one.column].notnull())
    values = rows.select("customer_id", _value=one.column).distinct()
    counts = values.group_by("customer_id").aggregate(**{one.name: values.count().cast("int64")})
    return _with_edge(one, rows, counts)


def _last(several: Sequence[Own], facts: Facts) -> ir.Table:
    one = several[0]
    rows = _window(one, facts)
    rows = rows.filter(holds(rows, one.tests, one.source, facts), rows[one.column].notnull())
    key = one.source.table.key[0]
    newest = ibis.window(group_by="customer_id", order_by=[rows[one.source.at].desc(), rows[key].desc()])
    ranked = rows.mutate(_rank=ibis.row_number().over(newest))
    return _with_edge(one, rows, ranked.filter(ranked._rank == 0).select("customer_id", **{one.name: one.column}))


def _with_edge(one: Own, rows: ir.Table, answers: ir.Table) -> ir.Table:
    if not one.last:
        return answers
    edges = rows.group_by(_customer="customer_id").aggregate(**_edge(one, rows, ibis.literal(True)))
    return answers.inner_join(edges, answers.customer_id == edges._customer).drop("_customer")


_rows_of: dict[str, Callable[[Sequence[Own], Facts], ir.Table]] = {
    **dict.fromkeys(("count", "sum", "mean", "min", "max"), _sums),
    "distinct": _distinct,
    "last": _last,
}
