"""The page of the segments that come with Patron."""

from __future__ import annotations

from patron.library.entries import Entry, entries
from tools.reference.markdown import block, document, sentence, table


def page() -> str:
    """The page."""
    found = entries()
    rows = [(f"[`{e.slug}`](#{e.slug})", e.name, sentence(e.meaning), ", ".join(e.needs), ", ".join(e.seeds)) for e in found]
    return document(
        "Segments",
        f"The {len(found)} segments that come with Patron. Thresholds follow the shop's own distribution "
        "([how they are chosen](../explanation/segments-library.md)). A segment that needs facts which "
        "a project does not have says which ones, and is never shown as empty. Copy one into the "
        "project's `segments/` folder under the same name to change it.",
        table(("segment", "name", "meaning", "needs", "asked for by"), rows),
        "## One by one",
        *[_section(e) for e in found],
    )


def _section(entry: Entry) -> str:
    parts = (
        f"### {entry.slug}",
        f"**{entry.name}.** {sentence(entry.meaning)}",
        block(entry.where, "py") if entry.where else "",
        f"*Why it matters:* {sentence(entry.why)}",
        f"*What to do:* {sentence(entry.advice)}",
    )
    return "\n\n".join(part for part in parts if part)
