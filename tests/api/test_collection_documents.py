"""Browsers are told where to send, and pictures in e-mails are events."""

from __future__ import annotations

import base64
import json

import pytest

from api.calling import KEY, Shop, asked, basic


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_analytics_of_segment_learns_where_to_send(shop: Shop) -> None:
    answer = asked(shop.app, "GET", f"/v1/projects/{KEY}/settings", headers={"host": "shop.example", "origin": "https://www.shop.example"})
    assert answer.status == 200
    settings = answer.json()["integrations"]["Segment.io"]
    assert (settings["apiKey"], settings["apiHost"], settings["protocol"]) == (KEY, "shop.example/v1", "http")


def test_the_browser_client_of_rudderstack_learns_its_source(shop: Shop) -> None:
    for path, headers in ((f"/sourceConfig/?p=npm&writeKey={KEY}", {}), ("/sourceConfig/?p=npm", {"authorization": basic(f"{KEY}:")})):
        answer = asked(shop.app, "GET", path, headers={"host": "shop.example", **headers})
        source = answer.json()["source"]
        assert (source["writeKey"], source["enabled"], source["destinations"]) == (KEY, True, [])


@pytest.mark.parametrize(
    "path", ["/v1/projects/other/settings", "/sourceConfig/?writeKey=other", "/analytics.js/v1/other/analytics.min.js"]
)
def test_settings_of_an_unknown_key_are_refused(shop: Shop, path: str) -> None:
    assert asked(shop.app, "GET", path).status == 401


def test_the_snippet_is_told_what_to_do_without_the_file(shop: Shop) -> None:
    answer = asked(shop.app, "GET", f"/analytics.js/v1/{KEY}/analytics.min.js")
    assert (answer.status, answer.json()["code"]) == (404, "no_script")
    assert asked(shop.app, "GET", f"/v1/projects/{KEY}/other").status == 404


def test_a_pixel_is_an_event_and_always_a_picture(shop: Shop) -> None:
    data = base64.urlsafe_b64encode(
        json.dumps({"writeKey": KEY, "userId": "u1", "event": "Email Opened", "properties": {"a": "ÿ?>"}}).encode()
    )
    for path in (
        f"/v1/pixel/track?data={data.decode()}",
        f"/v1/pixel/track?data={data.decode().rstrip('=')}",
        f"/v1/pixel/track?writeKey={KEY}&userId=u1&event=Email%20Opened&properties.a=1",
        "/v1/pixel/track?data=%%%",
        "/v1/pixel/track?data=W10",
        "/v1/pixel/unknown",
        "/v1/pixel/track?writeKey=other&userId=u1&event=E",
        f"/v1/pixel/track?writeKey={KEY}&a=1&a.b=2",
    ):
        answer = asked(shop.app, "GET", path)
        assert (answer.status, answer.headers["content-type"], answer.body[:6]) == (200, "image/gif", b"GIF89a")
    coded, bare, flat = shop.records()
    assert coded == bare
    assert (flat["event"], flat["properties"]) == ("Email Opened", {"a": "1"})
