from __future__ import annotations

import json
import string
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.asking import MemoryInbox, StoppedClock, ask
from patron.api.webhooks import LARGEST_DELIVERY, Webhooks
from patron.collect.signatures import is_signed, signature
from sources.loaded import Loaded
from sources.webhooks import ORDER_ID, lifecycle, order

if TYPE_CHECKING:
    from pathlib import Path

SECRETS = {"shopify": ("new secret", "old secret"), "woocommerce": ("woo",)}


def hooks() -> tuple[Webhooks, MemoryInbox]:
    inbox = MemoryInbox()
    return Webhooks(inbox, SECRETS, StoppedClock()), inbox


def signed(body: bytes, topic: str = "orders/create", secret: str = "new secret", **more: str) -> dict[str, str]:  # noqa: S107  # made up
    return {"X-Shopify-Topic": topic, "X-Shopify-Hmac-SHA256": signature(body, secret), "X-Shopify-Shop-Domain": "cups.example", **more}


def test_a_delivery_is_kept_as_a_line_of_a_file() -> None:
    app, inbox = hooks()
    body = json.dumps(order(), indent=2).encode()
    more = {"X-Shopify-Webhook-Id": "b54557e4", "X-Shopify-Triggered-At": "2026-03-01T09:00:05.123456789Z"}
    assert ask(app, "/webhooks/shopify", body, headers=signed(body, **more)) == (200, {"success": True})
    (entry,) = inbox.entries
    assert entry == {
        "source": "shopify",
        "received_at": "2026-11-26T08:00:00.123456Z",
        "kind": "orders/create",
        "record": {
            "topic": "orders/create", "shop": "cups.example", "webhook_id": "b54557e4", "triggered_at": "2026-03-01T09:00:05.123456789Z",
            "received_at": "2026-11-26T08:00:00.123456Z", "payload": order(),
        },
    }  # fmt: skip
    assert b"\n" not in inbox.bodies[0]
    assert str(ORDER_ID).encode() in inbox.bodies[0]


@pytest.mark.parametrize("secret", ["new secret", "old secret"])
def test_both_secrets_are_good_during_rotation(secret: str) -> None:
    app, _ = hooks()
    assert ask(app, "/webhooks/shopify", b'{"id": 1}', headers=signed(b'{"id": 1}', secret=secret))[0] == 200


@pytest.mark.parametrize(
    "change", [{"X-Shopify-Hmac-SHA256": ""}, {"X-Shopify-Hmac-SHA256": signature(b"{}", "new secret")}, {"X-Shopify-Hmac-SHA256": "é"}]
)
def test_forged_and_missing_signatures_are_refused(change: dict[str, str]) -> None:
    app, inbox = hooks()
    status, said = ask(app, "/webhooks/shopify", b'{"id": 1}', headers={**signed(b'{"id": 1}'), **change})
    assert (status, said["code"], inbox.bodies) == (401, "unsigned", [])


def test_nothing_is_signed_where_no_secret_is_known() -> None:
    app = Webhooks(MemoryInbox(), {"shopify": ("",)}, StoppedClock())
    assert ask(app, "/webhooks/shopify", b"{}", headers={"X-Shopify-Topic": "a/b", "X-Shopify-Hmac-SHA256": signature(b"{}", "")})[0] == 401


def test_the_ping_of_woocommerce_is_answered_and_not_kept() -> None:
    app, inbox = hooks()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert ask(app, "/webhooks/woocommerce", b"webhook_id=17", headers=headers) == (200, {"success": True})
    assert ask(app, "/webhooks/woocommerce", b"webhook_id=17&x=1", headers=headers)[0] == 401
    assert ask(app, "/webhooks/shopify", b"webhook_id=17", headers=headers)[0] == 401
    assert inbox.bodies == []


@pytest.mark.parametrize(
    ("body", "status"), [(b"[]", 400), (b"nope", 400), (b"", 400), (b'{"a":NaN}', 400), (b"[" * 100_000, 400), (b'{"a":' * 80 + b"1" + b"}" * 80, 400)]
)  # fmt: skip
def test_what_is_no_json_object_is_refused(body: bytes, status: int) -> None:
    app, inbox = hooks()
    assert ask(app, "/webhooks/shopify", body, headers=signed(body))[0] == status
    assert inbox.bodies == []


def test_limits_methods_paths_and_a_full_inbox() -> None:
    app, inbox = hooks()
    large = b'{"a":"' + b"x" * LARGEST_DELIVERY + b'"}'
    assert ask(app, "/webhooks/shopify", large, headers=signed(large))[0] == 413
    assert ask(app, "/webhooks/shopify", method="GET")[0] == 405
    assert ask(app, "/webhooks/etsy", b"{}")[0] == 404
    assert ask(app, "/webhooks/shopify", b"{}", headers={"X-Shopify-Hmac-SHA256": signature(b"{}", "new secret")})[0] == 400
    inbox.is_full = True
    status, said = ask(app, "/webhooks/shopify", b"{}", headers=signed(b"{}"))
    assert (status, said["code"]) == (503, "busy")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=200) | _JSON.map(lambda v: json.dumps(v).encode()), st.text(string.printable, max_size=30), st.booleans())
def test_no_body_is_ever_an_error_of_ours(body: bytes, topic: str, is_true: bool) -> None:  # noqa: FBT001  # drawn
    app, inbox = hooks()
    headers = signed(body, topic, "new secret" if is_true else "forged")
    status, _ = ask(app, "/webhooks/shopify", body, headers=headers)
    assert status in ({200, 400} if is_true else {401})
    assert len(inbox.bodies) == (status == 200)


@settings(max_examples=100)
@given(st.binary(max_size=100), st.text(max_size=20), st.text(max_size=20), st.text(max_size=60))
def test_only_the_secret_signs(body: bytes, secret: str, other: str, noise: str) -> None:
    right = signature(body, secret)
    assert is_signed(body, right, (other, secret)) == bool(secret or (other and right == signature(body, other)))
    assert is_signed(body, noise, (secret,)) == (bool(secret) and noise.strip() == right)
    assert not is_signed(body + b"x", right, (secret,))


def test_what_is_kept_becomes_the_facts_of_the_file(tmp_path: Path) -> None:
    app, inbox = hooks()
    for one in lifecycle():
        body = json.dumps(one["payload"]).encode()
        more = {"X-Shopify-Webhook-Id": one["webhook_id"], "X-Shopify-Triggered-At": one["triggered_at"]}
        assert ask(app, "/webhooks/shopify", body, headers=signed(body, one["topic"], **more))[0] == 200
    loaded = Loaded()
    kept = tmp_path / "kept.jsonl"
    kept.write_text("".join(json.dumps(e["record"]) + "\n" for e in inbox.entries))
    assert loaded.one("shopify", kept).refused == 0
    assert loaded.rows("SELECT order_number, status, net_revenue, (SELECT sum(total) FROM refunds) FROM orders") == [
        ("#1001", "refunded", 4_500, 5_831)
    ]


def test_an_unknown_topic_is_an_event(tmp_path: Path) -> None:
    app, inbox = hooks()
    body = b'{"id": 820982911946154508, "note": "x\\u0000y"}'
    assert ask(app, "/webhooks/shopify", body, headers=signed(body, "Themes/Publish-ed"))[0] == 200
    kept = tmp_path / "kept.jsonl"
    kept.write_text(json.dumps(inbox.entries[0]["record"]) + "\n")
    loaded = Loaded()
    assert loaded.one("shopify", kept).refused == 0
    assert loaded.rows("SELECT kind, occurred_at::VARCHAR FROM events") == [("shopify_themes_publish_ed", "2026-11-26 08:00:00.123456")]
