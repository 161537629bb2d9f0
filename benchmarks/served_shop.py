"""A shop that is served: `patron serve` in a process of its own, sent events at a steady rate and watched from outside."""

from __future__ import annotations

import base64
import http.client
import json
import shutil
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter, sleep
from typing import TYPE_CHECKING, Any, Self

from benchmarks.harness import Case, cpu_seconds
from patron.adapters.made_up import Proportions, fill
from patron.app.actions.init import init
from patron.app.project import opened
from patron.runtime.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from benchmarks.harness import Setting

_CLOCK = SystemClock()
_PATRON = str(Path(sys.executable).with_name("patron"))
_LOOK, _LOOK_FOR_CHANGES = 0.03, 0.1
"""Seconds between two looks at how far the server is, and at who changed; so much more than is true may be measured."""
_FIRST_ANSWERS = 1_800.0
_HERE = 'name = "Here"\nmeaning = "Looked at a product within the last minute."\nwhere = \'happened("product_viewed", last="1 minutes")\'\n'
HERE = "here"
"""A segment of those who looked at a product within the last minute."""


@dataclass
class ServedShop:
    """A project with made-up customers up to now, and its server.

    Attributes:
        folder: the project's.
        visitors: anonymous ids of browsers that are known.
    """

    folder: Path
    visitors: list[str]
    _port: int = 0
    _process: subprocess.Popen[bytes] | None = None
    _keys: dict[str, str] = field(default_factory=dict)
    _sent: int = 0

    @classmethod
    def made(cls, setting: Setting, customers: int) -> Self:
        """Make it; nothing of an earlier one is left. Whoever sends and watches does not hold the memory that making it up takes."""
        folder = setting.work / "served"
        shutil.rmtree(folder, ignore_errors=True)
        init(folder, name="Made up", currency="EUR", time_zone="Europe/Berlin", country="DE")
        (folder / "segments").mkdir(exist_ok=True)
        (folder / "segments" / f"{HERE}.toml").write_text(_HERE, encoding="utf-8")
        setting.measured(Case("its shop", f"{__name__}:filled", {"folder": str(folder), "customers": customers}), rounds=1)
        with opened(str(folder), _CLOCK) as project:
            chosen = "SELECT value FROM identifiers WHERE kind = 'anonymous_id' ORDER BY hash(value) LIMIT 6000"
            visitors = [value for (value,) in project.store.execute(chosen).fetchall()]  # type: ignore[attr-defined]
        made = cls(folder, visitors)
        for scope in ("write", "read"):
            told = made._patron("key", "create", "--scope", scope, "--name", scope, "--json")
            made._keys[scope] = json.loads(told)["key"]
        return made

    def start(self) -> float:
        """Start the server; the seconds until it is ready."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        began = perf_counter()
        with (self.folder / "served.log").open("ab") as log:
            self._process = subprocess.Popen(self._command("serve", "--port", str(self._port)), stdout=log, stderr=log)
        while perf_counter() - began < _FIRST_ANSWERS:
            try:
                if self._ask("GET", "/health")[0] == 200:
                    return perf_counter() - began
            except OSError:
                pass
            sleep(_LOOK)
        raise RuntimeError("the server does not answer")

    def await_answers(self) -> None:
        """Wait until everything was worked out, and nothing waits."""
        until = perf_counter() + _FIRST_ANSWERS
        while perf_counter() < until:
            told = self.status()
            if told["as_of"] and not told["refresh"] and not told["inbox"]["waiting"]:
                return
            sleep(0.2)
        raise RuntimeError("there are no answers")

    def kill(self) -> None:
        """End it without a word."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """End it as an administrator does."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait()

    def sleep_until(self, instant: datetime) -> None:
        """Do nothing until then."""
        sleep(max((instant - _CLOCK.now()).total_seconds(), 0.0))

    def status(self) -> dict[str, Any]:
        """How it is."""
        return self.get("/api/v1/status")

    def get(self, path: str) -> dict[str, Any]:
        """What the read API says."""
        told: dict[str, Any] = json.loads(self._ask("GET", path, key=self._reader)[1])
        return told

    @property
    def _reader(self) -> str:
        return f"Bearer {self._keys['read']}"

    def cpu_seconds(self) -> float:
        """What the process has used until now."""
        assert self._process is not None
        return cpu_seconds(self._process.pid)

    def peak_mb(self) -> int:
        """The most memory that the process has held since `forget_peak`."""
        return self._memory("VmHWM:")

    def forget_peak(self) -> None:
        """Measure the peak of memory from now on."""
        assert self._process is not None
        Path(f"/proc/{self._process.pid}/clear_refs").write_text("5", encoding="ascii")

    @contextmanager
    def watching_changes(self, segment: str) -> Iterator[list[tuple[dict[str, str], datetime]]]:
        """Who enters and leaves a segment within the block, and when that was seen."""
        seen: list[tuple[dict[str, str], datetime]] = []
        done, after = threading.Event(), self.get(f"/api/v1/changes?segment={segment}&after=latest")["next"]

        def watch(cursor: str) -> None:
            while not done.wait(_LOOK_FOR_CHANGES):
                told = self.get(f"/api/v1/changes?segment={segment}&limit=1000&after={cursor}")
                seen.extend((change, _CLOCK.now()) for change in told["changes"])
                cursor = told["next"]

        watching = threading.Thread(target=watch, args=(after,))
        watching.start()
        try:
            yield seen
        finally:
            done.set()
            watching.join()

    @contextmanager
    def asking(self, visitors: list[str]) -> Iterator[list[float]]:
        """Ask for visitors one by one within the block, as a site that is personal does; the seconds that each answer took."""
        took: list[float] = []
        done = threading.Event()

        def ask() -> None:
            connection, number = http.client.HTTPConnection("127.0.0.1", self._port), 0
            while not done.wait(_LOOK):
                began = perf_counter()
                connection.request("GET", f"/api/v1/customers/{visitors[number % len(visitors)]}", headers=self._headers(self._reader))
                answer = connection.getresponse()
                answer.read()
                took.append(perf_counter() - began)
                number += 1
                if answer.status != 200:
                    raise RuntimeError(f"{answer.status} for a customer")
            connection.close()

        asking = threading.Thread(target=ask)
        asking.start()
        try:
            yield took
        finally:
            done.set()
            asking.join()

    def load(self, rate: int, seconds: float, visitors: list[str], *, is_watched: bool = True) -> Load:
        """Send views of products at a steady rate, up to 200 requests a second; wait until all are taken up if that is watched."""
        batch = max(1, min(100, rate // 200))
        told = Load()
        begun = self.status()["inbox"]["last"]
        done = threading.Event()
        watching = threading.Thread(target=self._watch, args=(told, done))
        if is_watched:
            watching.start()
        connection, began = http.client.HTTPConnection("127.0.0.1", self._port), perf_counter()
        count = 0
        while count < rate * seconds:
            at = _CLOCK.now()
            events = [self._event(visitors, at) for _ in range(batch)]
            body = json.dumps({"batch": events})
            now = perf_counter()
            connection.request("POST", "/v1/batch", body, self._headers(f"Basic {_basic(self._keys['write'])}"))
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{answer.status} after {count} events")
            count += batch
            told.sent.append((begun + count, now))
            told.views |= {str(event["anonymousId"]): at for event in events}
            ahead = began + count / rate - perf_counter()
            if ahead > 0:
                sleep(ahead)
        told.rate = count / (perf_counter() - began)
        connection.close()
        if is_watched:
            while told.seen[-1][0] < begun + count and perf_counter() - began < 10 * seconds + 60:
                sleep(_LOOK)
            done.set()
            watching.join()
        return told

    def _event(self, visitors: list[str], at: datetime) -> dict[str, object]:
        self._sent += 1
        return {
            "type": "track", "event": "Product Viewed", "messageId": f"m{self._sent}", "anonymousId": visitors[self._sent % len(visitors)],
            "timestamp": at.isoformat(), "properties": {"product_id": f"p{self._sent % 50}", "price": 3},
        }  # fmt: skip

    def _watch(self, told: Load, done: threading.Event) -> None:
        while not done.is_set():
            inbox = self.status()["inbox"]
            told.seen.append((inbox["last"] - inbox["waiting"], perf_counter(), inbox["waiting"]))
            done.wait(_LOOK)

    def _ask(self, method: str, path: str, *, key: str = "") -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            connection.request(method, path, headers=self._headers(key) if key else {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _headers(self, key: str) -> dict[str, str]:
        return {"Authorization": key, "Content-Type": "application/json"}

    def _memory(self, name: str) -> int:
        assert self._process is not None
        lines = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name)) // 1024

    def _patron(self, *arguments: str) -> str:
        return subprocess.run(self._command(*arguments), check=True, capture_output=True, text=True).stdout

    def _command(self, *arguments: str) -> list[str]:
        return [_PATRON, "--project", str(self.folder), *arguments]


def filled(folder: str, customers: int) -> float:
    """Seconds of making up customers of a project, up to now."""
    began = perf_counter()
    with opened(folder, _CLOCK) as project:
        ends_at = _CLOCK.now().replace(microsecond=0)
        fill(project.store, customers=customers, seed=1, ends_at=ends_at, currency="EUR", much=Proportions())  # type: ignore[arg-type]
    return perf_counter() - began


@dataclass
class Load:
    """What was sent, and how far the server was seen to be.

    Attributes:
        sent: the last position of each request, and when it was sent.
        seen: up to which position memberships were true, when it was seen, and how many records waited then.
        rate: events a second that were sent.
        views: when each visitor looked at a product last.
    """

    sent: list[tuple[int, float]] = field(default_factory=list)
    seen: list[tuple[int, float, int]] = field(default_factory=list)
    rate: float = 0.0
    views: dict[str, datetime] = field(default_factory=dict)

    def seconds(self, *, after: float) -> list[float]:
        """From sending an event to seeing that memberships are those after it; of requests from so many seconds on."""
        found, looks = [], iter(self.seen)
        position, at, _ = next(looks)
        for wanted, sent_at in self.sent:
            while position < wanted:
                position, at, _ = next(looks)
            if sent_at >= self.sent[0][1] + after:
                found.append(at - sent_at)
        return found

    def waiting(self, share: float) -> int:
        """How many records waited at most in the last part of the time in which events were sent."""
        first, last = self.sent[0][1], self.sent[-1][1]
        return max(waiting for _, at, waiting in self.seen if last - share * (last - first) <= at <= last)


def _basic(key: str) -> str:
    return base64.b64encode(f"{key}:".encode()).decode()
