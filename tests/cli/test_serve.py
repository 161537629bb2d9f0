"""`patron serve` takes events until it is stopped, keeps what it has acknowledged, and ends in order."""

from __future__ import annotations

import json
import signal
import socket
import stat
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from api import loopback
from api.calling import asked, basic
from cli.processes import patron, patron_serve, write_key
from patron.adapters.inbox.segments import Segments
from patron.api.application import application
from patron.app.actions.keys import create_key
from patron.app.actions.serving import Serving, Ticks, served
from patron.app.listening import Address, listening
from patron.app.local import LocalServer, announced
from patron.app.project import Project, opened
from patron.app.remote import running
from patron.app.state import opened_state
from patron.kernel.errors import InputError, NotFoundError, PermanentError, TransientError
from patron.runtime.clock import SystemClock
from patron.runtime.latest import Latest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from patron.ports.inbox import Inbox

_VIEWED = {"userId": "u1", "event": "Product Viewed", "messageId": "m1"}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "patron.toml").write_text("[serve]\nanalytics_script = 'analytics.js'\n", encoding="utf-8")
    (tmp_path / "analytics.js").write_text("track()", encoding="utf-8")
    return tmp_path


def _records(shop: Path) -> list[dict[str, Any]]:
    inbox = Segments(shop / "data" / "inbox")
    found = [json.loads(entry.body)["record"] for entry in inbox.read(0, most=100)]
    inbox.close()
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
def test_it_says_how_to_make_a_key_takes_events_with_it_and_ends_in_order(shop: Path, number: signal.Signals) -> None:
    with patron_serve(shop) as (process, url), httpx.Client(base_url=url) as client:
        assert process.stderr is not None
        assert "patron key create --scope write" in process.stderr.readline()
        assert client.get("/health").json()["status"] == "ok"
        assert client.post("/v1/track", json=_VIEWED, auth=("patron_write_wrong", "")).status_code == 401
        made = json.loads(patron(shop, "key", "create", "--scope", "write", "--name", "web", "--json").stdout)
        for _ in range(200):  # it reads keys once a second
            taken = client.post("/v1/track", json=_VIEWED, auth=(made["key"], ""))
            if taken.status_code == 200:
                break
            time.sleep(0.02)
        assert taken.json() == {"success": True}
        other = patron(shop, "serve", "--port", "0")
        assert (other.returncode, f"(process {process.pid}) holds this project open" in other.stderr) == (3, True)
        process.send_signal(number)
        assert process.wait(20) == 0
    assert [record["messageId"] for record in _records(shop)] == ["m1"]


def test_what_was_acknowledged_is_there_after_it_was_killed(shop: Path) -> None:
    key = write_key(shop)
    with patron_serve(shop) as (process, url), httpx.Client(base_url=url, auth=(key, "")) as client:
        for number in range(20):
            assert client.post("/v1/track", json={**_VIEWED, "messageId": str(number)}).status_code == 200
        process.kill()
        process.wait()
    assert [record["messageId"] for record in _records(shop)] == [str(number) for number in range(20)]


def test_commands_know_a_server_that_runs_from_one_that_was_killed_or_has_stopped(shop: Path) -> None:
    file = shop / "data" / "server.json"
    for number in (signal.SIGKILL, signal.SIGTERM):
        with patron_serve(shop) as (process, url):
            assert json.loads(file.read_text(encoding="utf-8"))["url"] == url
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            assert json.loads(patron(shop, "status", "--json").stdout)["status"] == "ok"
            process.send_signal(number)
            process.wait(30)
        assert file.exists() == (number == signal.SIGKILL)
        told = patron(shop, "status")
        assert (told.returncode, "No server runs" in told.stdout) == (0, True)
        tail = patron(shop, "tail")
        assert (tail.returncode, "patron serve" in tail.stderr) == (3, True)


def test_what_answers_at_the_address_of_a_killed_server_is_not_taken_for_it(shop: Path) -> None:
    with _serving(shop, _Reading) as serving, loopback.listening(application(serving)) as url:
        assert running(shop) is None
        with announced(shop, LocalServer(url, "of a run before")):
            assert running(shop) is None
        with announced(shop, LocalServer(url, serving.secret)):
            found = running(shop)
            assert found is not None
            with pytest.raises(NotFoundError, match="Did you mean 'loyal'"):
                found.get("segments/loyl")
        (shop / "data" / "server.json").write_text("{", encoding="utf-8")
        assert running(shop) is None
    with pytest.raises(TransientError, match="does not answer any more"):
        found.get("status")


class _Reading:
    """A ticker that reads."""

    def __init__(self, project: Project, inbox: Inbox, _: object) -> None:
        del project
        self._inbox, self.read_to, self.latest = inbox, inbox.last, Latest()
        self.has_read = threading.Event()

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            if self._inbox.wait(self.read_to, 0.02):
                entries = self._inbox.read(self.read_to, most=100)
                self.read_to = entries[-1].position
                self._inbox.forget(self.read_to)
                self.has_read.set()

    def status(self) -> Mapping[str, object]:
        return {"position": self.read_to}


class _Failing(_Reading):
    """A ticker that cannot go on."""

    def run(self, stop: threading.Event) -> None:
        del stop
        self.has_read.set()
        raise PermanentError("The ticks cannot go on.")


@contextmanager
def _serving(shop: Path, ticker: type[_Reading], applied: int = 0) -> Iterator[Serving]:
    with opened(str(shop), SystemClock()) as project, served(project, Ticks(lambda _: applied, ticker)) as serving:
        yield serving


def _post(serving: Serving, key: str) -> int:
    return asked(application(serving), "POST", "/v1/track", json.dumps(_VIEWED).encode(), {"authorization": basic(key)}).status


def test_the_ticker_works_on_what_comes_beside_the_server(shop: Path) -> None:
    key = write_key(shop)
    with _serving(shop, _Reading, applied=6) as serving:
        assert _post(serving, key) == 200
        assert isinstance(serving.ticker, _Reading)
        assert serving.ticker.has_read.wait(10)
        answer = asked(application(serving), "GET", "/health")
        assert (answer.status, answer.json()) == (200, {"status": "ok", "inbox": {"last": 7}, "tick": {"position": 7}})


def test_when_the_ticker_has_failed_events_are_still_taken_and_health_says_so(shop: Path) -> None:
    key = write_key(shop)
    with _serving(shop, _Failing) as serving:
        assert isinstance(serving.ticker, _Failing)
        assert serving.ticker.has_read.wait(10)
        assert _post(serving, key) == 200
        while not serving.failure:
            pass
        answer = asked(application(serving), "GET", "/health")
        assert (answer.status, answer.json()["status"], answer.json()["failure"]) == (503, "failing", "The ticks cannot go on.")


def test_other_addresses_are_answered_by_others_or_not_at_all(shop: Path) -> None:
    with _serving(shop, _Reading) as serving:
        all_of_it = application(serving, {"/other/": application(serving)._health})
        assert asked(all_of_it, "GET", "/nothing").json()["code"] == "not_found"
        assert asked(all_of_it, "POST", "/health").status == 405
        assert asked(all_of_it, "GET", "/other/one").status == 200
        key = write_key(shop)
        assert asked(all_of_it, "GET", f"/analytics.js/v1/{key}/analytics.min.js").body == b"track()"


def test_only_write_keys_may_collect(shop: Path) -> None:
    with opened_state(str(shop)) as state:
        keys = {scope: str(create_key(state, SystemClock(), scope=scope, name="x").secret) for scope in ("write", "read", "admin")}
    with _serving(shop, _Reading) as serving:
        assert {scope: _post(serving, key) for scope, key in keys.items()} == {"write": 200, "read": 401, "admin": 401}


def test_a_missing_script_is_told_before_anything_is_served(shop: Path) -> None:
    (shop / "analytics.js").unlink()
    with pytest.raises(InputError, match="cannot be read"), _serving(shop, _Reading):
        pass


def test_a_port_that_is_taken_and_a_host_that_is_not_here_are_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        with (
            pytest.raises(TransientError, match=r"Port \d+ of 127\.0\.0\.1 cannot be used"),
            listening(Address(port=taken.getsockname()[1])),
        ):
            pass
        with pytest.raises(InputError, match="The host cannot be used"), listening(Address("no such host")):
            pass
