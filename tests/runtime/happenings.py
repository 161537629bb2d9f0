"""What may happen in the tea house, as strategies: stories of records that come before a tick, and of how long that is in coming."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from runtime.tea_house import browser

if TYPE_CHECKING:
    from runtime.tea_house import TeaHouse

Happening = tuple[str, dict[str, Any]]
"""The name of a method of the tea house, and what it is given."""
Step = tuple[list[Happening], timedelta | None]
"""What happens, and how long afterwards the tick comes; None for the instant at which something is due, or the day ends."""

_PEOPLE = tuple(f"{name}@example.com" for name in ("ana", "ben", "greta", "paul", "simon", "tina", "new", "newer"))
_EVENTS = ("Product Viewed", "Product Added", "Checkout Started", "Order Completed", "Page Viewed", "Chat Started", "Product Shared")
_SECONDS_AGO = (0, 1, 59, 3_600, 86_400, 3 * 86_400, 31 * 86_400, 89 * 86_400, 400 * 86_400)
_SECONDS_AHEAD = (1, 7_200)
_SECONDS_AFTER = (1, 60, 3_599, 3_600, 3_601, 7_200)


def _seconds(*choices: int) -> st.SearchStrategy[timedelta]:
    return st.sampled_from(choices).map(lambda seconds: timedelta(seconds=seconds))


_people, _browsers = st.sampled_from(_PEOPLE), st.sampled_from([*map(browser, _PEOPLE[:5]), "phone", "tablet"])
_products, _orders = st.sampled_from(["T1", "T4", "P2"]), st.sampled_from(["n1", "n2", "1174"])
_ago = _seconds(*_SECONDS_AGO) | _seconds(*(-s for s in _SECONDS_AHEAD))


def _happens(what: str, **of: st.SearchStrategy[Any]) -> st.SearchStrategy[Happening]:
    return st.tuples(st.just(what), st.fixed_dictionaries(of))


_happenings = st.one_of(
    _happens("event", name=st.sampled_from(_EVENTS), who=_browsers, product_id=_products, ago=_ago, value=st.sampled_from([4.5, 60])),
    _happens("correct", number=st.integers(0, 9), name=st.sampled_from(_EVENTS)),
    _happens("again", number=st.integers(0, 9)),
    _happens("identify", who=_browsers, email=_people),
    _happens("meet", one=_people, other=_people),
    _happens("order", number=_orders, email=_people, total=st.integers(5, 300), ago=_ago, refunded=st.sampled_from([0, 5])),
    _happens("cancel", number=_orders, email=_people, ago=_ago),
    _happens("line", number=_orders, email=_people, product=_products, price=st.sampled_from([4.5, 60]), ago=_ago),
    _happens("give_back", number=_orders, email=_people, product=_products, ago=_ago),
    _happens("forget", email=_people),
    _happens("customer", email=_people, birth_on=st.sampled_from(["1950-07-02", "2001-07-16"]), country=st.sampled_from(["DE", "AU"])),
    _happens("permit", email=_people, is_granted=st.booleans(), ago=_ago),
    _happens("write", email=_people, ago=_ago, is_clicked=st.booleans()),
    _happens("review", email=_people, product=_products, rating=st.sampled_from([1, 5]), ago=_ago),
    _happens("complain", email=_people, ago=_ago, satisfaction=st.sampled_from([1, 5])),
    _happens("redeem", email=_people, ago=_ago),
)
_after = st.sampled_from([*(timedelta(seconds=s) for s in _SECONDS_AFTER * 4), None, None, timedelta(days=1), timedelta(days=7)])
STORIES: st.SearchStrategy[list[Step]] = st.lists(st.tuples(st.lists(_happenings, max_size=3), _after), min_size=1, max_size=3)


def happen(house: TeaHouse, happenings: list[Happening]) -> None:
    """Let these records come."""
    for what, of in happenings:
        getattr(house, what)(**of)
