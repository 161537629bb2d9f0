# ruff: noqa: ISC004  (lines stand as they are shown; tables hold instants without a zone)
from __future__ import annotations

import json
from datetime import datetime

import pytest

from patron.kernel.errors import InputError
from patron.segments.check import checked
from patron.segments.definition import Definition
from patron.segments.explain import Explanation, evidence, explain_query, explanation
from segments.world import CATALOG, Person, World, ago, event


def _explained(world: World, segments: dict[str, str], slug: str = "it", customer: int = 1) -> Explanation:
    plan = world.plan(segments)
    return explanation(plan, slug, world.one(explain_query(plan, slug, world.stats(plan), [customer])))


BUYER = Person(order_count=5, net_revenue=25_000, last_order_at=ago(days=30), usual_gap_days=7.5, country="GB", is_subscribed=False)


def test_each_part_is_told_with_its_value() -> None:
    found = _explained(World([BUYER]), {"it": 'order_count >= 3 and (lateness > 5 or country in ["GB", "IE"]) and not is_subscribed'})
    assert found.lines() == [
        "yes  in_segment(it)",
        "  yes  all of",
        "    yes  order_count >= 3   (order_count is 5 orders)",
        "    yes  any of",
        "      no   lateness > 5   (lateness is 4 usual gaps)",
        '      yes  country in ["GB", "IE"]   (country is "GB")',
        "    yes  not",
        "      no   is_subscribed   (is_subscribed is false)",
    ]


def test_a_threshold_of_the_population_is_told() -> None:
    world = World([BUYER, Person(order_count=1, net_revenue=5_000)])
    found = _explained(world, {"it": "net_revenue > 1.5 * average(net_revenue) and top(net_revenue, n=1)"})
    assert found.lines() == [
        "yes  in_segment(it)",
        "  yes  all of",
        "    yes  net_revenue > 1.5 * average(net_revenue)   (net_revenue is 250.00 GBP; 1.5 * average(net_revenue) is 225.00 GBP; "
        "average(net_revenue) is 150.00 GBP)",
        "    yes  top(net_revenue, n=1)   (net_revenue is 250.00 GBP; the cut-off of top(net_revenue, n=1) is 250.00 GBP)",
    ]


def test_an_unknown_value_is_said() -> None:
    found = _explained(World([Person(order_count=1)]), {"it": "not lateness > 2 and unknown(country)"})
    assert found.lines() == [
        "yes  in_segment(it)",
        "  yes  all of",
        "    yes  not",
        "      no   lateness > 2   (lateness is unknown; unknown, so the comparison is false)",
        "    yes  not",
        "      no   has(country)   (country is unknown)",
    ]


def test_events_and_sequences_are_told_with_their_latest() -> None:
    world = World([Person(events=(event("v", ago(days=1)), event("v", ago(days=2)), event("w", ago(hours=3))))])
    segments = {"it": 'happened("v", last="7 days") >= 2 and sequence("v", "w")'}
    assert _explained(world, segments).lines() == [
        "yes  in_segment(it)",
        "  yes  all of",
        '    yes  happened("v", last="7 days") >= 2   (happened("v", last="7 days") is 2)',
        '    yes  sequence("v", "w")   (begun on 2024-02-29 12:00)',
    ]
    shown = evidence(world.plan(segments), "it", 1, limit=1)
    assert shown is not None
    rows = sorted(world.engine.query(shown).to_pylist(), key=lambda r: (r["text"], r["kind"]))
    assert [(r["text"], r["kind"], r["occurred_at"]) for r in rows] == [
        ('happened("v", last="7 days")', "v", datetime(2024, 2, 29, 12, 0, 30, 250_000)),
        ('sequence("v", "w")', "v", datetime(2024, 2, 29, 12, 0, 30, 250_000)),
        ('sequence("v", "w")', "w", datetime(2024, 3, 1, 9, 0, 30, 250_000)),
    ]


def test_there_is_no_evidence_for_features_alone() -> None:
    assert evidence(World([BUYER]).plan({"it": "order_count > 1"}), "it", 1) is None


def test_segments_that_are_asked_for_are_unfolded() -> None:
    found = _explained(World([BUYER]), {"a": "order_count > 9", "b": 'in_segment("a") or is_subscribed', "it": 'not in_segment("b")'})
    assert found.is_member
    assert list(found.segments) == ["b", "a"]
    assert found.lines() == [
        "yes  in_segment(it)",
        "  yes  not",
        '    no   in_segment("b")',
        "no   in_segment(b)",
        "  no   any of",
        '    no   in_segment("a")',
        "    no   is_subscribed   (is_subscribed is false)",
        "no   in_segment(a)",
        "  no   order_count > 9   (order_count is 5 orders)",
    ]


def test_a_list_says_since_when() -> None:
    world = World([BUYER, BUYER], facts={"list_members": [{"list_name": "fair", "customer_id": 1, "added_at": "2024-01-05"}]})
    plan = world.plan(checked([Definition("fair", kind="static", list_name="fair", file="fair.toml")], CATALOG))
    rows = {r["customer_id"]: r for r in world.engine.query(explain_query(plan, "fair", {})).to_pylist()}
    assert explanation(plan, "fair", rows[1]).lines()[1:] == ['  yes  in_list("fair")   (on the list since 2024-01-05 00:00)']
    assert explanation(plan, "fair", rows[2]).lines()[1:] == ['  no   in_list("fair")   (not on the list)']


def test_what_waits_for_facts_is_said() -> None:
    world = World([BUYER], known=frozenset({"customers", "orders"}))
    segments = {"it": 'happened("v") > 3', "other": 'order_count > 1 or happened("v") > 3'}
    assert _explained(world, segments).lines() == ["no   it is waiting for events"]
    assert _explained(world, segments, "other").lines() == [
        "yes  in_segment(other)",
        "  yes  any of",
        "    yes  order_count > 1   (order_count is 5 orders)",
        'not asked yet, its facts are not loaded: happened("v") > 3',
    ]


def test_the_json_of_an_explanation_holds_all_of_it() -> None:
    found = _explained(World([BUYER]), {"it": 'n_of(1, net_revenue > 100, last_order_at > date("2024-01-01"))'}).as_json()
    assert json.loads(json.dumps(found)) == {
        "segment": "it",
        "is_member": True,
        "reason": {
            "joint": "at_least",
            "text": 'n_of(1, net_revenue > 100, last_order_at > date("2024-01-01"))',
            "is_met": True,
            "count": 1,
            "parts": [
                {
                    "joint": "leaf",
                    "text": "net_revenue > 100",
                    "is_met": True,
                    "operator": ">",
                    "figures": [
                        {
                            "text": "net_revenue",
                            "value": {"amount": "250.00", "currency": "GBP"},
                            "kind": "money",
                            "unit": "",
                            "meaning": "the meaning of net_revenue",
                            "facts": ["orders"],
                        }
                    ],
                    "is_unknown": False,
                    "segment": None,
                },
                {
                    "joint": "leaf",
                    "text": 'last_order_at > date("2024-01-01")',
                    "is_met": True,
                    "operator": ">",
                    "figures": [
                        {
                            "text": "last_order_at",
                            "value": "2024-01-31T12:00:30.250000Z",
                            "kind": "instant",
                            "unit": "",
                            "meaning": "the meaning of last_order_at",
                            "facts": [],
                        }
                    ],
                    "is_unknown": False,
                    "segment": None,
                },
            ],
        },
        "segments": {},
        "waiting": [],
        "left_out": [],
    }


def test_a_segment_that_is_not_there_is_said_with_the_nearest() -> None:
    plan = World([BUYER]).plan({"loyal": "order_count > 1"})
    with pytest.raises(InputError, match="did you mean 'loyal'"):
        explain_query(plan, "loyl", {})
