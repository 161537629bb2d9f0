"""The collection takes what Segment's and RudderStack's clients send, and answers as they expect."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import timedelta
from typing import Any

import pytest

from api.calling import KEY, NOON, Answered, Shop, asked, basic
from patron.api.collection import Collection
from patron.api.pace import Pace
from patron.kernel.errors import TransientError
from patron.testing.inbox import MemoryInbox

_VIEWED: dict[str, Any] = {
    "type": "track",
    "event": "Product Viewed",
    "userId": "u1",
    "messageId": "m1",
    "timestamp": "2026-03-01T11:59:00Z",
}


@pytest.fixture
def shop() -> Shop:
    return Shop()


def call(**parts: object) -> dict[str, Any]:
    return {**_VIEWED, **parts}


@pytest.mark.parametrize(
    ("path", "kind"),
    [(f"/v1/{name}", kind) for kind in ("identify", "track", "page", "screen", "group", "alias") for name in (kind, kind[0])],
)
def test_the_path_says_the_type(shop: Shop, path: str, kind: str) -> None:
    answer = shop.post(path, call(type="nonsense", previousId="a1"))
    assert (answer.status, answer.json()) == (200, {"success": True})
    assert [record["type"] for record in shop.records()] == [kind]


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/b", "/v1/import", "/beacon/v1/batch"])
def test_batches_are_taken_at_all_their_addresses(shop: Shop, path: str) -> None:
    assert shop.post(path, {"batch": [call(messageId="a"), call(messageId="b")]}).json() == {"success": True}
    assert [record["messageId"] for record in shop.records()] == ["a", "b"]


def test_an_entry_says_source_and_time_and_holds_the_record(shop: Shop) -> None:
    shop.post("/v1/track", call(properties={"price": 19.9, "unknown": {"kept": None}}, integrations={"All": False}, extra=[1]))
    (entry,) = shop.inbox.read(0, most=9)
    assert json.loads(entry.body) == {
        "source": "events",
        "received_at": "2026-03-01T12:00:00Z",
        "record": {
            **_VIEWED,
            "properties": {"price": 19.9, "unknown": {"kept": None}},
            "integrations": {"All": False},
            "extra": [1],
            "receivedAt": "2026-03-01T12:00:00Z",
        },
    }


@pytest.mark.parametrize(
    ("headers", "query", "body"),
    [
        ({"authorization": basic(f"{KEY}:")}, "", {}),
        ({"authorization": basic(KEY)}, "", {}),
        ({"authorization": basic(f"{KEY}:").replace("Basic", "basic")}, "", {}),
        ({}, "", {"writeKey": KEY}),
        ({"authorization": "Bearer some.token"}, "", {"writeKey": KEY}),
        ({}, "?writeKey=" + KEY, {}),
    ],
)
def test_the_key_may_stand_in_several_places(shop: Shop, headers: dict[str, str], query: str, body: dict[str, Any]) -> None:
    for path, content in (("/v1/track", {**_VIEWED, **body}), ("/v1/batch", {"batch": [_VIEWED], **body})):
        assert asked(shop.app, "POST", path + query, json.dumps(content).encode(), headers).status == 200
    assert all("writeKey" not in record for record in shop.records())


def test_the_key_may_stand_in_an_item(shop: Shop) -> None:
    body = json.dumps({"batch": [call(writeKey=KEY)]}).encode()
    assert asked(shop.app, "POST", "/v1/batch", body).status == 200
    assert "writeKey" not in shop.records()[0]


def test_the_header_counts_before_the_body(shop: Shop) -> None:
    body = json.dumps(call(writeKey=KEY)).encode()
    answer = asked(shop.app, "POST", "/v1/track", body, {"authorization": basic("other:")})
    assert (answer.status, answer.json()["code"]) == (401, "unknown_key")


@pytest.mark.parametrize("authorization", [None, "Basic", "Basic %%%", "Basic " + base64.b64encode(b"\xff\xfe:").decode(), basic(":")])
def test_without_a_key_nothing_is_taken(shop: Shop, authorization: str | None) -> None:
    headers = {} if authorization is None else {"authorization": authorization}
    answer = asked(shop.app, "POST", "/v1/track", json.dumps(_VIEWED).encode(), headers)
    assert (answer.status, answer.json()["success"], answer.json()["code"]) == (401, False, "no_key")
    assert shop.records() == []


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "image/png"])
def test_the_content_type_does_not_matter(shop: Shop, content_type: str) -> None:
    assert shop.post("/v1/track", _VIEWED, content_type=content_type).status == 200


def test_gzip_is_inflated(shop: Shop) -> None:
    assert shop.post("/v1/track", gzip.compress(json.dumps(_VIEWED).encode()), content_encoding="gzip").status == 200
    assert len(shop.records()) == 1


@pytest.mark.parametrize(
    ("body", "encoding", "status", "code"),
    [
        (gzip.compress(b"[" + b" " * 100_000_000 + b"]"), "gzip", 413, "too_large"),
        (gzip.compress(json.dumps(_VIEWED).encode())[:-9], "gzip", 400, "invalid_gzip"),
        (json.dumps(_VIEWED).encode(), "gzip", 400, "invalid_gzip"),
        (json.dumps(_VIEWED).encode(), "br", 415, "unknown_encoding"),
        (b" " * 600_000, "identity", 413, "too_large"),
    ],
    ids=["bomb", "cut", "plain", "brotli", "large"],
)
def test_bodies_that_cannot_be_used_are_refused(shop: Shop, body: bytes, encoding: str, status: int, code: str) -> None:
    answer = shop.post("/v1/track", body, content_encoding=encoding)
    assert (answer.status, answer.json()["code"], answer.json()["success"]) == (status, code, False)
    assert answer.json()["message"]


def test_a_body_that_says_it_is_too_large_is_not_read(shop: Shop) -> None:
    assert shop.post("/v1/track", b"{}", content_length="600000").status == 413


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_json"),
        (b"{", "invalid_json"),
        (b"NaN", "invalid_json"),
        (b'{"a": NaN}', "invalid_json"),
        (b"[]", "invalid_body"),
        (b"3", "invalid_body"),
        (b'{"batch": {}}', "invalid_body"),
        (b'{"batch": null}', "invalid_body"),
        (b"[" * 200_000, "invalid_json"),
        (b'{"batch": [' + b"[" * 2_000 + b"]" * 2_000 + b"]}", "invalid_json"),
        (b'{"batch": [' + b"9" * 9_000 + b"]}", "all_rejected"),
        (b'{"batch": [{"userId": "\xff"}]}', "all_rejected"),
    ],
)
def test_what_is_no_batch_is_refused_whole(shop: Shop, body: bytes, code: str) -> None:
    answer = shop.post("/v1/batch", body)
    assert (answer.status, answer.json()["code"]) == (400, code)
    assert shop.records() == []


_BAD: list[tuple[object, str]] = [
    (3, "not_an_object"),
    (None, "not_an_object"),
    ({}, "unknown_type"),
    (call(type=None), "unknown_type"),
    (call(type="purchase"), "unknown_type"),
    (call(type=["track"]), "unknown_type"),
    (call(userId=None), "missing_id"),
    (call(userId=" "), "missing_id"),
    (call(userId={"id": 1}), "invalid_id"),
    (call(userId=True), "invalid_id"),
    (call(userId=1.5), "invalid_id"),
    (call(messageId=[1]), "invalid_id"),
    (call(event=None), "missing_event"),
    (call(event=7), "missing_event"),
    (call(event=" "), "missing_event"),
    (call(type="alias"), "missing_id"),
    (call(type="alias", previousId="a", userId=None), "missing_id"),
    (call(properties=[]), "invalid_part"),
    (call(context="x"), "invalid_part"),
    (call(traits=3), "invalid_part"),
    (call(timestamp="yesterday"), "invalid_time"),
    (call(timestamp="0000-01-01T00:00:00Z"), "invalid_time"),
    (call(timestamp="10000-01-01T00:00:00Z"), "invalid_time"),
    (call(timestamp="0001-01-01T00:00:00+14:00"), "invalid_time"),
    (call(timestamp="9999-12-31T23:59:59-14:00"), "invalid_time"),
    (call(timestamp="2026-02-30T00:00:00Z"), "invalid_time"),
    (call(timestamp=1_700_000_000), "invalid_time"),
    (call(sentAt="soon"), "invalid_time"),
    (call(properties={"a": "x" * 33_000}), "too_large"),
]


@pytest.mark.parametrize(("bad", "code"), _BAD)
def test_a_bad_call_is_refused_alone(shop: Shop, bad: object, code: str) -> None:
    answer = shop.post("/v1/batch", {"batch": [call(messageId="before"), bad, call(messageId="after")]})
    assert (answer.status, answer.json()["success"]) == (200, True)
    (rejected,) = answer.json()["rejected"]
    assert (rejected["index"], rejected["code"], bool(rejected["message"])) == (1, code, True)
    assert [record["messageId"] for record in shop.records()] == ["before", "after"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"userId": "u", "type": "page", "properties": {"a": 1e999}}', "invalid_json"),
        ('{"userId": "u", "type": "page", "properties": {"a": ' + "9" * 5_000 + "}}", "invalid_json"),
        ('{"userId": "u", "type": "page", "properties": ' + '{"a":' * 40 + "1" + "}" * 40 + "}", "too_deep"),
    ],
)
def test_a_call_with_values_that_no_reader_takes_is_refused_alone(shop: Shop, text: str, code: str) -> None:
    answer = shop.post("/v1/batch", ('{"batch": [' + text + "," + json.dumps(_VIEWED) + "]}").encode())
    assert (answer.status, [r["code"] for r in answer.json()["rejected"]]) == (200, [code])
    assert [record["messageId"] for record in shop.records()] == ["m1"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (r"\ud83d", "\ufffd"),
        (r"\ud83d!", "\ufffd!"),
        (r"\ud83d\ud83d\ude00", "\ufffd😀"),
        (r"\ude00\ud83d", "\ufffd\ufffd"),
        (r"\\ud83d \uD83D", "\\ud83d \ufffd"),
        (r"\u00e9\uDFFF", "é\ufffd"),
    ],
)
def test_half_a_character_does_not_cost_a_call(shop: Shop, text: str, kept: str) -> None:
    body = '{"userId": "u", "type": "page", "properties": {"a": "' + text + '"}}'
    assert shop.post("/v1/page", body.encode()).status == 200
    assert shop.post("/v1/batch", ('{"batch": [' + body + ', {"type": "page", "userId": "v"}]}').encode()).json() == {"success": True}
    assert [record["properties"] for record in shop.records()] == [{"a": kept}, {"a": kept}, {}]


def test_a_bad_single_call_is_a_bad_request(shop: Shop) -> None:
    answer = shop.post("/v1/track", call(event=None))
    assert (answer.status, answer.json()["code"]) == (400, "missing_event")


def test_a_batch_of_nothing_but_bad_calls_is_a_bad_request_that_names_each(shop: Shop) -> None:
    answer = shop.post("/v1/batch", {"batch": [{}, 3]})
    assert (answer.status, answer.json()["code"]) == (400, "all_rejected")
    assert [r["index"] for r in answer.json()["rejected"]] == [0, 1]


def test_an_empty_batch_is_fine(shop: Shop) -> None:
    assert shop.post("/v1/batch", {"batch": []}).status == 200


def test_too_many_calls_are_refused_whole(shop: Shop) -> None:
    answer = shop.post("/v1/batch", {"batch": [{"a": 1}] * 2_501})
    assert (answer.status, answer.json()["code"]) == (413, "too_many")


def test_null_stands_for_absent_everywhere(shop: Shop) -> None:
    blank = dict.fromkeys(
        ("anonymousId", "previousId", "groupId", "properties", "context", "traits", "integrations", "timestamp", "sentAt")
    )
    assert shop.post("/v1/track", call(**blank)).status == 200
    (record,) = shop.records()
    assert (record["properties"], record["timestamp"]) == ({}, "2026-03-01T12:00:00Z")


def test_ids_become_text(shop: Shop) -> None:
    shop.post("/v1/track", call(userId=820982911946154508, anonymousId=17.0, messageId=5))
    (record,) = shop.records()
    assert (record["userId"], record["anonymousId"], record["messageId"]) == ("820982911946154508", "17", "5")


def test_traits_of_an_identify_lie_over_those_of_its_context(shop: Shop) -> None:
    context = {"traits": {"email": "old@shop.example", "plan": "a"}}
    shop.post("/v1/identify", call(context=context, traits={"email": "new@shop.example"}))
    shop.post("/v1/track", call(context=context, messageId="m2"))
    identified, tracked = shop.records()
    assert identified["traits"] == {"email": "new@shop.example", "plan": "a"}
    assert "traits" not in tracked
    assert tracked["context"] == context


def test_what_the_batch_says_lies_under_what_a_call_says(shop: Shop) -> None:
    shop.post(
        "/v1/batch",
        {
            "context": {"app": {"name": "web"}, "locale": "de-DE"},
            "integrations": {"All": False, "X": True},
            "batch": [call(context={"locale": "fr-FR"}, integrations={"X": False}), call(messageId="m2")],
        },
    )
    first, second = shop.records()
    assert first["context"] == {"app": {"name": "web"}, "locale": "fr-FR"}
    assert first["integrations"] == {"All": False, "X": False}
    assert (second["context"], second["integrations"]) == ({"app": {"name": "web"}, "locale": "de-DE"}, {"All": False, "X": True})


def test_a_call_without_a_message_id_is_known_by_its_content(shop: Shop) -> None:
    nameless = {k: v for k, v in _VIEWED.items() if k != "messageId"}
    for body in (nameless, dict(reversed(nameless.items())), {**nameless, "event": "Other"}, {**nameless, "messageId": "x" * 101}):
        assert shop.post("/v1/track", body).status == 200
    first, again, other, long = (record["messageId"] for record in shop.records())
    assert first == again
    assert len({first, other, long}) == 3
    assert all(len(name) <= 100 for name in (first, other, long))


def test_a_call_without_any_time_is_the_same_for_a_day(shop: Shop) -> None:
    bare = {"event": "Product Viewed", "userId": "u1"}
    for hours in (0, 6, 24):
        shop.clock.at = NOON + timedelta(hours=hours)
        shop.post("/v1/track", bare)
    noon, evening, next_day = (record["messageId"] for record in shop.records())
    assert noon == evening != next_day


def test_an_alias_of_a_person_with_themselves_is_no_error(shop: Shop) -> None:
    assert shop.post("/v1/a", {"userId": "u1", "previousId": "u1"}).status == 200


@pytest.mark.parametrize(
    ("origin", "given", "kept"),
    [("https://shop.example", None, "203.0.113.9"), ("https://shop.example", "198.51.100.7", "198.51.100.7"), ("", None, None)],
)
def test_the_address_of_a_browser_is_kept_and_that_of_a_server_is_not(shop: Shop, origin: str, given: str | None, kept: str | None) -> None:
    shop.post("/v1/page", {"userId": "u1", "context": {"ip": given}}, **({"origin": origin} if origin else {}))
    assert shop.records()[0]["context"].get("ip") == kept


def test_any_page_may_send_and_read_the_answer(shop: Shop) -> None:
    origin = "https://shop.example"
    asked_first = asked(shop.app, "OPTIONS", "/v1/t", headers={"origin": origin, "access-control-request-method": "POST"})
    assert asked_first.status == 204
    allowed = {name.strip() for name in asked_first.headers["access-control-allow-headers"].split(",")}
    assert {"authorization", "content-type", "anonymousid", "sentat", "x-retry-count"} <= allowed
    assert int(asked_first.headers["access-control-max-age"]) >= 600
    grown = "authorization,content-type,rsa-retry-attempt,something-new"
    asked_again = asked(shop.app, "OPTIONS", "/v1/t", headers={"origin": origin, "access-control-request-headers": grown})
    assert asked_again.headers["access-control-allow-headers"] == grown
    for answer in (asked_first, shop.post("/v1/t", _VIEWED, origin=origin), shop.post("/v1/t", b"{", origin=origin)):
        assert answer.headers["access-control-allow-origin"] == origin
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert answer.headers["access-control-expose-headers"] == "retry-after"


def test_when_nothing_can_be_kept_clients_are_asked_to_come_again() -> None:
    shop = Shop(MemoryInbox(limit_bytes=10))
    answer = shop.post("/v1/track", _VIEWED)
    assert (answer.status, answer.json()["code"], answer.headers["retry-after"]) == (503, "not_kept", "1")
    assert shop.records() == []


def test_when_keys_cannot_be_read_clients_are_asked_to_come_again(shop: Shop) -> None:
    def locked(_: str) -> bool:
        raise TransientError("The project's state cannot be read.")

    answer = asked(
        Collection(shop.inbox, locked, shop.clock), "POST", "/v1/track", json.dumps(_VIEWED).encode(), {"authorization": basic(KEY)}
    )
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")


def test_a_key_that_sends_too_fast_is_asked_to_come_again_and_others_are_not(shop: Shop) -> None:
    app = Collection(shop.inbox, lambda key: key in {KEY, "other"}, shop.clock, pace=Pace(10, shop.clock))

    def sent(calls: int, key: str = KEY, **around: object) -> Answered:
        headers = {} if around else {"authorization": basic(key)}
        return asked(app, "POST", "/v1/batch", json.dumps({"batch": [call()] * calls, **around}).encode(), headers)

    assert sent(99).status == 200
    assert sent(21).status == 200  # begun, so it is let through
    for answer in (sent(1), sent(1, writeKey=KEY)):
        assert (answer.status, answer.json()["code"], answer.headers["retry-after"]) == (429, "too_fast", "3")
    assert sent(1, "other").status == 200
    assert asked(app, "GET", f"/v1/projects/{KEY}/settings").status == 200
    shop.clock.at += timedelta(seconds=3)
    assert [sent(1).status for _ in range(11)] == [200] * 10 + [429]
    shop.clock.at -= timedelta(days=1)
    assert sent(1).status == 429
    shop.clock.at += timedelta(seconds=1)
    assert sent(1).status == 200


def test_without_a_pace_a_key_sends_as_much_as_it_likes(shop: Shop) -> None:
    assert {shop.post("/v1/batch", {"batch": [call()] * 2_500}).status for _ in range(3)} == {200}


def test_other_methods_are_refused(shop: Shop) -> None:
    assert asked(shop.app, "GET", "/v1/batch").status == 405
    assert asked(shop.app, "POST", f"/v1/projects/{KEY}/settings").status == 405
