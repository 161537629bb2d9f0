"""The clients for browsers, fetched from npm and unchanged, in a real Chromium on a page of another origin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from api.browser_pages import installed, visited
from api.calling import KEY
from api.clients import is_told, running_in
from web.chromium import NEEDS_CHROMIUM, comes_true

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, *NEEDS_CHROMIUM]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(tmp_path_factory.mktemp("pages"))


@pytest.mark.parametrize("first", [(), (429, 503)], ids=["at once", "after 429 and 503"])
@pytest.mark.parametrize("client", ["segment", "rudderstack"])
def test_the_browser_client_of(client: str, first: tuple[int, ...], folder: Path, tmp_path: Path) -> None:
    with running_in(tmp_path, first) as running:
        with visited(folder, f"{client}.html", tmp_path / "profile", client=client, server=running.url, key=KEY, act="all") as said:
            comes_true(lambda: len(running.records()) >= 6, said)
        is_told(running)
        visitor = {record["anonymousId"] for record in running.records() if record.get("anonymousId")}
        assert len(visitor) == 1


@pytest.mark.parametrize(("client", "address"), [("segment", "/v1/b"), ("rudderstack", "/beacon/v1/batch")])
def test_what_a_browser_still_holds_when_the_page_is_left_arrives(client: str, address: str, folder: Path, tmp_path: Path) -> None:
    with running_in(tmp_path, ()) as running:
        with visited(folder, f"{client}.html", tmp_path / "profile", client=client, server=running.url, key=KEY, act="look") as said:
            comes_true(lambda: len(running.records()) >= 4, said)
        kinds = [record["type"] for record in running.records()]
        assert (sorted(kinds[:2]), sorted(kinds[2:])) == (["page", "track"], ["identify", "track"])
        assert (address, 0) in running.stumbling.seen
        (visitor,) = {record["anonymousId"] for record in running.records()}
        assert visitor
