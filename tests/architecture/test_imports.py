"""Importing is cheap: engines, arrays and expressions are loaded by what needs them, not by a name or a help text."""

from __future__ import annotations

import subprocess
import sys

import pytest

_HEAVY = ("duckdb", "ibis", "numpy", "pandas", "pyarrow", "pyspark", "sklearn", "sqlglot", "jinja2", "patron.adapters")
_LOADED = "import sys; print(' '.join(m for m in {heavy} if m in sys.modules), file=sys.stderr)"


def _heavy_after(code: str) -> str:
    script = f"{code}\n{_LOADED.format(heavy=_HEAVY)}"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    return done.stderr.strip().splitlines()[-1] if done.stderr.strip() else ""


_RUN = """
import sys
from patron.cli import main
sys.argv = ['patron', *{arguments!r}]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""


def _after_command(*arguments: str) -> str:
    return _heavy_after(_RUN.format(arguments=arguments))


def test_importing_patron_loads_neither_engine_nor_arrays() -> None:
    assert _heavy_after("import patron") == ""


@pytest.mark.parametrize("module", ["patron.kernel.errors", "patron.kernel.problems", "patron.plugins", "patron.cli"])
def test_words_and_names_load_without_an_engine(module: str) -> None:
    assert _heavy_after(f"import {module}") == ""


@pytest.mark.parametrize("arguments", [("--help",), ("--version",)])
def test_help_loads_no_engine_and_no_expressions(arguments: tuple[str, ...]) -> None:
    assert _after_command(*arguments) == ""


@pytest.mark.parametrize("verb", ["load", "refresh", "segments", "report", "export"])
def test_help_of_a_verb_loads_no_engine(verb: str) -> None:
    loaded = _after_command(verb, "--help").split()
    assert not {"duckdb", "pandas", "pyspark", "sklearn", "patron.adapters"} & set(loaded)


def test_facts_tables_load_without_an_engine() -> None:
    loaded = _heavy_after("import patron.facts.tables").split()
    assert "duckdb" not in loaded
    assert "numpy" not in loaded
