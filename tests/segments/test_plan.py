from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import ibis.expr.operations as ops

from patron.kernel.ids import derived
from patron.segments.check import checked
from patron.segments.definition import Definition
from segments.world import AS_OF, CATALOG, Person, World, ago, check, event


def _people(**values: list[object]) -> World:
    ((column, listed),) = values.items()
    return World([{"order_count": 1, column: value} for value in listed])


# Comparisons ---------------------------------------------------------------------------------------------------------------------------


def test_money_is_compared_in_major_units() -> None:
    world = _people(net_revenue=[49_999, 50_000, 50_001, None])
    assert world.members("net_revenue > 500") == {3}
    assert world.members("net_revenue >= 500") == {2, 3}
    assert world.members("net_revenue == 500.01") == {3}
    assert world.members("net_revenue in [499.99, 500]") == {1, 2}
    assert world.members("net_revenue - 500 > 0") == {3}
    assert world.members("500 < net_revenue") == {3}
    assert world.members("2 * net_revenue > 1000") == {3}
    assert world.members("net_revenue / 2 < 250") == {1}


def test_prices_are_money_and_quantities_numbers() -> None:
    world = World([{"unit_price": Decimal("1.234567"), "units": Decimal("2.500")}])
    assert world.members("unit_price > 1.23 and unit_price < 1.24 and units == 2.5 and units > 2") == {1}


def test_an_unknown_value_makes_a_comparison_false_and_its_negation_true() -> None:
    world = _people(country=["GB", "IE", None])
    assert world.members('country == "GB"') == {1}
    assert world.members('country != "GB"') == {2}
    assert world.members('not country == "GB"') == {2, 3}
    assert world.members('country not in ["GB"]') == {2}
    assert world.members("has(country)") == {1, 2}
    assert world.members("unknown(country)") == {3}
    assert _people(is_subscribed=[True, False, None]).members("not is_subscribed") == {2, 3}


def test_memberships_read_the_columns_that_conditions_name_and_who_is_counted_by_them() -> None:
    world = World([{"order_count": 1, "net_revenue": 5, "city": "York"}])
    flags = world.plan({"a": "top(net_revenue, n=1)", "b": 'in_segment("a") and city == "York"'}).memberships({})
    (features,) = (node for node in flags.op().find(ops.UnboundTable) if node.name == "features")
    assert set(features.schema.names) == {"customer_id", "net_revenue", "order_count", "city"}


def test_division_by_nothing_is_unknown() -> None:
    world = World([{"order_count": 0, "net_revenue": 5}, {"order_count": 1, "net_revenue": 5}])
    assert world.members("net_revenue / order_count > 0") == {2}
    assert world.members("not net_revenue / order_count > 0") == {1}


def test_text_is_matched_whatever_the_case() -> None:
    world = _people(city=["New York", "YORK", "Leeds", None])
    assert world.members('contains(city, "york")') == {1, 2}
    assert world.members('starts_with(city, "NEW")') == {1}
    assert world.members('ends_with(city, "s")') == {3}
    assert world.members('city == "york"') == set()


def test_a_day_is_the_whole_day_of_the_shop() -> None:
    # London is an hour ahead of UTC from the end of March: its 1 May begins at 23:00 on 30 April.
    instants = [datetime(2023, 4, 30, 22, 59, 59, tzinfo=UTC), datetime(2023, 4, 30, 23, tzinfo=UTC), datetime(2023, 5, 1, 23, tzinfo=UTC)]
    world = _people(last_order_at=[*instants, None])
    assert world.members('last_order_at == date("2023-05-01")') == {2}
    assert world.members('last_order_at != date("2023-05-01")') == {1, 3}
    assert world.members('last_order_at < date("2023-05-01")') == {1}
    assert world.members('last_order_at <= date("2023-05-01")') == {1, 2}
    assert world.members('last_order_at > date("2023-05-01")') == {3}
    assert world.members('date("2023-05-01") <= last_order_at') == {2, 3}
    assert world.members('last_order_at >= date("2023-05-02T00:00")') == {3}


def test_instants_apart_are_days() -> None:
    world = World([{"last_order_at": ago(days=1), "first_order_at": ago(days=d)} for d in (2, 31.5)])
    assert world.members("last_order_at - first_order_at > 30") == {2}


def test_so_many_of_several() -> None:
    world = World([{"order_count": n, "country": "GB" if n > 1 else None, "is_subscribed": n > 2} for n in (1, 2, 3)])
    assert world.members('n_of(2, order_count >= 1, country == "GB", is_subscribed)') == {2, 3}
    assert world.members('n_of(3, order_count >= 1, country == "GB", is_subscribed)') == {3}


def test_everybody_and_nobody() -> None:
    world = _people(country=["GB", None])
    assert world.memberships(world.plan({"all": "True", "none": "False"})) == {"all": {1, 2}, "none": set()}


def test_a_bucket_is_the_hash_of_salt_and_customer() -> None:
    world = World([{}] * 40)
    expected = {i for i in range(1, 41) if derived("spring", str(i)) % 1_000_000 < 250_000}
    assert world.members('bucket("spring") < 0.25') == expected
    assert 0 < len(expected) < 40
    assert world.members('bucket("autumn") < 0.25') != expected


# Statistics ----------------------------------------------------------------------------------------------------------------------------


def test_average_median_and_percentile_are_over_those_of_whom_it_is_known() -> None:
    world = _people(net_revenue=[100, 200, 300, 1_000, None])
    assert world.members("net_revenue > average(net_revenue)") == {4}
    assert world.members("net_revenue > typical(net_revenue)") == {3, 4}
    assert world.members("net_revenue >= percentile(net_revenue, 0.75)") == {3, 4}
    assert world.members("net_revenue > 2 * average(net_revenue)") == {4}


def test_a_statistic_of_orders_is_over_buyers() -> None:
    world = World([{"order_count": n, "net_revenue": n * 100} for n in (0, 0, 0, 2, 4)])
    assert world.members("net_revenue >= average(net_revenue)") == {5}
    assert world.members("bottom(net_revenue, n=1)") == {4}
    assert world.members("bottom(net_revenue, share=1)") == {4, 5}


def test_a_statistic_of_something_else_is_over_everybody() -> None:
    world = World([{"order_count": n, "view_count_7d": n} for n in (0, 0, 0, 2, 4)])
    assert world.members("view_count_7d > average(view_count_7d)") == {4, 5}


def test_ties_at_the_cut_off_belong_to_the_top() -> None:
    world = _people(net_revenue=[1, 2, 3, 3, 3, None])
    assert world.members("top(net_revenue, n=1)") == {3, 4, 5}
    assert world.members("top(net_revenue, n=4)") == {2, 3, 4, 5}
    assert world.members("bottom(net_revenue, n=2)") == {1, 2}
    assert world.members("top(net_revenue, n=99)") == {1, 2, 3, 4, 5}


def test_a_share_is_rounded_up() -> None:
    assert World([{"order_count": n} for n in range(1, 31)]).members("top(order_count, share=0.1)") == {28, 29, 30}
    assert World([{"order_count": n} for n in range(1, 12)]).members("top(order_count, share=0.1)") == {10, 11}


def test_ranks_within_groups() -> None:
    world = World([{"order_count": n, "country": c} for n, c in [(9, "GB"), (8, "GB"), (2, "IE"), (1, "IE"), (7, None)]])
    assert world.members('top(order_count, n=1, within="country")') == {1, 3}
    assert world.members("bottom(order_count, share=0.5, within=country)") == {2, 4}


def test_statistics_of_nobody_are_unknown() -> None:
    world = _people(net_revenue=[None, None])
    assert world.members("net_revenue > average(net_revenue) or top(net_revenue, share=0.5)") == set()
    assert world.members("order_count != percentile(net_revenue, 0.5) / average(net_revenue)") == set()
    leads = World([{"order_count": 0}, {"order_count": None}])
    assert leads.members("order_count != percentile(order_count, 0.5)") == set()
    assert leads.members("order_count == percentile(order_count, 0.5)") == set()


# Events --------------------------------------------------------------------------------------------------------------------------------


def _events(*events: dict[str, object]) -> World:
    return World([Person(events=events), Person()])


def test_events_are_counted_in_a_window_to_the_microsecond() -> None:
    inside, outside = ago(days=7), ago(days=7, microseconds=1)
    assert _events(event("v", inside)).members('happened("v", last="7 days")') == {1}
    assert _events(event("v", outside)).members('happened("v", last="7 days")') == set()
    assert _events(event("v", AS_OF)).members('happened("v")') == set()


def test_events_are_told_apart_by_their_columns() -> None:
    world = _events(
        event("v", ago(days=1), category="shoes", page="/sale/a", value=1_000),
        event("v", ago(days=2), category="Boots", page="/b", value=5_000, quantity=Decimal(2)),
        event("v", ago(days=3), value=700, quantity=Decimal("0.5")),
        event("w", ago(days=4), category="shoes"),
    )
    assert world.members('happened("v") == 3 and happened("v", category="shoes") == 1 and happened("v", category=["shoes", "Boots"]) == 2')
    assert world.members('happened("v", category_contains="oo") == 1 and happened("v", page_starts_with="/SALE") == 1')
    assert world.members('happened("v", value_at_least=10) == 2 and happened("v", value_below=10) == 1 and happened("v", value=50) == 1')
    assert world.members('happened("v", quantity_at_least=0.5) == 2 and happened("v", quantity=0.5) == 1')


def test_events_are_summed_up() -> None:
    world = _events(
        *[event("v", ago(days=d), value=v, product_id=p) for d, v, p in [(1, 1_000, 7), (2, 5_000, 7), (3, None, 8), (30, 9_900, 9)]]
    )
    assert world.members('sum_of("value", "v", last="7 days") == 60') == {1}
    assert world.members('average_of("value", "v", last="7 days") == 30') == {1}
    assert world.members('smallest_of("value", "v") == 10 and largest_of("value", "v") == 99') == {1}
    assert world.members('distinct_of("product_id", "v") == 3 and distinct_of("product_id", "v", last="7 days") == 2') == {1}
    assert world.members('sum_of("value", "v") == 0 and distinct_of("product_id", "v") == 0') == {2}
    assert world.members('average_of("value", "v") >= 0 or smallest_of("value", "v") >= 0') == {1}


def test_different_tallies_of_the_same_events_stand_beside_each_other() -> None:
    world = _events(*[event("v", ago(days=d), value=v, product_id=p) for d, v, p in [(1, 100, 7), (2, 200, 7), (3, 300, 8)]])
    one = 'happened("v", last="7 days") == 3 and sum_of("value", "v", last="7 days") == 6'
    assert world.members(f'{one} and distinct_of("product_id", "v", last="7 days") == 2') == {1}


def test_counts_can_be_reckoned_with() -> None:
    world = _events(*[event("v", ago(days=d)) for d in (1, 8, 9)])
    assert world.members('happened("v", last="14 days") - happened("v", last="7 days") == 2') == {1}


def test_windows_may_begin_and_end_on_days() -> None:
    world = _events(*[event("v", datetime(2024, 1, d, tzinfo=UTC)) for d in (1, 2, 3)])
    assert world.members('happened("v", since="2024-01-02", before="2024-01-03") == 1') == {1}
    assert world.members('happened("v", since=date("2024-01-02")) == 2 and happened("v", before="2024-01-02") == 1') == {1}


def test_days_since_an_event() -> None:
    world = _events(event("v", ago(days=10)), event("v", ago(days=2.5), category="a"))
    assert world.members('days_since("v") < 3 and days_since("v", category="a") == 2.5') == {1}
    assert world.members('days_since("v") >= 0') == {1}
    assert world.members('not days_since("v") < 3') == {2}


def test_orders_messages_reviews_and_tickets_are_events_too() -> None:
    at = [datetime(2024, 2, d, tzinfo=UTC) for d in (1, 5, 10)]
    world = World(
        [Person(), Person()],
        facts={
            "products": [{"product_id": 5, "product_code": "A", "category": "shoes"}],
            "orders": [
                {"order_id": 1, "customer_id": 1, "ordered_at": at[0], "net_revenue": 1_000, "channel": "pos"},
                {"order_id": 2, "customer_id": 1, "ordered_at": at[1], "net_revenue": 2_000, "cancelled_at": at[2]},
                {"order_id": 3, "customer_id": 1, "ordered_at": at[1], "net_revenue": 4_000, "kind": "adjustment"},
            ],
            "order_lines": [
                {"order_id": 1, "customer_id": 1, "ordered_at": at[0], "product_id": 5, "quantity": 2, "net_revenue": 1_000},
                {"order_id": 1, "customer_id": 1, "ordered_at": at[0], "kind": "shipping", "quantity": 1},
                {"order_id": 2, "customer_id": 1, "ordered_at": at[1], "product_id": 5, "quantity": 4, "net_revenue": 2_000},
            ],
            "refunds": [{"customer_id": 1, "refunded_at": at[2], "net_revenue": 2_000}],
            "messages": [{"customer_id": 2, "sent_at": at[0], "opened_at": at[1], "campaign_name": "spring"}],
            "reviews": [{"customer_id": 2, "rating": 2.0, "reviewed_at": at[0]}],
            "tickets": [{"customer_id": 2, "topic": "delivery", "opened_at": at[0]}],
        },
    )
    assert world.members('happened("order_placed") == 1 and sum_of("value", "order_placed", channel="pos") == 10') == {1}
    assert world.members('happened("product_bought", category="shoes") == 1 and sum_of("quantity", "product_bought") == 2') == {1}
    assert world.members('sum_of("value", "refund_made") == 20') == {1}
    assert world.members('happened("message_opened", campaign_name="spring") and not happened("message_clicked")') == {2}
    assert world.members('average_of("rating", "review_written") < 3 and happened("ticket_opened", topic="delivery")') == {2}
    assert world.members('sequence("message_sent", absent("order_placed"), within="1 day")') == {2}


# Lists, history, consent, other segments ---------------------------------------------------------------------------------------------


def test_lists_hold_their_members() -> None:
    rows = [("fair", 2, "2024-01-01"), ("later", 3, "2024-04-01")]
    world = World([{}] * 3, facts={"list_members": [{"list_name": n, "customer_id": c, "added_at": at} for n, c, at in rows]})
    assert world.members('in_list("fair")') == {2}
    assert world.members('in_list("later")') == set()
    fair = checked([Definition("fair", kind="static", list_name="fair", file="fair.toml")], CATALOG)
    assert world.memberships(world.plan(fair)) == {"fair": {2}}


def test_history_says_who_entered_and_left() -> None:
    week, longer, day = ago(days=7), ago(days=7, microseconds=1), ago(days=1)
    changes = [(1, "a", "entered", week), (1, "a", "left", day), (2, "a", "entered", longer), (3, "b", "entered", day)]
    world = World([{}] * 3, changes=changes)
    found = world.memberships(world.plan({"a": 'entered("a", last="7 days")', "b": 'left("a", last="7 days")', "c": 'entered("a")'}))
    assert found == {"a": {1}, "b": {1}, "c": {1, 2}}


def test_consent_for_marketing_is_the_feature_of_the_channel() -> None:
    world = _people(email_consent=["granted", "withdrawn", "pending", None])
    assert world.members('consent("email", "marketing")') == {1}
    assert world.members('not consent("email")') == {2, 3, 4}


def test_consent_for_another_purpose_is_the_latest_word_and_a_refusal_at_the_same_instant_counts() -> None:
    first, second, later = "2024-01-01", "2024-01-02", "2024-04-01"
    rows = [(1, first, "granted"), (1, second, "withdrawn"), (2, first, "withdrawn"), (2, second, "granted")]
    rows += [(3, first, "granted"), (3, first, "denied"), (4, later, "granted")]
    consents = [{"customer_id": c, "occurred_at": at, "status": s, "purpose": "transactional"} for c, at, s in rows]
    assert World([{}] * 4, facts={"consents": consents}).members('consent("email", "transactional")') == {2}


def test_segments_build_on_segments() -> None:
    world = World([{"order_count": n} for n in range(5)])
    found = world.memberships(world.plan({"c": 'in_segment("b") and not in_segment("a")', "a": "order_count > 3", "b": "order_count > 1"}))
    assert found == {"a": {5}, "b": {3, 4, 5}, "c": {3, 4}}


def test_an_expression_grows_with_the_text_and_not_with_its_references() -> None:
    chain = {"s0": "order_count > 1"} | {f"s{i}": f'in_segment("s{i - 1}") or not in_segment("s{i - 1}")' for i in range(1, 25)}
    world = World([{"order_count": 1}])
    plan = world.plan(chain)
    assert len(world.engine.sql(plan.memberships({}))) < 200_000
    assert world.memberships(plan)["s24"] == {1}


# Waiting -------------------------------------------------------------------------------------------------------------------------------


def test_a_segment_waits_for_facts_that_are_not_loaded_and_nobody_is_in_it() -> None:
    world = World([{"order_count": 3}], known=frozenset({"customers", "orders"}))
    plan = world.plan(
        {
            "a": 'not happened("x", last="7 days")',
            "b": "order_count > 1 and view_count_7d == 0",
            "c": 'not in_segment("a")',
            "d": "order_count > 1",
            "e": 'order_count > 1 or happened("x") > 3',
            "f": 'happened("x") > 3 or consent("email", "transactional")',
            "g": 'n_of(1, order_count > 1, happened("x"))',
            "h": 'n_of(2, order_count > 1, happened("x"))',
            "i": 'sequence("x", absent("order_placed")) and order_count > average(view_count_7d)',
            "j": 'happened("order_placed") == 0',
        }
    )
    assert plan.waiting == {
        "a": ("events",), "b": ("events",), "c": ("events",), "f": ("consents", "events"), "h": ("events",), "i": ("events",),
    }  # fmt: skip
    found = world.memberships(plan)
    assert {slug for slug, members in found.items() if members} == {"d", "e", "g", "j"}


# Steps ---------------------------------------------------------------------------------------------------------------------------------


def test_the_same_term_is_worked_out_once_and_windows_share_a_pass() -> None:
    plan = World([{}]).plan(
        {
            "a": 'happened("x", last="7 days") > 1 and happened("y", last="7 days") > 1',
            "b": 'happened("x", last="7 days") > 5 and happened("x", last="30 days") > 1',
        }
    )
    assert [step.name for step in plan.steps()] == ["segment_terms_1", "segment_terms_2", "segment_terms"]


def test_any_number_of_windows_is_worked_out() -> None:
    world = _events(*[event("v", ago(days=d, hours=1)) for d in (0, 3, 9)])
    segments = {f"s{i}": f'happened("v", last="{i} days") == {n}' for i, n in [(i, (i > 0) + (i > 3) + (i > 9)) for i in range(1, 31)]}
    plan = world.plan(segments)
    assert len(plan.steps()) == 30 + 3 + 1
    assert all(members == {1} for members in world.memberships(plan).values())


def test_conditions_over_features_alone_need_no_steps() -> None:
    assert World([{}]).plan({"a": "order_count > average(order_count)"}).steps() == ()


def test_row_order_and_later_facts_do_not_matter() -> None:
    events = [event("v", ago(days=d), category=c, value=d) for d in (1, 2, 3, 40) for c in ("a", "b")]
    later = [event("v", AS_OF + timedelta(hours=h), category="a") for h in (0, 1)]
    condition = (
        'happened("v", last="30 days", category="a") == 3 and sequence(step("v", category="b"), step("v", category="a"), last="9 days")'
    )
    worlds = [_events(*events), _events(*reversed(events)), _events(*later, *events)]
    assert [world.members(condition) for world in worlds] == [{1}] * 3


def test_a_preview_uses_tables_of_its_own() -> None:
    world = _events(event("v", ago(days=1)))
    plan = world.plan({"a": 'happened("v")'})
    preview = type(plan)(check({"p": 'happened("w") == 0'}), plan.catalog, plan.facts, terms_name="preview_terms")
    assert {step.name for step in preview.steps()}.isdisjoint(step.name for step in plan.steps())
    for step in preview.steps():
        world.engine.create(step.name, step.expression, temporary=True)
    assert world.memberships(preview) == {"p": {1, 2}}
    assert world.memberships(plan) == {"a": {1}}
