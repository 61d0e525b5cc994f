"""SQL: how a SQLite database is opened, and Alembic migrations at start. `transactions` runs on it.

SQLite runs in WAL mode with `synchronous=FULL`: a committed transaction has been through `fdatasync`, so what is acknowledged after
a commit survives a power cut. SQL stays portable to PostgreSQL.
"""

from pathlib import Path
from typing import Any

import alembic.command
import alembic.config
import sqlalchemy as sa

BUSY_SECONDS = 5
"""How long a statement waits for a lock that another process holds (a backup, an administrator's tool)."""

LOCKED_SECONDS = 0.1
"""How long once a statement has waited in vain, until the lock is free."""


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


def too_new(path: Path) -> str:
    """The sentence for a database of a newer version."""
    return f"{path}: written by a newer version of Samrum; start that version, or restore a backup"


def make(path: Path) -> None:
    """Makes the file, for its owner alone, before SQLite does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)


def upgrade(connection: sa.Connection, migrations: Path) -> None:
    """Brings the database to the newest schema of the folder `migrations`, in one transaction, which the caller commits."""
    connection.exec_driver_sql("BEGIN")  # nobody else says it: a process that is killed would leave half a schema
    config = alembic.config.Config()
    config.set_main_option("script_location", str(migrations))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    alembic.command.upgrade(config, "head")
