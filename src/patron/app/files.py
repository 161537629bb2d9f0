"""Text files that Patron writes for people, whole or not at all."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from patron.kernel.errors import DISK_FULL, InputError, TransientError
from patron.kernel.problems import Problem

if TYPE_CHECKING:
    from pathlib import Path

_FULL = frozenset({errno.ENOSPC, errno.EFBIG, errno.EDQUOT})


def write_text(file: Path, text: str) -> None:
    """Write a text, whole or not at all: what the file held before stays until the new text is on the disk.

    Raises:
        TransientError: the disk is full.
        InputError: the folder is not there, or may not be written to.
    """
    part = file.with_name(f".{file.name}.part")
    try:
        try:
            part.write_text(text, encoding="utf-8")
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        if error.errno in _FULL:
            raise TransientError(DISK_FULL) from error
        problem = Problem(str(file), error.strerror or "", "a folder that exists and may be written to")
        raise InputError("The file cannot be written.", [problem]) from error
