"""The page of sources: which files are read, and by which names their columns are recognised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron import plugins
from tools.reference.markdown import code, document, sentence, table

if TYPE_CHECKING:
    from patron.ports.source import Field, Layout, Source


def page() -> str:
    """The page."""
    sources: list[Source] = [plugins.load("source", name) for name in plugins.names("source")]
    summary = [(f"[`{s.name}`](#{s.name})", sentence(s.meaning)) for s in sources]
    return document(
        "Sources",
        "What `patron load SOURCE FILE…` reads: CSV (any delimiter and encoding), JSON, JSON Lines and Parquet. A file is recognised "
        "by its columns. Their names are compared without regard to case, spaces and punctuation. Columns marked *needed* must be there; "
        "those marked *filled* must hold a value in every record, or the record is refused. For other names write a "
        "[mapping](../how-to/load-any-table.md#when-they-are-not-a-mapping).",
        table(("source", "reads"), summary),
        *[_section(s) for s in sources],
    )


def _section(source: Source) -> str:
    return "\n\n".join([f"## {source.name}", sentence(source.meaning), *[_layout(layout) for layout in source.layouts]])


def _layout(layout: Layout) -> str:
    rows = [(code(f.name), f.kind, _must(f), ", ".join(code(s) for s in f.headers)) for f in layout.fields]
    return f"**{sentence(layout.name).removesuffix('.')}**\n\n" + table(("field", "kind", "", "also recognised as"), rows)


def _must(field: Field) -> str:
    return ", ".join(word for word, holds in (("needed", field.needed), ("filled", field.filled)) if holds)
