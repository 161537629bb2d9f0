"""The inbox of segment files is a list that survives: what was acknowledged stays, in order, until it is forgotten."""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patron.adapters.inbox import segment
from patron.adapters.inbox.segments import Segments
from patron.kernel.errors import DISK_FULL, PermanentError, TransientError
from patron.testing.inbox import InboxContract, MemoryInbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from patron.ports.inbox import Inbox

_SMALL = 200
_HEAD = 20  # bytes before the length and the body of a single entry


def kept(inbox: Inbox, *bodies: bytes) -> int:
    return asyncio.run(inbox.append(bodies))


def bodies_of(inbox: Inbox, after: int = 0) -> list[bytes]:
    return [entry.body for entry in inbox.read(after, most=1_000_000)]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Segments]:
    inbox = Segments(tmp_path / "inbox", segment_bytes=_SMALL)
    yield inbox
    inbox.close()


class TestSegments(InboxContract):
    @pytest.fixture
    def inbox(self, tmp_path: Path) -> Iterator[Inbox]:
        inbox = Segments(tmp_path / "inbox", segment_bytes=_SMALL, limit_bytes=4_000)
        yield inbox
        inbox.close()


class TestMemory(InboxContract):
    @pytest.fixture
    def inbox(self) -> Inbox:
        return MemoryInbox(limit_bytes=4_000)


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.lists(st.binary(min_size=1, max_size=90), min_size=1, max_size=5)),
        st.tuples(st.just("read"), st.integers(0, 40)),
        st.tuples(st.just("forget"), st.integers(0, 40)),
        st.tuples(st.just("reopen"), st.just(0)),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(_STEPS)
def test_any_use_of_the_inbox_is_that_of_a_list(steps: Sequence[tuple[str, object]]) -> None:
    expected: list[bytes] = []
    forgotten = 0
    with TemporaryDirectory() as name:
        inbox = Segments(Path(name), segment_bytes=_SMALL)
        for step, value in steps:
            if isinstance(value, list):
                assert kept(inbox, *value) == len(expected) + len(value)
                expected += value
            elif step == "read" and isinstance(value, int) and value >= forgotten:
                entries = inbox.read(value, most=7)
                assert [(e.position, e.body) for e in entries] == list(enumerate(expected, 1))[value : value + 7]
            elif step == "forget" and isinstance(value, int):
                inbox.forget(value)
                forgotten = max(forgotten, min(value, len(expected)))
            elif step == "reopen":
                inbox.close()
                inbox = Segments(Path(name), segment_bytes=_SMALL)
            assert inbox.last == len(expected)
        assert bodies_of(inbox, forgotten) == expected[forgotten:]
        inbox.close()


def test_a_last_record_torn_at_any_byte_is_dropped_and_its_position_used_again(tmp_path: Path) -> None:
    whole = Segments(tmp_path / "whole")
    kept(whole, b'{"n": 1}')
    kept(whole, b'{"n": 2}', b"{}")
    whole.close()
    file = next((tmp_path / "whole").iterdir())
    first, size = _HEAD + 4 + 8, 2 * _HEAD + 3 * 4 + 18
    data = file.read_bytes()[:size]
    for cut in range(first, size):
        for rest in (b"", bytes(4096), b"\xff" * (size - cut)):
            folder = tmp_path / f"{cut}-{len(rest)}-{rest[:1].hex()}"
            folder.mkdir()
            (folder / file.name).write_bytes(data[:cut] + rest)
            torn = Segments(folder)
            assert bodies_of(torn) == [b'{"n": 1}']
            assert kept(torn, b"[3]") == 2
            assert bodies_of(torn) == [b'{"n": 1}', b"[3]"]
            torn.close()


@pytest.mark.parametrize("bit", range(0, (_HEAD + 4 + 8) * 8, 7))
def test_a_last_record_with_a_wrong_bit_is_dropped(tmp_path: Path, bit: int) -> None:
    inbox = Segments(tmp_path)
    kept(inbox, b'{"n": 1}')
    kept(inbox, b'{"n": 2}')
    inbox.close()
    file = next(tmp_path.iterdir())
    data = bytearray(file.read_bytes())
    data[_HEAD + 4 + 8 + bit // 8] ^= 1 << bit % 8
    file.write_bytes(data)
    again = Segments(tmp_path)
    assert bodies_of(again) == [b'{"n": 1}']
    again.close()


def test_what_stood_behind_a_torn_record_does_not_come_back(tmp_path: Path) -> None:
    inbox = Segments(tmp_path)
    for body in (b"first", b"torn!", b"third"):
        kept(inbox, body)
    inbox.close()
    file = next(tmp_path.iterdir())
    data = bytearray(file.read_bytes())
    data[_HEAD + 4 + 5 + _HEAD + 4] ^= 1
    file.write_bytes(data)
    again = Segments(tmp_path)
    kept(again, b"other")
    assert bodies_of(again) == [b"first", b"other"]
    again.close()


def test_an_earlier_file_that_is_damaged_is_said_and_not_skipped(tmp_path: Path) -> None:
    inbox = Segments(tmp_path, segment_bytes=_SMALL)
    for _ in range(7):
        kept(inbox, b"x" * 60)
    inbox.close()
    first = min(tmp_path.iterdir())
    data = bytearray(first.read_bytes())
    data[-1] ^= 1
    first.write_bytes(data)
    again = Segments(tmp_path)
    with pytest.raises(PermanentError, match="is damaged after entry 1"):
        again.read(0, most=10)
    again.close()


def test_files_are_rotated_and_removed_when_all_in_them_is_forgotten(opened: Segments, tmp_path: Path) -> None:
    for number in range(20):
        kept(opened, b"%03d" % number * 20)
    assert len(list((tmp_path / "inbox").iterdir())) == 10
    opened.forget(19)
    assert bodies_of(opened, 19) == [b"019" * 20]
    assert len(list((tmp_path / "inbox").iterdir())) == 1
    opened.forget(20)
    assert opened.waiting_bytes == 0
    assert kept(opened, b"next") == 21


def test_an_entry_larger_than_a_file_has_a_file_of_its_own(opened: Segments) -> None:
    kept(opened, b"small", b"L" * 1_000, b"small")
    assert bodies_of(opened) == [b"small", b"L" * 1_000, b"small"]


def test_many_who_come_at_once_share_the_disk(opened: Segments, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    held = threading.Event()

    def slowly(file: int) -> None:
        held.wait(1 if not synced else 0)
        synced.append(file)

    monkeypatch.setattr(segment, "_keep_data", slowly)

    async def all_at_once() -> list[int]:
        asked = [asyncio.ensure_future(opened.append([b"%d" % n])) for n in range(300)]
        await asyncio.sleep(0)
        held.set()
        return await asyncio.gather(*asked)

    assert sorted(asyncio.run(all_at_once())) == list(range(1, 301))
    assert bodies_of(opened) == [b"%d" % n for n in range(300)]
    assert len(synced) <= 60  # 300 entries of 25 to 27 bytes in files of 200


@pytest.mark.parametrize("place", ["_write_all", "_keep_data"])
def test_on_a_full_disk_nothing_is_acknowledged_and_it_recovers(opened: Segments, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    kept(opened, b"before")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as disk:
        disk.setattr(segment, place, full)
        for _ in range(3):
            with pytest.raises(TransientError, match="disk is full"):
                kept(opened, b"refused")
        assert (opened.last, bodies_of(opened)) == (1, [b"before"])
    assert kept(opened, b"after") == 2
    assert bodies_of(opened) == [b"before", b"after"]


def test_what_a_failing_disk_may_have_kept_is_gone_after_a_restart(
    opened: Segments, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept(opened, b"before")

    def broken(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as disk:
        disk.setattr(segment, "_keep_data", broken)
        with pytest.raises(TransientError, match="cannot be written to: Input/output error"):
            kept(opened, b"refused")
    kept(opened, b"after")
    opened.close()
    again = Segments(tmp_path / "inbox")
    assert bodies_of(again) == [b"before", b"after"]
    again.close()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"a small disk needs the right to mount one: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_real_disk_that_is_full_refuses_until_there_is_room(disk: Path) -> None:
    inbox = Segments(disk / "inbox", segment_bytes=1 << 20)
    acknowledged = [0]
    with pytest.raises(TransientError) as refused:
        acknowledged.extend(kept(inbox, b"e" * 100_000) for _ in range(1_000))
    count = acknowledged[-1]
    assert str(refused.value) == DISK_FULL
    assert inbox.last == count == len(bodies_of(inbox)) > 20
    inbox.forget(count - 1)
    assert kept(inbox, b"again") == count + 1
    assert bodies_of(inbox, count - 1) == [b"e" * 100_000, b"again"]
    inbox.close()


def test_lost_files_do_not_bring_positions_back_that_were_applied(tmp_path: Path) -> None:
    inbox = Segments(tmp_path / "new", applied=41)
    assert (inbox.last, kept(inbox, b"next")) == (41, 42)
    inbox.close()
    older = Segments(tmp_path / "new", applied=60)
    assert (older.last, kept(older, b"behind"), bodies_of(older, 60)) == (60, 61, [b"behind"])
    older.close()


def test_a_large_inbox_opens_quickly(tmp_path: Path) -> None:
    inbox = Segments(tmp_path)
    for _ in range(20):
        kept(inbox, *[b"e" * 500] * 10_000)
    inbox.close()
    began = perf_counter()
    again = Segments(tmp_path)
    assert perf_counter() - began < 0.5
    assert again.last == 200_000
    again.close()


def test_a_closed_inbox_asks_to_come_again(tmp_path: Path) -> None:
    inbox = Segments(tmp_path)
    inbox.close()
    with pytest.raises(TransientError, match="closed"):
        kept(inbox, b"late")


def test_who_reads_while_another_has_files_forgotten_gets_what_is_left(opened: Segments) -> None:
    for number in range(60):
        kept(opened, b"%03d" % number + b"x" * 100)
    stop, read = threading.Event(), list[list[bytes]]()

    def reads() -> None:
        while not stop.is_set():
            read.append(bodies_of(opened))

    reader = threading.Thread(target=reads)
    reader.start()
    for position in range(1, 60):
        opened.forget(position)
    stop.set()
    reader.join()
    assert read
    assert all(found == sorted(found) and found[-1].startswith(b"059") for found in read)


def test_who_leaves_before_the_disk_is_asked_keeps_nobody_waiting(opened: Segments) -> None:
    loop = asyncio.new_event_loop()
    left = loop.create_task(opened.append([b"left"]))
    loop.call_soon(loop.stop)
    loop.run_forever()
    assert kept(opened, b"came") == 2
    left.cancel()
    loop.run_until_complete(asyncio.wait([left]))
    loop.close()
    assert bodies_of(opened) == [b"left", b"came"]
