"""A shop that is served whole: collection, ticks and the read API, on a real address."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from api.loopback import listening
from patron.api.application import application
from patron.app.actions.init import init
from patron.app.actions.keys import create_key
from patron.app.actions.serving import Serving, reachable, served
from patron.app.actions.ticking import TICKS
from patron.app.project import opened
from patron.app.state import opened_state
from patron.cli.main import run
from patron.runtime.clock import SystemClock
from patron.testing.sample_shop import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_PATIENCE = 120.0


@dataclass(frozen=True)
class Served:
    """A shop that is served.

    Attributes:
        folder: the project's.
        url: of its server.
        keys: a secret of each scope.
        serving: the server from inside.
    """

    folder: Path
    url: str
    keys: dict[str, str]
    serving: Serving

    def ask(self, path: str, *, scope: str = "read", method: str = "GET") -> httpx.Response:
        return httpx.request(method, f"{self.url}/api/v1{path}", headers={"authorization": f"Bearer {self.keys[scope]}"}, timeout=60)

    def told(self, path: str) -> Any:
        answer = self.ask(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def send(self, path: str, body: object) -> Any:
        return httpx.post(f"{self.url}{path}", json=body, auth=(self.keys["write"], ""), timeout=60).json()

    def wait_for(self, what: Callable[[], bool]) -> None:
        """Until something is so, which ticks bring about."""
        ends = time.monotonic() + _PATIENCE
        while not what():
            assert time.monotonic() < ends
            time.sleep(0.05)


@contextmanager
def serving_shop(folder: Path) -> Iterator[Served]:
    """The sample shop, with its answers worked out."""
    init(folder, name="The Tea House", currency="EUR", time_zone="Europe/Berlin", country="DE")
    for source, file in (("lines", "order_lines"), ("customers", "customers")):
        assert run(["--project", str(folder), "load", source, str(FOLDER / f"{file}.csv")]) == 0
    with serving(folder) as shop:
        yield shop


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """A shop, with its answers worked out."""
    with opened_state(str(folder)) as state:
        keys = {scope: create_key(state, SystemClock(), scope=scope, name=scope).secret or "" for scope in ("write", "read", "admin")}
    with opened(str(folder), SystemClock()) as project, served(project, TICKS) as serving, listening(application(serving)) as url:
        shop = Served(folder, url, keys, serving)
        with reachable(serving, url):
            shop.wait_for(lambda: shop.told("/status")["as_of"] is not None)
            yield shop
