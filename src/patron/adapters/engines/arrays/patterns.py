"""Patterns in texts. Arrow searches with the same library as the embedded engine, so a pattern means the same in both."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import ibis.expr.operations as ops
import pyarrow as pa
import pyarrow.compute as pc

from patron.adapters.engines.arrays.columns import any_of
from patron.adapters.engines.arrays.texts import each
from patron.kernel.errors import UnsupportedError

if TYPE_CHECKING:
    from patron.adapters.engines.arrays.columns import Built, Column

# Where a group begins, or what only looks so: an escaped sign, a class of signs, a group that is not kept.
_OPENING = re.compile(r"\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|\(\?|(\()", re.DOTALL)
_OF_CLASSES = re.compile(r"(?:\[(?:[^\]\\]|\\.)+\]\*?)+", re.DOTALL)
_FEW = 50
_NEWER_LETTERS = r"[\x{2EBF0}-\x{2EE5D}]"
_NEWER_CASES = (
    r"[\x{19B}\x{264}\x{277}\x{27C}\x{1C89}\x{1C8A}\x{A7CB}-\x{A7EF}\x{AB30}-\x{AB6F}"
    r"\x{10D50}-\x{10D8F}\x{16EA0}-\x{16EDF}\x{1DF00}-\x{1DFFF}]"
)


def searched(text: Column, pattern: str) -> Column:
    """Whether a pattern is found in texts."""
    return pc.match_substring_regex(_settled(text, pattern), pattern)


def replaced(text: Column, pattern: str, by: str) -> Column:
    r"""Texts with all that a pattern finds replaced; `\1` stands for what its first group found."""
    texts = _settled(text, pattern)
    if not isinstance(texts, pa.Array):
        return pc.replace_substring_regex(texts, pattern, by)
    each = texts.dictionary_encode()  # most are there more than once
    if r"\p{" in pattern and len(each.dictionary) <= _FEW:
        return _replaced(tuple(each.dictionary.to_pylist()), pattern, by).take(each.indices)
    return pc.replace_substring_regex(each.dictionary, pattern, by).take(each.indices)


@lru_cache(maxsize=200)
def _replaced(words: tuple[str, ...], pattern: str, by: str) -> pa.Array:
    """The same of a few words that come again and again: making a pattern of all letters ready takes longer than using it."""
    return pc.replace_substring_regex(pa.array(words, pa.string()), pattern, by)


def extracted(text: Column, pattern: str, group: int) -> Column:
    """What a group of a pattern finds first in texts; an empty text where it finds nothing."""
    if group < 1:
        raise UnsupportedError("all that a pattern finds")
    found = pc.struct_field(pc.extract_regex(_settled(text, pattern), _named(pattern)), [group - 1])
    return pc.if_else(pc.is_null(text), pa.scalar(None, pa.string()), pc.coalesce(found, pa.scalar("")))


def every(node: Any) -> Built:  # noqa: ANN401  # a function that only the engine of files has
    """All that a pattern finds in each text, one after the other.

    Raises:
        UnsupportedError: the pattern is no plain one, or only a group of it is asked for.
    """
    text, pattern, group = node.__args__
    if not isinstance(pattern, ops.Literal) or not _OF_CLASSES.fullmatch(pattern.value) or group.value != 0:
        raise UnsupportedError("all that such a pattern finds")
    find = re.compile(pattern.value, re.ASCII).findall
    return (lambda column: each(_without_odd_blanks(column), find, pa.list_(pa.string()))), (text,)


def _without_odd_blanks(text: Column) -> Column:
    if any_of(text, lambda t: pc.match_substring(t, "\v")):
        raise UnsupportedError("a blank that not all take for one")
    return text


def lowered(text: Column) -> Column:
    """Texts in lower case."""
    return pc.utf8_lower(_without(text, _NEWER_CASES))


def uppered(text: Column) -> Column:
    """Texts in upper case."""
    return pc.utf8_upper(_without(text, _NEWER_CASES))


def _settled(text: Column, pattern: str) -> Column:
    """Texts whose letters are letters by every edition of Unicode, if the pattern asks for letters."""
    return _without(text, _NEWER_LETTERS) if r"\p{" in pattern else text


def _without(text: Column, newer: str) -> Column:
    """Texts without the letters of newer editions of Unicode, which not every engine knows.

    Raises:
        UnsupportedError: there are some.
    """
    if any_of(text, lambda t: pc.invert(pc.string_is_ascii(t))) and any_of(text, lambda t: pc.match_substring_regex(t, newer)):
        raise UnsupportedError("letters of a newer edition of Unicode")
    return text


@lru_cache(maxsize=1_000)
def _named(pattern: str) -> str:
    """A pattern whose groups have names, by which Arrow gives what they find."""
    count = 0

    def name(found: re.Match[str]) -> str:
        nonlocal count
        if found[1] is None:
            return found[0]
        count += 1
        return f"(?P<g{count}>"

    return _OPENING.sub(name, pattern)
