"""What a file is, by its bytes: empty, an archive, a table, text, and in which encoding."""

from __future__ import annotations

import codecs
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from patron.kernel.errors import InputError
from patron.kernel.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HEAD = 1 << 18
LONGEST_LINE = 8 << 20
BUFFER = 64 << 20  # an engine's own choice would be sixteen of the longest lines; rows of smaller parts would be written twice
_CHUNK = 1 << 20
_NO_TEXT = {
    b"PK\x03\x04": ("a ZIP archive or an Excel workbook", "unpack it, or save the sheet as CSV"),
    b"PK\x05\x06": ("an empty ZIP archive", ""),
    b"\x1f\x8b": ("a gzip archive", "unpack it first"),
    b"BZh": ("a bzip2 archive", "unpack it first"),
    b"\xfd7zXZ": ("an xz archive", "unpack it first"),
    b"\x28\xb5\x2f\xfd": ("a zstd archive", "unpack it first"),
    b"7z\xbc\xaf": ("a 7z archive", "unpack it first"),
    b"Rar!": ("a RAR archive", "unpack it first"),
    b"\xd0\xcf\x11\xe0": ("an old Excel workbook", "save the sheet as CSV"),
    b"%PDF": ("a PDF", "export the data as CSV"),
    b"SQLite format 3": ("an SQLite database", "export the table as CSV"),
    b"PAR1": ("a Parquet file", "name it .parquet"),
}
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Scan:
    """What one pass over a file's bytes tells: its digest, whether all of it is UTF-8, and a part that is not ASCII."""

    digest: str
    is_utf8: bool
    sample: bytes


def head(path: Path) -> bytes:
    """The first bytes of a file.

    Raises:
        InputError: there is no such file, it cannot be read, or it is empty.
    """
    try:
        with path.open("rb") as file:
            first = file.read(HEAD)
    except FileNotFoundError:
        raise InputError("There is no such file.", [Problem(path.name, "", "a file")]) from None
    except IsADirectoryError:
        raise InputError("This is a folder.", [Problem(path.name, "", "a file", "name the files in it")]) from None
    except PermissionError:
        raise InputError("The file may not be read.", [Problem(path.name, "", "permission to read it")]) from None
    if not first:
        raise InputError(f"{path.name} is empty.", [Problem(path.name, "0 bytes", "a header and records", "export it again")])
    return first


def refuse_other_kinds(path: Path, first: bytes) -> None:
    """Refuse archives, workbooks and other files that are no text, whatever their name says.

    Raises:
        InputError: it is one.
    """
    for magic, (what, hint) in _NO_TEXT.items():
        if first.startswith(magic):
            raise InputError(f"{path.name} is {what}, not text.", [Problem(path.name, what, "CSV, JSON Lines or Parquet", hint)])


def encoding_by_marks(path: Path, first: bytes) -> str | None:
    """The encoding that a byte order mark or the places of zero bytes tell; None when neither does.

    Raises:
        InputError: the bytes are no text.
    """
    for mark, name in _BOMS:
        if first.startswith(mark):
            return name
    zeros = first.count(0)
    if not zeros:
        return None
    if zeros > len(first) // 4:
        even, odd = first[::2].count(0), first[1::2].count(0)
        if odd > len(first) * 0.3 and even < odd // 10:
            return "utf-16-le"
        if even > len(first) * 0.3 and odd < even // 10:
            return "utf-16-be"
    raise InputError(f"{path.name} is not text.", [Problem(path.name, "zero bytes", "text", "export it again as CSV")])


def scan(path: Path, *, is_lines: bool) -> Scan:
    """Digest, encoding and longest line of a file, in one pass that holds a chunk at a time.

    Raises:
        InputError: a line is longer than any record can be; the rest of the file is not read.
    """
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, sample, run, place = True, b"", 0, 0
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            place += len(chunk)
            last = chunk.rfind(b"\n")
            run = run + len(chunk) if last < 0 else len(chunk) - last - 1
            if is_lines and run > LONGEST_LINE:
                raise _too_long(path.name, _line_at(path, place))
            if chunk.isascii() and decoder.getstate()[0] == b"":
                continue
            if is_utf8:
                is_utf8 = _decodes(decoder, chunk)
            if len(sample) < HEAD:
                sample += _around_first_non_ascii(chunk)
    is_utf8 = is_utf8 and _decodes(decoder, b"", final=True)
    return Scan(digest.hexdigest(), is_utf8, sample[:HEAD])


def refuse_too_long(name: str, lines: Sequence[bytes]) -> None:
    """Refuse what holds a line longer than any record can be.

    Raises:
        InputError: it does.
    """
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE:
            raise _too_long(name, number)


def encoding_by_trial(path: Path, sample: bytes) -> str:
    """The encoding of text that is not UTF-8: the likeliest of Central European, Cyrillic and Western.

    Raises:
        InputError: none of them reads the text.
    """
    from charset_normalizer import from_bytes  # noqa: PLC0415  # slow to import and seldom needed

    best = from_bytes(sample, cp_isolation=["cp1250", "cp1251", "cp1252"], threshold=0.9).best()
    if best is None:
        raise InputError(
            f"{path.name} is in an unknown encoding.",
            [Problem(path.name, "", "UTF-8, UTF-16 or a Windows encoding", "state it in a mapping: reading.encoding")],
        )
    return best.encoding


def transcode(path: Path, to: Path, encoding: str) -> None:
    """Write a copy of a file in UTF-8, a chunk at a time.

    Raises:
        InputError: the file is not in this encoding, or there is no such encoding.
    """
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
        with path.open("rb") as source, to.open("wb") as target:
            while chunk := source.read(_CHUNK):
                target.write(decoder.decode(chunk).encode("utf-8"))
            target.write(decoder.decode(b"", final=True).encode("utf-8"))
    except (UnicodeError, LookupError) as error:
        problem = Problem(path.name, encoding, "the encoding of the file", "state another one in a mapping: reading.encoding")
        raise InputError(f"{path.name} cannot be read as {encoding}.", [problem]) from error


def _line_at(path: Path, place: int) -> int:
    """The number of the line that so many bytes of a file end in."""
    line = 1
    with path.open("rb") as file:
        while chunk := file.read(min(_CHUNK, place)):
            line += chunk.count(b"\n")
            place -= len(chunk)
    return line


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final=final)
    except UnicodeDecodeError:
        return False
    return True


def _around_first_non_ascii(chunk: bytes) -> bytes:
    """Some kilobytes from the first line that is not ASCII."""
    begin = next((i for i in range(0, len(chunk), 4096) if not chunk[i : i + 4096].isascii()), 0)
    return chunk[begin : begin + 65536]


def _too_long(name: str, line: int) -> InputError:
    limit = f"lines of at most {LONGEST_LINE >> 20} MiB"
    return InputError(f"{name} has a line that is too long to be a record.", [Problem(f"{name}, line {line}", "", limit)])
