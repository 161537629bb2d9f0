"""A server does not wait for ever, and takes no more than it can hold: against real connections."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

from api.calling import KEY, basic
from api.loopback import application, listening
from patron.app import server as server_module
from patron.app.connections import Limits
from patron.app.listening import let_open
from patron.app.server import Server
from patron.kernel.errors import InputError
from patron.testing.inbox import MemoryInbox

if TYPE_CHECKING:
    from collections.abc import Iterator

_BODY = json.dumps({"userId": "u1", "event": "Product Viewed"}).encode()
_HEAD = f"POST /v1/track HTTP/1.1\r\nHost: shop.example\r\nAuthorization: {basic(KEY)}\r\nContent-Length: {len(_BODY)}\r\n\r\n".encode()
_WHOLE = _HEAD + _BODY
_HEALTH = b"GET /health HTTP/1.1\r\nHost: shop.example\r\n\r\n"
_QUICK = Limits(head_seconds=0.3, request_seconds=0.6, unread_seconds=0.3)


@contextmanager
def _server(limits: Limits) -> Iterator[int]:
    with listening(application(MemoryInbox()), limits) as url:
        yield int(url.rpartition(":")[2])


def test_a_server_at_rest_ends_as_soon_as_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_LOOK_SECONDS", "_REST_SECONDS"):
        monkeypatch.setattr(server_module, name, 60.0)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(application(MemoryInbox()), Limits())
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        with _connected(listener.getsockname()[1]) as one:
            one.sendall(_HEALTH)
            assert one.recv(99).startswith(b"HTTP/1.1 200")
        server.end()
        thread.join(10)
        assert not thread.is_alive()


@contextmanager
def _connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as one:
        yield one


def _ended(one: socket.socket, *, trickle: bytes = b"") -> bytes:
    """What a connection says until it ends, while it is sent a byte now and then."""
    said, begun = b"", time.perf_counter()
    one.settimeout(0.05)
    for _ in range(200):
        with suppress(TimeoutError):
            try:
                if trickle:
                    one.sendall(trickle[:1])
                    trickle = trickle[1:] + trickle[:1]
                piece = one.recv(65_536)
            except ConnectionError:
                return said
            if not piece:
                return said
            said += piece
    pytest.fail(f"still open after {time.perf_counter() - begun:.0f} seconds: {said!r}")


def _is_well(port: int) -> bool:
    with _connected(port) as one:
        one.sendall(_HEALTH)
        return one.recv(4096).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    ("first", "trickle"),
    [
        (b"", b""),
        (b"P", b""),
        (b"GET /health HTTP/1.1\r\n", b"X-Slow: "),
        (b"", b"\r\n"),
        (_HEAD, b""),
        (_HEAD.replace(b"Content-Length: ", b"Content-Length: 40"), b" "),
        (_HEAD.replace(b"Content-Length: %d" % len(_BODY), b"Transfer-Encoding: chunked"), b"1\r\n \r\n"),
        (_WHOLE, b"\r\n"),
        (_WHOLE, b"GET"),
        (b"POST /nowhere HTTP/1.1\r\nContent-Length: 9999\r\n\r\n", b" "),
    ],
    ids=["nothing", "a byte", "slow head", "blank lines", "no body", "slow body", "slow chunks", "blank lines after a call", "slow second", "answered"],
)  # fmt: skip
def test_whoever_keeps_the_server_waiting_is_let_go(first: bytes, trickle: bytes) -> None:
    with _server(_QUICK) as port, _connected(port) as one:
        one.sendall(first)
        begun = time.perf_counter()
        said = _ended(one, trickle=trickle)
        assert time.perf_counter() - begun < 3
        assert said.count(b"HTTP/1.1 200") == (first == _WHOLE)
        assert _is_well(port)


def test_whoever_does_not_read_the_answers_is_let_go() -> None:
    with _server(Limits(unread_seconds=0.3)) as port, _connected(port) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.settimeout(0.5)
        with suppress(TimeoutError, ConnectionError):  # so much that no buffer holds the answers
            one.sendall(_HEALTH * 1_000_000)
        assert _ends_sending(one)
        assert _is_well(port)


def _ends_sending(one: socket.socket) -> bool:
    """Whether a connection, on which nothing is read, is ended by the other side."""
    for _ in range(100):
        try:
            one.send(b"x")
        except TimeoutError:
            continue
        except ConnectionError:
            return True
    return False


def test_a_quick_client_may_say_much_on_one_connection() -> None:
    with _server(_QUICK) as port, _connected(port) as one:
        begun = time.perf_counter()
        while time.perf_counter() - begun < 0.8:  # longer than a single request may take
            one.sendall(_WHOLE)
            assert one.recv(4096).startswith(b"HTTP/1.1 200")


def test_a_head_without_end_is_refused() -> None:
    with _server(Limits()) as port:
        for endless in (b"GET /" + b"a" * 100_000, b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 20_000, b"GET / HTTP/1.1\r\na: " + b"b" * 100_000):
            with _connected(port) as one:
                one.sendall(endless)
                assert _ended(one).startswith(b"HTTP/1.1 431")
        assert _is_well(port)


@pytest.mark.parametrize("extra", [b"1;" + b"x" * 60_000 + b"\r\n \r\n", b" ", b"0\r\n" + b"a: b\r\n" * 10_000])
def test_a_request_without_end_is_cut(extra: bytes) -> None:
    with _server(Limits(request_bytes=1 << 20)) as port, _connected(port) as one:
        is_chunked = extra != b" "
        length = b"Transfer-Encoding: chunked" if is_chunked else b"Content-Length: 99999999"
        one.sendall(b"POST /nowhere HTTP/1.1\r\n" + length + b"\r\n\r\n")
        sent = 0
        with suppress(ConnectionError):
            while sent < 50 << 20:
                one.sendall(extra if is_chunked else extra * 65_536)
                sent += len(extra) if is_chunked else 65_536
        assert sent < 50 << 20
        assert _is_well(port)


def test_all_requests_together_hold_no_more_than_is_allowed() -> None:
    with _server(Limits(held_bytes=200_000)) as port, _connected(port) as one, _connected(port) as other:
        head = f"POST /v1/track HTTP/1.1\r\nAuthorization: {basic(KEY)}\r\nContent-Length: 400000\r\n\r\n".encode()
        one.sendall(head + b" " * 150_000)
        time.sleep(0.2)
        other.sendall(head + b" " * 150_000)
        said = _ended(other)
        assert said.startswith(b"HTTP/1.1 503")
        assert b"retry-after: 1" in said
        one.sendall(b" " * 1_000)
        one.close()
        time.sleep(0.2)
        assert _is_well(port)


def test_an_idle_connection_makes_room_and_a_busy_one_does_not() -> None:
    with _server(Limits(connections=3)) as port, _connected(port) as idle, _connected(port) as busy, _connected(port) as other:
        idle.sendall(_HEALTH)
        assert idle.recv(4096).startswith(b"HTTP/1.1 200")
        for one in (busy, other):
            one.sendall(_HEAD)
        time.sleep(0.2)
        assert _is_well(port)
        assert _ended(idle) == b""
        with _connected(port) as third:
            third.sendall(_HEAD)
            time.sleep(0.2)
            with _connected(port) as refused:
                said = _ended(refused)
                assert said.startswith(b"HTTP/1.1 503")
                assert b"retry-after: 1" in said
                assert json.loads(said.partition(b"\r\n\r\n")[2])["code"] == "too_many_connections"
        busy.sendall(_BODY)
        assert busy.recv(4096).startswith(b"HTTP/1.1 200")


def test_what_is_no_request_is_refused_and_said_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    with _server(Limits()) as port:
        for odd in (
            b"\x16\x03\x01\x02\x00",
            b"GET\r\n\r\n",
            b"OPTIONS * HTTP/1.1\r\n\r\n",
            b"CONNECT a:1 HTTP/1.1\r\n\r\n",
            b"GET /\xff HTTP/1.1\r\n\r\n",
        ):
            with _connected(port) as one:
                one.sendall(odd)
                assert one.recv(4096).startswith(b"HTTP/1.1 4"), odd
        assert _is_well(port)
    assert capfd.readouterr() == ("", "")


def test_more_connections_than_the_machine_allows_are_told_before_anything_is_served() -> None:
    with pytest.raises(InputError) as error:
        let_open(1 << 40)
    assert error.value.problems[0].where == "serve.connections"
    let_open(500)


async def _in_parts(scope: Any, receive: Any, send: Any) -> None:
    """Answers with what it was sent, in two parts."""
    del scope
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message["body"], message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body[:1], "more_body": True})
    await send({"type": "http.response.body", "body": body[1:]})


@pytest.mark.parametrize("method", ["POST", "HEAD"])
@pytest.mark.parametrize("pieces", [1, 2, 9])
def test_an_answer_is_whole_however_it_and_its_request_are_cut(method: str, pieces: int) -> None:
    head = f"{method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 9\r\n\r\n".encode()
    with listening(_in_parts) as url, _connected(int(url.rpartition(":")[2])) as one:
        one.sendall(head)
        for piece in range(pieces):
            time.sleep(0.01)
            one.sendall(b"123456789"[piece * 9 // pieces : (piece + 1) * 9 // pieces])
        said_head, _, said_body = _ended(one).partition(b"\r\n\r\n")
    assert said_head.startswith(b"HTTP/1.1 200 OK")
    assert said_body == (b"1\r\n1\r\n8\r\n23456789\r\n0\r\n\r\n" if method == "POST" else b"")


def test_who_asks_whether_to_go_on_is_told_so_before_the_body_comes() -> None:
    with _server(Limits()) as port, _connected(port) as one:
        one.sendall(_HEAD.replace(b"Host:", b"Expect: 100-continue\r\nHost:"))
        assert one.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        one.sendall(_BODY)
        said = b""
        while not said.endswith(b'{"success":true}'):
            said += one.recv(4096)
        assert said.startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(("forwarded", "scheme"), [("", "http"), ("X-Forwarded-Proto: https\r\n", "https")])
def test_a_proxy_on_this_machine_is_believed_who_asks(forwarded: str, scheme: str) -> None:
    with _server(Limits()) as port, _connected(port) as one:
        one.sendall(f"GET /sourceConfig?writeKey={KEY} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n{forwarded}\r\n".encode())
        assert f'"dataplaneUrl":"{scheme}://shop.example"'.encode() in _ended(one)
