"""The page of the segments that come with Patron."""

from __future__ import annotations

import tomllib
from importlib.resources import files

from tools.reference.markdown import block, code, document, sentence, table


def page() -> str:
    """The page."""
    found = {}
    for file in sorted(files("patron.library").joinpath("segments").iterdir(), key=lambda f: f.name):
        if file.name.endswith(".toml"):
            found[file.name.removesuffix(".toml")] = tomllib.loads(file.read_text(encoding="utf-8"))
    rows = [
        (f"[`{slug}`](#{slug})", said["name"], sentence(said["meaning"]), ", ".join(said.get("seeds", ()))) for slug, said in found.items()
    ]
    return document(
        "Segments",
        f"The {len(found)} segments that come with Patron. Thresholds follow the shop's own distribution. A segment that needs facts which "
        "a project does not have says which ones, and is never shown as empty. Copy one into the "
        "project's `segments/` folder under the same name to change it.",
        table(("segment", "name", "meaning", "asked for by"), rows),
        *[_section(slug, said) for slug, said in found.items()],
    )


def _section(slug: str, said: dict[str, object]) -> str:
    rest = {k: v for k, v in said.items() if k not in {"name", "meaning", "where", "seeds"}}
    notes = [(code(k), ", ".join(map(str, v)) if isinstance(v, list) else v) for k, v in rest.items()]
    return "\n\n".join(
        part
        for part in (
            f"## {slug}",
            f"**{said['name']}.** {sentence(str(said['meaning']))}",
            block(str(said.get("where", "")).strip(), "python") if said.get("where") else "",
            table(("", ""), notes) if notes else "",
        )
        if part
    )
