from __future__ import annotations

import http.client
import threading
from typing import TYPE_CHECKING

import pytest

from patron.kernel.errors import TransientError
from patron.web.local import ADDRESS, local_server, serve

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def port() -> Iterator[int]:
    with local_server("<p>héllo</p>") as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def ask(port: int, path: str = "/", host: str = "", method: str = "GET") -> tuple[int, str, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection(ADDRESS, port, timeout=10)
    try:
        connection.request(method, path, headers={"Host": host or f"{ADDRESS}:{port}", "Connection": "close"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers
    finally:
        connection.close()


def test_the_page_is_served_and_nothing_else(port: int) -> None:
    status, body, headers = ask(port)
    assert (status, body) == (200, "<p>héllo</p>")
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert ask(port, "/?x=1")[0] == 200
    for path in ("/etc/passwd", "/../pyproject.toml", "/index.html"):
        assert ask(port, path)[0] == 404
    assert ask(port, method="POST")[0] == 501


def test_head_has_no_body(port: int) -> None:
    status, body, headers = ask(port, method="HEAD")
    assert (status, body, headers["Content-Length"]) == (200, "", "13")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", "localhost"])
def test_a_made_up_host_name_is_refused(port: int, host: str) -> None:
    assert ask(port, host=host)[0] == 421


def test_localhost_is_the_same_machine(port: int) -> None:
    assert ask(port, host=f"localhost:{port}")[0] == 200


def test_a_taken_port_is_said(port: int) -> None:
    with pytest.raises(TransientError, match=f"Port {port} cannot be used"):
        local_server("", port=port)


def test_the_address_is_told_and_ctrl_c_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("http.server.ThreadingHTTPServer.serve_forever", stop)
    told: list[str] = []
    serve("", tell=told.append, open_page=False)
    assert told[0].startswith("The page is at http://127.0.0.1:")
