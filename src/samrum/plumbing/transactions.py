"""SQL for a zone with one hot path: whole transactions as plain functions, run in threads of their own.

`write` runs every transaction in one thread, one after the other, and calls `publish` on the event loop in the order of
the commits, so whoever keeps a picture of the database in memory never sees news out of order. `ordered` reads in that
same order, after waiting writes. `read` uses a few reader threads. SQLite as in `sql`: WAL, `synchronous=FULL`.
"""

import asyncio
import contextlib
import itertools
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote

import sqlalchemy as sa
from alembic.util import CommandError

from samrum.plumbing import sql
from samrum.plumbing.config import BadConfig

T = TypeVar("T")
Tx = sa.Connection
READERS: Final = 2
_WRITE, _ORDERED, _STOP = 0, 1, 2
_LAST: Final = "before_commit"


@dataclass(order=True)
class _Job:
    urgency: int
    number: int
    work: Callable[[Tx], Any] = field(compare=False)
    publish: Callable[[Any], None] | None = field(compare=False)
    future: "asyncio.Future[Any]" = field(compare=False)


class Transactions:
    """One zone's database. Made by `open_transactions` on the event loop that uses it."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self._loop = asyncio.get_running_loop()
        self._jobs: queue.PriorityQueue[_Job] = queue.PriorityQueue()
        self._numbers = itertools.count()
        self._readers = ThreadPoolExecutor(READERS, "sql-read")
        self._thread = threading.Thread(target=self._run, name="sql-write", daemon=True)
        self._thread.start()

    async def write(self, work: Callable[[Tx], T], publish: Callable[[T], None] | None = None) -> T:
        """The result of `work` after its transaction is durable; rolled back if it raises.

        `publish(result)` runs on the loop right after the commit, in commit order, even if the caller was cancelled.
        """
        return await self._queue(_WRITE, work, publish)

    async def ordered(self, work: Callable[[Tx], T], publish: Callable[[T], None] | None = None) -> T:
        """As `write`, for a read whose answer must fit between the writes published before and after it."""
        return await self._queue(_ORDERED, work, publish)

    async def read(self, work: Callable[[Tx], T]) -> T:
        """The result of `work` on a consistent snapshot."""
        return await self._loop.run_in_executor(self._readers, self._read, work)

    async def close(self) -> None:
        """Ends after all that was queued."""
        stopped = self._queue(_STOP, lambda _tx: None, None)
        await stopped
        await self._loop.run_in_executor(None, self._thread.join)
        self._readers.shutdown()
        self.engine.dispose()

    def _queue(self, urgency: int, work: Callable[[Tx], T], publish: Callable[[T], None] | None) -> "asyncio.Future[T]":
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put(_Job(urgency, next(self._numbers), work, publish, future))
        return future

    def _read(self, work: Callable[[Tx], T]) -> T:
        with self.engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            try:
                return work(connection)
            finally:
                connection.rollback()

    def _run(self) -> None:
        with self.engine.connect() as connection:
            while True:
                job = self._jobs.get()
                result, error = None, None
                try:
                    connection.exec_driver_sql("BEGIN" if job.urgency == _ORDERED else "BEGIN IMMEDIATE")
                    connection.info.pop(_LAST, None)
                    result = job.work(connection)
                    for flush, items in connection.info.pop(_LAST, {}).items():
                        flush(items)
                    connection.commit()
                except Exception as raised:  # noqa: BLE001  whatever it is, it belongs to the caller
                    error = raised
                    _roll_back(connection)
                self._loop.call_soon_threadsafe(_finish, job, result, error)
                if job.urgency == _STOP:
                    return


def before_commit(tx: Tx, flush: Callable[[list[T]], None], item: T) -> None:
    """Hands `item` to `flush`, with all others of this transaction, after its work and before its commit.

    For what must be durable elsewhere first: if `flush` raises, nothing is committed.
    """
    tx.info.setdefault(_LAST, {}).setdefault(flush, []).append(item)


def _roll_back(connection: Tx) -> None:
    try:
        connection.rollback()
    except sa.exc.SQLAlchemyError:  # a disk that fails may fail here too; start again on a new connection
        connection.invalidate()
        connection.rollback()


def _finish(job: _Job, result: object, error: Exception | None) -> None:
    if error is None and job.publish is not None:
        try:
            job.publish(result)
        except Exception as raised:  # noqa: BLE001  the commit stands; the caller learns what failed after it
            error = raised
    if job.future.done():
        return
    if error is None:
        job.future.set_result(result)
    else:
        job.future.set_exception(error)


async def open_transactions(path: Path, migrations: Path) -> Transactions:
    """Opens (or makes) the SQLite database at `path` and brings it to the newest schema of the folder `migrations`.

    Raises `BadConfig` if a newer version of Samrum wrote it.
    """
    sql.make(path)
    engine = sa.create_engine(f"sqlite:///{path}")
    sa.event.listen(engine, "connect", sql.pragmas)
    try:
        with engine.connect() as connection:
            sql.upgrade(connection, migrations)
            connection.commit()
    except CommandError:
        engine.dispose()
        raise BadConfig(sql.too_new(path)) from None
    return Transactions(engine)


@contextlib.contextmanager
def look(path: Path) -> Iterator[Tx]:
    """One consistent look at the SQLite database at `path`, which its zone may have open meanwhile; nothing can be written.

    Raises `BadConfig` if it cannot be read.
    """
    address = f"file:{quote(str(path))}?mode=ro"
    engine = sa.create_engine("sqlite://", creator=lambda: sqlite3.connect(address, uri=True), poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            yield connection
            connection.rollback()
    except sa.exc.OperationalError:
        raise BadConfig(f"{path}: cannot be read as a database") from None
    finally:
        engine.dispose()
