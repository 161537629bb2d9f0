"""Keys are made once, shown once, kept as a hash, and end when they are revoked."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from api.calling import Clock
from patron.adapters.state.sqlite import SQLiteState
from patron.cli.main import run
from patron.kernel.errors import TransientError
from patron.runtime.keys import KeyRing, digest_of, minted, recognised
from patron.testing.state import MemoryState, StateContract

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from patron.ports.state import State

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class TestSQLite(StateContract):
    @pytest.fixture
    def state(self, tmp_path: Path) -> Iterator[State]:
        state = SQLiteState(tmp_path / "data" / "state.sqlite")
        yield state
        state.close()


class TestMemory(StateContract):
    @pytest.fixture
    def state(self) -> State:
        return MemoryState()


def test_two_processes_see_each_others_keys(tmp_path: Path) -> None:
    one, two = SQLiteState(tmp_path / "state.sqlite"), SQLiteState(tmp_path / "state.sqlite")
    secret, key = minted("write", "shop", now=NOON)
    thread = threading.Thread(target=one.add_key, args=(key,))
    thread.start()
    thread.join()
    assert recognised(secret, two.all_keys()) == key
    two.revoke_key(key.id, at=NOON)
    assert recognised(secret, one.all_keys()) is None
    one.close()
    two.close()


def test_a_file_that_is_no_database_is_said_to_be_unreadable(tmp_path: Path) -> None:
    (tmp_path / "state.sqlite").mkdir()
    with pytest.raises(TransientError, match="cannot be read or written"):
        SQLiteState(tmp_path / "state.sqlite")


def test_a_secret_is_long_said_by_its_scope_and_never_kept(tmp_path: Path) -> None:
    secret, key = minted("read", "board", now=NOON)
    assert secret.startswith("patron_read_")
    assert len(secret) == len("patron_read_") + 43
    assert key.digest == digest_of(secret)
    assert secret.startswith(key.prefix)
    state = SQLiteState(tmp_path / "state.sqlite")
    state.add_key(key)
    state.close()
    assert all(secret.encode() not in file.read_bytes() for file in tmp_path.iterdir())


def test_secrets_differ_and_only_the_right_one_is_recognised() -> None:
    made = [minted("write", "shop", now=NOON) for _ in range(20)]
    keys = [key for _, key in made]
    assert [recognised(secret, keys) for secret, _ in made] == keys
    assert recognised(made[0][0][:-1], keys) is None
    assert recognised("", keys) is None
    assert recognised("\ud800", keys) is None


def test_a_served_project_reads_its_keys_once_a_second_and_also_when_the_clock_jumps_back() -> None:
    state, clock = MemoryState(), Clock(NOON)
    ring = KeyRing(state, clock)
    assert not ring.can_collect
    secret, key = minted("write", "shop", now=NOON)
    state.add_key(key)
    assert not ring.may_write(secret)
    clock.at += timedelta(seconds=1)
    assert ring.may_write(secret)
    assert ring.can_collect
    state.revoke_key(key.id, at=clock.at)
    assert ring.may_write(secret)
    clock.at -= timedelta(hours=1)
    assert not ring.may_write(secret)


def test_keys_that_were_read_hold_while_the_state_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    state, clock = MemoryState(), Clock(NOON)
    secret, key = minted("write", "shop", now=NOON)
    state.add_key(key)
    ring = KeyRing(state, clock)

    def locked() -> None:
        raise TransientError("The project's state cannot be read.")

    with monkeypatch.context() as held:
        held.setattr(state, "all_keys", locked)
        with pytest.raises(TransientError):
            ring.may_write(secret)
    assert ring.may_write(secret)
    clock.at += timedelta(minutes=1)
    monkeypatch.setattr(state, "all_keys", locked)
    assert ring.may_write(secret)


def _json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    assert run([*arguments, "--json"]) == 0
    read: dict[str, object] = json.loads(capsys.readouterr().out)
    return read


@pytest.fixture
def shop(tmp_path: Path) -> tuple[str, str]:
    (tmp_path / "patron.toml").write_text("", encoding="utf-8")
    return "--project", str(tmp_path)


def test_key_is_created_listed_and_revoked_by_command(shop: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    made = _json(capsys, *shop, "key", "create", "--scope", "write", "--name", "web shop")
    assert str(made["key"]).startswith("patron_write_")
    assert (made["name"], made["scope"], made["revoked_at"]) == ("web shop", "write", None)
    listed = _json(capsys, *shop, "key", "list")
    assert listed == {"keys": [{k: v for k, v in made.items() if k != "key"}]}
    ended = _json(capsys, *shop, "key", "revoke", str(made["id"]))
    assert ended["revoked_at"]
    assert _json(capsys, *shop, "key", "list") == {"keys": [ended]}


def test_a_key_without_a_name_is_called_after_its_scope(shop: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    made = [_json(capsys, *shop, "key", "create", "--scope", scope) for scope in ("write", "write", "read")]
    assert [key["name"] for key in made] == ["write key", "write key", "read key"]
    assert len({key["key"] for key in made}) == 3


def test_people_see_the_secret_once(shop: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*shop, "key", "create", "--scope", "admin", "--name", "me"]) == 0
    told = capsys.readouterr().out
    secret = next(word for word in told.split() if word.startswith("patron_admin_"))
    assert "is not shown again" in told
    assert run([*shop, "key", "list"]) == 0
    listed = capsys.readouterr().out
    assert secret not in listed
    assert secret[:17] in listed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("key", "revoke", "key_9"), "There is no key 'key_9'."),
        (("key", "create", "--scope", "write", "--name", "  "), "The key needs a name"),
    ],
)
def test_what_cannot_be_done_with_a_key_is_said(
    shop: tuple[str, str], capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert run([*shop, *arguments]) == 2
    assert said in capsys.readouterr().err
