"""The tree is as the conventions say: small files, said purposes, no traces of the machine it was written on."""

from __future__ import annotations

import ast
import re
import tomllib
from typing import TYPE_CHECKING

import pytest

from architecture.tree import ROOT, SOURCE, modules, texts

if TYPE_CHECKING:
    from pathlib import Path

_HARD_MAX_LINES = 400
_HARD_MAX_FUNCTION = 70
# Some words are put together from parts, so that this file does not hold what it looks for.
_ADDRESSES = ("pypi" + r"\.org", "python" + "hosted", r"registry\.npm" + "js", r"deb\.debian" + r"\.org")
_UNFINISHED = ("TO" + "DO", "FIX" + "ME", "HA" + "CK")
_TRACES = {
    "a folder of one machine": r"(?<![\w.<-])/(?:work|root|home/\w+|Users/\w+|tmp)/",
    "the address of a package registry": "|".join(_ADDRESSES),
    "a mark of unfinished work": rf"\b(?:{'|'.join(_UNFINISHED)})\b",
}
_DATA = re.compile(r"^(examples|tests/.*/(data|snapshots|__snapshots__))/.*\.(csv|json|jsonl|parquet)$")


def _functions(path: Path) -> list[tuple[str, int]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        (n.name, (n.end_lineno or n.lineno) - n.lineno + 1) for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


@pytest.mark.parametrize("what", _TRACES)
def test_no_file_holds(what: str) -> None:
    wanted = re.compile(_TRACES[what])
    found = [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in texts().items()
        if not _DATA.match(name)
        for number, line in enumerate(text.splitlines(), 1)
        if wanted.search(line)
    ]
    assert found == []


def test_no_module_is_longer_than_400_lines() -> None:
    lines = {name: text.count("\n") for name, text in texts().items() if name.endswith(".py")}
    long = {name: count for name, count in lines.items() if count > _HARD_MAX_LINES}
    assert long == {}


def test_no_function_is_longer_than_70_lines() -> None:
    long = [
        (str(path.relative_to(ROOT)), name, lines) for path in modules() for name, lines in _functions(path) if lines > _HARD_MAX_FUNCTION
    ]
    assert long == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [str(path.relative_to(ROOT)) for path in modules() if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert silent == []


def test_every_folder_of_modules_is_a_package() -> None:
    folders = {path.parent for path in modules()}
    assert [str(folder.relative_to(SOURCE)) for folder in folders if not (folder / "__init__.py").is_file()] == []


def test_licence_is_apache_2_and_notices_are_kept() -> None:
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in licence
    assert "Version 2.0, January 2004" in licence
    assert "Online Retail" in (ROOT / "NOTICE").read_text(encoding="utf-8")


def test_requirements_name_versions_and_no_address() -> None:
    for file in sorted((ROOT / "requirements").glob("*.txt")):
        lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
        assert lines, file.name
        assert [line for line in lines if not re.fullmatch(r"[a-z0-9.-]+==[\w.!+]+( ; .+)?", line)] == [], file.name


def _names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w.-]", line, maxsplit=1)[0].lower() for line in requirements}


@pytest.mark.parametrize(
    ("file", "extras", "groups"), [("runtime", (), ()), ("dev", (), ("dev",)), ("spark", ("spark", "clusters"), ("dev", "bench"))]
)
def test_everything_that_is_asked_for_is_pinned(file: str, extras: tuple[str, ...], groups: tuple[str, ...]) -> None:
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = asked["project"]
    wanted = [*project["dependencies"], *(r for e in extras for r in project["optional-dependencies"][e])]
    wanted += [r for g in groups for r in asked["dependency-groups"][g]]
    pinned = (ROOT / "requirements" / f"{file}.txt").read_text(encoding="utf-8").splitlines()
    assert _names(wanted) <= _names(pinned), "run `make lock`"


def test_no_package_is_called_utils() -> None:
    assert [path.name for path in modules() if re.fullmatch(r"(utils?|helpers?|common|misc)\.py", path.name)] == []
