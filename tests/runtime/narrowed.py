"""A catalog of the features that some segments, scores and due times read: what is proved with it is proved in a fraction of the time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from patron.facts import tables as t
from patron.facts.as_of import DETAILS, Facts
from patron.facts.shop import Shop
from patron.features.catalog import BUILT_IN, Catalog
from patron.features.feature import Ages, Follows, Slides
from patron.features.inputs import Inputs
from patron.features.settings import SCORES
from patron.segments import tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import ibis.expr.types as ir

    from patron.segments.check import Checked

_FACTS = Facts(Shop(), datetime(2024, 1, 1, tzinfo=UTC), frozenset(table.name for table in t.FACTS) | set(DETAILS))
_OF_PRODUCTS = "distinct_product_count"  # ticks keep the list of products, which no catalog is without


def narrowed(segments: Checked, more: Iterable[str] = ()) -> Catalog:
    """The catalog that ships, without the features that none of these segments needs.

    Args:
        segments: over the catalog that ships.
        more: features that are to stay.
    """
    names = {*_named(segments), *more, *BUILT_IN.settings.scores.features, _OF_PRODUCTS}
    before: set[str] = set()
    while names > before:
        before = set(names)
        names |= _worked_out_from(before) | {name for of in before for name in _moved_by(of)}
    return Catalog({n: f for n, f in BUILT_IN.items() if n in names}, BUILT_IN.partials, BUILT_IN.settings)


def _named(segments: Checked) -> Iterator[str]:
    for condition in segments.conditions.values():
        for value in (value for leaf in tree.leaves(condition) for value in tree.values(leaf)):
            if isinstance(value, tree.Name | tree.Statistic):
                yield value.name if isinstance(value, tree.Name) else value.feature


def _worked_out_from(names: Iterable[str]) -> set[str]:
    def column(name: str, of: str) -> ir.Value:
        return _FACTS.customers[of] if name == "customers" else BUILT_IN.partials[name].table(_FACTS)[of]

    inputs = Inputs(_FACTS, BUILT_IN.entries, column, dict.fromkeys(SCORES, (0.0,)))
    for name in names:
        inputs.feature(name)
    return set(inputs.made)


def _moved_by(name: str) -> tuple[str, ...]:
    match BUILT_IN[name].changes:
        case Ages(since, per):
            return (since, per) if per else (since,)
        case Slides(edge, _, ahead):
            return (edge, ahead) if ahead else (edge,)
        case Follows(features):
            return features
        case _:
            return ()
