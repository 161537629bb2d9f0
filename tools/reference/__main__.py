"""The command: write the pages, or check them."""

from __future__ import annotations

import sys

from tools.reference.pages import FOLDER, outdated, pages

if "--check" in sys.argv[1:]:
    old = outdated()
    if old:
        sys.exit(f"Out of date: {', '.join(old)}. Run `make docs` and commit what it writes.")
else:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
