"""The clients for Node, fetched from npm and unchanged, against a real server."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from api.calling import KEY
from api.clients import is_told, running_in

_SCRIPT = Path(__file__).with_name("node_client.cjs")
_PACKAGES = ("@segment/analytics-node@3", "@rudderstack/rudder-sdk-node@3")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("npm") is None:
        pytest.skip("the clients for Node need Node and npm")
    folder = tmp_path_factory.mktemp("node")
    subprocess.run(["npm", "install", "--no-audit", "--no-fund", *_PACKAGES], cwd=folder, check=True, capture_output=True, timeout=300)
    shutil.copy(_SCRIPT, folder)
    return folder


@pytest.mark.parametrize("first", [(), (429, 503)], ids=["at once", "after 429 and 503"])
@pytest.mark.parametrize("client", ["segment", "rudderstack"])
def test_the_node_client_of(client: str, first: tuple[int, ...], folder: Path, tmp_path: Path) -> None:
    with running_in(tmp_path, first) as running:
        command = ["node", _SCRIPT.name, client, running.url, KEY]
        done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        is_told(running)
