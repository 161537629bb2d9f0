"""Which segments cannot be worked out yet, because a kind of facts has not been loaded: they wait, and are never shown as empty.

Where one of several ways into a segment needs facts that are not there, the others still count.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from patron.segments import tree as t
from patron.segments.streams import stream_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from patron.features.feature import Feature

_Found = tuple[t.Condition | None, frozenset[str]]


def needed(
    conditions: Mapping[str, t.Condition], catalog: Mapping[str, Feature], known: Collection[str]
) -> tuple[dict[str, t.Condition], dict[str, tuple[str, ...]]]:
    """The conditions cut to what can be known, and the fact tables that the others wait for.

    Args:
        conditions: by slug, each after those it refers to.
        catalog: features by name.
        known: fact tables with any row.
    """
    kept: dict[str, t.Condition] = {}
    waiting: dict[str, tuple[str, ...]] = {}
    for slug, condition in conditions.items():
        found, missing = _cut(condition, _Known(catalog, known, waiting))
        kept[slug] = t.Constant(False) if found is None else found
        if found is None:
            waiting[slug] = tuple(sorted(missing))
    return kept, waiting


class _Known:
    """What is there: fact tables, and segments that do not wait."""

    def __init__(self, catalog: Mapping[str, Feature], known: Collection[str], waiting: Mapping[str, tuple[str, ...]]) -> None:
        self.catalog = catalog
        self.known = known
        self.waiting = waiting

    def missing(self, leaf: t.Leaf) -> frozenset[str]:
        """The fact tables without which a leaf says nothing."""
        if isinstance(leaf, t.InSegment):
            return frozenset(self.waiting.get(leaf.slug, ()))
        features = [v for v in t.values(leaf) if isinstance(v, t.Name | t.Statistic)]
        names = {f.name if isinstance(f, t.Name) else f.feature for f in features}
        missing = {table for name in names for table in self.catalog[name].missing(frozenset(self.known))}
        return frozenset(missing | (_tables(leaf) - set(self.known)))


def _tables(leaf: t.Leaf) -> set[str]:
    """The fact tables that a leaf reads beside features."""
    needs = {table for v in t.values(leaf) if isinstance(v, t.Tally | t.DaysSince) for table in stream_of(v.events.kind).needs}
    if isinstance(leaf, t.Sequence):
        needs.update(table for step in leaf.steps for table in stream_of(step.events.kind).needs)
    if isinstance(leaf, t.InList):
        needs.add("list_members")
    if isinstance(leaf, t.Consent):
        needs.add("consents")
    return needs


def _cut(node: t.Condition, known: _Known) -> _Found:
    match node:
        case t.Constant():
            return node, frozenset()
        case t.Not(item):
            found, missing = _cut(item, known)
            return (None, missing) if found is None else (replace(node, item=found), missing)
        case t.All(items):
            cut = [_cut(item, known) for item in items]
            missing = frozenset(m for found, tables in cut if found is None for m in tables)
            return (None, missing) if missing else (replace(node, items=tuple(f for f, _ in cut if f is not None)), missing)
        case t.Any(items) | t.AtLeast(_, items):
            cut = [_cut(item, known) for item in items]
            left = tuple(found for found, _ in cut if found is not None)
            wanted = node.count if isinstance(node, t.AtLeast) else 1
            if len(left) < wanted:
                return None, frozenset(m for _, tables in cut for m in tables)
            return replace(node, items=left), frozenset()
        case _:
            missing = known.missing(node)
            return (None, missing) if missing else (node, missing)
