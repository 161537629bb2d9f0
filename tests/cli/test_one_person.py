"""One person meets a shop in a browser, through its programs and through its shop system: `patron serve` knows that it is one."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from segment.analytics.client import Client

from api.browser_pages import STANDALONE, installed, visited, with_snippet
from cli.processes import patron, patron_serve, write_key
from patron.app.project import opened
from patron.collect.signatures import signature
from patron.facts.tables import EVENTS, ORDERS
from patron.runtime.clock import SystemClock
from sources.webhooks import order
from web.chromium import NEEDS_CHROMIUM, comes_true

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, *NEEDS_CHROMIUM]

_SETTINGS = '[serve]\nanalytics_script = "standalone.js"\n[webhooks.shopify]\nsecret = "SHOP_SECRET"\n'
_SECRET = "made up"  # noqa: S105
_ADDRESS = "ann@shop.example"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(tmp_path_factory.mktemp("pages"))


@pytest.fixture
def shop(tmp_path: Path, pages: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "patron.toml").write_text(_SETTINGS, encoding="utf-8")
    shutil.copy(pages / STANDALONE, folder)
    return folder


@pytest.mark.parametrize("client", ["snippet", "rudderstack"])
def test_what_a_visitor_did_belongs_to_the_customer_they_turn_out_to_be(client: str, shop: Path, pages: Path, tmp_path: Path) -> None:
    key = write_key(shop)
    with patron_serve(shop, before=f"import os; os.environ['SHOP_SECRET'] = {_SECRET!r}; ") as (process, url):
        with_snippet(pages, url, key)
        with visited(pages, f"{client}.html", tmp_path / "profile", client=client, server=url, key=key, act="look") as said:
            comes_true(lambda: _health(url)["inbox"]["last"] >= 4, said)
        server = Client(key, host=url)
        server.track("u1", "Gift Wrapped")
        server.shutdown()
        bought = order(email=_ADDRESS, contact_email=_ADDRESS, customer={"id": 7, "email": _ADDRESS}, financial_status="paid")
        body = json.dumps(bought).encode()
        signed = {"X-Shopify-Topic": "orders/create", "X-Shopify-Hmac-SHA256": signature(body, _SECRET)}
        assert httpx.post(f"{url}/webhooks/shopify", content=body, headers=signed).status_code == 200
        comes_true(lambda: _health(url)["tick"]["position"] == _health(url)["inbox"]["last"] == 6, said)
        process.terminate()
        assert process.wait(20) == 0
    with opened(str(shop), SystemClock()) as project:
        events = project.store.query(EVENTS.unbound().select("customer_id", "kind")).to_pylist()
        orders = project.store.query(ORDERS.unbound().select("customer_id", "order_number")).to_pylist()
    assert sorted(event["kind"] for event in events) == ["gift_wrapped", *["order_completed"] * 2, "page_viewed", "product_viewed"]
    assert [one["order_number"] for one in orders] == ["#1001"]
    assert len({fact["customer_id"] for fact in (*events, *orders)}) == 1
    known = json.loads(patron(shop, "customer", _ADDRESS, "--json").stdout)
    assert known["profile"]["first_name"] == "Ann"
    assert known["features"]["order_count"] == 1
    assert json.loads(patron(shop, "customers", "--json").stdout)["total"] == 1


def _health(url: str) -> Any:
    return httpx.get(f"{url}/health").json()
