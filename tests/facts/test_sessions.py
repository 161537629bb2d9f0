"""Sessions and touches of a customer whose days can be checked by eye."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patron.facts.as_of import Facts
from patron.facts.channels import MEDIA
from patron.facts.sessions import sessions
from patron.facts.shop import Shop
from patron.facts.touches import touches
from patron.kernel.money import Currency
from patron.testing.tiny import customer, tiny_shop
from properties import tried

_ANN, _BEN = customer("ann"), customer("ben")
_AS_OF = datetime(2024, 7, 1, tzinfo=UTC)
Row = dict[str, Any]


def _event(at: str, kind: str = "page_viewed", **more: Any) -> Row:
    return {"customer_id": _ANN, "occurred_at": f"2024-03-{at}", "kind": kind, "channel": "web", **more}


def _facts(as_of: datetime = _AS_OF) -> Facts:
    return Facts(Shop(currency=Currency("GBP")), as_of, frozenset({"events", "orders"}))


def _sessions(events: list[Row], orders: list[Row] = [], as_of: datetime = _AS_OF) -> list[Row]:  # noqa: B006  # not changed
    found = tiny_shop({"events": events, "orders": orders}).query(sessions(_facts(as_of))).to_pylist()
    return sorted(found, key=lambda row: (row["customer_id"] != _ANN, row["started_at"], row["session_id"]))


def _touches(events: list[Row], as_of: datetime = _AS_OF) -> list[Row]:
    found = tiny_shop({"events": events}).query(touches(_facts(as_of))).to_pylist()
    return sorted(found, key=lambda row: (row["customer_id"] != _ANN, row["position"]))


def _at(instant: datetime) -> str:
    return f"{instant:%dT%H:%M:%S}"


@pytest.mark.parametrize(
    ("second", "sessions_begin"),
    [
        ("01T10:29:59", ["01T10:00:00"]),
        ("01T10:30:00", ["01T10:00:00", "01T10:30:00"]),
        ("01T10:30:01", ["01T10:00:00", "01T10:30:01"]),
    ],
)
def test_a_pause_of_thirty_minutes_ends_a_session(second: str, sessions_begin: list[str]) -> None:
    assert [_at(s["started_at"]) for s in _sessions([_event("01T10:00:00"), _event(second)])] == sessions_begin


def test_a_pause_is_counted_from_the_event_before_and_not_from_the_first() -> None:
    (only,) = _sessions([_event("01T10:00"), _event("01T10:20"), _event("01T10:40"), _event("01T11:00")])
    assert (_at(only["started_at"]), _at(only["ended_at"]), only["event_count"]) == ("01T10:00:00", "01T11:00:00", 4)


def test_midnight_ends_no_session() -> None:
    assert len(_sessions([_event("01T23:50"), _event("02T00:10")])) == 1


def test_the_sessions_of_a_client_are_kept_whatever_the_pauses() -> None:
    found = _sessions(
        [_event("01T10:00", session_id=7), _event("01T12:00", session_id=7), _event("01T10:05", session_id=8), _event("01T10:06")]
    )
    assert [(s["session_id"] if s["session_id"] > 0 else "own", s["event_count"]) for s in found] == [(7, 2), (8, 1), ("own", 1)]


def test_sessions_are_of_one_customer_on_the_site_or_in_the_app() -> None:
    found = _sessions([
        _event("01T10:00"),
        _event("01T10:10", channel="app"),
        _event("01T10:20", channel="social"),
        _event("01T10:20", channel="shop"),
        _event("01T10:05", customer_id=_BEN),
        _event("01T10:05", customer_id=None),
    ])  # fmt: skip
    assert [(s["customer_id"], s["event_count"]) for s in found] == [(_ANN, 2), (_BEN, 1)]


def test_a_session_says_what_was_done_in_it() -> None:
    (only,) = _sessions([
        _event("01T10:00", page="/", referrer="https://www.google.com/", device="mobile"),
        _event("01T10:01", "product_viewed", product_id=1, page="/1"),
        _event("01T10:02", "product_viewed", product_id=2, page="/2"),
        _event("01T10:03", "product_viewed", product_id=1, page="/1"),
        _event("01T10:04", "screen_viewed"),
        _event("01T10:05", "product_added", product_id=3),
    ])  # fmt: skip
    assert (only["event_count"], only["page_view_count"], only["view_count"], only["viewed_product_count"]) == (6, 2, 3, 2)
    assert (only["landing_page"], only["referrer_host"], only["channel"], only["device"]) == ("/", "google.com", "organic_search", "mobile")


def _order(number: int, at: str, revenue: int, **more: Any) -> Row:
    return {"order_id": number, "customer_id": _ANN, "ordered_at": f"2024-03-{at}", "net_revenue": revenue, **more}


def test_an_order_belongs_to_one_session_that_ended_less_than_thirty_minutes_before() -> None:
    events = [
        _event("01T10:00", session_id=1),
        _event("01T11:00", session_id=1),
        _event("01T10:50", session_id=2),
        _event("01T10:55", session_id=2),
    ]
    orders = [
        _order(1, "01T10:10", 1000),
        _order(2, "01T10:52", 200),  # both go on, and the second began later
        _order(3, "01T11:24:59", 30),
        _order(4, "01T11:29:59", 4),  # of the second 30 minutes have passed
        _order(5, "01T11:30", 50_000),
        _order(6, "01T09:59:59", 50_000),
        _order(7, "01T10:15", 50_000, customer_id=_BEN),
        _order(8, "01T10:15", 50_000, kind="unpaid"),
        _order(9, "01T10:15", 50_000, cancelled_at="2024-03-02"),
    ]
    assert [(s["session_id"], s["order_count"], s["net_revenue"]) for s in _sessions(events, orders)] == [(1, 2, 1004), (2, 2, 230)]


def test_a_campaign_begins_no_session_but_is_a_touch_of_its_own() -> None:
    mail = {"campaign_source": "news", "campaign_medium": "email", "campaign_name": "spring"}
    ads = {"campaign_source": "google", "campaign_medium": "cpc", "campaign_name": "shoes"}
    events = [
        _event("01T10:00", page="/a"),
        _event("01T10:10", page="/b", **mail),
        _event("01T10:11", page="/c", **mail),
        _event("01T10:12", page="/d"),
        _event("01T10:13", page="/e", **mail),
        _event("01T10:14", page="/f", **ads),
        _event("01T10:15", page="/g", **mail),
        _event("05T10:00", page="/h", **mail),
    ]
    assert [s["event_count"] for s in _sessions(events)] == [7, 1]
    told = [(t["landing_page"], t["channel"], t["position"], t["is_first"], t["is_last"], t["begins_session"]) for t in _touches(events)]
    assert told == [
        ("/a", "direct", 1, True, False, True),
        ("/b", "email", 2, False, False, False),
        ("/f", "paid_search", 3, False, False, False),
        ("/g", "email", 4, False, False, False),
        ("/h", "email", 5, False, True, True),
    ]


@pytest.mark.parametrize(
    ("source", "medium", "name", "referrer", "channel"),
    [
        (None, None, None, None, "direct"),
        (None, None, None, "$direct", "direct"),
        (None, None, None, "https://shop.example/cart", "direct"),
        (None, None, None, "https://www.Google.co.uk/search?q=x", "organic_search"),
        (None, None, None, "android-app://com.google.android.gm/", "referral"),
        (None, None, None, "https://l.facebook.com/", "social"),
        (None, None, None, "https://t.co/abc", "social"),
        (None, None, None, "https://x.com/", "social"),
        (None, None, None, "https://x.blog.example/", "referral"),
        (None, None, None, "https://google.com.evil.example/", "referral"),
        (None, None, None, "https://user@blog.example:8080/a?b", "referral"),
        ("Google", "CPC", "shoes", "https://www.google.com/", "paid_search"),
        ("facebook", "cpc", None, None, "paid_social"),
        ("facebook", None, None, None, "social"),
        ("bing", None, None, None, "organic_search"),
        ("news", "newsletter", None, None, "email"),
        (None, "sms", None, None, "messaging"),
        ("partner-7", None, None, None, "other"),
        (None, None, "spring", "https://www.google.com/", "other"),
    ],
)
def test_the_channel_follows_from_tags_and_else_from_the_site_before(
    source: str | None, medium: str | None, name: str | None, referrer: str | None, channel: str
) -> None:
    here = json.dumps({"context": {"page": {"url": "https://www.shop.example/shoes"}}})
    event = _event("01T10:00", campaign_source=source, campaign_medium=medium, campaign_name=name, referrer=referrer, properties=here)
    (touch,) = _touches([event])
    assert (touch["channel"], touch["is_direct"]) == (channel, channel == "direct")


@pytest.mark.parametrize(
    "properties",
    [
        {"context": {"campaign": {"term": "red shoes", "content": 'a "big" one'}}},
        {"utm_term": "red shoes", "utm_content": 'a "big" one'},
    ],
)
def test_a_touch_says_which_words_and_which_picture_brought_it(properties: Row) -> None:
    (touch,) = _touches([_event("01T10:00", campaign_source="google", properties=json.dumps(properties))])
    assert (touch["campaign_term"], touch["campaign_content"]) == ("red shoes", 'a "big" one')


@pytest.mark.parametrize("properties", [None, "", "{", "[]", '"text"', '{"context":7}'])
def test_properties_of_any_form_harm_nothing(properties: str | None) -> None:
    (touch,) = _touches([_event("01T10:00", properties=properties, referrer="https://blog.example/")])
    assert (touch["campaign_term"], touch["channel"]) == (None, "referral")


def test_every_word_that_means_a_channel_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "explanation" / "visits.md").read_text(encoding="utf-8")
    for channel, words in MEDIA.items():
        assert all(f"`{word}`" in page for word in (channel, *words)), channel


_MINUTES = st.integers(0, 240)
_EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "customer_id": st.sampled_from([_ANN, _BEN]),
            "occurred_at": _MINUTES.map(lambda minute: f"2024-03-01T{20 + minute // 60 if minute < 240 else 23:02d}:{minute % 60:02d}"),
            "kind": st.sampled_from(["page_viewed", "product_viewed"]),
            "channel": st.sampled_from(["web", "social"]),
            "session_id": st.sampled_from([None, None, 1, 2]),
            "campaign_source": st.sampled_from([None, None, "news", "google"]),
        }
    ),
    max_size=12,
).map(lambda rows: [{"event_id": number, **row} for number, row in enumerate(rows, 1)])
_FEW = tried(8, 25)


@_FEW
@given(_EVENTS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(events: list[Row], shuffled: Any) -> None:
    other = list(events)
    shuffled.shuffle(other)
    assert (_sessions(events), _touches(events)) == (_sessions(other), _touches(other))


@_FEW
@given(_EVENTS, st.integers(0, 3))
def test_what_happens_at_or_after_the_instant_changes_nothing(events: list[Row], hour: int) -> None:
    as_of = datetime(2024, 3, 1, 20 + hour, tzinfo=UTC)
    known = [event for event in events if event["occurred_at"] < f"2024-03-01T{20 + hour}:00"]
    assert (_sessions(events, as_of=as_of), _touches(events, as_of=as_of)) == (_sessions(known), _touches(known))


@_FEW
@given(_EVENTS)
def test_each_event_on_the_site_is_in_one_session_and_each_session_begins_with_one_touch(events: list[Row]) -> None:
    found, came = _sessions(events), _touches(events)
    assert sum(s["event_count"] for s in found) == sum(event["channel"] == "web" for event in events)
    begun = sorted((t["customer_id"], t["session_id"], t["touched_at"]) for t in came if t["begins_session"])
    assert begun == sorted((s["customer_id"], s["session_id"], s["started_at"]) for s in found)
    assert sum(t["is_first"] for t in came) == sum(t["is_last"] for t in came) == len({t["customer_id"] for t in came})
