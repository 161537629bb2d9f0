"""Figures of a server in the text form of Prometheus."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from patron.app.actions.status import Status

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
Requests = Counter[tuple[str, int]]
"""How many requests were answered, by path without its variable parts, and status."""


def text_of(status: Status, requests: Requests) -> str:
    """The figures."""
    lines = [
        *_gauge("patron_up", "1 while all runs, 0 when something has stopped.", int(not status.failure)),
        *_counter("patron_inbox_entries_total", "Entries that were ever kept in the inbox.", status.last),
        *_gauge("patron_inbox_waiting", "Entries that have not become facts yet.", status.waiting),
        *_gauge("patron_lag_seconds", "How long the first of them has waited.", status.lag_seconds),
        *_spread("patron_tick_seconds", "How long ticks take, of the last thousand.", status.tick_seconds),
        *_spread(
            "patron_event_to_segment_seconds",
            "From the receipt of an event to the memberships that follow, of the last thousand ticks.",
            status.event_to_segment_seconds,
        ),
        *_gauge("process_resident_memory_bytes", "Memory of the server.", status.memory_bytes or 0),
        *_head("patron_requests_total", "Requests that were answered.", "counter"),
        *(f'patron_requests_total{{path="{path}",status="{code}"}} {count}' for (path, code), count in sorted(requests.items())),
    ]
    return "\n".join(lines) + "\n"


def _head(name: str, meaning: str, kind: str) -> Iterable[str]:
    return (f"# HELP {name} {meaning}", f"# TYPE {name} {kind}")


def _gauge(name: str, meaning: str, value: float) -> Iterable[str]:
    return (*_head(name, meaning, "gauge"), f"{name} {value}")


def _counter(name: str, meaning: str, value: int) -> Iterable[str]:
    return (*_head(name, meaning, "counter"), f"{name} {value}")


def _spread(name: str, meaning: str, spread: Mapping[str, float] | None) -> Iterable[str]:
    if spread is None:
        return ()
    quantiles = (f'{name}{{quantile="{of}"}} {spread[key]}' for of, key in (("0.5", "p50"), ("0.99", "p99")))
    return (*_head(name, meaning, "gauge"), *quantiles)
