"""A page as a story: its files are written, its commands run and its Python executed from top to bottom in an empty folder.

What a page says beside its prose:

- a block with `title="segments/quiet.toml"` is a file; it is written under that name;
- a `console` block holds commands after `$ `; lines below a command are what it prints. `…` stands for anything, on a line of its own for
  any lines. `exit="2"` after the language says how the last command ends;
- a `python` block without a title runs; all of a page's blocks share their names;
- `<!-- with: orders.csv = examples/… -->` puts a file of the project into the folder;
- `<!-- run: patron init shop -->` runs a command that readers need not see.

Commands that install or start something (`make`, `git`, `sudo`) are not run; a target of `make` must exist.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from patron.cli.main import run

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]

_PIECE = re.compile(
    r"^(?P<indent> *)```(?P<language>[\w-]+)?(?P<rest>[^\n`]*)\n(?P<body>.*?)^(?P=indent)```\s*?$"
    r"|<!--\s*(?P<verb>with|run):\s*(?P<what>.*?)\s*-->",
    re.MULTILINE | re.DOTALL,
)
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
_NOT_RUN = {"git", "sudo", "pre-commit"}


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a page that does something: its kind, its text, its attributes, and the line it begins on."""

    kind: str
    body: str
    line: int
    attributes: dict[str, str] = field(default_factory=dict)


def blocks(page: Path) -> list[Block]:
    """The pieces of a page, in order."""
    text = page.read_text(encoding="utf-8")
    found = []
    for piece in _PIECE.finditer(text):
        line = text.count("\n", 0, piece.start()) + 1
        if piece["verb"]:
            found.append(Block(piece["verb"], piece["what"], line))
        else:
            indent = len(piece["indent"])
            body = "\n".join(row[indent:] for row in piece["body"].splitlines())
            found.append(Block(piece["language"] or "", body, line, dict(_ATTRIBUTE.findall(piece["rest"]))))
    return found


def acts(block: Block) -> bool:
    """Whether a block is more than something to look at."""
    return block.kind in {"with", "run", "console", "python"} or "title" in block.attributes


@dataclass
class Story:
    """A page being followed in a folder."""

    page: Path
    names: dict[str, Any] = field(default_factory=dict)

    def follow(self) -> None:
        """Do everything the page says, in the current folder."""
        for block in blocks(self.page):
            where = f"{self.page.relative_to(ROOT)}:{block.line}"
            if "title" in block.attributes:
                _write(block.attributes["title"], block.body)
            elif block.kind == "with":
                name, _, source = (part.strip() for part in block.body.partition("="))
                shutil.copyfile(ROOT / source, name)
            elif block.kind == "run":
                _command(block.body, where, ends=0)
            elif block.kind == "console":
                _console(block, where)
            elif block.kind == "python":
                exec(compile(block.body, where, "exec"), self.names)  # noqa: S102


def _write(name: str, body: str) -> None:
    file = Path(name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(body + "\n", encoding="utf-8")


def _console(block: Block, where: str) -> None:
    turns = list(_turns(block.body))
    assert turns, f"{where}: a console block without a command"
    for number, (command, expected) in enumerate(turns, 1):
        ends = int(block.attributes.get("exit", "0")) if number == len(turns) else 0
        printed = _command(command, where, ends=ends)
        if expected:
            assert matches(expected, printed), f"{where}: `{command}` printed\n{printed}\nbut the page shows\n{expected}"


def _turns(body: str) -> Iterator[tuple[str, str]]:
    for turn in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, _, expected = turn.replace("\\\n", " ").partition("\n")
        yield command.split("  #", 1)[0].strip(), expected.rstrip()


def _command(command: str, where: str, *, ends: int) -> str:
    printed = ""
    parts = command.split(" && ")
    for number, part in enumerate(parts, 1):
        words = shlex.split(part)
        if words[0] == "cd":
            os.chdir(words[1])
        elif words[0] == "make":
            assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE), (
                f"{where}: no target {words[1]}"
            )
        elif words[0] == "patron":
            code, printed = _patron(words[1:])
            assert code == (ends if number == len(parts) else 0), f"{where}: `{part}` ended with {code}\n{printed}"
        else:
            assert words[0] in _NOT_RUN, f"{where}: `{part}` is no command that the docs may show"
    return printed


def _patron(words: list[str]) -> tuple[int, str]:
    target = None
    if ">" in words:
        words, target = words[: words.index(">")], words[words.index(">") + 1]
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = run(words)
    if target:
        _write(target, out.getvalue().rstrip("\n"))
        return code, ""
    return code, out.getvalue()


def matches(expected: str, printed: str) -> bool:
    """Whether what was printed is what a page shows; `…` stands for anything."""
    pattern = []
    for line in expected.splitlines():
        if line.strip() == "…":
            pattern.append(r"(?:.*\n)*?")
        else:
            words = (r"\s+".join(re.escape(w) for w in piece.split()) for piece in line.split("…"))
            pattern.append(r"\s*" + r".*?".join(words).replace(r".*?", r"\s*.*?\s*") + r"\s*?\n")
    return re.fullmatch(r"\s*" + "".join(pattern) + r"\s*", printed.rstrip() + "\n") is not None
