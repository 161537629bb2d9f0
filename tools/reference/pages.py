"""Which generated pages there are."""

from __future__ import annotations

from pathlib import Path

from tools.reference import commands, contract, errors, events, features, limits, names, read_api, segments, settings, sources, tables

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"

_PAGES = {
    "commands.md": commands.page,
    "errors.md": errors.page,
    "events.md": events.page,
    "features.md": features.page,
    "limits.md": limits.page,
    "python.md": names.page,
    "read-api.md": read_api.page,
    "segments.md": segments.page,
    "json.md": contract.page,
    "settings.md": settings.page,
    "sources.md": sources.page,
    "tables.md": tables.page,
}


def pages() -> dict[str, str]:
    """The text of each generated page, by file name."""
    return {name: page() for name, page in _PAGES.items()}


def outdated() -> list[str]:
    """The pages whose file differs from what the code says."""
    return [name for name, text in pages().items() if not (FOLDER / name).is_file() or (FOLDER / name).read_text(encoding="utf-8") != text]
