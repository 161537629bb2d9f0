from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sources.loaded import DATA, Loaded, counts, problems

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SPEC = DATA / "platform_exports/segment/ecommerce_spec_v2_examples.jsonl"
_REES46 = DATA / "rees46_events/2019-Oct-01_first_hours.csv"
_CLICKS = DATA / "synthetic_clickstream/ecom.csv"


@pytest.fixture(scope="module")
def night() -> Loaded:
    loaded = Loaded()
    report = loaded.one("events", _REES46)
    assert counts(report) == (17_434, 17_434, 0, 0)
    loaded.resolve()
    return loaded


def _calls(folder: Path, *calls: Mapping[str, object]) -> Path:
    file = folder / "calls.jsonl"
    file.write_text("".join(json.dumps(c) + "\n" for c in calls), encoding="utf-8")
    return file


def test_every_example_of_the_specification_is_an_event_under_its_name_in_snake_case() -> None:
    loaded = Loaded()
    report = loaded.one("events", _SPEC)
    names = [json.loads(line)["event"] for line in _SPEC.read_text(encoding="utf-8").splitlines()]
    assert counts(report) == (28, 28, 0, 0)
    assert {r[0] for r in loaded.rows("SELECT kind FROM events")} == {n.lower().replace(" ", "_") for n in names}
    assert report.notes[0] == "28 events have no time of their own; the file's was taken."
    completed = "SELECT value, currency, json_extract_string(properties, '$.products[1].name') FROM events WHERE kind = 'order_completed'"
    assert loaded.row(completed) == (2_750, "USD", "Uno Card Game")
    assert loaded.row("SELECT value, quantity FROM events WHERE kind = 'product_added'") == (1_899, 1)
    assert loaded.row("SELECT query FROM events WHERE kind = 'products_searched'") == ("blue roses",)


def test_old_names_mean_the_same_and_unknown_ones_are_kept(tmp_path: Path) -> None:
    at = "2024-05-01T10:00:00Z"
    old = ("Viewed Product Category", "Completed Order", "Started Order", "addedProduct", "Quiz Finished", "★")
    calls = [{"type": "track", "event": name, "timestamp": at, "userId": "7", "properties": {"score": "high"}} for name in old]
    loaded = Loaded()
    assert loaded.one("events", _calls(tmp_path, *calls)).kept == 6
    assert {r[0] for r in loaded.rows("SELECT kind FROM events")} == {
        "product_list_viewed", "order_completed", "checkout_started", "product_added", "quiz_finished", "★",
    }  # fmt: skip
    assert {r[0] for r in loaded.rows("SELECT properties FROM events")} == {'{"score":"high"}'}


def test_a_message_that_is_sent_again_is_one_event(tmp_path: Path) -> None:
    call = {
        "type": "track",
        "event": "Product Viewed",
        "messageId": "m1",
        "timestamp": "2024-05-01T10:00:00Z",
        "userId": "7",
        "properties": {},
    }
    loaded = Loaded()
    loaded.one("events", _calls(tmp_path, call, call, {**call, "messageId": "m2"}))
    loaded.one("events", _calls(tmp_path, {**call, "messageId": "m3"}, call))
    assert loaded.row("SELECT count(*) FROM events") == (3,)


def test_equal_events_without_a_message_id_are_told_apart_by_their_number_and_known_again(tmp_path: Path) -> None:
    call = {"type": "track", "event": "Product Viewed", "timestamp": "2024-05-01T10:00:00Z", "userId": "7", "properties": {"sku": "A"}}
    loaded = Loaded()
    loaded.one("events", _calls(tmp_path, call, call))
    assert counts(loaded.one("events", _calls(tmp_path, call, call, call))) == (3, 1, 2, 0)


def test_who_a_call_is_about_is_resolved_from_browser_to_person(tmp_path: Path) -> None:
    at = "2024-05-01T10:0{}:00Z"
    properties: dict[str, object] = {"properties": {}}
    calls: list[dict[str, object]] = [
        {"type": "page", "anonymousId": "b1", "timestamp": at.format(0), "context": {"page": {"path": "/shoes"}}, **properties},
        {
            "type": "identify",
            "anonymousId": "b1",
            "userId": "7",
            "timestamp": at.format(1),
            "traits": {"email": "A@Example.com", "firstName": "Ada"},
        },
        {"type": "track", "event": "Product Viewed", "anonymousId": "b2", "timestamp": at.format(2), **properties},
        {"type": "alias", "previousId": "b2", "userId": "7", "timestamp": at.format(3)},
        {"type": "screen", "anonymousId": "b3", "timestamp": at.format(4), "context": {"device": {"type": "ios"}}, **properties},
    ]
    loaded = Loaded()
    assert counts(loaded.one("events", _calls(tmp_path, *calls))) == (5, 3, 2, 0)
    loaded.resolve()
    assert loaded.rows("SELECT customer_number, email, traits FROM customers") == [
        ("7", "a@example.com", '{"email":"A@Example.com","firstName":"Ada"}')
    ]
    query = "SELECT kind, customer_id IS NOT NULL, page, channel, device FROM events ORDER BY occurred_at"
    assert loaded.rows(query) == [
        ("page_viewed", True, "/shoes", "web", None),
        ("product_viewed", True, None, "web", None),
        ("screen_viewed", False, None, "app", "mobile"),
    ]


def test_calls_that_cannot_be_used_are_refused_with_all_problems(tmp_path: Path) -> None:
    good = {"type": "track", "event": "Product Viewed", "timestamp": "2024-05-01T10:00:00Z", "properties": {}}
    bad = {"type": "trak", "event": "Product Viewed", "timestamp": "yesterday", "properties": {}}
    nameless = {"type": "track", "timestamp": "2024-05-01T10:00:00Z", "properties": {}}
    report = Loaded().one("events", _calls(tmp_path, good, bad, nameless))
    assert counts(report) == (3, 1, 0, 2)
    assert problems(report) == [
        "calls.jsonl, line 2, column 'timestamp': found 'yesterday', expected a date or time such as 2011-12-10 08:26",
        "calls.jsonl, line 2, column 'type': found 'trak', expected one of track, page, screen, identify, group, alias",
        "calls.jsonl, line 3, column 'event': expected the name of what happened",
    ]


def test_a_night_of_rees46_is_counted_to_the_cent(night: Loaded) -> None:
    assert dict(night.rows("SELECT kind, count(*) FROM events GROUP BY kind")) == {
        "product_viewed": 17_055, "product_added": 165, "order_completed": 214,
    }  # fmt: skip
    people = "SELECT count(DISTINCT visitor_id), count(DISTINCT session_id), count(DISTINCT product_id) FROM events"
    assert night.row(people) == (4_504, 5_066, 6_493)
    assert night.row("SELECT sum(value) FROM events WHERE kind = 'order_completed'") == (5_944_263,)
    assert night.row("SELECT min(occurred_at)::TEXT, max(occurred_at)::TEXT FROM events") == ("2019-10-01 00:00:00", "2019-10-01 02:50:00")
    assert night.row("SELECT count(*) FROM events WHERE customer_id IS NULL") == (0,)
    assert night.row("SELECT count(*) FROM events WHERE category IS NULL") == (5_746,)


def test_ids_of_nineteen_digits_stay_as_they_are(night: Loaded) -> None:
    first = "SELECT json_extract_string(properties, '$.category_id') FROM events ORDER BY occurred_at, event_id"
    assert {r[0] for r in night.rows(first)} >= {"2103807459595387724", "2053013552326770905"}


def test_the_same_file_twice_changes_nothing(night: Loaded) -> None:
    assert counts(night.one("events", _REES46)) == (17_434, 0, 17_434, 0)
    assert night.row("SELECT count(*) FROM events") == (17_434,)


def test_where_adding_has_a_name_of_its_own_the_cart_is_a_look() -> None:
    loaded = Loaded()
    assert counts(loaded.one("events", _CLICKS)) == (31_106, 31_106, 0, 0)
    found: dict[str, int] = dict(loaded.rows("SELECT kind, count(*) FROM events GROUP BY kind"))
    assert (found["product_added"], found["order_completed"], found["cart_viewed"]) == (1_346, 470, 1_204)
    assert loaded.row("SELECT count(DISTINCT visitor_id), count(DISTINCT session_id) FROM events") == (600, 3_605)
    buyers = "SELECT campaign_medium, count(DISTINCT visitor_id) FROM events WHERE kind = 'order_completed' GROUP BY 1"
    assert dict(loaded.rows(buyers)) == {"organic": 115, "paid_search": 105, "email": 51, "social": 42, "direct": 15}


def test_a_mapping_says_what_words_mean(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text("event,time,user_id\nquiz,2024-05-01 10:00,7\ncart,2024-05-01 10:01,7\n", encoding="utf-8")
    loaded = Loaded()
    loaded.one("events", file, mapping='[values]\nquiz = "quiz_finished"\ncart = "cart_viewed"\n')
    assert loaded.rows("SELECT kind FROM events ORDER BY occurred_at") == [("quiz_finished",), ("cart_viewed",)]
