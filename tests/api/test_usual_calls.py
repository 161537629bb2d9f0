"""The quick way of reading calls and the careful one: whatever comes, both keep the same and refuse the same."""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import islice
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.calling import NOON
from api.spoiling import spoilt
from patron.api.asgi import AnswerError
from patron.api.collection_bodies import DEEPEST, LARGEST_CALL, Request, envelope_of, request_of, taken_of
from patron.api.write_keys import key_of_body
from patron.collect.usual_calls import UsualCall

_CALL: dict[str, Any] = {
    "type": "track", "event": "Product Viewed", "userId": "u1", "anonymousId": None, "messageId": "m1", "timestamp": "2026-03-01T11:00:00.5Z",
    "properties": {"price": 19.99, "products": [{"sku": "S", "tags": ["a"]}]}, "context": {"page": {"path": "/"}}, "integrations": {},
}  # fmt: skip
_TIMES = [
    "2026-03-01T11:00:00Z", "2026-03-01T11:59:58.123456+00:00", "2026-03-01T12:00:04+01:00", "2026-03-01T12:00:00.000001Z", "2026-03-02T00:00:00Z",
    "2026-03-01T11:00:00", "2026-03-01 11:00:00Z", "2026-W09-7T11:00:00Z", "1969-12-31T23:59:59Z", "9999-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "now", "", None,
]  # fmt: skip
_IDS: list[Any] = ["u1", "", "\t ", "\u3000", " a ", 7, 1.0, True, None, "x" * 101]
_DEEP: Any = json.loads("[" * 20 + "]" * 20)
_VALUES: list[Any] = [
    "a",
    1,
    2**63,
    2**64,
    -(2**63) - 1,
    1e300,
    True,
    None,
    [],
    {},
    {"a": {"b": {"c": {"d": 1}}}},
    [[[[1]]]],
    _DEEP,
    {"email": "a@b.example"},
]
_ODD = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.sampled_from(_TIMES) for name in ("timestamp", "originalTimestamp", "sentAt")},
        **{name: st.sampled_from(_IDS) for name in ("userId", "anonymousId", "previousId", "groupId", "messageId", "event")},
        "type": st.sampled_from(["track", "page", "screen", "identify", "group", "alias", "Track", "", 3, None]),
        **{name: st.sampled_from([{}, None, {"traits": {}}, {"traits": {"a": 1}}, {"ip": ""}, {"ip": "::1"}, 5]) for name in ("properties", "context", "traits")},
        **{name: st.sampled_from(_VALUES) for name in ("name", "version", "_metadata", "receivedAt", "writeKey", "api_key", "further")},
    },
)  # fmt: skip
_CALLS = st.builds(
    lambda odd, gone: {k: v for k, v in {**_CALL, **odd}.items() if k not in gone},
    _ODD,
    st.sets(st.sampled_from(sorted(_CALL)), max_size=1),
)
_AROUND = st.fixed_dictionaries(
    {},
    optional={
        "sentAt": st.sampled_from(_TIMES),
        "writeKey": st.sampled_from(_VALUES),
        "context": st.just({"locale": "de"}),
        "batch": st.just(1),
    },
)


def _carefully(body: bytes, *, is_batch: bool) -> Request:
    """The body as it is read when nothing of it is known."""
    read = msgspec.json.decode(body)
    return Request(read, read["batch"] if is_batch else [read], is_batch)


def _outcome(request: Request, *, is_retry: bool, ip: str, type_of_path: str) -> Any:
    envelope = envelope_of(request, received_at=NOON, is_retry=is_retry, ip=ip)
    key = key_of_body(request.around, request.items)
    taken = taken_of(request, envelope, type_of_path=type_of_path)
    return key, [json.loads(entry) for entry in taken.bodies], list(taken.rejected)


def _both(body: bytes, *, is_batch: bool, is_retry: bool = False, ip: str = "", type_of_path: str = "") -> int:
    """How many calls were read quickly, once both ways are known to come to the same."""
    quick = request_of(body, is_batch=is_batch)
    quickly = sum(isinstance(item, UsualCall) for item in quick.items)
    found = _outcome(quick, is_retry=is_retry, ip=ip, type_of_path=type_of_path)
    if quickly:
        assert found == _outcome(_carefully(body, is_batch=is_batch), is_retry=is_retry, ip=ip, type_of_path=type_of_path)
    return quickly


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_CALLS, min_size=1, max_size=4), _AROUND, st.booleans(), st.sampled_from(["", "192.0.2.1"]))
def test_calls_of_a_batch_are_the_same_whichever_way_they_are_read(
    calls: list[Any],
    around: dict[str, Any],
    is_retry: bool,  # noqa: FBT001
    ip: str,
) -> None:
    _both(json.dumps({**around, "batch": calls}).encode(), is_batch=True, is_retry=is_retry, ip=ip)


@settings(max_examples=500, deadline=None)
@given(_CALLS, st.booleans(), st.sampled_from(["", "192.0.2.1"]), st.sampled_from(["track", "page", "identify", "group", "alias"]))
def test_a_call_alone_is_the_same_whichever_way_it_is_read(call: Any, is_retry: bool, ip: str, type_of_path: str) -> None:  # noqa: FBT001
    _both(json.dumps(call).encode(), is_batch=False, is_retry=is_retry, ip=ip, type_of_path=type_of_path)


@pytest.mark.parametrize("cases", [4_000, pytest.param(400_000, marks=pytest.mark.slow)])
def test_what_is_spoilt_is_the_same_whichever_way_it_is_read(cases: int) -> None:
    right = {"/v1/batch": {"batch": [_CALL, {**_CALL, "type": "page"}], "sentAt": "2026-03-01T12:00:00Z"}, "/v1/track": _CALL}
    read = 0
    for path, body in islice(spoilt(cases, list(right), right), cases):
        with suppress(AnswerError):
            read += _both(body, is_batch=path == "/v1/batch", type_of_path={"/v1/track": "track"}.get(path, ""))
    assert read > cases // 4


def _nested(levels: int) -> Any:
    return json.loads('{"a":' * levels + "1" + "}" * levels)


@pytest.mark.parametrize(
    ("odd", "code"),
    [
        ({"properties": {"text": "x" * LARGEST_CALL}}, "too_large"),
        ({"properties": _nested(DEEPEST)}, "too_deep"),
        ({"properties": []}, "invalid_part"),
        ({"userId": None}, "missing_id"),
        ({"timestamp": "2026-02-30T00:00:00Z"}, "invalid_time"),
        ({"event": " "}, "missing_event"),
        ({"type": "Truck"}, "unknown_type"),
    ],
)
def test_one_bad_call_among_usual_ones_is_refused_alone(odd: dict[str, Any], code: str) -> None:
    request = request_of(json.dumps({"batch": [_CALL, {**_CALL, **odd}, _CALL]}).encode(), is_batch=True)
    taken = taken_of(request, envelope_of(request, received_at=NOON, is_retry=False, ip=""))
    assert [(index, why.code) for index, why in taken.rejected] == [(1, code)]
    assert len(taken.bodies) == 2


def test_what_nearly_all_clients_send_is_read_quickly() -> None:
    around = {"sentAt": "2026-03-01T11:59:59Z", "writeKey": "w"}
    assert _both(json.dumps({**around, "batch": [_CALL] * 3}).encode(), is_batch=True) == 3
    assert _both(json.dumps({**_CALL, **around, "_metadata": {"bundled": ["Segment.io"]}}).encode(), is_batch=False) == 1
