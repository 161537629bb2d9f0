"""A call happened when its client says, put right by its clock, and never after it came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patron.collect.call_times import instant, instant_as_written, shown
from patron.collect.calls import Envelope, Refusal, accepted

_CAME = datetime(2026, 3, 1, 12, tzinfo=UTC)


def taken(sent: str | None = None, *, is_retry: bool = False, **times: str) -> dict[str, Any]:
    call = accepted({"type": "page", "userId": "u", **times}, Envelope(_CAME, sent, is_retry))
    assert not isinstance(call, Refusal)
    return call


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2015-2-02T00:30:08.276Z", "2015-02-02T00:30:08.276000Z"),
        ("2026-03-01T12:00:00+02:00", "2026-03-01T10:00:00Z"),
        ("2026-03-01T12:00:00.123456789Z", "2026-03-01T12:00:00.123456Z"),
        ("2026-3-1 9:05", "2026-03-01T09:05:00Z"),
        ("2026-03-01", "2026-03-01T00:00:00Z"),
        ("2026-03-01T12:00:00", "2026-03-01T12:00:00Z"),
        ("2026-03-01T12:00:00-0130", "2026-03-01T13:30:00Z"),
    ],
)
def test_times_are_read_in_the_forms_that_clients_write(text: str, at: str) -> None:
    read = instant(text)
    assert read is not None
    assert shown(read) == at


@pytest.mark.parametrize(
    "text",
    ["", "now", "2026-13-01", "2026-03-01T25:00:00Z", "0000-01-01", "1969-12-31T23:59:59Z", "٢٠٢٦-٠٣-٠١", "2026-03-01" * 20, None, 5],
)
def test_what_is_no_time_since_1970_is_none(text: object) -> None:
    assert instant(text) is None


@pytest.mark.parametrize(
    ("sent", "is_retry", "happened"),
    [
        (None, False, "2026-03-01T11:00:00Z"),
        ("2026-03-01T11:59:57Z", False, "2026-03-01T11:00:00Z"),  # within five seconds: the way here
        ("2026-03-01T11:30:00Z", False, "2026-03-01T11:30:00Z"),  # half an hour slow
        ("2026-03-01T12:30:00Z", False, "2026-03-01T10:30:00Z"),  # half an hour fast
        ("2026-03-01T11:30:00Z", True, "2026-03-01T11:00:00Z"),  # a retry may carry its first time
        ("2026-02-27T11:30:00Z", False, "2026-03-01T11:00:00Z"),  # more than a day: no clock
        ("not a time", False, "2026-03-01T11:00:00Z"),
    ],
)
def test_a_wrong_clock_is_put_right(sent: str | None, is_retry: bool, happened: str) -> None:  # noqa: FBT001
    call = taken(sent, is_retry=is_retry, timestamp="2026-03-01T11:00:00Z")
    assert call["timestamp"] == happened
    assert call.get("originalTimestamp", happened) == ("2026-03-01T11:00:00Z" if happened != "2026-03-01T11:00:00Z" else happened)


def test_an_imported_event_keeps_its_distance() -> None:
    call = taken("2026-03-01T11:59:00Z", timestamp="2024-12-24T18:00:00Z")
    assert (call["timestamp"], call["originalTimestamp"]) == ("2024-12-24T18:01:00Z", "2024-12-24T18:00:00Z")


def test_the_time_of_the_caller_counts_before_that_of_the_client() -> None:
    both = taken(timestamp="2026-03-01T10:00:00Z", originalTimestamp="2026-03-01T11:00:00Z")
    assert (both["timestamp"], both["originalTimestamp"]) == ("2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z")
    one = taken(originalTimestamp="2026-03-01T11:00:00Z")
    assert (one["timestamp"], one["originalTimestamp"]) == ("2026-03-01T11:00:00Z", "2026-03-01T11:00:00Z")
    assert taken()["timestamp"] == "2026-03-01T12:00:00Z"


def test_the_time_of_sending_may_stand_in_the_call() -> None:
    assert taken(timestamp="2026-03-01T11:00:00Z", sentAt="2026-03-01T11:30:00Z")["timestamp"] == "2026-03-01T11:30:00Z"


def test_a_time_without_zone_is_utc_and_says_so() -> None:
    assert taken(timestamp="2026-03-01T11:00:00")["timestamp"] == "2026-03-01T11:00:00Z"


_INSTANTS = st.datetimes(datetime(1971, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))


@given(_INSTANTS, st.none() | st.timedeltas(timedelta(days=-2), timedelta(days=2)), st.booleans())
def test_nothing_happened_after_it_was_received(original: datetime, offset: timedelta | None, is_retry: bool) -> None:  # noqa: FBT001
    call = taken(None if offset is None else shown(_CAME + offset), is_retry=is_retry, timestamp=shown(original))
    read = instant(call["timestamp"])
    assert read is not None
    assert read <= _CAME
    assert instant_as_written(call["timestamp"]) is not None
    assert read == original or instant(call["originalTimestamp"]) == original


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_none(text: str) -> None:
    read = instant(text)
    assert read is None or read.utcoffset() == timedelta()
