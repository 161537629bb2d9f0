"""The plan: which tables are made from facts, and how the table of features comes from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.features.inputs import Inputs
from patron.features.settings import SCORES
from patron.kernel.errors import InvariantError
from patron.kernel.steps import Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import ibis.expr.types as ir

    from patron.facts.as_of import Facts
    from patron.features.catalog import Catalog
    from patron.features.partials.partial import Partial
    from patron.features.settings import Score

CUSTOMERS = "customers"
"""What features call the profile of the customer; it is read where it is, not kept as a partial."""


def partial_steps(catalog: Catalog, facts: Facts, names: Iterable[str] | None = None) -> tuple[Step, ...]:
    """The tables that features are made from, in the order in which they can be made; of some customers, those that do not stand for all.

    Args:
        catalog: the features.
        facts: the instant, the shop, and which facts are known.
        names: only what these features need; all if not given.
    """
    touched, _ = _touched(catalog, facts, names or catalog)
    read = _with_origins(touched)
    made = [p for p in catalog.partials.values() if p in read and not (facts.only and p.is_of_all)]
    by_cut_points, _ = _touched(catalog, facts, [name for name in catalog.settings.scores.features if name in catalog])
    read_before = {*by_cut_points, *(origin for p in made for origin in p.reads)}

    def step(p: Partial) -> Step:
        return Step(p.table_name, p.expression(facts), is_kept=p.is_kept, is_read_once=not (p.is_kept or p.is_table or p in read_before))

    return tuple(step(p) for p in made)


def base(catalog: Catalog, facts: Facts, names: Iterable[str] | None = None) -> ir.Table:
    """Features that need no scores, from the tables of `partial_steps`.

    Args:
        catalog: the features.
        facts: the instant, the shop, and which facts are known.
        names: only these features; all that need no scores if not given.

    Returns:
        One row per known customer: customer_id and a column per feature. Only the tables that these features need are read.
    """
    wanted = list(names) if names is not None else [f.name for f in catalog.values() if f.family != "scores"]
    read, _ = _touched(catalog, facts, wanted)
    return _unscored(catalog, facts, wanted, read)


def features(catalog: Catalog, facts: Facts, cuts: Mapping[Score, tuple[float, ...]], names: Iterable[str] | None = None) -> ir.Table:
    """Features of every known customer, scores among them.

    Args:
        catalog: the features.
        facts: the instant, the shop, and which facts are known.
        cuts: cut points of each score, as `scores.cuts` reads them; a score without is unknown.
        names: only these features; all if not given.

    Returns:
        One row per known customer: customer_id and a column per feature, as in `catalog.schema()`.
    """
    wanted = list(names) if names is not None else list(catalog)
    read, needed = _touched(catalog, facts, wanted)
    scores = [n for n in catalog if n in needed and catalog[n].family == "scores"]
    made = _unscored(catalog, facts, [n for n in catalog if n in needed and n not in scores], read)
    # What is made from scores comes a step later, so that no score is worked out again in it.
    first = [n for n in scores if n.endswith(("_score", "_score_at"))]
    for several in (first, [n for n in scores if n not in first]):
        inputs = Inputs(facts, catalog.entries, _none, cuts, {n: made[n] for n in made.columns})
        made = made.mutate(**{n: inputs.feature(n) for n in several})
    return made.select("customer_id", *wanted)


def table(catalog: Catalog, name: str = "features") -> ir.Table:
    """The table of features, as a refresh has made it."""
    return ibis.table(catalog.schema(), name=name)


def _unscored(catalog: Catalog, facts: Facts, wanted: Iterable[str], read: frozenset[Partial]) -> ir.Table:
    """Features over customers beside the partials that they read."""
    joined = facts.customers
    for partial in (p for p in catalog.partials.values() if p in read):
        rows = partial.table(facts)
        named = rows.rename({_column(partial, c): c for c in rows.columns})
        if partial.grain == "shop":
            joined = joined.cross_join(named)
        else:
            joined = joined.left_join(named, joined.customer_id == named[_column(partial, "customer_id")])

    def column(name: str, of: str) -> ir.Value:
        if name == CUSTOMERS:
            return joined[of]
        partial = catalog.partials[name]
        value = joined[_column(partial, of)]
        return ibis.coalesce(value, 0) if of in partial.zeros else value

    inputs = Inputs(facts, catalog.entries, column)
    return joined.select("customer_id", **{n: inputs.feature(n) for n in wanted})


def _touched(catalog: Catalog, facts: Facts, wanted: Iterable[str]) -> tuple[frozenset[Partial], frozenset[str]]:
    """The partials and the features that the values of these features look at, themselves included."""
    partials: set[Partial] = set()

    def column(name: str, of: str) -> ir.Value:
        if name == CUSTOMERS:
            return facts.customers[of]
        partial = catalog.partials[name]
        partials.add(partial)
        return partial.table(facts)[of]

    any_cuts = dict.fromkeys(SCORES, (0.0,))
    inputs = Inputs(facts, catalog.entries, column, any_cuts)
    for name in wanted:
        inputs.feature(name)
    return frozenset(partials), frozenset(inputs.made)


def _with_origins(partials: Iterable[Partial]) -> frozenset[Partial]:
    """These partials and all they read, directly or not."""
    found: set[Partial] = set()
    waiting = list(partials)
    while waiting:
        partial = waiting.pop()
        if partial not in found:
            found.add(partial)
            waiting.extend(partial.reads)
    return frozenset(found)


def _column(partial: Partial, column: str) -> str:
    return f"{partial.name}__{column}"


def _none(partial: str, column: str) -> ir.Value:
    """Scores are made from features alone."""
    raise InvariantError(f"A score reads {partial}.{column}.")
