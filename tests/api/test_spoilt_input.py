"""Bodies that were right and were spoilt: whatever comes of them, it is an answer, and nothing stays behind."""

from __future__ import annotations

import http.client
import json
import resource
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

import msgspec
import pytest

from api.calling import KEY, NOON, basic
from api.loopback import listening
from api.spoiling import COLLECTED, RIGHT, spoilt
from patron.api.application import Application
from patron.api.asgi import AnswerError
from patron.api.collection import Collection
from patron.api.collection_bodies import LARGEST_CALL, Request, envelope_of, from_posthog, request_of, taken_of
from patron.api.health import Health
from patron.api.imports import Imports
from patron.api.webhooks import SYSTEMS, Webhooks
from patron.collect.signatures import signature
from patron.runtime.clock import SystemClock
from patron.testing.inbox import MemoryInbox
from runtime.live import Live

if TYPE_CHECKING:
    from patron.api.asgi import App

_SECRET = "made up"  # noqa: S105
_AROUND = 200
_MEGABYTE = 1 << 10  # of what `getrusage` counts in


def _read(path: str, body: bytes) -> int:
    """The status that a body comes to; what is kept of it can be read by anybody."""
    try:
        request = request_of(body, is_batch="batch" in path)
        if path == "/batch/":
            request = Request(request.around, from_posthog(request), is_batch=True)
        envelope = envelope_of(request, received_at=NOON, is_retry=False, ip="192.0.2.1")
        taken = taken_of(request, envelope, type_of_path={"/v1/track": "track", "/v1/i": "identify"}.get(path, ""))
    except AnswerError as error:
        return error.answer.status
    for entry in taken.bodies:
        assert len(entry) < LARGEST_CALL + _AROUND
        msgspec.json.decode(entry)
    assert len(taken.bodies) + len(taken.rejected) == len(request.items)
    return 200


@pytest.mark.parametrize("cases", [5_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_every_spoilt_body_is_taken_or_refused_and_memory_does_not_grow(cases: int) -> None:
    bodies, statuses = spoilt(cases, COLLECTED), Counter[int]()
    for path, body in islice(bodies, cases // 10):
        statuses[_read(path, body)] += 1
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for path, body in islice(bodies, cases - cases // 10):
        statuses[_read(path, body)] += 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20 * _MEGABYTE
    assert set(statuses) == {200, 400}
    assert statuses[400] > cases // 10
    assert statuses[200] > cases // 10


def _server(inbox: MemoryInbox) -> Application:
    clock, may_write = SystemClock(), lambda key: key == KEY
    others: dict[str, App] = {
        "/v1/import/": Imports(inbox, may_write, may_write, clock),
        "/webhooks/": Webhooks(inbox, dict.fromkeys(SYSTEMS, (_SECRET,)), clock),
    }
    return Application(Collection(inbox, may_write, clock), Health(lambda: (True, {})), others)


def _signed(path: str, body: bytes) -> dict[str, str]:
    sign = signature(body, _SECRET)
    if path == "/webhooks/shopify":
        return {"X-Shopify-Topic": "orders/create", "X-Shopify-Hmac-SHA256": sign}
    return {"X-WC-Webhook-Topic": "order.updated", "X-WC-Webhook-Signature": sign, "Authorization": basic(KEY)}


@pytest.mark.parametrize("cases", [300, pytest.param(20_000, marks=pytest.mark.slow)])
def test_every_spoilt_request_to_a_real_server_is_answered(cases: int) -> None:
    inbox, statuses = MemoryInbox(), Counter[int]()
    with listening(_server(inbox)) as url:
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
        for path, body in islice(spoilt(1, list(RIGHT)), cases):
            connection.request("POST", path, body, _signed(path, body))
            answer = connection.getresponse()
            said = json.loads(answer.read())
            assert said["success"] == (answer.status == 200)
            statuses[answer.status] += 1
        connection.close()
    assert set(statuses) <= {200, 400, 413}
    assert min(statuses[200], statuses[400]) > cases // 10


@pytest.mark.parametrize(
    ("paths", "cases"), [(COLLECTED, 300), pytest.param(list(RIGHT), 10_000, marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_whatever_was_acknowledged_becomes_facts_or_is_refused_and_stops_nobody(paths: list[str], cases: int) -> None:
    live = Live()
    live.order("o1", "a@b.example", "10.00")
    live.tick()
    with listening(_server(live.inbox)) as url:
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
        for path, body in islice(spoilt(2, paths), cases):
            connection.request("POST", path, body, _signed(path, body))
            connection.getresponse().read()
        connection.close()
    read = 0
    while read < live.inbox.last - 1:
        read += live.tick().records
    assert live.tick().records == 0
    assert live.strays() == 0
