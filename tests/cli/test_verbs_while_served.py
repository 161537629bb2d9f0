"""Every verb does the same, to the byte, whether a server runs or not."""

from __future__ import annotations

import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from patron.adapters.engines.duckdb_guest import DuckDBGuest
from patron.app.actions.serving import reachable, served
from patron.app.project import opened
from patron.cli.main import cli, run
from patron.runtime.clock import SystemClock
from patron.testing.sample_shop import FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator

READING = {
    "backtest": ("--as-of 2024-07-01 --origins 1 -o backtest.md",),
    "customer": ("101", "ana@example.com --json", "nobody@example.com"),
    "customers": ("--where 'order_count >= 2' --limit 5", "--sort nothing --json"),
    "doctor": ("",),
    "explain": ("101 at_risk", "101 lateness --json", "101 latenes"),
    "export": ("features -o features.parquet", "memberships -o memberships.csv", "orders -o no-folder/orders.jsonl"),
    "features": ("refund",),
    "load": ("", "--refused --json", f"lines {FOLDER}/order_lines.csv --suggest-map", "lines nothing.csv"),
    "merges": ("",),
    "preview": ("'order_count >= 3 and lateness > 2'", "'order_cout > 1' --json"),
    "replay": ("--from 2024-06-25 --to 2024-06-26 --every 720 --checks 1",),
    "report": ("-o report.html",),
    "segment": ("one_time_buyers --limit 3", "one_time_buyers --csv members.csv --json", "one_time_buyer"),
    "segments": ("--advice", "--json"),
}
"""Verbs that change nothing in the store, and what is asked of them."""
WRITING = (
    ("freeze", "one_time_buyers --as spring"),
    ("cluster", "--count 2"),
    ("list", "friends friends.csv"),
    ("load", f"reviews {FOLDER}/reviews.csv /dev/null"),
    ("load", f"reviews {FOLDER}/reviews.csv"),
    ("load", "customers one.csv other.csv"),
    ("merge", "undo mrg_0000000000001"),
    ("merge", "undo mrg_1hpmgs0zfhzqh"),
    ("forget", "110"),
    ("forget", "110 --yes"),
    ("refresh", "--as-of 2024-07-01"),
    ("predict", "--as-of 2024-07-01 --model mbgnbd"),
)
"""What changes it, one after the other."""
ELSEWHERE = {"demo", "init", "key", "serve", "status", "tail"}
"""Verbs that open no store, ask the server itself, or make a project of their own."""
_LONG = {"cluster", "predict", "refresh", "replay"}
_TOOK = re.compile(r"\d+\.\d+ s")


@dataclass(frozen=True)
class Said:
    """How a verb ended, what it said, and the files that it wrote."""

    code: int
    out: str
    err: str
    files: dict[str, bytes]


@pytest.fixture(scope="module")
def shops(tea: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """Two shops that are alike: one is served, the other is not."""
    folder = tmp_path_factory.mktemp("verbs")
    one, other = (shutil.copytree(tea, folder / name) for name in ("served", "alone"))
    with opened(str(one), SystemClock()) as project, served(project) as serving, reachable(serving, "http://127.0.0.1:9"):
        with opened(str(one), SystemClock()) as seen:
            assert isinstance(seen.store, DuckDBGuest)
        yield one, other


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_verb_is_tried_while_a_server_runs() -> None:
    assert READING.keys() | {verb for verb, _ in WRITING} | ELSEWHERE == set(cli.list_commands(click.Context(cli)))


@pytest.mark.parametrize(
    ("verb", "asked"),
    [
        pytest.param(verb, asked, marks=[pytest.mark.slow] if verb in _LONG else [])
        for verb, asked in [*((verb, asked) for verb, every in READING.items() for asked in every), *WRITING]
    ],
)
def test_what_a_verb_does_and_says_is_the_same(
    shops: tuple[Path, Path], folder: Path, verb: str, asked: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in {
        "friends": "101\n102\nnobody\n",
        "one": "customer_id,email\n900,one@shop.example\n",
        "other": "customer_id,email\n900,other@shop.example\n",
    }.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    one, other = (_said(shop, [verb, *shlex.split(asked)], capsys) for shop in shops)
    assert one == other
    assert one.out or one.err


def _said(shop: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> Said:
    before = {*Path.cwd().iterdir()}
    code = run(["--project", str(shop), *arguments])
    told = capsys.readouterr()
    files = {file.name: file.read_bytes() for file in {*Path.cwd().iterdir()} - before}
    for name in files:
        Path(name).unlink()
    return Said(code, _TOOK.sub("…", told.out), told.err, files)
