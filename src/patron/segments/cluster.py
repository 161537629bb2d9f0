"""Learned segments: customers who are alike in many features at once, found by k-means, named by what sets them apart.

The same numbers give the same clusters: the seed is fixed, the number of clusters is the one whose members are most clearly of it
(silhouette) among those that are found again in another half of the customers (stability). What was learned is a set of centres, and
`assignment.assigned` gives the nearest of them on any engine. Needs the extra `clusters` (scikit-learn).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score, silhouette_score

from patron.kernel.errors import InputError
from patron.kernel.problems import Problem
from patron.segments.assignment import Axis, Centroids
from patron.segments.definition import Definition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from patron.features.feature import Feature

    Matrix = NDArray[np.float64]
    Labels = NDArray[np.int64]

MIN_CUSTOMERS = 50
_SEED = 20_240_229
_SAMPLE = 5_000
_STABLE = 0.6  # adjusted Rand index of two halves: below, a number of clusters is chance
_SMALLEST = 0.02  # of the customers: a smaller group is a handful of outliers
_TELLING = 0.5  # spreads from the typical customer: below, a feature does not set a cluster apart
_TAIL = 2.0  # mean over median above which a feature is taken by its logarithm
_DECIMALS = 6  # of what is kept, so that it can be read in a file


@dataclass(frozen=True, slots=True)
class Trait:
    """How a cluster differs from the typical customer in one feature.

    Attributes:
        feature: the feature.
        spreads: how many spreads the cluster's centre is above (or below) the typical customer.
        typical: the median of the cluster's members, in the feature's own unit; None when it is unknown of all.
    """

    feature: str
    spreads: float
    typical: float | None


@dataclass(frozen=True, slots=True)
class Cluster:
    """One group of customers who are alike.

    Attributes:
        number: which of the centres.
        name: what sets it apart, in a few words.
        size: how many of the customers learned from.
        traits: all features, the most telling first.
    """

    number: int
    name: str
    size: int
    traits: tuple[Trait, ...]


@dataclass(frozen=True, slots=True)
class Clustering:
    """What was learned.

    Attributes:
        centroids: the centres, and how features become coordinates.
        clusters: by number, the largest first.
        silhouette: how clearly customers belong to theirs, from -1 to 1.
        stability: how far two halves of the customers agree on the clusters, 1 for entirely.
    """

    centroids: Centroids
    clusters: tuple[Cluster, ...]
    silhouette: float
    stability: float

    def definitions(self, prefix: str) -> tuple[Definition, ...]:
        """A segment for each cluster, called `prefix` and its number from 1."""
        return tuple(
            Definition(
                f"{prefix}_{cluster.number + 1}",
                name=cluster.name,
                meaning=_meaning(cluster),
                why="Found by comparing customers in many features at once; nobody had to think of it first.",
                advice="Look at the traits, decide what these customers need, and give the segment a better name if you know one.",
                kind="cluster",
                centroids=self.centroids,
                number=cluster.number,
                file=f"{prefix}_{cluster.number + 1}.toml",
            )
            for cluster in self.clusters
        )


def learned(
    values: Matrix,
    features: Sequence[Feature],
    *,
    counts: Sequence[int] = (3, 4, 5, 6, 7, 8),
    words: Mapping[str, tuple[str, str]] | None = None,
) -> Clustering:
    """Clusters of customers.

    Args:
        values: a row per customer in a fixed order (by id), a column per feature; NaN where a value is unknown.
        features: what the columns are: numbers, counts, shares or money.
        counts: how many clusters to try.
        words: for a feature, how customers with a low and with a high value are called: ("small baskets", "big baskets").

    Returns:
        The clustering; the largest cluster is number 0.

    Raises:
        InputError: there are too few customers, or nothing in which they differ.
    """
    axes, places = _places(values, features)
    _refuse_too_little(values, axes)
    sample = _spread_over(len(places), _SAMPLE)
    chosen, silhouette, stability = _chosen(places[sample], counts)
    points = _fitted(places, chosen).round(_DECIMALS)
    labels = _nearest(places, points)
    order = np.argsort(-np.bincount(labels, minlength=len(points)), kind="stable")
    order = order[np.bincount(labels, minlength=len(points))[order] > 0]
    points = points[order]
    labels = _nearest(places, points)
    centroids = Centroids(axes, tuple(tuple(float(c) for c in point) for point in points))
    kept = [i for i, f in enumerate(features) if any(a.feature == f.name for a in axes)]
    clusters = _described(values[:, kept], points, labels, centroids.features, words or WORDS)
    return Clustering(centroids, clusters, silhouette, stability)


def members(values: Matrix, features: Sequence[Feature], centroids: Centroids) -> Labels:
    """The number of the nearest centre for each customer, as `assignment.assigned` gives it."""
    by_name = {f.name: i for i, f in enumerate(features)}
    places = np.column_stack([_coordinates(values[:, by_name[a.feature]], a) for a in centroids.axes])
    return _nearest(places, np.array(centroids.points))


# Places --------------------------------------------------------------------------------------------------------------------------------


def _places(values: Matrix, features: Sequence[Feature]) -> tuple[tuple[Axis, ...], Matrix]:
    """Axes of the features in which customers differ, and every customer's place on them."""
    axes = [axis for i, f in enumerate(features) if (axis := _axis(f.name, values[:, i])) is not None]
    by_name = {f.name: i for i, f in enumerate(features)}
    columns = [_coordinates(values[:, by_name[a.feature]], a) for a in axes]
    return tuple(axes), np.column_stack(columns) if columns else np.empty((len(values), 0))


def _axis(name: str, column: Matrix) -> Axis | None:
    """A robust scale: median and interquartile range, of the logarithm where the tail is long."""
    known = column[np.isfinite(column)]
    if known.size == 0 or known.min() == known.max():
        return None
    middle = float(np.median(np.abs(known)))
    is_log = bool(np.abs(known).mean() > _TAIL * middle) or bool(known.max() > 20 * max(middle, 1.0))
    scaled = np.sign(known) * np.log1p(np.abs(known)) if is_log else known
    low, centre, high = np.percentile(scaled, [25, 50, 75])
    spread = (high - low) / 1.349 or float(scaled.std())  # 1.349: the interquartile range of a normal distribution with spread 1
    return Axis(name, is_log, round(float(centre), _DECIMALS), max(round(float(spread), _DECIMALS), 10.0**-_DECIMALS))


def _coordinates(column: Matrix, axis: Axis) -> Matrix:
    scaled = np.sign(column) * np.log1p(np.abs(column)) if axis.is_log else column
    place = np.clip((scaled - axis.centre) / axis.spread, -axis.limit, axis.limit)
    return np.where(np.isnan(column), 0.0, place)


def _nearest(places: Matrix, points: Matrix) -> Labels:
    """As `assignment.assigned`: rounded squares of distances, the first of equals."""
    distances = np.stack([((places - point) ** 2).sum(axis=1) for point in points], axis=1)
    return np.argmin(distances.round(9), axis=1)


def _refuse_too_little(values: Matrix, axes: Sequence[Axis]) -> None:
    if len(values) < MIN_CUSTOMERS:
        problem = Problem("customers", str(len(values)), f"at least {MIN_CUSTOMERS} customers to compare")
        raise InputError("There are too few customers to learn clusters from.", [problem])
    if len(axes) < 2:
        problem = Problem("features", str(len(axes)), "at least two features in which customers differ")
        raise InputError("The customers differ in too little to learn clusters from.", [problem])


# The number of clusters ------------------------------------------------------------------------------------------------------------


def _chosen(places: Matrix, counts: Sequence[int]) -> tuple[int, float, float]:
    """The number of clusters with the best silhouette among those that are stable; the most stable when none is."""
    distinct = len(np.unique(places, axis=0))
    tried = [_tried(places, count) for count in counts if 2 <= count < distinct]
    if not tried:
        problem = Problem("customers", str(distinct), "customers who differ more", "add features, or try fewer clusters")
        raise InputError("The customers are too much alike to learn clusters from.", [problem])
    large = [trial for trial in tried if trial.smallest >= _SMALLEST] or tried
    stable = [trial for trial in large if trial.stability >= _STABLE]
    best = max(stable, key=lambda t: (t.silhouette, -t.count)) if stable else max(large, key=lambda t: (t.stability, t.silhouette))
    return best.count, best.silhouette, best.stability


@dataclass(frozen=True, slots=True)
class _Trial:
    count: int
    silhouette: float
    stability: float
    smallest: float


def _tried(places: Matrix, count: int) -> _Trial:
    labels = _nearest(places, _fitted(places, count))
    sizes = np.bincount(labels, minlength=count)
    clear = silhouette_score(places, labels, sample_size=min(len(places), 2_000), random_state=_SEED) if (sizes > 0).sum() > 1 else -1.0
    return _Trial(count, float(clear), _stability(places, count), float(sizes.min() / len(places)))


def _stability(places: Matrix, count: int) -> float:
    """How far the centres of one half of the customers and those of the other half sort all of them alike."""
    one, other = _fitted(places[::2], count), _fitted(places[1::2], count)
    return float(adjusted_rand_score(_nearest(places, one), _nearest(places, other)))


def _fitted(places: Matrix, count: int) -> Matrix:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct places than clusters: empty ones are dropped later
        return np.asarray(KMeans(n_clusters=count, n_init=4, random_state=_SEED).fit(places).cluster_centers_, dtype=np.float64)


def _spread_over(size: int, wanted: int) -> Labels:
    """Rows spread evenly over all of them; all when there are few."""
    return np.unique(np.linspace(0, size - 1, min(size, wanted)).astype(np.int64))


# Names ---------------------------------------------------------------------------------------------------------------------------------

WORDS: Mapping[str, tuple[str, str]] = {
    "order_count": ("few orders", "many orders"),
    "order_count_365d": ("few orders this year", "many orders this year"),
    "net_revenue": ("little spent", "much spent"),
    "net_revenue_365d": ("little spent this year", "much spent this year"),
    "mean_order_value": ("small baskets", "big baskets"),
    "days_since_last_order": ("here lately", "long silent"),
    "lateness": ("on time", "overdue"),
    "tenure_days": ("new", "long with you"),
    "typical_gap_days": ("short gaps", "long gaps"),
    "discount_share": ("full price", "discount seekers"),
    "coupon_order_share": ("no coupons", "coupon users"),
    "refund_share": ("few returns", "many returns"),
    "distinct_category_count": ("few categories", "many categories"),
    "distinct_product_count": ("few products", "many products"),
    "price_level": ("cheaper goods", "dearer goods"),
    "engagement_points": ("unengaged", "engaged"),
    "visit_count_30d": ("few visits", "many visits"),
    "repeat_product_share": ("always something new", "the same again"),
    "unit_count": ("few units", "many units"),
    "launch_share": ("proven goods", "first to try"),
}
"""How customers with a low and with a high value of a feature are called."""


def _described(
    values: Matrix, points: Matrix, labels: Labels, features: Sequence[str], words: Mapping[str, tuple[str, str]]
) -> tuple[Cluster, ...]:
    found: list[Cluster] = []
    for number, point in enumerate(points):
        mine = values[labels == number]
        traits = [Trait(f, float(point[i]), _median(mine[:, i])) for i, f in enumerate(features)]
        traits.sort(key=lambda trait: (-abs(trait.spreads), trait.feature))
        name = _name(traits, words, {cluster.name for cluster in found})
        found.append(Cluster(number, name, int((labels == number).sum()), tuple(traits)))
    return tuple(found)


def _name(traits: Sequence[Trait], words: Mapping[str, tuple[str, str]], taken: set[str]) -> str:
    """The two most telling traits, more when another cluster has that name already."""
    telling = [trait for trait in traits if abs(trait.spreads) >= _TELLING]
    phrases = list(dict.fromkeys(_phrase(trait, words) for trait in telling)) or ["much like everybody"]
    for size in range(2, len(phrases) + 1):
        name = _sentence(phrases[:size])
        if name not in taken:
            return name
    name = _sentence(phrases[:2])
    return next(n for n in (name, *(f"{name} ({i})" for i in range(2, len(taken) + 3))) if n not in taken)


def _phrase(trait: Trait, words: Mapping[str, tuple[str, str]]) -> str:
    plain = trait.feature.replace("_", " ")
    low, high = words.get(trait.feature, (f"low {plain}", f"high {plain}"))
    return high if trait.spreads > 0 else low


def _sentence(phrases: Sequence[str]) -> str:
    joined = ", ".join(phrases)
    return joined[0].upper() + joined[1:]


def _meaning(cluster: Cluster) -> str:
    traits = [t for t in cluster.traits if abs(t.spreads) >= _TELLING][:4] or list(cluster.traits[:1])
    told = [f"{t.feature} is {'high' if t.spreads > 0 else 'low'}" for t in traits]
    return f"Customers who are alike: {', '.join(told)}, against the typical customer."


def _median(column: Matrix) -> float | None:
    known = column[np.isfinite(column)]
    return float(np.median(known)) if known.size else None
