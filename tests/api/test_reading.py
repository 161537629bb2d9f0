"""A shop's own site and programs ask a server that runs, while it works."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from api.fitting import misfits
from api.reading import Served, serving_shop
from cli.processes import command
from patron.api.reading_routes import BEGIN, ROUTES
from patron.app import reading
from patron.app.project import opened
from patron.cli.main import run
from patron.facts.tables import EVENTS, ORDERS
from patron.kernel.errors import TransientError
from patron.kernel.ids import number_of
from patron.runtime.clock import SystemClock
from patron.runtime.reached import reached
from patron.runtime.referee import strays

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PATIENT_SECONDS = 5.0
"""For an answer on a machine that is at work."""
_ANA = "ana@example.com"
_SAMPLES = {"identifier": _ANA, "segment": "one_time_buyers", "feature": "order_count"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving_shop(tmp_path_factory.mktemp("served") / "tea") as served:
        yield served


def _json(shop: Served, capsys: pytest.CaptureFixture[str], *arguments: str) -> list[Any]:
    """What a command prints, JSON objects a line or one."""
    capsys.readouterr()
    assert run(["--project", str(shop.folder), *arguments, "--json"]) == 0
    out = capsys.readouterr().out
    return [json.loads(out)] if out.startswith("{\n") else [json.loads(line) for line in out.splitlines()]


def _is_known(shop: Served, who: str) -> bool:
    return shop.ask(f"/customers/{who}").is_success


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_every_answer_is_as_it_is_described(shop: Served, route: Any) -> None:
    shop.send(
        "/v1/batch", {"batch": [{"type": "track", "userId": "described"}, {"type": "page", "userId": "described", "messageId": "d1"}]}
    )
    assert list(misfits(route.answer, shop.told(route.path.format(**_SAMPLES)))) == []


def test_a_customer_is_found_by_any_identifier_with_the_features_asked_for_or_all(shop: Served) -> None:
    whole = shop.told(f"/customers/{_ANA}")
    some = shop.told("/customers/101?features=order_count,net_revenue,order_count")
    assert some["customer_id"] == whole["customer_id"] == shop.told(f"/customers/{whole['customer_id']}")["customer_id"]
    assert some["features"] == {name: whole["features"][name] for name in ("order_count", "net_revenue")}
    assert "r_score" in whole["features"]
    everything = shop.told(f"/customers/{_ANA}/everything?limit=2")
    assert (everything["features"], everything["segments"], len(everything["history"])) == (whole["features"], whole["segments"], 2)


def test_the_answer_about_a_visitor_of_this_minute_is_the_one_that_is_kept(shop: Served) -> None:
    view = {"type": "track", "event": "Product Viewed", "userId": "here now", "properties": {"product_id": "T-1"}}

    def is_in_memory(count: int) -> bool:
        shop.send("/v1/batch", {"batch": [{**view, "messageId": f"h{count}"}]})
        shop.wait_for(lambda: _is_known(shop, "here now") and shop.told("/customers/here now")["features"]["view_count_7d"] == count)
        return number_of(shop.told("/customers/here now")["customer_id"], "cus") in shop.serving.standings.latest._numbers

    assert any(map(is_in_memory, range(1, 5)))  # the first of its kind has everything worked out anew, and nothing is in memory then
    told, kept = shop.told("/customers/here now"), shop.told("/customers/here now/everything")
    assert (told["features"], told["segments"]) == (kept["features"], kept["segments"])


def test_what_is_explained_is_what_is_the_case(shop: Served) -> None:
    slugs = {s["segment"] for s in shop.told(f"/customers/{_ANA}?features=stage")["segments"]}
    for slug in [*sorted(slugs)[:2], "one_time_buyers"]:
        assert shop.told(f"/customers/{_ANA}/segments/{slug}")["is_member"] == (slug in slugs)


def test_pages_of_members_hold_everybody_once(shop: Served) -> None:
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = shop.told(f"/segments/one_time_buyers/members?limit=3&features=order_count&after={after}")
        seen += [c["customer_id"] for c in page["customers"]]
        assert {c["order_count"] for c in page["customers"]} <= {1}
        after = page["next"]
    assert len(seen) == len(set(seen)) == page["total"] == shop.told("/segments/one_time_buyers")["members"]


def test_an_event_changes_a_segment_and_the_change_is_read_once(shop: Served) -> None:
    begin = shop.told("/changes?after=latest")["next"]
    event = {"userId": "101", "anonymousId": "browser-of-ana", "event": "Product Viewed", "properties": {"product_id": "T1"}}
    shop.send("/v1/batch", {"batch": [{**event, "type": "track", "messageId": f"view {n}"} for n in range(12)]})
    shop.wait_for(lambda: shop.ask("/customers/browser-of-ana").is_success)
    known = shop.told("/customers/browser-of-ana?features=order_count")
    first = shop.told(f"/changes?after={begin}&limit=1")
    rest = shop.told(f"/changes?after={first['next']}")
    changes = [*first["changes"], *rest["changes"]]
    assert changes == shop.told(f"/changes?after={begin}")["changes"]
    change = next(c for c in changes if c["customer_id"] == known["customer_id"])
    assert change["why"] == "facts"
    assert (change["segment"] in {s["segment"] for s in known["segments"]}) == (change["change"] == "entered")
    assert shop.told(f"/changes?after={begin}&segment={change['segment']}")["changes"] == [
        c for c in changes if c["segment"] == change["segment"]
    ]
    assert shop.told(f"/customers/101/segments/{change['segment']}")["history"][-1]["change"] == change["change"]


def test_what_is_sent_again_without_a_time_is_one_event(shop: Served) -> None:
    named = {"type": "track", "userId": "again", "event": "Once", "messageId": "once"}
    nameless = {"type": "track", "userId": "again", "event": "Once a day", "properties": {"page": 1}}
    for last in range(3):
        shop.send("/v1/batch", {"batch": [named, nameless]})
        shop.send("/v1/track", {"userId": f"after {last}", "event": "Came"})
        shop.wait_for(partial(_is_known, shop, f"after {last}"))
    (session,) = shop.told("/customers/again/everything")["sessions"]
    assert session["event_count"] == len([named, nameless])


def test_what_is_refused_is_seen_as_it_came_and_when_facts_are_made(shop: Served) -> None:
    refused, rejected, events = (shop.told(f"/{name}?after=latest")["next"] for name in ("refused", "rejected", "events"))
    shop.send("/v1/batch", {"batch": [{"type": "track", "userId": "x"}, {"type": "page", "userId": "x", "messageId": "p1"}]})
    shop.send("/v1/import/orders", [{"order_number": "9", "ordered_at": "one day", "total": "abc", "email": "x@example.com"}, 5])
    told = shop.told(f"/rejected?after={rejected}")["rejected"]
    assert [(r["path"], r["index"], r["code"]) for r in told] == [("/v1/batch", 0, "missing_event"), ("/v1/import/orders", 1, "unusable")]
    assert [e["source"] for e in shop.told(f"/events?after={events}")["events"]] == ["events", "orders"]
    shop.send("/v1/import/tickets", [{"colour": "red"}])
    shop.wait_for(lambda: len(shop.told(f"/refused?after={refused}")["refused"]) == 2)
    found = shop.told(f"/refused?after={refused}")
    unreadable, unusable = sorted(found["refused"], key=lambda record: len(record["problems"]))
    assert {p["found"] for p in unusable["problems"]} == {"one day", "abc"}
    assert (unreadable["source"], json.loads(unreadable["record"]), len(unreadable["problems"])) == ("tickets", {"colour": "red"}, 1)
    assert shop.told(f"/refused?after={found['next']}")["refused"] == []


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/customers/nobody@example.com", 404, "No customer is known as"),
        ("/segments/one_time_buyer", 404, "did you mean 'one_time_buyers'?"),
        ("/segments/one_time_buyer/members", 404, "did you mean 'one_time_buyers'?"),
        (f"/customers/{_ANA}/segments/loyl", 404, "did you mean 'loyal'?"),
        (f"/customers/{_ANA}?features=ordr_count,stag", 400, "'order_count'.*'stage'"),
        (f"/customers/{_ANA}?fetures=stage", 400, "did you mean 'features'?"),
        ("/changes?limit=0&after=yesterday&segmnt=x", 400, "from 1 to 1,000.*did you mean 'segment'?"),
        ("/changes?after=yesterday", 400, "an instant in ISO 8601"),
        ("/changes?after=2026-01-01T00:00:00Z,nobody,x", 400, "an instant in ISO 8601"),
        ("/refused?after=2026-01-01T00:00:00Z,1,x", 400, "an instant in ISO 8601"),
        ("/events?after=-1", 400, "a position"),
        ("/rejected?after=x", 400, "a number"),
        ("/segments/one_time_buyers/members?after=7", 400, "the id of a customer"),
        ("/nothing", 404, "openapi.json"),
    ],
)
def test_what_cannot_be_answered_is_told_with_the_nearest_name(shop: Served, path: str, status: int, said: str) -> None:
    answer = shop.ask(path)
    assert (answer.status_code, set(answer.json())) == (status, {"error", "problems"})
    assert re.search(said, answer.text, re.IGNORECASE | re.DOTALL), answer.text


def test_only_secret_keys_may_ask(shop: Served) -> None:
    url = f"{shop.url}{BEGIN}/status"
    assert {scope: shop.ask("/status", scope=scope).status_code for scope in shop.keys} == {"write": 403, "read": 200, "admin": 200}
    assert "may only send" in shop.ask("/status", scope="write").json()["error"]
    for headers in ({}, {"authorization": "Bearer"}, {"authorization": "Bearer patron_read_wrong"}, {"authorization": "Basic !"}):
        answer = httpx.get(url, headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="patron"')
    assert httpx.get(url, auth=(shop.keys["read"], "")).status_code == 200
    assert httpx.get(f"{shop.url}/metrics").status_code == 401
    assert shop.send("/v1/track", {}) != {"success": True}
    collect = httpx.post(f"{shop.url}/v1/track", json={"userId": "1", "event": "x"}, auth=(shop.keys["read"], ""))
    assert collect.status_code == 401


def test_pages_of_other_origins_are_not_let_in_and_nothing_is_kept_on_the_way(shop: Served) -> None:
    headers = {"origin": "https://shop.example", "authorization": f"Bearer {shop.keys['read']}"}
    for method in ("GET", "HEAD", "OPTIONS"):
        answer = httpx.request(method, f"{shop.url}{BEGIN}/segments", headers=headers, timeout=60)
        assert answer.is_success
        assert not [name for name in answer.headers if name.startswith("access-control")]
    assert shop.ask("/segments", method="HEAD").content == b""
    assert shop.ask("/segments").headers["cache-control"] == "no-store"
    wrong = shop.ask("/segments", method="POST")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert httpx.get(f"{shop.url}{BEGIN}/openapi.json").json()["openapi"] == "3.1.0"


def test_a_name_with_a_slash_is_one_part_of_the_path(shop: Served) -> None:
    assert "'a/b'" in shop.ask("/customers/a%2Fb").json()["error"]


def test_metrics_are_lines_of_prometheus_and_count_by_route(shop: Served) -> None:
    shop.ask("/customers/nobody-at-all")
    answer = httpx.get(f"{shop.url}/metrics", auth=(shop.keys["read"], ""))
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert all(re.fullmatch(r'# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? [\d.e+-]+', line) for line in lines)
    counted = {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}
    assert counted["patron_up"] == 1
    assert counted["process_resident_memory_bytes"] > 10_000_000
    assert counted['patron_tick_seconds{quantile="0.5"}'] > 0
    assert counted['patron_requests_total{path="/api/v1/customers/{identifier}",status="404"}'] >= 1
    assert httpx.options(f"{shop.url}/metrics-of-another").status_code == 404
    assert "nobody" not in answer.text


def test_commands_find_the_server_of_their_project(shop: Served, capsys: pytest.CaptureFixture[str]) -> None:
    shop.send(
        "/v1/batch", {"batch": [{"type": "track", "userId": "y"}, {"type": "page", "userId": "y", "name": "Home", "messageId": "p2"}]}
    )
    assert _json(shop, capsys, "status")[0]["status"] == "ok"
    lines = _json(shop, capsys, "tail", "--last", "1", "--once")
    assert [line["record"]["userId"] for line in lines if line["kind"] == "event"] == ["y"]
    assert "missing_event" in {line["code"] for line in lines if line["kind"] == "rejected"}
    for arguments, said in ((["status"], "all is well"), (["tail", "--last", "1", "--once"], "page Home")):
        assert run(["--project", str(shop.folder), *arguments]) == 0
        assert said in capsys.readouterr().out
    assert run(["--project", str(shop.folder), "segment", "one_time_buyer", "--watch"]) == 2
    assert "did you mean 'one_time_buyers'?" in capsys.readouterr().err.lower()


def test_a_segment_is_watched_until_ctrl_c(shop: Served) -> None:
    watch = command(shop.folder, "segment", "one_time_buyers", "--watch")
    with subprocess.Popen(watch, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "members as of" in process.stdout.readline()
        order = {"order_number": "W-1", "email": "new@example.com", "ordered_at": "2024-05-01T10:00:00Z", "total": "10.00"}
        shop.send("/v1/import/orders", [order])
        assert re.match(r"\d\d:\d\d:\d\d  entered +cus_\w+  because of facts", process.stdout.readline())
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


def _file(folder: Path, *, orders: int, email: str) -> Path:
    """Lines of so many orders of as many people."""
    rows = [f"{email[0]}{n},2024-06-01T10:00:00Z,{n}{email},T1,1,20.00" for n in range(orders)]
    file = folder / f"{email}.csv"
    file.write_text("\n".join(["order_id,ordered_at,email,sku,quantity,unit_price", *rows]), encoding="utf-8")
    return file


def _is_at_rest(status: dict[str, Any]) -> bool:
    """Whether all that came has become facts, and all answers are there."""
    return status["inbox"]["waiting"] == 0 and status["as_of"] is not None


def _strays(folder: Path) -> int:
    """How many customers are not in the segments that they belong to as of the last tick."""
    with opened(str(folder), SystemClock()) as project:
        as_of = reached(project.store, project.definitions.digest)[1]
        assert as_of is not None
        return strays(project.store, project.definitions, project.facts(as_of))


def test_a_file_is_loaded_while_the_shop_is_served_and_nothing_is_lost_of_what_is_sent_meanwhile(
    shop: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begin, first, is_loaded = shop.told("/changes?after=latest")["next"], shop.told("/events?after=latest")["next"], threading.Event()
    file, sent, slowest = _file(tmp_path, orders=2_000, email="@loaded.example"), 0, 0.0
    with ThreadPoolExecutor(1) as pool:
        load = pool.submit(run, ["--project", str(shop.folder), "load", "lines", str(file), "--json"])
        load.add_done_callback(lambda _: is_loaded.set())
        while not is_loaded.is_set():
            began = time.monotonic()
            assert httpx.get(f"{shop.url}/health", timeout=30).is_success
            assert shop.send("/v1/track", {"userId": f"while {sent}", "event": "Looked", "messageId": f"while {sent}"}) == {"success": True}
            sent, slowest = sent + 1, max(slowest, time.monotonic() - began)
    assert (load.result(), sent > 0, slowest < _PATIENT_SECONDS) == (0, True, True)
    shop.wait_for(lambda: _is_at_rest(shop.told("/status")))
    assert _strays(shop.folder) == 0
    assert len(shop.told(f"/events?after={first}&limit=1000")["events"]) == min(sent, 1_000)
    with opened(str(shop.folder), SystemClock()) as project:
        events, orders = EVENTS.unbound(), ORDERS.unbound()
        found = [
            project.store.query(rows.aggregate(n=rows.count()))["n"][0].as_py()
            for rows in (events.filter(events.kind == "looked"), orders.filter(orders.order_number.startswith("@")))
        ]
    assert found == [sent, 2_000]
    new = shop.told("/customers/1@loaded.example")
    assert "one_time_buyers" in {s["segment"] for s in new["segments"]}
    entered = shop.told(f"/changes?after={begin}&segment=one_time_buyers&limit=1000")["changes"]
    assert {c["change"] for c in entered if c["customer_id"] == new["customer_id"]} <= {"entered"}
    capsys.readouterr()
    assert _json(shop, capsys, "segments")[0] == shop.told("/segments")


def test_who_asks_when_too_many_wait_is_asked_to_come_again(shop: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_MOST_WAITING", 0)
    answer = shop.ask("/segments")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    with pytest.raises(TransientError, match="Ask again later"):
        asyncio.run(shop.serving.quick.answer(lambda project: project))


def test_a_segment_that_is_written_while_the_shop_is_served_is_answered_and_a_faulty_one_is_told(shop: Served) -> None:
    own = shop.folder / "segments" / "thrice.toml"
    own.write_text('name = "Thrice"\nmeaning = "A test."\nwhere = "order_cout >= 3"\n', encoding="utf-8")
    shop.wait_for(lambda: "order_cout" in (shop.told("/status")["refused_definitions"] or ""))
    assert shop.ask("/segments/thrice").status_code == 404
    own.write_text('name = "Thrice"\nmeaning = "A test."\nwhere = "order_count >= 3"\n', encoding="utf-8")
    shop.wait_for(lambda: shop.ask("/segments/thrice").is_success)
    assert shop.told("/segments/thrice")["members"] == shop.told("/segments/thrice/members?limit=1")["total"] > 0
    assert shop.told("/status")["refused_definitions"] is None


def test_whom_an_admin_key_has_forgotten_is_known_no_more(shop: Served) -> None:
    assert shop.ask("/customers/110").is_success
    body = {"customer_number": "110"}
    for scope, status in (("read", 401), ("write", 401), ("admin", 200)):
        answer = httpx.post(
            f"{shop.url}/v1/import/erasures", json=body, headers={"authorization": f"Bearer {shop.keys[scope]}"}, timeout=60
        )
        assert answer.status_code == status
    shop.wait_for(lambda: shop.ask("/customers/110").status_code == 404)
