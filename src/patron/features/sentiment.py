"""What the customer says of the shop: reviews."""

from __future__ import annotations

from functools import partial

from patron.features.feature import Ages, Feature, Slides
from patron.features.values import days_since, of, ratio

_review = partial(Feature, family="sentiment", needs=("reviews",))

FEATURES = (
    _review(
        name="review_count", kind="count", unit="reviews", seeds=("001-37", "001-15", "002-36"),
        meaning="Reviews written.",
        value=of("reviews", "review_count"),
    ),
    _review(
        name="review_mean_rating", kind="number", unit="stars", seeds=("001-37", "001-35"),
        meaning="Mean of the stars given, 1 worst to 5 best.",
        value=lambda i: ratio(i["reviews"]["rating_sum"], i["reviews"]["rating_count"]) / 100.0,
    ),
    _review(
        name="last_rating", kind="number", unit="stars", seeds=("001-35",),
        meaning="Stars of the latest review.",
        value=of("reviews", "last_rating"),
    ),
    _review(
        name="low_rating_count_365d", kind="count", unit="reviews", seeds=("001-35", "000-47"),
        meaning="Reviews with two stars or fewer in the last 365 days.",
        value=of("reviews", "low_count_365d"), changes=Slides("edge_low_rating_365d_at"),
    ),
    _review(
        name="edge_low_rating_365d_at", kind="instant", unit="instant", hidden=True,
        meaning="When the next bad review is 365 days old.",
        value=of("reviews", "edge_365d"),
    ),
    _review(
        name="last_review_at", kind="instant", unit="instant", seeds=("001-37",),
        meaning="When the customer last wrote a review.",
        value=of("reviews", "last_review_at"),
    ),
    _review(
        name="days_since_last_review", kind="number", unit="days", seeds=("001-37", "003-33"),
        meaning="Days since the customer last wrote a review.",
        value=days_since("last_review_at"), changes=Ages("last_review_at"),
    ),
    _review(
        name="recommend_share", kind="share", unit="share of reviews", seeds=("000-28", "002-36"),
        meaning="Share of reviews that recommend the product, of those that say.",
        value=lambda i: ratio(i["reviews"]["recommended_count"], i["reviews"]["asked_count"]),
    ),
)  # fmt: skip
