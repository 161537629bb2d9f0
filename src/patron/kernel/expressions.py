"""Expressions that are said once: building one costs more than what a few rows take to answer it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    P = ParamSpec("P")
    Said = TypeVar("Said")

_REMEMBERED = 256


def said_once(function: Callable[P, Said]) -> Callable[P, Said]:
    """A function of expressions that gives the same expression again when it is asked about the same ones.

    Expressions are the same when they are one object; so tables that are asked about often are constants of their module.
    """
    return lru_cache(maxsize=_REMEMBERED)(function)  # type: ignore[return-value]  # the wrapper takes what the function takes
