"""The clients that shops install, unchanged, against a real server: what they say stands in the inbox, once, also when they must try again."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from posthog import Posthog
from rudderstack.analytics.client import Client as RudderStack
from segment.analytics.client import Client as Segment

from api.calling import KEY
from api.loopback import Stumbling, application, listening
from patron.adapters.inbox.segments import Segments

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ORDER = {
    "order_id": "A-1001",
    "total": 59.9,
    "currency": "EUR",
    "products": [{"product_id": "P1", "sku": "SHOE-42", "price": 29.95, "quantity": 2}],
}
_LONG_AGO = datetime(2024, 12, 24, 18, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Running:
    """A server and what came to it."""

    url: str
    inbox: Segments
    stumbling: Stumbling

    def records(self) -> list[dict[str, Any]]:
        return [json.loads(entry.body)["record"] for entry in self.inbox.read(0, most=1_000)]

    def kinds(self) -> Counter[str]:
        return Counter(record["type"] for record in self.records())

    def of(self, kind: str, **parts: object) -> dict[str, Any]:
        """The one record of a type with these parts."""
        (found,) = [r for r in self.records() if r["type"] == kind and all(r.get(k) == v for k, v in parts.items())]
        return found


@pytest.fixture(params=[(), (429, 503)], ids=["at once", "after 429 and 503"])
def running(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Running]:
    inbox = Segments(tmp_path / "inbox")
    stumbling = Stumbling(application(inbox), list(request.param))
    with listening(stumbling) as url:
        yield Running(url, inbox, stumbling)
    inbox.close()


def _segment_like(client: Any) -> None:
    client.identify("u1", traits={"email": "ann@shop.example", "firstName": "Ann"}, context={"ip": "198.51.100.7"})
    client.page("u1", "Shop", "Shoes", properties={"url": "https://shop.example/shoes"})
    client.track("u1", "Product Viewed", {"product_id": "P1", "category": "shoes"})
    client.track("u1", "Order Completed", _ORDER, timestamp=_LONG_AGO)
    client.alias("visitor-7", "u1")
    client.group("u1", "club", traits={"name": "Club"})
    client.flush()
    client.join()


def _is_told_the_segment_way(running: Running) -> None:
    assert running.kinds() == {"identify": 1, "page": 1, "track": 2, "alias": 1, "group": 1}
    identified = running.of("identify")
    assert (identified["userId"], identified["traits"]) == ("u1", {"email": "ann@shop.example", "firstName": "Ann"})
    assert identified["context"]["ip"] == "198.51.100.7"
    order = running.of("track", event="Order Completed")
    assert order["properties"] == _ORDER
    assert datetime.fromisoformat(order["timestamp"]) == _LONG_AGO
    alias = running.of("alias")
    assert (alias["previousId"], alias["userId"]) == ("visitor-7", "u1")
    assert running.of("page")["properties"]["url"] == "https://shop.example/shoes"
    assert running.of("group")["groupId"] == "club"
    assert len({r["messageId"] for r in running.records()}) == 6
    assert running.stumbling.first == []


def test_the_python_client_of_segment(running: Running) -> None:
    errors: list[object] = []
    _segment_like(Segment(KEY, host=running.url, on_error=lambda error, _: errors.append(error)))
    assert errors == []
    _is_told_the_segment_way(running)


def test_the_python_client_of_rudderstack(running: Running) -> None:
    errors: list[object] = []
    _segment_like(RudderStack(KEY, host=running.url, on_error=lambda error, _: errors.append(error)))
    assert errors == []
    _is_told_the_segment_way(running)


def test_the_python_client_of_posthog(running: Running) -> None:
    errors: list[object] = []
    client = Posthog(KEY, host=running.url, on_error=lambda error, _: errors.append(error), disable_geoip=True)
    client.set(distinct_id="u1", properties={"email": "ann@shop.example"})
    client.capture("$pageview", distinct_id="u1", properties={"$current_url": "https://shop.example/shoes"})
    client.capture("Product Viewed", distinct_id="u1", properties={"product_id": "P1"})
    client.capture("Order Completed", distinct_id="u1", properties=_ORDER, timestamp=_LONG_AGO)
    client.capture("Product Viewed", properties={"product_id": "P2"})
    client.alias("visitor-7", "u1")
    client.group_identify("club", "c1", {"name": "Club"})
    client.shutdown()
    assert errors == []
    assert running.kinds() == {"identify": 1, "page": 1, "track": 3, "alias": 1, "group": 1}
    assert running.of("identify")["traits"]["email"] == "ann@shop.example"
    assert running.of("page")["context"]["page"]["url"] == "https://shop.example/shoes"
    order = running.of("track", event="Order Completed")
    assert {name: order["properties"][name] for name in _ORDER} == _ORDER
    assert (order["userId"], datetime.fromisoformat(order["timestamp"])) == ("u1", _LONG_AGO)
    nobody = next(r for r in running.records() if r["type"] == "track" and r.get("properties", {}).get("product_id") == "P2")
    assert nobody["anonymousId"]
    assert nobody.get("userId") is None
    alias = running.of("alias")
    assert (alias["previousId"], alias["userId"]) == ("visitor-7", "u1")
    assert running.of("group")["traits"] == {"name": "Club"}
    assert running.stumbling.first == []
