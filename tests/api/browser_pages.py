"""A shop's own pages, at an origin of their own, with the clients for browsers as npm brings them."""

from __future__ import annotations

import http.server
import shutil
import subprocess
import threading
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from web.chromium import browsing

if TYPE_CHECKING:
    from collections.abc import Iterator

_PACKAGES = ("@segment/analytics-next@1", "@segment/snippet@5", "@rudderstack/analytics-js@3")
_SCRIPT = Path(__file__).with_name("browser_client.js")
_CLIENTS = {
    "segment": "node_modules/@segment/analytics-next/dist/umd/index.js",
    "rudderstack": "node_modules/@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js",
}
STANDALONE = "node_modules/@segment/analytics-next/dist/umd/standalone.js"
"""What the snippet of Segment loads."""
_RENDERED = """
const [, host, apiKey] = process.argv
console.log(require('@segment/snippet').max({ host, apiKey, page: false, load: false, useHostForBundles: true }))"""


class _Files(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name that the server gives it
        """Keep quiet."""


def installed(folder: Path) -> Path:
    """A folder with the clients and a page for each."""
    if shutil.which("npm") is None:
        pytest.skip("the clients for browsers are fetched by npm")
    subprocess.run(["npm", "install", "--no-audit", "--no-fund", *_PACKAGES], cwd=folder, check=True, capture_output=True, timeout=300)
    shutil.copy(_SCRIPT, folder)
    for name, file in _CLIENTS.items():
        _write(folder / f"{name}.html", f'<script src="/{file}"></script>')
    return folder


def with_snippet(folder: Path, url: str, key: str) -> None:
    """Add a page with the classic snippet of Segment, which loads the client from a server; without TLS, as that has none here."""
    command = ["node", "-e", _RENDERED, url.removeprefix("http://"), key]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    _write(folder / "snippet.html", f"<script>{done.stdout.replace('https://', 'http://')}</script>")


def _write(page: Path, client: str) -> None:
    own = f'<script src="/{_SCRIPT.name}"></script>'
    page.write_text(f'<!doctype html><meta charset="utf-8"><title>Shop</title>{client}{own}', encoding="utf-8")


@contextmanager
def visited(folder: Path, page: str, profile: Path, **query: str) -> Iterator[Path]:
    """A browser on a page of the shop as long as the block runs, and the file with what its console says. The server that it is to
    speak with is at another address, so that it asks for leave first."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            with browsing(f"http://localhost:{server.server_port}/{page}?{urlencode(query)}", profile) as said:
                yield said
        finally:
            server.shutdown()
            thread.join()
