"""What the README and the docs show, works."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING

import pytest

from docs.story import ROOT, Story, acts, blocks, matches
from tools.links import pages

if TYPE_CHECKING:
    from pathlib import Path

_STORIES = [page for page in pages() if any(acts(block) for block in blocks(page))]
_READERS = {"toml": tomllib.loads, "json": json.loads}


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", _STORIES, ids=_name)
def test_page_works_as_written(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PATRON_PROJECT", raising=False)
    Story(page).follow()


@pytest.mark.parametrize("page", pages(), ids=_name)
def test_blocks_of_data_can_be_read(page: Path) -> None:
    for block in blocks(page):
        if read := _READERS.get(block.kind):
            read(block.body)


@pytest.mark.parametrize("page", pages(), ids=_name)
def test_every_block_says_its_language(page: Path) -> None:
    assert [block.line for block in blocks(page) if not block.kind] == []


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("a  b", "a b\n", True),
        ("a … c", "a b c\n", True),
        ("a … c", "a b d\n", False),
        ("first\n…\nlast", "first\nsecond\nthird\nlast\n", True),
        ("first\n…", "second\n", False),
        ("a+b", "aab\n", False),
    ],
)
def test_shown_output_is_compared(expected: str, printed: str, *, same: bool) -> None:
    assert matches(expected, printed) == same
