"""Loading files: from what a shop system exports to facts, all of a command or nothing of it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from patron import plugins
from patron.collect.headers import nearest_layout
from patron.collect.mapping import suggestion
from patron.facts import tables as t
from patron.kernel.errors import InputError
from patron.runtime.loading_files import known, opened
from patron.runtime.loading_one import STEPS, Loading
from patron.runtime.loading_options import LoadOptions, Progress, Steps
from patron.runtime.loading_report import FileReport, LoadReport, MoneyOf

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from patron.ports.engine import Store
    from patron.ports.source import Reader, Source
    from patron.runtime.loading_files import Opened
    from patron.runtime.met import Shortcuts

__all__ = ["FileReport", "LoadOptions", "LoadReport", "MoneyOf", "Progress", "load", "load_live", "suggest_map"]


def load(store: Store, source: Source | str, files: Sequence[Path], options: LoadOptions, progress: Progress | None = None) -> LoadReport:
    """Read files into facts; afterwards `runtime.resolving.resolve` tells whose they are.

    Args:
        store: where facts are kept; all of the command is kept, or nothing.
        source: a source or its name.
        files: in any order; each is recognised by its header.
        options: what it depends on besides.
        progress: is told about every step.

    Raises:
        InputError: a file is not what it claims; with the problems of all files, and nothing changed.
    """
    chosen = _source(source)
    with _reading(store) as reader:
        every = _open_all(reader, chosen, files, options)
        with store.transaction():
            for table in (*t.FACTS, *t.LEDGER):
                store.declare(table)
            return _load(Loading(store, reader, chosen, options, Steps(progress, STEPS * len(every) + 1)), every)


def load_live(store: Store, source: Source | str, records: Sequence[bytes], options: LoadOptions, shortcuts: Shortcuts) -> LoadReport:
    """Read records that a tick was given into facts, as if they were lines of a file of JSON Lines.

    Args:
        store: it, within a transaction, with all tables.
        source: a source or its name.
        records: JSON objects in UTF-8.
        options: what it depends on besides; they are live.
        shortcuts: what spares asking the store.

    Raises:
        InputError: they are not what they claim, and nothing changed.
    """
    chosen = _source(source)
    with _reading(store) as reader:
        file = reader.open_records(f"{chosen.name}.jsonl", records, at=options.received_at)
        one = known(file, chosen, options.statements)
        return _load(Loading(store, reader, chosen, options, Steps(None, STEPS + 1), shortcuts), [one])


def suggest_map(store: Store, source: Source | str, file: Path) -> str:
    """A mapping in TOML for a file: what would be read from which column, guesses marked, every column listed.

    Raises:
        InputError: the file is not what it claims.
    """
    chosen = _source(source)
    with _reading(store) as reader:
        looked = reader.open(file)
        return suggestion(nearest_layout(chosen.layouts, looked.headers), looked.headers, file=looked.name)


@contextmanager
def _reading(store: Store) -> Iterator[Reader]:
    reader: Reader = plugins.load("reader", store.name)(store)
    try:
        yield reader
    finally:
        reader.close()


def _load(loading: Loading, every: Sequence[Opened]) -> LoadReport:
    reports = tuple(loading.file(one) for one in every)
    left = loading.finish()
    return LoadReport(loading.source.name, reports, loading.rows, left)


def _source(source: Source | str) -> Source:
    loaded: Source = plugins.load("source", source) if isinstance(source, str) else source
    return loaded


def _open_all(reader: Reader, source: Source, files: Sequence[Path], options: LoadOptions) -> list[Opened]:
    """All files, or the problems of all that cannot be used."""
    every, failed = [], []
    for path in files:
        try:
            every.append(opened(reader, source, path, options.statements))
        except InputError as error:
            failed.append(error)
    if len(failed) == 1:
        raise failed[0]
    if failed:
        message = " ".join([f"{len(failed)} files cannot be used; nothing was loaded.", *(f.message for f in failed)])
        raise InputError(message, [p for f in failed for p in f.problems])
    return every
