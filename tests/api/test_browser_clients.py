"""The clients for browsers, fetched from npm and unchanged, in a real Chromium on a page of another origin."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from api.browser_pages import installed, visited
from api.calling import KEY
from api.clients import is_told, running_in
from web.chromium import NEEDS_CHROMIUM

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [pytest.mark.slow, *NEEDS_CHROMIUM]
CLIENTS = pytest.mark.parametrize("client", ["segment", "rudderstack"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(tmp_path_factory.mktemp("pages"))


def comes_true(claim: Callable[[], bool], said: Path) -> None:
    """Wait until something is so; fail with what the browser's console says."""
    for _ in range(600):
        if claim():
            return
        time.sleep(0.05)
    pytest.fail("\n".join(line for line in said.read_text(encoding="utf-8", errors="replace").splitlines() if "CONSOLE" in line))


@pytest.mark.parametrize("first", [(), (429, 503)], ids=["at once", "after 429 and 503"])
@CLIENTS
def test_the_browser_client_of(client: str, first: tuple[int, ...], folder: Path, tmp_path: Path) -> None:
    with running_in(tmp_path, first) as running:
        with visited(folder, f"{client}.html", tmp_path / "profile", client=client, server=running.url, key=KEY, act="all") as said:
            comes_true(lambda: len(running.records()) >= 6, said)
        is_told(running)
        visitor = {record["anonymousId"] for record in running.records() if record.get("anonymousId")}
        assert len(visitor) == 1
