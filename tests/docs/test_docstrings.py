"""Examples in docstrings give what they say."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

_SOURCE = Path(__file__).resolve().parents[2] / "src"
_WITH_EXAMPLES = [
    ".".join(file.relative_to(_SOURCE).with_suffix("").parts).removesuffix(".__init__")
    for file in sorted(_SOURCE.rglob("*.py"))
    if ">>> " in file.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("module", _WITH_EXAMPLES)
def test_examples_of(module: str) -> None:
    outcome = doctest.testmod(import_module(module), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert outcome.attempted
    assert not outcome.failed
