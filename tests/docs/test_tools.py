"""The scripts that keep the docs true."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from docs.story import blocks
from patron.app.config import Config, read_config
from tools.changelog import MARK, fragments, release
from tools.links import ROOT, anchors, broken
from tools.reference.pages import outdated

if TYPE_CHECKING:
    from pathlib import Path


def test_no_link_is_broken() -> None:
    assert broken() == []


def test_reference_pages_say_what_the_code_says() -> None:
    assert outdated() == [], "run `make docs`"


def test_settings_page_shows_the_defaults(tmp_path: Path) -> None:
    shown = next(block for block in blocks(ROOT / "docs" / "reference" / "settings.md") if block.kind == "toml")
    file = _page(tmp_path, "patron.toml", shown.body)
    assert read_config(file) == Config()


def test_fragments_of_the_changelog_are_sentences() -> None:
    assert fragments(ROOT / "changelog")


def _page(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_broken_links_are_found_and_good_ones_are_not(tmp_path: Path) -> None:
    _page(tmp_path, "docs/good.md", "# The *best* customers\n\n[itself](#the-best-customers) `[code](nowhere.md)`\n")
    _page(
        tmp_path,
        "README.md",
        "[a](docs/good.md) [b](docs/good.md#the-best-customers) [c](docs/gone.md) [d](docs/good.md#worst) [e](http://x.example) "
        "[f](https://example.com/page) [g](/docs/good.md)\n\n```text\n[h](docs/gone.md)\n```\n",
    )
    assert broken(tmp_path) == [
        "README.md: 'docs/gone.md' leads to a file that is not there",
        "README.md: 'docs/good.md#worst' leads to no heading of good.md",
        "README.md: 'http://x.example' is no address that begins with https://",
        "README.md: '/docs/good.md' leads out of the project; write it relative to the page",
    ]


def test_anchors_are_those_of_the_site(tmp_path: Path) -> None:
    page = _page(tmp_path, "page.md", "# One, two & three\n\n## `lateness` {#late}\n\n```text\n# no heading\n```\n")
    assert {"one-two-three", "late"} <= anchors(page)
    assert "no-heading" not in anchors(page)


def test_release_joins_fragments_and_removes_them(tmp_path: Path) -> None:
    _page(tmp_path, "CHANGELOG.md", f"# Changelog\n\n{MARK}\n\n## 0.1.0 (2026-01-01)\n")
    _page(tmp_path, "changelog/one.added.md", "One more\nthing.\n")
    _page(tmp_path, "changelog/two.fixed.md", "A fault is gone.\n")
    release(tmp_path, "0.2.0", "2026-02-01")
    added = "## 0.2.0 (2026-02-01)\n\n### Added\n\n- One more thing.\n\n### Fixed\n\n- A fault is gone.\n"
    assert (tmp_path / "CHANGELOG.md").read_text(encoding="utf-8") == f"# Changelog\n\n{MARK}\n\n{added}\n## 0.1.0 (2026-01-01)\n"
    assert not list((tmp_path / "changelog").iterdir())


@pytest.mark.parametrize(("name", "text", "said"), [("one.news.md", "A.", "the name must be"), ("one.added.md", "A", "full stop")])
def test_what_is_no_fragment_is_refused(tmp_path: Path, name: str, text: str, said: str) -> None:
    _page(tmp_path, name, text)
    with pytest.raises(ValueError, match=said):
        fragments(tmp_path)
