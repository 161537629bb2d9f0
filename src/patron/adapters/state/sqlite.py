"""State in one SQLite file, which a command may change while the server runs."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from patron.kernel.errors import TransientError
from patron.ports.state import Key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_TABLES = sa.MetaData(naming_convention={"pk": "pk_%(table_name)s", "uq": "uq_%(table_name)s_%(column_0_name)s"})
_KEYS = sa.Table(
    "keys",
    _TABLES,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("scope", sa.String, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("prefix", sa.String, nullable=False),
    sa.Column("created_at", sa.DateTime, nullable=False),  # UTC
    sa.Column("revoked_at", sa.DateTime),
)
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000")


class SQLiteState:
    """State in a file that is made when it is not there."""

    def __init__(self, file: Path) -> None:
        """Open the file and make its tables.

        Raises:
            TransientError: the file cannot be opened or written to.
        """
        file.parent.mkdir(parents=True, exist_ok=True)
        self._engine = sa.create_engine(sa.URL.create("sqlite", database=str(file)))
        event.listen(self._engine, "connect", _prepare)
        with self._begun() as connection:
            _TABLES.create_all(connection)

    def add_key(self, key: Key) -> None:
        """Keep a new key."""
        with self._begun() as connection:
            connection.execute(
                _KEYS.insert().values(
                    id=key.id,
                    name=key.name,
                    scope=key.scope,
                    digest=key.digest,
                    prefix=key.prefix,
                    created_at=_stored(key.created_at),
                    revoked_at=_stored(key.revoked_at) if key.revoked_at else None,
                )
            )

    def all_keys(self) -> Sequence[Key]:
        """All keys, the oldest first."""
        with self._begun() as connection:
            rows = connection.execute(_KEYS.select().order_by(_KEYS.c.created_at, _KEYS.c.id)).all()
        return [_key(row) for row in rows]

    def revoke_key(self, id: str, *, at: datetime) -> Key | None:  # noqa: A002  # what the port calls it
        """End a key unless it has ended."""
        with self._begun() as connection:
            still = (_KEYS.c.id == id) & _KEYS.c.revoked_at.is_(None)
            connection.execute(_KEYS.update().where(still).values(revoked_at=_stored(at)))
            row = connection.execute(_KEYS.select().where(_KEYS.c.id == id)).one_or_none()
        return None if row is None else _key(row)

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    @contextmanager
    def _begun(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except OperationalError as error:
            raise TransientError(f"The project's state cannot be read or written: {error.orig}.") from error


def _prepare(connection: sa.engine.interfaces.DBAPIConnection, _: object) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _key(row: sa.Row[tuple[object, ...]]) -> Key:
    found = dict(row._mapping)
    return Key(**{**found, **{name: _read(found[name]) for name in ("created_at", "revoked_at")}})


def _stored(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)


def _read(instant: datetime | None) -> datetime | None:
    return instant and instant.replace(tzinfo=UTC)
