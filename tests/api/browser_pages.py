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

_PACKAGES = ("@segment/analytics-next@1", "@rudderstack/analytics-js@3")
_SCRIPT = Path(__file__).with_name("browser_client.js")
_CLIENTS = {
    "segment": "node_modules/@segment/analytics-next/dist/umd/index.js",
    "rudderstack": "node_modules/@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js",
}
SNIPPET = "node_modules/@segment/analytics-next/dist/umd/standalone.js"


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
        scripts = "".join(f'<script src="/{one}"></script>' for one in (file, _SCRIPT.name))
        (folder / f"{name}.html").write_text(f'<!doctype html><meta charset="utf-8"><title>Shop</title>{scripts}', encoding="utf-8")
    return folder


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
