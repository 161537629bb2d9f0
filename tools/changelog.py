"""Joins the fragments in `changelog/` into a section of `CHANGELOG.md`.

A fragment is a file `<slug>.<kind>.md` with one sentence that a user understands. Run as `python tools/changelog.py 0.2.0 2026-03-01`.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KINDS = {"added": "Added", "changed": "Changed", "fixed": "Fixed", "removed": "Removed", "security": "Security"}
MARK = "<!-- releases below, newest first -->"


def fragments(folder: Path) -> dict[str, list[tuple[Path, str]]]:
    """The fragments by kind, in the order of their names.

    Raises:
        ValueError: a file that is no fragment; the message says why.
    """
    found: dict[str, list[tuple[Path, str]]] = {kind: [] for kind in KINDS}
    for file in sorted(folder.glob("*.md")):
        if file.name == "README.md":
            continue
        slug, _, kind = file.stem.rpartition(".")
        sentence = " ".join(file.read_text(encoding="utf-8").split())
        if not slug or kind not in KINDS:
            raise ValueError(f"{file.name}: the name must be <slug>.<kind>.md, kind one of {', '.join(KINDS)}")
        if not sentence.endswith("."):
            raise ValueError(f"{file.name}: it must hold a sentence that ends with a full stop")
        found[kind].append((file, sentence))
    return found


def section(version: str, day: str, found: dict[str, list[tuple[Path, str]]]) -> str:
    """The section of a release."""
    parts = [f"## {version} ({day})"]
    parts += [f"### {KINDS[kind]}\n\n" + "\n".join(f"- {said}" for _, said in entries) for kind, entries in found.items() if entries]
    return "\n\n".join(parts)


def release(root: Path, version: str, day: str) -> None:
    """Write the section into the changelog and remove the fragments."""
    found = fragments(root / "changelog")
    changelog = root / "CHANGELOG.md"
    head, mark, rest = changelog.read_text(encoding="utf-8").partition(MARK)
    if not mark:
        raise ValueError(f"CHANGELOG.md has no line '{MARK}'")
    changelog.write_text(f"{head}{mark}\n\n{section(version, day, found)}\n\n{rest.lstrip()}", encoding="utf-8")
    for entries in found.values():
        for file, _ in entries:
            file.unlink()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("Say which version and day: python tools/changelog.py 0.2.0 2026-03-01")
    release(ROOT, sys.argv[1], sys.argv[2])
