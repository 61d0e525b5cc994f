"""SQL: an asyncio engine with one writer at a time, and Alembic migrations at start.

SQLite runs in WAL mode with `synchronous=FULL`: a committed transaction has been through `fdatasync`, so what is acknowledged after
a commit survives a power cut. SQL stays portable to PostgreSQL.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import alembic.command
import alembic.config
import sqlalchemy as sa
from alembic.util import CommandError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from samrum.plumbing.config import BadConfig

Tx = AsyncConnection
BUSY_SECONDS = 5
"""How long a statement waits for a lock that another process holds (a backup, an administrator's tool)."""


class Database:
    """One zone's database. `write()` and `read()` give a transaction that commits at the end of the block."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._writer = asyncio.Lock()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        """A read-write transaction; durable when the block has ended without an exception, rolled back otherwise."""
        async with self._writer, self.engine.connect() as connection:
            await connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                await connection.rollback()
                raise
            await connection.commit()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """A consistent snapshot to read from."""
        async with self.engine.connect() as connection:
            await connection.exec_driver_sql("BEGIN")
            try:
                yield connection
            finally:
                await connection.rollback()

    async def close(self) -> None:
        """Closes all connections."""
        await self.engine.dispose()


def pragmas(connection: Any, _record: object) -> None:
    """Sets a new SQLite connection up: a listener of the engine's `connect`."""
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_SECONDS * 1000}",
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


async def open_database(path: Path, migrations: Path) -> Database:
    """Opens (or makes) the SQLite database at `path` and brings it to the newest schema of the folder `migrations`.

    Raises `BadConfig` if a newer version of Samrum wrote it.
    """
    make(path)
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    sa.event.listen(engine.sync_engine, "connect", pragmas)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(upgrade, migrations)
            await connection.commit()
    except CommandError:
        await engine.dispose()
        raise BadConfig(too_new(path)) from None
    return Database(engine)


def too_new(path: Path) -> str:
    """The sentence for a database of a newer version."""
    return f"{path}: written by a newer version of Samrum; start that version, or restore a backup"


def make(path: Path) -> None:
    """Makes the file, for its owner alone, before SQLite does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)


def upgrade(connection: sa.Connection, migrations: Path) -> None:
    """Brings the database to the newest schema of the folder `migrations`."""
    config = alembic.config.Config()
    config.set_main_option("script_location", str(migrations))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    alembic.command.upgrade(config, "head")
