from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.asking import MemoryInbox, StoppedClock, ask
from patron.api.imports import Imports
from patron.api.pace import Pace
from sources.loaded import Loaded

if TYPE_CHECKING:
    from pathlib import Path

_KEY = {"Authorization": "Basic " + base64.b64encode(b"key:").decode()}
_REVIEW = {"id": "r1", "email": "a@example.com", "rating": 5, "date": "2026-01-02T00:00:00Z", "sku": "CUP", "text": "Good"}


def imports() -> tuple[Imports, MemoryInbox]:
    inbox = MemoryInbox()
    return Imports(inbox, lambda key: key == "key", lambda key: key == "admin", StoppedClock()), inbox


@pytest.mark.parametrize(
    ("body", "count"),
    [(json.dumps(_REVIEW), 1), (json.dumps([_REVIEW, _REVIEW]), 2), (f"{json.dumps(_REVIEW)}\n\n{json.dumps(_REVIEW)}\n", 2)],
)
def test_objects_lists_and_lines_are_taken(body: str, count: int) -> None:
    app, inbox = imports()
    assert ask(app, "/v1/import/reviews", body.encode(), headers=_KEY) == (200, {"success": True, "taken": count, "rejected": []})
    assert [(e["source"], e["record"]) for e in inbox.entries] == [("reviews", _REVIEW)] * count


@pytest.mark.parametrize(("headers", "query"), [({"Authorization": "Bearer key"}, ""), ({}, "writeKey=key"), (_KEY, "")])
def test_the_key_may_stand_in_three_places(headers: dict[str, str], query: str) -> None:
    app, _ = imports()
    assert ask(app, "/v1/import/reviews", b'{"a":1}', headers=headers, query=query)[0] == 200


def test_without_a_key_or_a_table_nothing_is_taken() -> None:
    app, inbox = imports()
    assert ask(app, "/v1/import/reviews", b'{"a":1}')[0] == 401
    assert ask(app, "/v1/import/reviews", b'{"a":1}', headers={"Authorization": "Bearer other"})[0] == 401
    assert ask(app, "/v1/import/customers_secret", b'{"a":1}', headers=_KEY)[0] == 404
    assert ask(app, "/v1/import/reviews", method="GET", headers=_KEY)[0] == 405
    assert inbox.bodies == []


def test_only_an_admin_key_may_have_people_forgotten() -> None:
    app, inbox = imports()
    asked = b'{"email":"ann@example.com","asked_at":"2026-01-02T00:00:00Z"}'
    assert ask(app, "/v1/import/erasures", asked, headers=_KEY)[0] == 401
    assert ask(app, "/v1/import/erasures", asked)[0] == 401
    assert inbox.bodies == []
    assert ask(app, "/v1/import/erasures", asked, headers={"Authorization": "Bearer admin"})[0] == 200
    assert [e["source"] for e in inbox.entries] == ["erasures"]


def test_a_key_that_sends_too_fast_is_asked_to_come_again() -> None:
    inbox, clock = MemoryInbox(), StoppedClock()
    app = Imports(inbox, lambda key: key == "key", lambda _: False, clock, pace=Pace(1, clock))
    body = json.dumps([_REVIEW] * 10).encode()
    assert ask(app, "/v1/import/reviews", body, headers=_KEY)[0] == 200
    status, said = ask(app, "/v1/import/reviews", body, headers=_KEY)
    assert (status, said["code"], len(inbox.bodies)) == (429, "too_fast", 10)


def test_what_cannot_be_kept_is_named_and_the_rest_is_taken() -> None:
    app, inbox = imports()
    status, said = ask(app, "/v1/import/reviews", json.dumps([1, _REVIEW, {"n": 2**70}, {}]).encode(), headers=_KEY)
    assert (status, said["taken"], [r["index"] for r in said["rejected"]]) == (200, 2, [0, 3])
    assert str(2**70).encode() in inbox.bodies[1]
    assert ask(app, "/v1/import/reviews", b"[1]", headers=_KEY)[0] == 400
    assert ask(app, "/v1/import/reviews", b"[]", headers=_KEY)[0] == 400


def test_events_are_calls_and_have_a_time(tmp_path: Path) -> None:
    app, inbox = imports()
    calls = [{"type": "track", "event": "Chair Tested", "userId": "7"}, {"event": "x", "occurred_at": "2026-01-01"}]
    status, said = ask(app, "/v1/import/events", json.dumps(calls).encode(), headers=_KEY)
    assert (status, said["taken"], said["rejected"][0]["index"]) == (200, 1, 1)
    file = tmp_path / "kept.jsonl"
    file.write_text(json.dumps(inbox.entries[0]["record"]) + "\n")
    loaded = Loaded()
    loaded.one("events", file)
    assert loaded.row("SELECT kind, occurred_at::VARCHAR FROM events") == ("chair_tested", "2026-11-26 08:00:00.123456")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=200) | _JSON.map(lambda v: json.dumps(v).encode()), st.sampled_from(["reviews", "events", "spend"]))
def test_no_body_is_ever_an_error_of_ours(body: bytes, table: str) -> None:
    app, inbox = imports()
    status, said = ask(app, f"/v1/import/{table}", body, headers=_KEY)
    assert status in {200, 400}
    assert len(inbox.bodies) == said.get("taken", 0)


@pytest.mark.parametrize("name", ['a"b', "a.b", "a\\b", "a'b", "", " ", "[0]", "*", "$", "x" * 300, "a\nb", "Rating", "a\0b"])
def test_fields_of_any_name_can_be_read(tmp_path: Path, name: str) -> None:
    app, inbox = imports()
    assert ask(app, "/v1/import/reviews", json.dumps({**_REVIEW, name: 1, "deep": {name: {name: 2}}}).encode(), headers=_KEY)[0] == 200
    file = tmp_path / "kept.jsonl"
    file.write_text(json.dumps(inbox.entries[0]["record"]) + "\n")
    assert Loaded().one("reviews", file).kept == 1
