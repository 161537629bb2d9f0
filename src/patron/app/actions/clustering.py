"""Learning groups of customers who are alike, and keeping them as segments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from patron.app.actions.conditions import condition_rows
from patron.app.answers import last_answers
from patron.app.files import write_text
from patron.kernel.errors import InputError
from patron.kernel.problems import Problem, did_you_mean
from patron.kernel.time import literal
from patron.segments.assignment import in_whole_days
from patron.segments.cluster import learned
from patron.segments.definition import Definition, to_toml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patron.app.project import Project
    from patron.features.feature import Feature
    from patron.segments.cluster import Clustering

DEFAULT_FEATURES = (
    "order_count",
    "mean_order_value",
    "days_since_last_order",
    "usual_gap_days",
    "distinct_category_count",
    "mean_lines_per_order",
    "discount_share",
    "refund_share",
)
_PREFIX = "cluster_"
_NUMBERS = frozenset({"count", "number", "quantity", "money", "mean_money", "share"})


@dataclass(frozen=True, slots=True)
class Clusters:
    """Groups that were learned and kept."""

    clustering: Clustering
    slugs: tuple[str, ...]
    customers: int

    def as_json(self) -> dict[str, object]:
        """For programs."""
        found = self.clustering
        return {
            "customers": self.customers,
            "silhouette": found.silhouette,
            "stability": found.stability,
            "clusters": [
                {
                    "segment": slug,
                    "name": c.name,
                    "size": c.size,
                    "traits": [{"feature": x.feature, "spreads": x.spreads, "typical": x.typical} for x in c.traits],
                }
                for slug, c in zip(self.slugs, found.clusters, strict=True)
            ],
        }


def cluster(project: Project, *, features: Sequence[str] = (), where: str = "order_count >= 1", sizes: Sequence[int] = ()) -> Clusters:
    """Learn clusters from the customers who meet a condition, and write them as segments over the project's `segments/`.

    Raises:
        InputError: a feature is not known or is no number, or the customers are too few or too much alike.
    """
    answers = last_answers(project)
    chosen = _features(project, features)
    rows, now = condition_rows(project, answers, where).order_by("customer_id"), literal(answers.as_of)
    table = project.store.query(rows.select(**{f.name: in_whole_days(f.name, rows, project.definitions.catalog, now) for f in chosen}))
    columns = [table.column(f.name).cast("float64").fill_null(float("nan")).to_numpy() for f in chosen]
    values = np.column_stack(columns)
    found = learned(values, chosen, counts=tuple(sizes)) if sizes else learned(values, chosen)
    return Clusters(found, _keep(project, found), len(values))


def _features(project: Project, names: Sequence[str]) -> list[Feature]:
    catalog = project.definitions.catalog
    numbers = [f.name for f in catalog.visible() if f.kind in _NUMBERS]
    wrong = [n for n in names if n not in numbers]
    if wrong:
        problems = [Problem("features", n, "the name of a feature that is a number", did_you_mean(n, numbers)) for n in wrong]
        raise InputError("Some features cannot be clustered.", problems)
    return [catalog[n] for n in names or DEFAULT_FEATURES]


def _keep(project: Project, found: Clustering) -> tuple[str, ...]:
    """Write a file a cluster in place of those that were learned before."""
    folder = project.folder / "segments"
    folder.mkdir(exist_ok=True)
    for old in folder.glob(f"{_PREFIX}*.toml"):
        old.unlink()
    slugs = []
    for position, cluster_ in enumerate(found.clusters, 1):
        slug = f"{_PREFIX}{position}"
        meaning = f"A group that was learned: {cluster_.name}. {cluster_.size:,} customers when it was."
        definition = Definition(
            slug,
            cluster_.name,
            meaning,
            kind="cluster",
            centroids=found.centroids,
            number=cluster_.number,
            seeds=("002-15", "002-35"),
            why="Groups that nobody thought of show where the range, the message or the price could differ.",
            advice="Look at what sets the group apart, then decide whether it deserves words of its own.",
        )
        write_text(folder / f"{slug}.toml", to_toml(definition))
        slugs.append(slug)
    return tuple(slugs)
