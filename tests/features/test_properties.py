"""What holds for every shop: the future does not matter, nor does the order of rows, and nothing changes unless it says when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from features.shops import Run, made
from patron.facts import tables
from patron.facts.as_of import Facts
from patron.facts.shop import Shop
from patron.features.catalog import BUILT_IN
from patron.features.feature import AHEAD_DAYS, Ages, Daily, Follows, Slides, Still
from patron.kernel.ids import derived
from patron.kernel.time import Calendar

if TYPE_CHECKING:
    from features.shops import Rows

AS_OF = datetime(2024, 7, 1, 9, 30, tzinfo=UTC)
SHOP = Shop(calendar=Calendar("Europe/London"), country="GB", margin_rate=0.4, payment_rate=0.02, delivery_cost=300)
CUTS = {"r": (20.0, 60.0, 150.0, 400.0), "f": (2.0, 3.0, 4.0, 5.0), "m": (500.0, 1000.0, 2000.0, 4000.0), "e": (0.5, 1.0, 4.0, 9.0)}
LATER = tuple(timedelta(seconds=s) for s in (1, 3_600, 86_400, 30 * 86_400, 400 * 86_400))
PEOPLE = ("ann", "bob", "cat", "dan")
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # a whole shop is worked out each time: shrinking would take an hour
OF_THE_SHOP = {"p_next_order"}  # a statistic of all customers: the ladder judges an order once it is old enough


@cache
def run(later: timedelta = timedelta(0)) -> Run:
    known = frozenset(t.name for t in tables.FACTS)
    return Run(Facts(SHOP, AS_OF + later, known), CUTS)  # type: ignore[arg-type]


# Ages near the edges of windows, to the microsecond, and some between.
EDGES = st.builds(
    lambda days, nudge: timedelta(days=days, microseconds=nudge),
    st.sampled_from([1, 7, 30, 60, 90, 91, 120, 150, 180, 365, 730]),
    st.sampled_from([-1_000_000, -1, 0, 1, 1_000_000]),
)
AGES = st.one_of(EDGES, st.builds(lambda minutes: timedelta(minutes=minutes), st.integers(1, 800 * 1440)))
AFTER = st.sampled_from([timedelta(0), timedelta(microseconds=1), timedelta(hours=5), timedelta(days=40)])
PERSON = st.sampled_from([*PEOPLE, None])
MONEY = st.integers(0, 5_000)


def _instant(age: timedelta) -> str:
    return (AS_OF - age).replace(tzinfo=None).isoformat()


def _rows(age: st.SearchStrategy[timedelta]) -> st.SearchStrategy[Rows]:
    """Facts of every table that happened so long ago."""
    at = age.map(_instant)
    kinds = st.sampled_from("product_viewed product_added product_removed checkout_started order_completed products_searched".split())
    order = st.fixed_dictionaries(
        {"customer_id": PERSON, "ordered_at": at, "net_revenue": MONEY, "discount": MONEY, "units": st.integers(1, 5)},
        optional={"cancelled_at": at, "coupon_code": st.just("TEN"), "kind": st.sampled_from(["sale", "unpaid"])},
    )
    line = st.fixed_dictionaries(
        {
            "customer_id": PERSON, "ordered_at": at, "net_revenue": MONEY, "order_id": st.integers(1, 8),
            "product_id": st.integers(101, 104), "quantity": st.integers(0, 3),
        },
    )  # fmt: skip
    event = st.fixed_dictionaries(
        {"customer_id": PERSON, "occurred_at": at, "kind": kinds},
        optional={"session_id": st.integers(1, 3), "product_id": st.integers(101, 104), "value": MONEY},
    )
    message = st.fixed_dictionaries(
        {"customer_id": PERSON, "sent_at": at}, optional={"opened_at": at, "clicked_at": at, "unsubscribed_at": at}
    )
    status = st.sampled_from(["granted", "denied", "withdrawn", "pending"])
    said: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "refunds": ({"customer_id": PERSON, "refunded_at": at, "net_revenue": MONEY, "order_id": st.integers(1, 8)}, {}),
        "consents": ({"customer_id": PERSON, "occurred_at": at, "status": status}, {"is_dated": st.booleans()}),
        "reviews": ({"customer_id": PERSON, "reviewed_at": at, "rating": st.sampled_from([1.0, 2.5, 4.0])}, {}),
        "tickets": ({"customer_id": PERSON, "opened_at": at, "satisfaction": st.sampled_from([1.0, 5.0])}, {"closed_at": at}),
        "redemptions": ({"customer_id": PERSON, "redeemed_at": at}, {}),
    }
    others: dict[str, st.SearchStrategy[dict[str, Any]]] = {
        table: st.fixed_dictionaries(must, optional=may) for table, (must, may) in said.items()
    }
    every: dict[str, st.SearchStrategy[dict[str, Any]]] = {
        "orders": order,
        "order_lines": line,
        "events": event,
        "messages": message,
        **others,
    }
    return st.fixed_dictionaries({table: st.lists(row, max_size=12) for table, row in every.items()})


def _shop(past: Rows, future: Rows | None = None, seed: int | None = None) -> Rows:
    """Whole tables: past rows with their ids, then future ones, shuffled if asked."""
    people = [{"customer_id": p, "first_seen_at": "2020-01-01", "birth_on": "1990-07-02"} for p in PEOPLE]
    products = [{"product_id": 101 + n, "product_code": f"P{n}", "category": c} for n, c in enumerate(["A", "B", "B", None])]
    keys = {t.name: t.key[0] for t in tables.FACTS}
    made_rows: Rows = {"customers": people, "products": products}
    for table, rows in past.items():
        made_rows[table] = [{**row, keys[table]: n} for n, row in enumerate([*rows, *(future or {}).get(table, ())], 1)]
    if seed is not None:
        for rows in made_rows.values():
            rows.sort(key=lambda row: derived(str(seed), str(row)))
    return made_rows


@settings(deadline=None, phases=PHASES, max_examples=4)
@given(past=_rows(AGES), future=_rows(AFTER.map(lambda d: -d)))
def test_facts_at_or_after_as_of_never_change_an_answer(past: Rows, future: Rows) -> None:
    assert run()(made(_shop(past, future))) == run()(made(_shop(past)))


@settings(deadline=None, phases=PHASES, max_examples=4)
@given(past=_rows(AGES), seed=st.integers(0, 99))
def test_order_of_rows_never_changes_an_answer(past: Rows, seed: int) -> None:
    assert run()(made(_shop(past, seed=seed))) == run()(made(_shop(past)))


@settings(deadline=None, phases=PHASES, max_examples=4)
@given(past=_rows(AGES), later=st.sampled_from(LATER))
def test_features_change_by_themselves_only_as_they_say(past: Rows, later: timedelta) -> None:
    engine = made(_shop(past))
    before, after = run()(engine), run(later)(engine)
    for one, two in zip(before, after, strict=True):
        wrong = [n for n in BUILT_IN if n not in OF_THE_SHOP and not _may(n, one, two, later)]
        assert not wrong, {n: (one[n], two[n], BUILT_IN[n].changes) for n in wrong}


@settings(deadline=None, phases=PHASES, max_examples=4)
@given(past=_rows(AGES))
def test_what_is_told_ahead_comes_true(past: Rows) -> None:
    engine = made(_shop(past))
    before, after = run()(engine), run(timedelta(days=AHEAD_DAYS))(engine)
    told = {n: f.changes.ahead for n, f in BUILT_IN.items() if isinstance(f.changes, Slides) and f.changes.ahead}
    for one, two in zip(before, after, strict=True):
        assert {n: one[ahead] for n, ahead in told.items()} == {n: two[n] for n in told}


def _may(name: str, one: dict[str, Any], two: dict[str, Any], later: timedelta) -> bool:
    """Whether a feature may be what it is some time later, no fact having arrived."""
    feature = BUILT_IN[name]
    if one[name] == two[name] or feature.hidden:
        return True
    match feature.changes:
        case Still():
            return False
        case Slides(edge=edge):
            return one[edge] is not None and one[edge] <= (AS_OF + later).replace(tzinfo=None)
        case Ages(since, per, _until):
            return (
                one[since] is not None and two[name] > one[name] and (bool(per) or abs(two[name] - one[name] - later / timedelta(1)) < 1e-6)
            )
        case Follows(features):
            return any(one[f] != two[f] for f in features)
        case Daily():
            return SHOP.calendar.day_of(AS_OF) != SHOP.calendar.day_of(AS_OF + later)
