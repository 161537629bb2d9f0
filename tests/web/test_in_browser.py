"""The report in a real browser: it asks nobody for anything, and fits a telephone."""

from __future__ import annotations

import http.server
import json
import re
import subprocess
import threading
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from patron.web.report.page import render
from web.chromium import NEEDS_CHROMIUM, chromium
from web.test_report_page import report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


pytestmark = NEEDS_CHROMIUM

# A frame is as wide as it is told to be; a window of a browser without head is not.
_FRAMES = """<!doctype html><meta charset="utf-8"><body>
<iframe src="/report" style="border:0;width:360px;height:800px"></iframe>
<iframe src="/report" style="border:0;width:1280px;height:800px"></iframe>
<pre id="found"></pre><script>
addEventListener("load", () => {
  const found = [...document.querySelectorAll("iframe")].map((frame) => {
    const page = frame.contentDocument, root = page.documentElement;
    return {
      width: frame.contentWindow.innerWidth, needed: root.scrollWidth, figures: page.querySelectorAll("figure").length,
      asked: frame.contentWindow.performance.getEntriesByType("resource").map((entry) => entry.name),
    };
  });
  document.getElementById("found").textContent = JSON.stringify(found);
});
</script>"""


class _Pages(http.server.BaseHTTPRequestHandler):
    """Serves the report and the page around it, and notes what else is asked for."""

    asked: list[str]
    pages: dict[str, str]

    def do_GET(self) -> None:
        type(self).asked.append(self.path)
        page = self.pages.get(self.path)
        self.send_response(200 if page else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write((page or "").encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name that the server gives it
        """Keep quiet."""


@pytest.fixture
def pages() -> Iterator[tuple[str, list[str]]]:
    handler = type("Pages", (_Pages,), {"asked": [], "pages": {"/": _FRAMES, "/report": render(report())}})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", handler.asked  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()


def seen(address: str, profile: Path) -> Any:
    """What the page around the reports found in each frame; every host but the server's own is unreachable."""
    command = chromium(address, profile, "--virtual-time-budget=5000", "--dump-dom")
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    found = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stdout[:500]
    return json.loads(unescape(found[1]))


def test_the_report_asks_nobody_and_fits_a_telephone_and_a_desk(pages: tuple[str, list[str]], tmp_path: Path) -> None:
    address, asked = pages
    found = seen(address, tmp_path)
    assert [(f["width"], f["needed"]) for f in found] == [(360, 360), (1280, 1280)]
    assert [f["asked"] for f in found] == [[], []]
    assert all(f["figures"] > 10 for f in found)
    assert set(asked) <= {"/", "/report", "/favicon.ico"}
