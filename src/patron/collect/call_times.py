"""When a call happened: what its client says, put right by how far the client's clock is off, and never later than it was received."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_LOOSE = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d+))?)?)?\s*(Z|z|[+-]\d{2}:?\d{2})?", re.ASCII
)
_EARLIEST, _LATEST = 1970, 9998  # one year off the end, so that no zone can push an instant over it
_LONGEST = 64
_CLOCK_AGREES = timedelta(seconds=5)
_CLOCK_CANNOT_BE_SO_WRONG = timedelta(hours=24)


def instant(text: object) -> datetime | None:
    """An instant, aware, from ISO 8601 text, also unpadded or with nanoseconds; without a zone in UTC. None when there is none since 1970.

    >>> instant("2015-2-02T00:30:08.276Z").isoformat()
    '2015-02-02T00:30:08.276000+00:00'
    """
    if not isinstance(text, str) or len(text) > _LONGEST:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        loose = _loosely(text.strip())
        if loose is None:
            return None
        read = loose
    if not _EARLIEST <= read.year <= _LATEST:
        return None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read


def instant_as_written(text: object) -> datetime | None:
    """The instant of a time that every reader understands as it is written: `2026-11-26T08:00:00Z`, also with fraction or offset.

    None of any other, though it may have an `instant`.
    """
    if not isinstance(text, str) or not 20 <= len(text) <= _LONGEST or text[10] != "T" or text[5] == "W" or "," in text:
        return None
    if text[-1] != "Z" and (text[-3] != ":" or text[-6] not in "+-"):
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if _EARLIEST <= read.year <= _LATEST else None


def clock_offset(sent: datetime | None, received_at: datetime, *, is_retry: bool) -> timedelta | None:
    """How far a client's clock is behind; None where that cannot be told or does not matter.

    A retry may carry the time of its first try, and more than a day is no clock but a queue.
    """
    if sent is None or is_retry:
        return None
    offset = received_at - sent
    return offset if _CLOCK_AGREES <= abs(offset) <= _CLOCK_CANNOT_BE_SO_WRONG else None


def happened(original: datetime, offset: timedelta | None, received_at: datetime) -> datetime:
    """When something happened (`original` itself, unless it is moved) that a client's clock put at `original`."""
    moved = original if offset is None else original + offset
    return min(moved, received_at)


def shown(at: datetime) -> str:
    """An instant as it stands in a record."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _loosely(text: str) -> datetime | None:
    found = _LOOSE.fullmatch(text)
    if found is None:
        return None
    *numbers, fraction, zone = found.groups()
    year, month, day, hour, minute, second = (int(number or 0) for number in numbers)
    micros = (fraction or "")[:6].ljust(6, "0")
    padded = f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}.{micros}{zone or ''}"
    try:
        return datetime.fromisoformat(padded.upper())
    except ValueError:
        return None
