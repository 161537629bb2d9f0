"""Commands work with the store of a server that runs: stopped, left alone, turned away, they leave it sound."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import stat
from typing import TYPE_CHECKING, Any

import pytest

from cli.processes import MUCH, patron_serve, stopped, told
from patron import __version__
from patron.adapters.engines.duckdb_guest import DuckDBGuest
from patron.app import sharing
from patron.app.actions.serving import reachable, served
from patron.app.local import found_server
from patron.app.project import opened
from patron.cli.main import run
from patron.runtime.clock import SystemClock

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

LOAD = ("load", "lines", str(MUCH))


@pytest.fixture
def shop(tea: Path, tmp_path: Path) -> Path:
    return shutil.copytree(tea, tmp_path / "tea")


@pytest.fixture
def shared(shop: Path) -> Iterator[Path]:
    """A shop that this process serves."""
    with opened(str(shop), SystemClock()) as project, served(project) as serving, reachable(serving, "http://127.0.0.1:9") as problem:
        assert not problem
        yield shop


def _asked(shop: Path, hello: bytes) -> bytes:
    """What a server answers to a hello; nothing when it hangs up."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.connect(str(shop / sharing.FILE))
        peer.sendall(hello)
        peer.shutdown(socket.SHUT_WR)
        try:
            return peer.recv(1_000)
        except ConnectionResetError:  # without having read it all
            return b""


def test_ctrl_c_breaks_off_what_is_done_and_whoever_ends_the_server_too(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = told(shop, capsys)
    with patron_serve(shop) as (server, _):
        code, said = stopped(shop, LOAD, at="making facts")
        assert (code, said.strip().splitlines()[-1]) == (130, "Stopped. What was not finished has changed nothing.")
        assert "The server stopped" in _ended(shop, server, signal.SIGKILL)
    assert (shop / sharing.FILE).exists()  # and is in nobody's way
    after = told(shop, capsys)
    assert [_known(found) for found in (before, after)] == [_known(before)] * 2
    with patron_serve(shop) as (server, _):
        assert "The server stopped" in _ended(shop, server, signal.SIGTERM)
        assert server.wait(30) == 0
    assert not (shop / sharing.FILE).exists()


def _ended(shop: Path, server: subprocess.Popen[str], number: signal.Signals) -> str:
    """What a command says last when the server is ended while it works."""
    code, said = stopped(shop, LOAD, at="reading", by=lambda _: server.send_signal(number))
    assert (code, "Traceback" in said) == (3, False)
    return said.strip().splitlines()[-1]


def _known(answers: list[Any]) -> tuple[list[str], bool]:
    _, customers, health = answers
    return [customer["customer_id"] for customer in customers["customers"]], health["is_sound"]


def test_nobody_else_can_use_it(shared: Path) -> None:
    assert stat.S_IMODE((shared / sharing.FILE).stat().st_mode) == 0o600
    server = found_server(shared)
    assert server is not None
    for hello in (
        b"",
        b"\n",
        b"[]\n",
        b"{",
        b"GET / HTTP/1.1\r\n\r\n",
        b'{"secret": "patron_local_wrong", "version": "1"}\n',
        b"x" * 5_000,
    ):
        assert _asked(shared, hello) == b""
    told = {"secret": server.secret, "version": __version__}
    assert json.loads(_asked(shared, json.dumps(told).encode() + b"\n")) == {"error": None}
    assert __version__ in json.loads(_asked(shared, json.dumps({**told, "version": "0.0"}).encode() + b"\n"))["error"]


def test_too_many_at_once_are_asked_to_come_again(
    shared: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sharing, "GUESTS", 0)
    assert run(["--project", str(shared), "segments"]) == 3
    assert "Try again" in capsys.readouterr().err


def test_a_project_whose_name_is_long_is_shared_too(tea: Path, tmp_path: Path) -> None:
    shop = shutil.copytree(tea, tmp_path / ("a shop with a long name " * 5) / "tea")
    with (
        opened(str(shop), SystemClock()) as project,
        served(project) as serving,
        reachable(serving, "http://127.0.0.1:9"),
        opened(str(shop), SystemClock()) as seen,
    ):
        assert isinstance(seen.store, DuckDBGuest)
