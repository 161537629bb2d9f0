"""The definitions of a project: the library's, and the shop's own in `segments/` and `features/`, checked together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron import __version__
from patron.features.catalog import built_in
from patron.features.own import extended
from patron.kernel.errors import InputError
from patron.kernel.ids import derived, shown
from patron.kernel.problems import Problem
from patron.library.files import segment_files
from patron.runtime.pipeline import Definitions
from patron.segments.check import checked
from patron.segments.definition import read_all

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from patron.features.settings import FeatureSettings

LIBRARY = "library"
FOLDERS = ("features", "segments")
"""Where a shop keeps its own."""


def read_definitions(folder: Path, settings: FeatureSettings) -> Definitions:
    """The features and segments of a project.

    A segment of the shop with the name of one in the library takes its place.

    Raises:
        InputError: with everything that is wrong in any file.
    """
    features = _texts(folder / "features")
    catalog = extended(built_in(settings), features)
    files = {f"{LIBRARY}/{slug}.toml": text for slug, text in segment_files()}
    own = _texts(folder / "segments")
    for path in own:
        files.pop(f"{LIBRARY}/{path.rsplit('/', 1)[-1]}", None)
    texts = {**features, **files, **own}
    digest = shown("def", derived(__version__, repr(settings), *(part for file in sorted(texts.items()) for part in file)))
    return Definitions(catalog, checked(read_all(files | own), catalog), digest)


class DefinitionFiles:
    """The files of a project's definitions, looked at again and again."""

    def __init__(self, folder: Path, settings: FeatureSettings) -> None:
        """Take them as known as they are now.

        Args:
            folder: the project's.
            settings: of its features.
        """
        self._folder, self._settings = folder, settings
        self._known = self._seen()

    def changed(self) -> Definitions | None:
        """The definitions, if a file has come, gone or changed since they were last asked for.

        Raises:
            InputError: with everything that is wrong in any file; said once, until they change again.
        """
        seen = self._seen()
        if seen == self._known:
            return None
        self._known = seen
        return read_definitions(self._folder, self._settings)

    def _seen(self) -> frozenset[tuple[str, int, int]]:
        files = [file for part in FOLDERS for file in (self._folder / part).glob("*.toml")]
        return frozenset((str(file), stat.st_mtime_ns, stat.st_size) for file in files if (stat := _stat(file)))


def _stat(file: Path) -> os.stat_result | None:
    try:
        return file.stat()
    except OSError:  # gone since it was listed
        return None


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
