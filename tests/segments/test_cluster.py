from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from patron.kernel.errors import InputError
from patron.segments.check import checked
from patron.segments.cluster import Clustering, learned, members
from patron.segments.definition import read, to_toml
from segments.world import AS_OF, CATALOG, World

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEATURES = [CATALOG[name] for name in ("order_count", "net_revenue", "days_since_last_order", "usual_gap_days")]


def _shop(seed: int = 7) -> NDArray[np.float64]:
    """Three kinds of customers, 60 of each, and a giant; one feature of some is unknown."""
    draw = np.random.default_rng(seed)
    centres = [(2, 3_000, 20, 30), (25, 20_000, 10, 7), (2, 900_000, 300, 90)]
    rows = [draw.normal(1, 0.08, (60, 4)) * centre for centre in centres]
    rows.append(np.array([[400.0, 90_000_000.0, 1.0, 1.0]]))
    values = np.vstack(rows).round()
    values[::17, 3] = np.nan
    return values


@pytest.fixture(scope="module")
def clustering() -> Clustering:
    return learned(_shop(), FEATURES)


def test_customers_who_are_alike_are_found(clustering: Clustering) -> None:
    assert [c.size for c in clustering.clusters] == sorted((c.size for c in clustering.clusters), reverse=True)
    assert sum(c.size for c in clustering.clusters) == 181
    labels = members(_shop(), FEATURES, clustering.centroids)
    assert [len(set(labels[i : i + 60])) for i in (0, 60, 120)] == [1, 1, 1]
    assert len(clustering.clusters) == 3
    assert clustering.silhouette > 0.6
    assert clustering.stability > 0.9


def test_a_cluster_is_named_by_what_sets_it_apart(clustering: Clustering) -> None:
    labels = members(_shop(), FEATURES, clustering.centroids)
    names = {kind: clustering.clusters[labels[i]].name for kind, i in {"small": 5, "regular": 65, "rare": 125}.items()}
    assert names["regular"] == "Many orders"
    assert names["rare"] == "Long silent, high usual gap days"
    assert len(set(names.values())) == 3


def test_the_traits_of_a_cluster_are_told_in_the_units_of_the_shop(clustering: Clustering) -> None:
    labels = members(_shop(), FEATURES, clustering.centroids)
    rare = clustering.clusters[labels[125]]
    assert {t.feature: t.typical for t in rare.traits}["days_since_last_order"] == pytest.approx(300, abs=15)


def test_the_same_numbers_give_the_same_clusters(clustering: Clustering) -> None:
    assert learned(_shop(), FEATURES) == clustering


def test_any_engine_finds_the_members_that_were_learned(clustering: Clustering) -> None:
    values = _shop()
    definitions = [read(to_toml(d), slug=d.slug, where=d.file) for d in clustering.definitions("kind")]
    rows: list[dict[str, Any]] = [{f.name: _known(v, f.kind) for f, v in zip(FEATURES, row, strict=True)} for row in values]
    for row in rows:
        row["last_order_at"] = AS_OF.replace(tzinfo=None) - timedelta(days=float(row["days_since_last_order"] or 0))
    world = World(rows)
    found = world.memberships(world.plan(checked(definitions, CATALOG)))
    labels = members(values, FEATURES, clustering.centroids)
    assert found == {f"kind_{n + 1}": {int(i) + 1 for i in np.flatnonzero(labels == n)} for n in range(len(clustering.clusters))}
    assert sum(len(m) for m in found.values()) == len(values)


def _known(value: float, kind: str) -> float | int | None:
    return None if np.isnan(value) else (int(value) if kind in ("count", "money") else float(value))


def test_too_little_to_learn_from_is_said() -> None:
    with pytest.raises(InputError, match="found '10', expected at least 50 customers to compare"):
        learned(_shop()[:10], FEATURES)
    with pytest.raises(InputError, match="at least two features in which customers differ"):
        learned(np.ones((100, 4)), FEATURES)
    two = np.repeat([[1.0, 2.0, 3.0, 4.0], [2.0, 3.0, 4.0, 5.0]], 40, axis=0)
    with pytest.raises(InputError, match="The customers are too much alike to learn clusters from"):
        learned(two, FEATURES)


def test_a_feature_that_is_the_same_for_all_is_no_axis() -> None:
    values = _shop()
    values[:, 3] = 5.0
    assert learned(values, FEATURES).centroids.features == ("order_count", "net_revenue", "days_since_last_order")
