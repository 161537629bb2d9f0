"""A page shown on this machine only: one address, one page, nothing else.

It listens on the loopback address and answers only requests that name it, so that no other page in the browser can read it by a made-up
host name.
"""

from __future__ import annotations

import sys
import webbrowser
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from patron.kernel.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Callable

ADDRESS = "127.0.0.1"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def serve(html: str, *, port: int = 0, tell: Callable[[str], object] = sys.stderr.write, open_page: bool = True) -> None:
    """Show a page until the person stops it.

    Args:
        html: the page.
        port: 0 for any that is free.
        tell: is told the address, as a line.
        open_page: whether to ask a browser to show it; nothing happens where there is none.

    Raises:
        TransientError: the port is taken.
    """
    with local_server(html, port=port) as server:
        address = f"http://{ADDRESS}:{server.server_port}/"
        tell(f"The page is at {address}. Stop with Ctrl-C.\n")
        if open_page:
            _open(address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            tell("\n")


def local_server(html: str, *, port: int = 0) -> ThreadingHTTPServer:
    """A server of one page that listens already; the caller lets it run and closes it.

    Raises:
        TransientError: the port is taken.
    """
    try:
        server = ThreadingHTTPServer((ADDRESS, port), partial(_Page, html.encode()))
    except OSError as error:
        raise TransientError(f"Port {port} cannot be used: another program has it. Choose another, or 0 for any.") from error
    server.daemon_threads = True
    return server


class _Page(BaseHTTPRequestHandler):
    """Answers with the page at its address, and with a sentence elsewhere."""

    protocol_version = "HTTP/1.1"
    server_version = "patron"
    sys_version = ""
    timeout = 30

    def __init__(self, page: bytes, *connection: object) -> None:
        self._page = page
        super().__init__(*connection)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """The page."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """What the page would come with."""
        self._answer(with_body=False)

    def log_message(self, *_: object) -> None:
        """Say nothing: there is one reader, who sees the page."""

    def _answer(self, *, with_body: bool) -> None:
        status, kind, body = self._found()
        self.send_response(status)
        for name, value in {**_HEADERS, "Content-Type": f"{kind}; charset=utf-8", "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def _found(self) -> tuple[HTTPStatus, str, bytes]:
        port = self.connection.getsockname()[1]
        if self.headers.get("Host") not in {f"{ADDRESS}:{port}", f"localhost:{port}"}:
            return HTTPStatus.MISDIRECTED_REQUEST, "text/plain", b"This page answers under its own address only.\n"
        if self.path.partition("?")[0] != "/":
            return HTTPStatus.NOT_FOUND, "text/plain", b"There is one page, at /.\n"
        return HTTPStatus.OK, "text/html", self._page


def _open(address: str) -> None:
    """Ask a browser with a window of its own; one that runs in the terminal would take it over."""
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return
    if type(browser) is not webbrowser.GenericBrowser:
        browser.open(address)
