"""A disk that is really full: a sentence, exit code 3, and everything as it was."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from cli.processes import MUCH, patron, told
from patron.cli.main import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SENTENCE = "The disk is full, or a limit on it is reached. Nothing was changed; free some space and try again.\n"
MEGABYTE = 2**20
LOAD = ("load", "lines", str(MUCH))
REFRESH = ("refresh", "--as-of", "2024-08-01")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)], check=False, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"a small disk needs the right to mount one: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def full(disk: Path, *, but: int) -> Iterator[None]:
    """The disk with no more than so many bytes left."""
    state = os.statvfs(disk)
    filler = disk / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, state.f_bavail * state.f_frsize - but)
    yield
    filler.unlink()


@pytest.mark.parametrize(("verb", "room"), [(LOAD, 2 * MEGABYTE), (LOAD, 24 * MEGABYTE), (REFRESH, 0)])
def test_on_a_full_disk_nothing_changes(
    tea: Path, disk: Path, verb: tuple[str, ...], room: int, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = shutil.copytree(tea, disk / "tea")
    before = told(shop, capsys)
    with full(disk, but=room):
        failed = patron(shop, *verb)
        assert (failed.returncode, failed.stderr) == (3, SENTENCE)
    assert told(shop, capsys) == before
    assert run(["--project", str(shop), *REFRESH]) == 0


def test_a_file_that_finds_no_room_is_not_begun(tea: Path, disk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop = shutil.copytree(tea, disk / "tea")
    page = disk / "report.html"
    page.write_text("the last one", encoding="utf-8")
    before = told(shop, capsys)
    with full(disk, but=0):
        for verb in (["export", "features", "-o", str(disk / "f.parquet")], ["report", "-o", str(page)], ["freeze", "loyal", "--as", "x"]):
            failed = patron(shop, *verb)
            assert (failed.returncode, failed.stderr) == (3, SENTENCE), verb
    assert {f.name for f in disk.iterdir()} == {"tea", "report.html"}
    assert page.read_text(encoding="utf-8") == "the last one"
    assert told(shop, capsys) == before


@pytest.mark.parametrize(("verb", "room"), [(LOAD, 2 * MEGABYTE), (REFRESH, 0)])
def test_where_files_may_not_grow_nothing_changes(
    tea: Path, tmp_path: Path, verb: tuple[str, ...], room: int, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = shutil.copytree(tea, tmp_path / "tea")
    before = told(shop, capsys)
    most = ((shop / "data" / "patron.duckdb").stat().st_size + room) if room else 1
    failed = patron(shop, *verb, before=f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most})); ")
    assert (failed.returncode, failed.stderr) == (3, SENTENCE)
    assert told(shop, capsys) == before
    assert run(["--project", str(shop), *REFRESH]) == 0


def test_a_report_for_a_folder_that_is_not_there_is_told_so(tea: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--project", str(tea), "report", "-o", str(tmp_path / "nowhere" / "report.html")]) == 2
    assert "a folder that exists" in capsys.readouterr().err
