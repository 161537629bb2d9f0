"""What is built, installed and run by machines is what people are told."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from architecture.tree import ROOT, SOURCE

_MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
_PROMISED = ("setup", "fix", "check", "test", "test-all", "docs", "bench", "demo", "lock", "clean")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=ROOT, check=True, capture_output=True
    )
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_wheel_holds_every_file_of_the_package_and_the_shop_of_the_demo(wheel: zipfile.ZipFile) -> None:
    held = {Path(name) for name in wheel.namelist() if name.startswith("patron/")}
    there = {Path("patron") / path.relative_to(SOURCE) for path in SOURCE.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    shipped = {Path("patron") / path.relative_to(ROOT) for path in (ROOT / "examples" / "online_retail").iterdir()}
    assert held == there | shipped
    assert {name.split("/")[0].split("-")[0] for name in wheel.namelist()} == {"patron"}


def test_wheel_brings_the_licence_and_the_command(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert any(name.endswith("licenses/NOTICE") for name in names)
    entry_points = next(name for name in names if name.endswith("entry_points.txt"))
    assert "patron = patron.cli:main" in wheel.read(entry_points).decode()


@pytest.mark.parametrize("target", _PROMISED)
def test_make_has_and_lists(target: str) -> None:
    assert re.search(rf"^{target}:.*## ", _MAKEFILE, re.MULTILINE)


def test_continuous_integration_runs_what_the_readme_says() -> None:
    script = ROOT / ".ci" / "run"
    text = script.read_text(encoding="utf-8")
    assert os.access(script, os.X_OK)
    assert "set -euo pipefail" in text
    assert re.findall(r"^(?:time )?(make \w+)$", text, re.MULTILINE) == ["make setup", "make check", "make test"]
    assert "$ make test" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_hooks_call_what_check_calls() -> None:
    hooks = re.findall(r"entry: (\.venv/bin/.+)", (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    check = _MAKEFILE.partition("\ncheck:")[2].partition("\n\n")[0].replace("$(bin)", ".venv/bin")
    for hook in hooks:
        tool = hook.removesuffix(" --fix").removesuffix(" format")
        assert tool in check, hook
