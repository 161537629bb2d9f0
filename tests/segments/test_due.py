"""A condition says when its answer can next change: never too late, always after as of, and to the second where it can be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patron.segments.assignment import Axis, Centroids
from patron.segments.check import Checked, checked
from patron.segments.definition import Definition
from patron.segments.due import due_at, due_table
from patron.segments.expression import Scope
from patron.segments.plan import Plan
from properties import tried
from segments.conditions import COUNTS, PEOPLE, SEQUENCES
from segments.world import AS_OF, CATALOG, Person, World, ago, event, naive

TICK = timedelta(microseconds=1)


def _due(world: World, condition: str, as_of: datetime = AS_OF, *, grain: int = 1) -> list[datetime | None]:
    plan = world.plan({"it": condition}, as_of)
    rows = world.engine.query(due_table(plan, world.stats(plan), grain=grain)).to_pylist()
    found = {r["customer_id"]: r["due_at"] for r in rows}
    return [None if found[i] is None else found[i].replace(tzinfo=UTC) for i in sorted(found)]


def _one(person: Person, condition: str, as_of: datetime = AS_OF) -> datetime | None:
    (found,) = _due(World([person]), condition, as_of)
    return found


# Exactly -------------------------------------------------------------------------------------------------------------------------------


def test_an_age_flips_with_the_first_whole_second_after_the_threshold() -> None:
    ordered = datetime(2024, 2, 28, 6, 0, 0, 900_000, tzinfo=UTC)
    person = Person(last_order_at=ordered)
    assert _one(person, "days_since_last_order > 5") == datetime(2024, 3, 4, 6, 0, 1, tzinfo=UTC)
    assert _one(person, "days_since_last_order >= 5") == datetime(2024, 3, 4, 6, 0, 0, tzinfo=UTC)
    assert _one(person, "days_since_last_order < 5") == datetime(2024, 3, 4, 6, 0, 0, tzinfo=UTC)
    assert _one(person, "days_since_last_order <= 5") == datetime(2024, 3, 4, 6, 0, 1, tzinfo=UTC)
    assert _one(person, "days_since_last_order == 5") == datetime(2024, 3, 4, 6, 0, 0, tzinfo=UTC)
    assert _one(person, "days_since_last_order == 5", datetime(2024, 3, 4, 6, tzinfo=UTC)) == datetime(2024, 3, 4, 6, 0, 1, tzinfo=UTC)
    assert _one(person, "5 >= days_since_last_order") == datetime(2024, 3, 4, 6, 0, 1, tzinfo=UTC)
    assert _one(person, "1 < days_since_last_order < 5") == datetime(2024, 3, 4, 6, 0, 0, tzinfo=UTC)
    assert _one(person, "days_since_last_order in [1, 5]") == datetime(2024, 3, 4, 6, 0, 0, tzinfo=UTC)
    assert _one(person, "days_since_last_order > 1") is None
    assert _one(Person(), "days_since_last_order > 1") is None


def test_an_age_in_gaps_flips_at_so_many_gaps() -> None:
    person = Person(last_order_at=ago(days=3), usual_gap_days=2.5)
    due = _one(person, "lateness >= 2")
    assert due == naive(ago(days=-2)).replace(microsecond=0, tzinfo=UTC)


def test_a_countdown_flips_as_it_runs_out() -> None:
    person = Person(renews_at=datetime(2024, 3, 10, 12, tzinfo=UTC))
    assert _one(person, "days_until_renewal < 7") == datetime(2024, 3, 3, 12, 0, 1, tzinfo=UTC)
    assert _one(person, "days_until_renewal <= 7") == datetime(2024, 3, 3, 12, 0, 0, tzinfo=UTC)


def test_an_event_leaves_its_window_a_microsecond_after_its_length() -> None:
    person = Person(events=(event("v", ago(days=5)), event("v", ago(days=2))))
    assert _one(person, 'happened("v", last="7 days") >= 2') == ago(days=5) + timedelta(days=7) + TICK
    assert _one(person, 'happened("v") >= 2') is None
    assert _one(Person(views=(ago(days=6),)), "view_count_7d > 0") == ago(days=6) + timedelta(days=7) + TICK


def test_whether_anything_happened_changes_with_the_last_event() -> None:
    person = Person(events=tuple(event("v", ago(days=d)) for d in (6, 5, 2)))
    end = ago(days=2) + timedelta(days=7) + TICK
    for condition in (">= 1", "> 0", "== 0", "!= 0", "< 1", "<= 0"):
        assert _one(person, f'happened("v", last="7 days") {condition}') == end
    assert _one(person, '0 < happened("v", last="7 days")') == end
    assert _one(Person(), 'happened("v", last="7 days") >= 1') is None


def test_what_only_falls_is_due_while_it_is_above() -> None:
    person, leaves = Person(views=(ago(days=6), ago(days=1))), ago(days=6) + timedelta(days=7) + TICK
    for condition in ("view_count_7d > 1", "view_count_7d >= 2", "view_count_7d == 2", "view_count_7d < 2", "1 >= view_count_7d"):
        assert _one(person, condition) == leaves
    for condition in ("view_count_7d > 2", "view_count_7d >= 3", "view_count_7d == 3", "view_count_7d < 3", "2 >= view_count_7d"):
        assert _one(person, condition) is None
    twice = Person(events=(event("v", ago(days=5)), event("v", ago(days=2))))
    assert _one(twice, 'happened("v", last="7 days") >= 3') is None


def test_an_absent_step_is_due_when_its_time_has_run_out() -> None:
    person = Person(events=(event("a", ago(minutes=20)),))
    assert _one(person, 'sequence("a", absent("b"), within="1 hour")') == ago(minutes=20) + timedelta(hours=1)
    assert _one(person, 'sequence("a", absent("b"), within="1 hour", last="1 day")') == ago(minutes=20) + timedelta(hours=1)
    long_ago = Person(events=(event("a", ago(hours=20)),))
    assert _one(long_ago, 'sequence("a", absent("b"), within="1 hour", last="1 day")') == ago(hours=-4) + TICK
    assert _one(long_ago, 'sequence("a", absent("b"), within="1 hour")') is None


def test_what_was_entered_is_due_when_it_is_long_ago() -> None:
    world = World([{}] * 2, changes=[(1, "it", "entered", ago(days=3)), (1, "it", "entered", ago(days=2))])
    assert _due(world, 'entered("it", last="7 days")') == [ago(days=-5) + TICK, None]


def test_a_daily_value_is_due_at_the_midnight_of_the_shop() -> None:
    # London's summer time begins on 31 March 2024: the next midnight is at 23:00 UTC on 31 March, and at 00:00 UTC the day before.
    person = Person()
    assert _one(person, "day_number > 3", datetime(2024, 3, 30, 12, tzinfo=UTC)) == datetime(2024, 3, 31, tzinfo=UTC)
    assert _one(person, "day_number > 3", datetime(2024, 3, 31, 12, tzinfo=UTC)) == datetime(2024, 3, 31, 23, tzinfo=UTC)
    assert _one(person, "day_number > 3", datetime(2024, 3, 31, tzinfo=UTC)) == datetime(2024, 3, 31, 23, tzinfo=UTC)


def test_who_does_not_meet_what_stays_is_never_due_for_what_moves() -> None:
    person = Person(order_count=3, last_order_at=ago(days=3), country="GB")
    due = ago(days=-2).replace(microsecond=0) + timedelta(seconds=1)
    moves = "days_since_last_order > 5"
    assert _one(person, f"order_count > 2 and {moves}") == due
    assert _one(person, f"order_count > 3 and {moves}") is None
    assert _one(person, f"order_count > 3 or {moves}") == due
    assert _one(person, f"order_count > 2 or {moves}") is None
    assert _one(person, f"not (order_count > 2 or {moves}) or (country == 'GB' and not {moves})") == due


def test_what_needs_several_changes_is_due_with_the_last_of_them() -> None:
    person = Person(last_order_at=ago(days=3), renews_at=ago(days=-8))
    late, soon = "days_since_last_order >= 5", "days_until_renewal <= 3"
    first, second = (ago(days=-days).replace(microsecond=0) for days in (2, 5))
    assert _one(person, f"{late} and {soon}") == second
    assert _one(person, f"{late} or {soon}") == first
    assert _one(person, f"not {late} and not {soon}") == first
    assert _one(person, f"not {late} or not {soon}") == second
    assert _one(person, f"{late} and not {soon}") == first


def test_what_stays_is_never_due() -> None:
    person = Person(order_count=3, net_revenue=500, country="GB", is_subscribed=True)
    assert _one(person, 'order_count > 2 and net_revenue > 3 and country == "GB" and is_subscribed and bucket("a") < 0.5') is None


def test_a_feature_that_only_knows_itself_how_it_ages_is_looked_at_again_after_the_grain() -> None:
    world = World([Person(order_count=3, last_order_at=ago(days=1))])
    assert _due(world, "orders_per_day > 1") == [AS_OF.replace(microsecond=0) + timedelta(seconds=1)]
    assert _due(world, "orders_per_day > 1", grain=3_600) == [AS_OF.replace(microsecond=0) + timedelta(hours=1)]


def test_ages_can_be_compared_with_one_another_and_reckoned_with() -> None:
    person = Person(order_count=2, net_revenue=1_000, last_order_at=ago(days=3), usual_gap_days=2.5, renews_at=ago(days=-8))
    second = timedelta(seconds=1)
    for condition, days in [
        ("days_since_last_order > 2 * usual_gap_days", 2),
        ("days_since_last_order + 1 > 10 - 3", 3),
        ("days_since_last_order > days_until_renewal", 2.5),
        ("order_count / days_since_last_order < 0.5", 1),
        ("net_revenue / days_since_last_order < 2", 2),
    ]:
        due, exactly = _one(person, condition), AS_OF + timedelta(days=days)
        assert due is not None
        assert exactly - 2 * second <= due <= exactly + second, condition


def test_the_due_time_of_one_condition_takes_in_the_segments_it_asks_for() -> None:
    world = World([Person(last_order_at=ago(days=3))])
    plan = world.plan({"a": "days_since_last_order > 5", "b": 'not in_segment("a")'})
    scope = Scope(plan.worked_out({}), CATALOG, plan.facts, {})
    due = due_at(plan.conditions["b"], scope, others=plan.conditions)
    found = world.one(scope.row.select(due=due))["due"]
    assert found == naive(ago(days=-2)).replace(microsecond=0) + timedelta(seconds=1)


# In general ----------------------------------------------------------------------------------------------------------------------------

_AGES = st.sampled_from(["days_since_last_order", "lateness", "days_until_renewal", 'days_since("a")'])
_STILL = st.sampled_from(["0", "0.5", "1", "1.5", "2", "7", "30", "0.1", "order_count", "usual_gap_days", "average(days_since_last_order)"])
_OPERATOR = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
_EXACT = st.tuples(_AGES, _OPERATOR, _STILL).map(" ".join)
_MOVING = st.one_of(
    _AGES, COUNTS, st.sampled_from(["view_count_7d", "order_count", "net_revenue / 3", "units", "orders_per_day", "day_number"])
)
_CONDITIONS = st.one_of(
    _EXACT,
    SEQUENCES,
    st.tuples(_MOVING, st.sampled_from(["+", "-", "*", "/"]), _MOVING, _OPERATOR, _STILL)
    .map(" ".join)
    .filter(lambda c: "net_revenue" not in c),
    st.tuples(COUNTS, _OPERATOR, st.sampled_from(["1", "2", "view_count_7d"])).map(" ".join),
    st.sampled_from(
        ["top(days_since_last_order, n=1)", "lateness in [1, 2]", "has(lateness) and view_share > 0.6", "bottom(view_count_7d, share=0.5)",
         'in_segment("s0") and entered("s0", last="1 day")', "net_revenue / days_since_last_order > 2"]
    ),
)  # fmt: skip


_COMPOSED = st.recursive(
    _CONDITIONS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda c: f"({c[0]}) {c[1]} ({c[2]})"),
        st.tuples(inner, inner, inner).map(lambda c: f"({c[0]}) and ({c[1]}) and not ({c[2]})"),
        inner.map("not ({})".format),
        st.lists(inner, min_size=3, max_size=3).map(lambda c: f"n_of(2, {', '.join(c)})"),
    ),
    max_leaves=6,
)


def _at(world: World, segments: dict[str, str], stats: dict[str, object], as_of: datetime) -> dict[int, dict[str, bool]]:
    plan = world.plan(segments, as_of)
    rows = world.engine.query(plan.memberships(stats)).to_pylist()
    return {r["customer_id"]: {s: r[s] for s in segments} for r in rows}


def _nothing_changes_before_it_is_due(people: list[Person], texts: list[str], shares: list[float]) -> None:
    world = World(people, changes=[(i, "s0", "entered", ago(hours=i * 7)) for i in range(1, len(people) + 1)])
    segments = {f"s{i}": text for i, text in enumerate(["order_count > 1", *texts])}
    plan = world.plan(segments)
    stats = world.stats(plan)
    now = _at(world, segments, stats, AS_OF)
    for slug, text in segments.items():
        part = Plan(plan.checked.only([slug]), CATALOG, plan.facts)
        rows = world.engine.query(due_table(part, stats)).to_pylist()
        due = {r["customer_id"]: r["due_at"].replace(tzinfo=UTC) if r["due_at"] else None for r in rows}
        assert all(d is None or d > AS_OF for d in due.values()), text
        ends = sorted({d for d in due.values() if d is not None})
        probes = {e - TICK for e in ends[:2]} | {AS_OF + (e - AS_OF) * s for e, s in zip(ends[-2:], shares, strict=False)}
        probes |= {AS_OF + timedelta(days=40 * shares[0])}
        for probe in probes:
            if probe > AS_OF:
                then = _at(world, {s: segments[s] for s in part.checked.slugs}, stats, probe)
                still = [i for i, d in due.items() if d is None or d > probe]
                assert {i: then[i][slug] for i in still} == {i: now[i][slug] for i in still}, (text, probe)
        world.plan(segments)


@settings(deadline=None, max_examples=5)
@given(people=PEOPLE, texts=st.lists(_COMPOSED, min_size=2, max_size=3), shares=st.lists(st.floats(0.01, 0.99), min_size=2, max_size=2))
def test_nothing_changes_before_it_is_due(people: list[Person], texts: list[str], shares: list[float]) -> None:
    _nothing_changes_before_it_is_due(people, texts, shares)


@pytest.mark.slow
@settings(deadline=None, max_examples=80)
@given(people=PEOPLE, texts=st.lists(_COMPOSED, min_size=1, max_size=4), shares=st.lists(st.floats(0.01, 0.99), min_size=2, max_size=2))
def test_nothing_changes_before_it_is_due_many_times(people: list[Person], texts: list[str], shares: list[float]) -> None:
    _nothing_changes_before_it_is_due(people, texts, shares)


_POINT = st.tuples(*[st.floats(-3, 3)] * 3)


@tried(5, 15)
@given(
    people=PEOPLE,
    points=st.lists(_POINT, min_size=1, max_size=4, unique=True),
    is_log=st.booleans(),
    shares=st.lists(st.floats(0.01, 0.99)),
)
def test_nobody_is_nearer_to_another_centre_before_it_is_due(
    people: list[Person],
    points: list[tuple[float, ...]],
    is_log: bool,  # noqa: FBT001  # drawn
    shares: list[float],
) -> None:
    axes = (Axis("lateness", is_log, 1.0, 0.9), Axis("days_until_renewal", is_log, 1.0, 2.0), Axis("order_count", False, 1.0, 2.0))
    centroids = Centroids(axes, tuple(points))
    segments = checked(
        [Definition(f"c{i}", name=f"c{i}", kind="cluster", centroids=centroids, number=i) for i in range(len(points))], CATALOG
    )
    world = World(people)
    plan = world.plan(segments)
    due = {r["customer_id"]: r["due_at"] for r in world.engine.query(due_table(plan, {})).to_pylist()}
    now, names = _members(world, segments, AS_OF), range(1, len(people) + 1)
    for end in {d.replace(tzinfo=UTC) for d in due.values() if d is not None}:
        assert end > AS_OF
        for probe in (end - TICK, *(AS_OF + (end - AS_OF) * share for share in shares[:2])):
            if probe > AS_OF:
                then = _members(world, segments, probe)
                assert all(then[i] == now[i] for i in names if due[i] is None or due[i].replace(tzinfo=UTC) > probe)


def _members(world: World, segments: Checked, as_of: datetime) -> dict[int, dict[str, bool]]:
    return {r["customer_id"]: r for r in world.engine.query(world.plan(segments, as_of).memberships({})).to_pylist()}


def test_a_place_among_centres_that_cannot_change_is_never_due() -> None:
    definition = Definition("c", name="c", kind="cluster", centroids=Centroids((Axis("order_count", False, 0.0, 1.0),), ((0.0,), (3.0,))))
    world = World([Person(order_count=1)])
    (row,) = world.engine.query(due_table(world.plan(checked([definition], CATALOG)), {})).to_pylist()
    assert row["due_at"] is None


def test_far_from_every_border_a_customer_is_looked_at_days_later() -> None:
    axes = (Axis("days_since_last_order", False, 0.0, 10.0, limit=40.0),)
    for ago_days, in_days in ((2, 3), (45, 3), (48.5, 1)):  # the border is at 50 days
        definition = Definition("c", name="c", kind="cluster", centroids=Centroids(axes, ((0.0,), (10.0,))))
        world = World([Person(last_order_at=ago(days=ago_days))])
        (row,) = world.engine.query(due_table(world.plan(checked([definition], CATALOG)), {})).to_pylist()
        assert timedelta(days=in_days - 1) < row["due_at"].replace(tzinfo=UTC) - AS_OF <= timedelta(days=in_days)


@settings(deadline=None, max_examples=12)
@given(people=PEOPLE, text=_EXACT)
def test_an_age_compared_with_something_still_flips_exactly_when_it_is_due(people: list[Person], text: str) -> None:
    world = World(people)
    due = _due(world, text)
    stats = world.stats(world.plan({"it": text}))
    now = _at(world, {"it": text}, stats, AS_OF)
    for end in sorted({d for d in due if d is not None})[:2]:
        before, after = _at(world, {"it": text}, stats, end - TICK), _at(world, {"it": text}, stats, end)
        for i, d in enumerate(due, 1):
            if d == end:
                assert before[i] == now[i]
                assert after[i] != now[i]
