"""The definitions of a project: the library's, and the shop's own in `segments/` and `features/`, checked together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.features.catalog import built_in
from patron.features.own import extended
from patron.kernel.errors import InputError
from patron.kernel.problems import Problem
from patron.library.files import segment_files
from patron.runtime.pipeline import Definitions
from patron.segments.check import checked
from patron.segments.definition import read_all

if TYPE_CHECKING:
    from pathlib import Path

    from patron.features.settings import FeatureSettings

LIBRARY = "library"


def read_definitions(folder: Path, settings: FeatureSettings) -> Definitions:
    """The features and segments of a project.

    A segment of the shop with the name of one in the library takes its place.

    Raises:
        InputError: with everything that is wrong in any file.
    """
    catalog = extended(built_in(settings), _texts(folder / "features"))
    files = {f"{LIBRARY}/{slug}.toml": text for slug, text in segment_files()}
    own = _texts(folder / "segments")
    for path in own:
        files.pop(f"{LIBRARY}/{path.rsplit('/', 1)[-1]}", None)
    return Definitions(catalog, checked(read_all(files | own), catalog))


def _texts(folder: Path) -> dict[str, str]:
    """The TOML files of a folder by their path within the project."""
    texts, problems = {}, []
    for file in sorted(folder.glob("*.toml")):
        name = f"{folder.name}/{file.name}"
        try:
            texts[name] = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            problems.append(Problem(name, "", "text in UTF-8"))
    if problems:
        raise InputError("Some definitions cannot be read.", problems)
    return texts
