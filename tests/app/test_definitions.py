"""The files of a shop's definitions are looked at while it is served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from patron.app.definitions import DefinitionFiles, read_definitions
from patron.features.settings import DEFAULTS
from patron.kernel.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

OWN = 'name = "Regulars"\nmeaning = "They come often."\nwhere = "order_count >= 5"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "segments").mkdir()
    return tmp_path


def test_files_that_come_change_and_go_give_other_definitions(folder: Path) -> None:
    files, own = DefinitionFiles(folder, DEFAULTS), folder / "segments" / "regulars.toml"
    assert files.changed() is None
    digests = [read_definitions(folder, DEFAULTS).digest]
    for text in (OWN, OWN.replace("5", "10"), None):
        own.write_text(text, encoding="utf-8") if text else own.unlink()
        made = files.changed()
        assert made is not None
        assert ("regulars" in made.segments.slugs) == (text is not None)
        digests.append(made.digest)
        assert files.changed() is None
    assert digests[0] == digests[-1]
    assert len(set(digests)) == 3


def test_what_is_wrong_is_said_once_and_taken_when_it_is_right(folder: Path) -> None:
    files, own = DefinitionFiles(folder, DEFAULTS), folder / "segments" / "regulars.toml"
    own.write_text(OWN.replace("order_count", "order_cout"), encoding="utf-8")
    with pytest.raises(InputError, match="order_cout"):
        files.changed()
    assert files.changed() is None
    own.write_text(OWN, encoding="utf-8")
    made = files.changed()
    assert made is not None
    assert "regulars" in made.segments.slugs
