"""Finds broken links in the README, the changelog and the docs.

A link to a file must lead to one, an anchor to a heading on that page; links to the outside are only looked at, never followed.
Run as `python tools/links.py`; exit code 1 when something is broken.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parents[1]

_FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(\s*<?([^\s)>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_DEFINED = re.compile(r"^\[[^\]]+\]:\s+(\S+)", re.MULTILINE)
_HTML = re.compile(r"<(?:a|img)\s[^>]*?(?:href|src)=\"([^\"]+)\"")
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
_NAMED = re.compile(r"\{[^}]*#([\w-]+)[^}]*\}|<a\s+(?:id|name)=\"([^\"]+)\"")


def pages(root: Path = ROOT) -> list[Path]:
    """Every page that people read."""
    top = [root / name for name in ("README.md", "CHANGELOG.md")]
    return [p for p in [*top, *sorted((root / "docs").rglob("*.md")), *sorted((root / "examples").rglob("*.md"))] if p.is_file()]


def broken(root: Path = ROOT) -> list[str]:
    """A sentence for every link that leads nowhere."""
    return [
        f"{page.relative_to(root).as_posix()}: {said}" for page in pages(root) for link in links(page) if (said := _wrong(page, link, root))
    ]


def links(page: Path) -> list[str]:
    """Where the links of a page point, code left aside."""
    text = _prose(page.read_text(encoding="utf-8"))
    return [found for pattern in (_LINK, _DEFINED, _HTML) for found in pattern.findall(text)]


def anchors(page: Path) -> set[str]:
    """The anchors of a page: its headings, as the site and code hosts name them, and names given by hand."""
    text = page.read_text(encoding="utf-8")
    found = {name for pair in _NAMED.findall(text) for name in pair if name}
    for heading in _HEADING.findall(_FENCE.sub("", text)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]|\{[^}]*\}", r"\1", heading).strip().lower()
        kept = re.sub(r"[^\w\s-]", "", plain).strip()
        found |= {re.sub(r"[\s-]+", "-", kept), re.sub(r"\s", "-", kept)}
    return found


def _prose(text: str) -> str:
    for pattern in (_FENCE, _COMMENT, _CODE):
        text = pattern.sub("", text)
    return text


def _wrong(page: Path, link: str, root: Path) -> str:
    parts = urlsplit(link)
    if parts.scheme == "mailto":
        return ""
    if parts.scheme or parts.netloc:
        host = parts.hostname or ""
        fits = parts.scheme == "https" and ("." in host or host == "localhost")
        return "" if fits else f"'{link}' is no address that begins with https://"
    target = page if not parts.path else (page.parent / unquote(parts.path)).resolve()
    if parts.path.startswith("/") or not target.is_relative_to(root):
        return f"'{link}' leads out of the project; write it relative to the page"
    if not target.exists():
        return f"'{link}' leads to a file that is not there"
    if parts.fragment and target.suffix == ".md" and parts.fragment not in anchors(target):
        return f"'{link}' leads to no heading of {target.name}"
    return ""


def main() -> int:
    """Print what is broken."""
    found = broken()
    for sentence in found:
        print(sentence)
    print(f"{len(pages())} pages, {len(found)} broken links", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
