"""Whatever comes, in whatever order, and whenever ticks are made: the memberships are those of a full recomputation."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.live import Live

if TYPE_CHECKING:
    from collections.abc import Callable

PEOPLE, BROWSERS, ORDERS, PRODUCTS = ("ann", "bob", "cat"), ("b1", "b2", "b3"), ("o1", "o2", "o3", "o4"), ("p1", "p2")
AGO = st.sampled_from([-7_200, 0, 1, 59, 3_600, 86_400, 3 * 86_400, 31 * 86_400, 89 * 86_400]).map(lambda s: timedelta(seconds=s))
AFTER = st.sampled_from([1, 60, 3_599, 3_601, 7_200, 86_400, 7 * 86_400]).map(lambda s: timedelta(seconds=s))

Happening = tuple[str, tuple[object, ...]]
happenings = st.one_of(
    st.tuples(
        st.just("event"),
        st.tuples(st.sampled_from(["Product Viewed", "Product Added"]), st.sampled_from(BROWSERS), st.sampled_from(PRODUCTS), AGO),
    ),
    st.tuples(st.just("identify"), st.tuples(st.sampled_from(BROWSERS), st.sampled_from(PEOPLE))),
    st.tuples(st.just("forget"), st.tuples(st.sampled_from(PEOPLE))),
    st.tuples(
        st.just("order"), st.tuples(st.sampled_from(ORDERS), st.sampled_from(PEOPLE), st.integers(5, 300), AGO, st.sampled_from([0, 5]))
    ),
)
steps = st.lists(st.tuples(st.lists(happenings, max_size=3), AFTER), min_size=1, max_size=4)


def _happen(live: Live, what: str, of: tuple[object, ...]) -> None:
    doing: dict[str, Callable[..., None]] = {
        "event": lambda name, who, product, ago: live.event(name, who, ago=ago, product_id=product, price="4.50"),
        "identify": lambda who, person: live.identify(who, f"{person}@shop.example"),
        "forget": lambda person: live.forget(f"{person}@shop.example"),
        "order": lambda number, person, total, ago, refunded: live.order(
            number, f"{person}@shop.example", total, ago=ago, refunded=refunded
        ),
    }
    doing[what](*of)


def _lives_right(story: list[tuple[list[Happening], timedelta]]) -> None:
    live = Live()
    live.order("o0", "ann@shop.example", 80, ago=timedelta(days=12))
    live.identify("b1", "ann@shop.example")
    live.event("Product Viewed", "b1", product_id="p1")
    live.tick()
    for happened, after in story:
        for what, of in happened:
            _happen(live, what, of)
        live.tick(after=after)
        assert live.strays() == 0


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps)
def test_ticks_equal_recomputation(story: list[tuple[list[Happening], timedelta]]) -> None:
    _lives_right(story)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps)
def test_ticks_equal_recomputation_many_times(story: list[tuple[list[Happening], timedelta]]) -> None:
    _lives_right(story)
