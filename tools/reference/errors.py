"""The page of exceptions, problems and exit codes."""

from __future__ import annotations

import inspect

from patron.kernel import errors
from patron.kernel.problems import Problem
from tools.reference.markdown import block, code, document, table

_EXIT = (
    (0, "done"),
    (1, "done, with findings: refused records, a check that failed"),
    (2, "the input must be put right: a file, a definition, a setting, the command itself"),
    (3, "the surroundings must be put right: another process holds the project, the disk is full"),
    (130, "stopped by Ctrl-C; what was not finished has changed nothing"),
)
_EXAMPLE = Problem("patron.toml: shop.curency", "GBP", "a known setting", "did you mean 'currency'?")


def page() -> str:
    """The page."""
    tree = inspect.getdoc(errors) or ""
    found = [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, errors.PatronError)]
    rows = [
        (code(c.__name__), (inspect.getdoc(c) or "").splitlines()[0]) for c in sorted(found, key=lambda c: (len(c.__mro__), c.__name__))
    ]
    attributes = [
        ("`where`", "file and key, file and line, or JSON path"),
        ("`found`", "the value as it was given; empty when something is absent"),
        ("`expected`", "what would have been right"),
        ("`hint`", "a suggestion, usually the nearest right name; may be empty"),
    ]
    return document(
        "Errors",
        "What Patron says when something is wrong, and how a program can tell. An error that you can put right names everything that is "
        "wrong at once, not only the first thing, and holds no personal data.",
        "## The tree",
        block(tree.partition("\n\n")[2]),
        table(("exception", "meaning"), rows),
        "## Problems",
        "An `InputError` carries `problems`. Each says:",
        table(("attribute", "meaning"), attributes),
        "For people a problem is a sentence:",
        block(str(_EXAMPLE)),
        'With `--json` an error is `{"error": "…", "problems": [{"where": …, "found": …, "expected": …, "hint": …}]}` on standard output.',
        "## Exit codes",
        table(("code", "meaning"), _EXIT),
    )
