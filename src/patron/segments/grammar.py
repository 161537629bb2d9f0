"""From the text of a condition to Python's own syntax tree: what is too long, too deep or no expression at all is refused here.

Whoever writes a condition may be an attacker. The text is only ever parsed, never run; its length, depth and size are bounded before
anything walks it.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from patron.kernel.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LENGTH = 10_000
MAX_DEPTH = 40
MAX_NODES = 2_000

_STRING = re.compile(r'"[^"\n]*"|\'[^\'\n]*\'')
_FORBIDDEN = re.compile("[\\\\\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ud800-\\udfff]")
_ADJACENT = re.compile(rf"(?:{_STRING.pattern})\s*(?={_STRING.pattern})")
_NUMBER = re.compile(r"(?<![\w.])(?:\d[\w.]*(?:(?<=[eE])[+-]\d+)?|\.\d\w*)")
_PLAIN_NUMBER = re.compile(r"(?:\d+(?:_\d+)*(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?")
_EXAMPLE = "a condition such as order_count >= 3 and lateness > 2"
_SLIPS = (
    (re.compile("[\u201c\u201d\u2018\u2019]"), 'write straight quotes, as in "email"'),
    (re.compile(r"&"), "write 'and'"),
    (re.compile(r"\|"), "write 'or'"),
    (re.compile(r"<>"), "write '!='"),
    (re.compile(r"!(?!=)"), "write 'not'"),
    (re.compile(r"=<|=>"), "write '<=' or '>='"),
    (re.compile(r"%"), "write a share: 10% is 0.1"),
    (re.compile(r"\b(?:AND|OR|NOT)\b"), "write 'and', 'or', 'not' in small letters"),
    (re.compile(r"(?i)\bbetween\b"), "write 1 <= order_count <= 3"),
    (re.compile(r"(?i)\bis\s+(?:not\s+)?null\b"), "write has(feature) or unknown(feature)"),
    (re.compile(r"(?<![<>=!(,\w\s])\s*=(?!=)|(?<=\w)\s=(?!=)"), "write '==' to compare"),
)


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a condition, and where it stands for people."""

    text: str
    where: str

    @property
    def line(self) -> str:
        """The text on one line, as the parser is given it."""
        return self.text.strip().replace("\r", " ").replace("\n", " ")

    def place(self, at: int) -> str:
        """File, key and position of a character."""
        before = self.text[:at]
        column = at - before.rfind("\n")
        if "\n" not in self.text.strip():
            return f"{self.where}, column {column}"
        return f"{self.where}, line {before.count(chr(10)) + 1}, column {column}"

    def offset(self, node: ast.expr | ast.keyword) -> int:
        """The character at which a node begins; the parser counts bytes of the stripped line."""
        lead = len(self.text) - len(self.text.lstrip())
        return lead + len(self.line.encode()[: node.col_offset].decode(errors="ignore"))

    def shown(self, node: ast.expr | ast.keyword) -> str:
        """The piece of text that a node was read from, cut short."""
        piece = self.line.encode()[node.col_offset : node.end_col_offset].decode(errors="ignore")
        return piece if len(piece) <= 60 else f"{piece[:57]}…"


def parsed(source: Source) -> ast.expr | tuple[Problem, ...]:
    """The syntax tree of a condition, or all that is wrong with its text."""
    problems = tuple(_unreadable(source))
    if problems:
        return problems
    try:
        tree = ast.parse(source.line, mode="eval").body
    except SyntaxError as error:
        return (_no_expression(source, error),)
    except (MemoryError, RecursionError):
        return (_too_deep(source),)
    return tuple(_too_much(source, tree)) or tree


def _unreadable(source: Source) -> Iterator[Problem]:
    text = source.text
    if not text.strip():
        yield Problem(source.where, "", _EXAMPLE)
        return
    if len(text) > MAX_LENGTH:
        yield Problem(source.where, f"{len(text)} characters", f"at most {MAX_LENGTH}", "use a list, or put a part into its own segment")
        return
    outside = _STRING.sub(lambda found: " " * len(found[0]), text)
    for found in _FORBIDDEN.finditer(text):
        yield Problem(source.place(found.start()), ascii(found[0])[1:-1], "no backslash and no control character")
    for found in re.finditer(r"#", outside):
        yield Problem(
            source.place(found.start()), "#", "no comment inside a condition", "a comment stands on a line of its own in the file"
        )
    unclosed = re.search(r"[\"']", outside)
    if unclosed:
        yield Problem(source.place(unclosed.start()), text[unclosed.start() :][:20], "text that ends with the same quote on the same line")
    for found in _ADJACENT.finditer(text):
        yield Problem(source.place(found.start()), found[0].strip()[:40], "a comma or an operator between two texts")
    for found in _NUMBER.finditer(outside):
        if not _PLAIN_NUMBER.fullmatch(found[0]):
            yield Problem(source.place(found.start()), found[0][:40], "a number such as 12, 0.5 or 1e6")


def _no_expression(source: Source, error: SyntaxError) -> Problem:
    outside = _STRING.sub(lambda found: " " * len(found[0]), source.text)
    for slip, hint in _SLIPS:
        found = slip.search(outside)
        if found:
            at = found.start() + len(found[0]) - len(found[0].lstrip())
            return Problem(source.place(at), found[0].strip(), _EXAMPLE, hint)
    if "nested" in str(error.msg):
        return _too_deep(source)
    lead = len(source.text) - len(source.text.lstrip())
    at = lead + max((error.offset or 1) - 1, 0)
    rest = source.text[at:].strip()
    closing = "a bracket is not closed" if "never closed" in str(error.msg) else ""
    return Problem(source.place(min(at, len(source.text))), rest[:40] or "the end", _EXAMPLE, closing)


def _too_much(source: Source, tree: ast.expr) -> Iterator[Problem]:
    waiting: list[tuple[ast.AST, int]] = [(tree, 1)]
    count = 0
    while waiting:
        node, depth = waiting.pop()
        count += 1
        if depth > MAX_DEPTH:
            yield _too_deep(source)
            return
        if count > MAX_NODES:
            yield Problem(
                source.where, "", f"at most {MAX_NODES} names, numbers and operators", "use a list, or put a part into its own segment"
            )
            return
        waiting.extend((child, depth + 1) for child in ast.iter_child_nodes(node))


def _too_deep(source: Source) -> Problem:
    return Problem(source.where, "", f"at most {MAX_DEPTH} levels of brackets and operators", "put a part into its own segment")
