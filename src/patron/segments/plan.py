"""From checked definitions to what an engine runs: steps that make terms, the statistics of the population, and the memberships.

A preview, a membership, an export and an explanation are the same plan with one definition or many.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import ibis

from patron.kernel.steps import Step
from patron.kernel.tables import type_of
from patron.segments import expression as e
from patron.segments import tree as t
from patron.segments.assignment import assigned, in_whole_days, placed_by
from patron.segments.statistics import cuts_within, population, statistics_of
from patron.segments.terms import beside, term_steps
from patron.segments.waiting import needed
from patron.segments.words import column_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.facts.as_of import Facts
    from patron.features.feature import Feature
    from patron.segments.check import Checked


@dataclass(frozen=True)  # without slots: what is worked out once is kept
class Plan:
    """What to run, in this order: `steps`, `statistics`, `memberships`. The table `features` must be there first.

    Attributes:
        checked: the definitions.
        catalog: features by name; the table `features` has a column of each, hidden ones too.
        facts: facts as of the instant that `features` is for.
        features_name: the table of features.
        terms_name: the table that the steps make; a preview gives it another name, so that it disturbs nothing.
    """

    checked: Checked
    catalog: Mapping[str, Feature]
    facts: Facts
    features_name: str = "features"
    terms_name: str = "segment_terms"

    @cached_property
    def waiting(self) -> dict[str, tuple[str, ...]]:
        """Segments that cannot be worked out yet, and the fact tables they wait for; nobody is in them."""
        return needed(self.checked.conditions, self.catalog, self.facts.known)[1]

    @cached_property
    def conditions(self) -> dict[str, t.Condition]:
        """The conditions as they can be worked out with the facts there are; those that wait are met by nobody."""
        return needed(self.checked.conditions, self.catalog, self.facts.known)[0]

    @property
    def features(self) -> ir.Table:
        """The table of features, unbound."""
        schema = {"customer_id": "int64"} | {name: type_of(f.kind) for name, f in self.catalog.items()}
        return ibis.table(schema, name=self.features_name)

    def terms(self) -> tuple[t.Term, ...]:
        """What is asked of events, lists and history, each once over all segments."""
        return tuple(dict.fromkeys(term for condition in self.conditions.values() for term in t.terms(condition)))

    def steps(self) -> tuple[Step, ...]:
        """Steps that make the table of terms and the cut-offs within groups; none when no condition needs them."""
        return self._steps

    @cached_property
    def _steps(self) -> tuple[Step, ...]:
        cuts = [
            Step(f"{self.terms_name}_cut_{column_of(ranked)}", cuts_within(ranked, self._read, self.catalog, self.facts))
            for ranked in self._ranked_within()
        ]
        return (*term_steps(self.terms(), self.facts, name=self.terms_name), *cuts)

    def statistics(self) -> ir.Table | None:
        """One row with the statistics that conditions compare with; None when there are none.

        Its row, as a mapping from column to value, is what `memberships` wants.
        """
        wanted = [s for s in self._statistics() if not (isinstance(s, t.Ranked) and s.within)]
        return population(wanted, self._read, self.catalog, self.facts)

    def memberships(self, stats: Mapping[str, object]) -> ir.Table:
        """One row per customer: customer_id, and for each segment whether the customer is in it.

        Args:
            stats: the row of `statistics`; empty when there are none.
        """
        row = self._worked_out(self._read, stats)
        return row.select("customer_id", **{slug: row[e.inside(slug)] for slug in self.checked.slugs})

    def worked_out(self, stats: Mapping[str, object]) -> ir.Table:
        """One row per customer: features, terms, and a column `expression.inside` per segment.

        Segments that refer to others read their columns, level by level, so that the expression grows with the text and not with its
        references.
        """
        return self._worked_out(self.features, stats)

    def _worked_out(self, features: ir.Table, stats: Mapping[str, object]) -> ir.Table:
        row = self._joined(features)
        placing = {f: in_whole_days(f, row, self.catalog, self.facts.now) for leaf in self._clusters() for f in leaf.centroids.features}
        nearest = {column_of(leaf): assigned(placing, leaf.centroids) for leaf in self._clusters()}
        row = row.mutate(**nearest) if nearest else row
        for level in self._levels():
            scope = e.Scope(row, self.catalog, self.facts, stats)
            row = row.mutate(**{e.inside(slug): e.condition(self.conditions[slug], scope) for slug in level})
        return row

    @cached_property
    def _read(self) -> ir.Table:
        """The table of features with the columns that conditions read and no others, so that none of them is carried along."""
        values = [v for leaf in self._leaves() for v in t.values(leaf) if isinstance(v, t.Name | t.Statistic)]
        names = dict.fromkeys(v.name if isinstance(v, t.Name) else v.feature for v in values)
        columns = {c for name in names for c in e.counted_by(self.catalog[name], self.catalog)}
        columns |= {c for leaf in self._clusters() for f in leaf.centroids.features for c in placed_by(self.catalog[f])}
        kept = {c: of for c, of in self.features.schema().items() if c == "customer_id" or c in columns}
        return ibis.table(kept, name=self.features_name)

    def _joined(self, features: ir.Table) -> ir.Table:
        steps = self.steps()
        if self.terms():
            made = next(step for step in steps if step.name == self.terms_name)
            features = beside(features, made, features.customer_id, "customer_id")
        for ranked in self._ranked_within():
            made = next(step for step in steps if step.name.endswith(column_of(ranked)))
            features = beside(features, made, features[ranked.within], "of")
        return features

    def _levels(self) -> list[list[str]]:
        """Segments in layers: each refers only to those in layers before."""
        depth: dict[str, int] = {}
        for slug, condition in self.conditions.items():
            below = [depth[leaf.slug] for leaf in t.leaves(condition) if isinstance(leaf, t.InSegment)]
            depth[slug] = 1 + max(below, default=0)
        return [[s for s, d in depth.items() if d == level] for level in range(1, max(depth.values(), default=0) + 1)]

    def _leaves(self) -> tuple[t.Leaf, ...]:
        return tuple(dict.fromkeys(leaf for condition in self.conditions.values() for leaf in t.leaves(condition)))

    def _clusters(self) -> tuple[t.InCluster, ...]:
        return tuple(leaf for leaf in self._leaves() if isinstance(leaf, t.InCluster))

    def _statistics(self) -> tuple[t.Statistic | t.Ranked, ...]:
        return tuple(dict.fromkeys(s for condition in self.conditions.values() for s in statistics_of(condition)))

    def _ranked_within(self) -> list[t.Ranked]:
        return [s for s in self._statistics() if isinstance(s, t.Ranked) and s.within]
