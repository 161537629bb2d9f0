"""What does it cost to take an event and have it on disk?"""

from __future__ import annotations

import base64
import json
import selectors
import shutil
import socket
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Self

from benchmarks.harness import Case, Row, cpu_seconds

if TYPE_CHECKING:
    from benchmarks.harness import Setting

KEY = "patron_write_benchmark"
_CONNECTIONS = 32
_BARS = {1: 12_000, 100: 200_000}
_SHARE = 0.6
_SLOWEST = 0.025


def run(setting: Setting) -> list[Row]:
    """Events a CPU-second of the server in batches of 1 and 100, beside one that keeps nothing; and how long an answer takes."""
    rows = []
    for batch, bar in _BARS.items():
        requests = {1: 60_000, 100: 8_000}[batch] // (100 if setting.small else 1)
        arguments = {"folder": str(setting.work), "batch": batch, "requests": requests}
        kept, floor = setting.measured(
            Case(f"batches of {batch}, kept", "benchmarks.collect:server_seconds", {**arguments, "inbox": "segments"}),
            Case(f"batches of {batch}, not kept", "benchmarks.collect:server_seconds", {**arguments, "inbox": "nothing"}),
        )
        events = batch * requests
        rate = events / kept.seconds
        beside = f"{rate:,.0f} events a CPU-second; bar {bar:,}"
        rows.append(Row(f"collect, batches of {batch}", events, kept.seconds, 0, beside, bar / rate, "at most 1.0 times", rate >= bar))
        share = floor.seconds / kept.seconds
        beside = f"the same server without keeping: {floor.seconds:.2f} s"
        rows.append(
            Row(f"collect, batches of {batch}, floor", events, kept.seconds, 0, beside, 1 / share, "at most 1.67 times", share >= _SHARE)
        )
    seconds = 1 if setting.small else 10
    rate = 500 if setting.small else 5_000
    arguments = {"folder": str(setting.work), "rate": rate, "seconds": seconds}
    (slow,) = setting.measured(Case("answers", "benchmarks.collect:slowest_answer", arguments))
    question, ratio = "an answer at 5,000 events a second, p99", slow.seconds / _SLOWEST
    rows.append(Row(question, rate * seconds, slow.seconds, 0, "bar 25 ms", ratio, "at most 1.0 times", ratio <= 1))
    return rows


def server_seconds(folder: str, batch: int, requests: int, inbox: str) -> float:
    """CPU seconds of the server for so many requests, all connections busy."""
    with _Server(Path(folder) / f"collect-{inbox}", inbox) as server:
        load = _Load(server.port, _request(batch))
        load.run(requests // 10)
        before = server.cpu_seconds()
        load.run(requests)
        after = server.cpu_seconds()
        load.close()
    return after - before


def slowest_answer(folder: str, rate: int, seconds: int) -> float:
    """The 99th percentile of the seconds until an answer, with single events at a steady rate."""
    with _Server(Path(folder) / "collect-rate", "segments") as server:
        load = _Load(server.port, _request(1))
        load.run(rate // 5)
        load.taken.clear()
        load.run(rate * seconds, rate=rate)
        load.close()
    return statistics.quantiles(load.taken, n=100)[98]


def _event(number: int) -> dict[str, object]:
    return {
        "type": "track",
        "event": "Product Viewed",
        "userId": f"u-{number}",
        "anonymousId": None,
        "messageId": f"b2f3c9a0-1111-2222-3333-4444{number:08d}",
        "timestamp": "2026-03-01T08:00:00.123456+00:00",
        "context": {"library": {"name": "analytics-python", "version": "2.4.0"}, "page": {"path": "/shoes/1", "referrer": "https://search.example/"}},
        "properties": {"product_id": "sku-12345", "category": "shoes", "price": 19.99, "currency": "EUR", "quantity": 1},
        "integrations": {},
    }  # fmt: skip


def _request(batch: int) -> bytes:
    events = [_event(n) for n in range(batch)]
    path, content = ("/v1/track", events[0]) if batch == 1 else ("/v1/batch", {"batch": events})
    body = json.dumps(content).encode()
    basic = base64.b64encode(f"{KEY}:".encode()).decode()
    lines = (f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Basic {basic}", f"Content-Length: {len(body)}", "", "")
    return "\r\n".join(lines).encode() + body


class _Server:
    """A server in a process of its own."""

    def __init__(self, folder: Path, inbox: str) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self._folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.collecting", str(folder), inbox], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()
        shutil.rmtree(self._folder)

    def cpu_seconds(self) -> float:
        """User and system time of all its threads."""
        return cpu_seconds(self._process.pid)


@dataclass
class _Load:
    """Connections that send the same request again as soon as it was answered, or at a rate."""

    port: int
    request: bytes
    taken: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._answers: dict[socket.socket, bytes] = {}
        self._selector = selectors.DefaultSelector()
        self._idle = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(_CONNECTIONS)]
        for connection in self._idle:
            self._selector.register(connection, selectors.EVENT_READ)

    def run(self, requests: int, rate: int = 0) -> None:
        """Send so many; an answer that comes late counts from when its request was due."""
        began, sent, answered = perf_counter(), 0, 0
        due: dict[socket.socket, float] = {}
        while answered < requests:
            now = perf_counter()
            while self._idle and sent < requests and (not rate or began + sent / rate <= now):
                connection = self._idle.pop()
                due[connection] = began + sent / rate if rate else now
                connection.sendall(self.request)
                sent += 1
            wait = max(0.0, began + sent / rate - perf_counter()) if rate and self._idle and sent < requests else 1.0
            for key, _ in self._selector.select(wait):
                connection = key.fileobj  # type: ignore[assignment]
                answer = self._answers.pop(connection, b"") + connection.recv(4_096)
                if not answer.endswith(b"}"):  # the rest of it comes
                    self._answers[connection] = answer
                    continue
                if not answer.startswith(b"HTTP/1.1 200"):
                    raise RuntimeError(answer.decode())
                self.taken.append(perf_counter() - due[connection])
                self._idle.append(connection)
                answered += 1

    def close(self) -> None:
        """End the connections."""
        for connection in self._idle:
            connection.close()
        self._selector.close()
