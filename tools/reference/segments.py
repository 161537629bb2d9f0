"""The page of the segments that come with Patron."""

from __future__ import annotations

import tomllib
from importlib.resources import files

from tools.reference.markdown import block, document, sentence, table


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
        "## One by one",
        *[_section(slug, said) for slug, said in found.items()],
    )


def _section(slug: str, said: dict[str, object]) -> str:
    text = {key: sentence(str(said.get(key, ""))) for key in ("meaning", "why", "advice")}
    parts = (
        f"### {slug}",
        f"**{said['name']}.** {text['meaning']}",
        block(str(said["where"]).strip(), "py") if "where" in said else "",
        f"*Why it matters:* {text['why']}" if text["why"] else "",
        f"*What to do:* {text['advice']}" if text["advice"] else "",
    )
    return "\n\n".join(part for part in parts if part)
