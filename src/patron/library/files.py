"""The files that ship: their names and texts."""

from __future__ import annotations

from importlib.resources import files


def segment_files() -> tuple[tuple[str, str], ...]:
    """Slug and text of every segment that ships, in the order of their names."""
    folder = files("patron.library") / "segments"
    found = [f for f in folder.iterdir() if f.name.endswith(".toml")]
    return tuple((f.name.removesuffix(".toml"), f.read_text(encoding="utf-8")) for f in sorted(found, key=lambda f: f.name))
