"""The clients that shops install, unchanged, against a real server: what they say stands in the inbox, once, also when they must try again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from posthog import Posthog
from rudderstack.analytics.client import Client as RudderStack
from segment.analytics.client import Client as Segment

from api.calling import KEY
from api.clients import LONG_AGO, ORDER, Running, is_told, running_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=[(), (429, 503)], ids=["at once", "after 429 and 503"])
def running(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Running]:
    with running_in(tmp_path, request.param) as found:
        yield found


def _segment_like(client: Any) -> None:
    client.identify("u1", traits={"email": "ann@shop.example", "firstName": "Ann"}, context={"ip": "198.51.100.7"})
    client.page("u1", "Shop", "Shoes", properties={"url": "https://shop.example/shoes"})
    client.track("u1", "Product Viewed", {"product_id": "P1", "category": "shoes"})
    client.track("u1", "Order Completed", ORDER, timestamp=LONG_AGO)
    client.alias("visitor-7", "u1")
    client.group("u1", "club", traits={"name": "Club"})
    client.flush()
    client.join()


def test_the_python_client_of_segment(running: Running) -> None:
    errors: list[object] = []
    _segment_like(Segment(KEY, host=running.url, on_error=lambda error, _: errors.append(error)))
    assert errors == []
    is_told(running)


def test_the_python_client_of_rudderstack(running: Running) -> None:
    errors: list[object] = []
    _segment_like(RudderStack(KEY, host=running.url, on_error=lambda error, _: errors.append(error)))
    assert errors == []
    is_told(running)


def test_the_python_client_of_posthog(running: Running) -> None:
    errors: list[object] = []
    client = Posthog(KEY, host=running.url, on_error=lambda error, _: errors.append(error), disable_geoip=True)
    client.set(distinct_id="u1", properties={"email": "ann@shop.example"})
    client.capture("$pageview", distinct_id="u1", properties={"$current_url": "https://shop.example/shoes"})
    client.capture("Product Viewed", distinct_id="u1", properties={"product_id": "P1"})
    client.capture("Order Completed", distinct_id="u1", properties=ORDER, timestamp=LONG_AGO)
    client.capture("Product Viewed", properties={"product_id": "P2"})
    client.alias("visitor-7", "u1")
    client.group_identify("club", "c1", {"name": "Club"})
    client.shutdown()
    assert errors == []
    assert running.kinds() == {"identify": 1, "page": 1, "track": 3, "alias": 1, "group": 1}
    assert running.of("identify")["traits"]["email"] == "ann@shop.example"
    assert running.of("page")["context"]["page"]["url"] == "https://shop.example/shoes"
    order = running.of("track", event="Order Completed")
    assert {name: order["properties"][name] for name in ORDER} == ORDER
    assert (order["userId"], datetime.fromisoformat(order["timestamp"])) == ("u1", LONG_AGO)
    nobody = next(r for r in running.records() if r["type"] == "track" and r.get("properties", {}).get("product_id") == "P2")
    assert nobody["anonymousId"]
    assert nobody.get("userId") is None
    alias = running.of("alias")
    assert (alias["previousId"], alias["userId"]) == ("visitor-7", "u1")
    assert running.of("group")["traits"] == {"name": "Club"}
    assert running.stumbling.first == []
