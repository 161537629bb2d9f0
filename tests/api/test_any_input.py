"""Whatever comes, the collection answers: taken, or refused with a code. Never a fault of its own, and never an entry that no reader takes."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.calling import KEY, Answered, Shop, asked, basic
from patron.collect.call_times import instant

_TYPES = ("identify", "track", "page", "screen", "group", "alias")
_SINGLE = (*(f"/v1/{name}" for name in _TYPES), "/v1/t")
_BATCH = ("/v1/batch", "/v1/b", "/v1/import", "/beacon/v1/batch", "/batch/")
_TIMES = ("2026-03-01T11:00:00Z", "2015-2-02T00:30:08.276Z", "0000-01-01", "10000-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "now")
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.text(st.characters(codec=None), max_size=20)
    | st.sampled_from([*_TIMES, "u1", "", " ", "x" * 200, "track", KEY, "\ud800", "\x00"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_FIELDS = (
    "userId",
    "anonymousId",
    "previousId",
    "groupId",
    "event",
    "type",
    "messageId",
    "timestamp",
    "originalTimestamp",
    "sentAt",
    "writeKey",
)
_TIMED = ("timestamp", "originalTimestamp", "sentAt")
_PARTS = ("properties", "context", "traits", "integrations", "uuid", "distinct_id", "$set", "name")


_GOOD = st.fixed_dictionaries(
    {
        "type": st.sampled_from(_TYPES),
        "event": st.sampled_from(["Product Viewed", "$set", "$create_alias", "$groupidentify", "$pageview", "$screen"]),
        **{name: st.text("abc123", min_size=1, max_size=8) for name in ("userId", "anonymousId", "previousId", "distinct_id")},
    },
    optional={
        "messageId": st.text("abc123", min_size=1, max_size=8),
        **{name: st.sampled_from(_TIMES[:2]) for name in ("timestamp", "originalTimestamp", "sentAt")},
        **{name: st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=9), max_size=3) for name in _PARTS[:4]},
    },
)
_ODD = st.dictionaries(st.sampled_from([*_FIELDS, *_PARTS]), _VALUES, max_size=2)
_CALLS = st.builds(lambda good, odd: {**good, **odd}, _GOOD, _ODD)
_AROUND = st.dictionaries(st.sampled_from(["context", "integrations", "sentAt", "sent_at", "writeKey", "api_key"]), _VALUES, max_size=2)
_BATCHES = st.builds(lambda calls, around: {**around, "batch": calls}, st.lists(_CALLS | _CALLS | _VALUES, max_size=4), _AROUND)
_OF_BATCHES, _OF_CALLS = st.tuples(st.sampled_from(_BATCH), _BATCHES), st.tuples(st.sampled_from(_SINGLE), _CALLS)
_ASKED = _OF_BATCHES | _OF_CALLS | _OF_BATCHES | _OF_CALLS | st.tuples(st.sampled_from(_SINGLE + _BATCH), _VALUES | _CALLS | _BATCHES)
_HEADERS = st.fixed_dictionaries(
    {"authorization": st.sampled_from([basic(f"{KEY}:")] * 6 + [basic(KEY), "Bearer x", "Basic ?"])},
    optional={
        "content_type": st.sampled_from(["application/json", "text/plain", "image/png"]),
        "content_encoding": st.sampled_from(["gzip", "identity", "br", ""]),
        "content_length": st.sampled_from(["5", "-1", "many"]),
        "x_retry_count": st.just("1"),
        "origin": st.sampled_from(["null", "https://shop.example"]),
    },
)


def _answers(shop: Shop, answer: Answered) -> None:
    """An answer is one of those that clients know, and what was taken can be read."""
    assert answer.status in {200, 400, 401, 413, 415}
    said = answer.json()
    if answer.status == 200:
        assert said["success"] is True
    else:
        assert said["success"] is False
        assert said["code"]
        assert said["message"]
    for entry in shop.inbox.read(0, most=10_000):
        read = json.loads(entry.body, parse_constant=pytest.fail)
        assert read["source"] == "events"
        record = read["record"]
        assert record["type"] in _TYPES
        assert 0 < len(record["messageId"]) <= 100
        happened, came = instant(record["timestamp"]), instant(read["received_at"])
        assert happened is not None
        assert came is not None
        assert happened <= came
        assert len(entry.body) < 40_000
        entry.body.decode("utf-8", "strict")


@settings(max_examples=100, deadline=None)
@given(st.lists(_GOOD, min_size=1, max_size=5))
def test_every_good_call_is_taken_as_it_is(calls: list[dict[str, Any]]) -> None:
    shop = Shop()
    assert shop.post("/v1/batch", {"batch": calls}).json() == {"success": True}
    for call, record in zip(calls, shop.records(), strict=True):
        same = set(call) - set(_TIMED)
        assert {name: record[name] for name in same} == {name: call[name] for name in same}


def _any_bytes(path: str, body: bytes, headers: dict[str, str], *, is_gzip: bool) -> None:
    shop = Shop()
    sent = gzip.compress(body) if is_gzip and headers.get("content_encoding") == "gzip" else body
    _answers(shop, asked(shop.app, "POST", path, sent, headers))


def _any_structure(path: str, body: object, headers: dict[str, str]) -> None:
    headers = {name: value for name, value in headers.items() if name != "content_encoding"}
    shop = Shop()
    _answers(shop, asked(shop.app, "POST", path, json.dumps(body).encode(), headers))


def _spoilt(asked_for: tuple[str, object]) -> st.SearchStrategy[tuple[str, bytes]]:
    """The bytes of a body with one of them replaced, or one put in between."""
    path, body = asked_for
    text = json.dumps(body).encode()
    places = st.integers(0, len(text))
    return st.builds(lambda at, put, gone: (path, text[:at] + put + text[at + gone :]), places, st.binary(max_size=1), st.integers(0, 1))


_BYTES = _ASKED.flatmap(_spoilt) | st.tuples(
    st.sampled_from(_SINGLE + _BATCH), st.binary(max_size=400) | st.text(max_size=200).map(str.encode)
)
_FEW = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
_MANY = settings(max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@_FEW
@given(_BYTES, _HEADERS, st.booleans())
def test_any_bytes_are_answered(given_bytes: tuple[str, bytes], headers: dict[str, str], is_gzip: bool) -> None:  # noqa: FBT001
    _any_bytes(*given_bytes, headers, is_gzip=is_gzip)


@_FEW
@given(_ASKED, _HEADERS)
def test_any_structure_is_answered(given_body: tuple[str, object], headers: dict[str, str]) -> None:
    _any_structure(*given_body, headers)


@pytest.mark.slow
@_MANY
@given(_BYTES, _HEADERS, st.booleans())
def test_very_many_bytes_are_answered(given_bytes: tuple[str, bytes], headers: dict[str, str], is_gzip: bool) -> None:  # noqa: FBT001
    _any_bytes(*given_bytes, headers, is_gzip=is_gzip)


@pytest.mark.slow
@_MANY
@given(_ASKED, _HEADERS)
def test_very_many_structures_are_answered(given_body: tuple[str, object], headers: dict[str, str]) -> None:
    _any_structure(*given_body, headers)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["GET", "HEAD", "POST", "PUT", "OPTIONS", "BREW"]),
    st.sampled_from(
        ["/v1/pixel/track", "/v1/pixel/", "/v1/projects/", "/sourceConfig/", "/analytics.js/v1/", "/v1/batch", "/v1/projects/a/b/settings"]
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60),
)
def test_any_address_is_answered(method: str, path: str, rest: str, query: str) -> None:
    answer = asked(Shop().app, method, path + rest.replace("?", "") + "?" + query)
    assert answer.status in {200, 204, 400, 401, 404, 405}


@settings(max_examples=50, deadline=None)
@given(st.lists(_CALLS, min_size=1, max_size=5))
def test_the_same_request_twice_names_the_same_messages(calls: list[dict[str, Any]]) -> None:
    shop, body = Shop(), json.dumps({"batch": calls}).encode()
    for _ in range(2):
        shop.post("/v1/batch", body)
    names = [record["messageId"] for record in shop.records()]
    assert names[: len(names) // 2] == names[len(names) // 2 :]
