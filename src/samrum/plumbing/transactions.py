"""SQL for a zone with one hot path: whole transactions as plain functions, run in threads of their own.

`write` runs every transaction in one thread, one after the other, and calls `publish` on the event loop in the order of
the commits, so whoever keeps a picture of the database in memory never sees news out of order. `ordered` reads in that
same order, after waiting writes. `read` uses a few reader threads. SQLite as in `sql`: WAL, `synchronous=FULL`.
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote

import sqlalchemy as sa
from alembic.util import CommandError
from sqlalchemy.dialects import sqlite

from samrum.plumbing import sql
from samrum.plumbing.config import BadConfig

T = TypeVar("T")
Tx = sa.Connection
Row = tuple[Any, ...]
READERS: Final = 2
_LAST: Final = "before_commit"


class Prepared:
    """A statement of SQLAlchemy that is rendered once and then runs straight on the driver's connection.

    For what every message and every connection asks: a small select takes 5 µs this way and 20 the usual way. Every value is a
    `bindparam`; rows come as the driver's tuples; what the driver raises is raised as SQLAlchemy would. Lists do not expand.
    """

    def __init__(self, statement: sa.ClauseElement) -> None:
        rendered = statement.compile(dialect=sqlite.dialect(paramstyle="named"))
        self._sql = str(rendered)
        self._fixed = {name: value for name, value in rendered.params.items() if value is not None}

    def rows(self, tx: Tx, values: dict[str, object]) -> list[Row]:
        """All rows of one execution."""
        try:
            rows: list[Row] = _driver(tx).execute(self._sql, self._fixed | values if self._fixed else values).fetchall()
        except sqlite3.Error as error:
            raise sa.exc.DBAPIError(self._sql, None, error) from error
        return rows

    def row(self, tx: Tx, values: dict[str, object]) -> Row | None:
        """The first row."""
        rows = self.rows(tx, values)
        return rows[0] if rows else None

    def run(self, tx: Tx, values: list[dict[str, object]]) -> None:
        """Executes it for each of `values`."""
        try:
            _driver(tx).executemany(self._sql, values)
        except sqlite3.Error as error:
            raise sa.exc.DBAPIError(self._sql, None, error) from error


def _driver(tx: Tx) -> Any:
    return tx.connection.driver_connection


@dataclass(slots=True)
class _Job:
    work: Callable[[Tx], Any]
    publish: Callable[[Any], None] | None
    future: "asyncio.Future[Any]"
    begin: str


class Transactions:
    """One zone's database. Made by `open_transactions` on the event loop that uses it."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self._loop = asyncio.get_running_loop()
        self._writes: deque[_Job] = deque()
        self._looks: deque[_Job] = deque()
        self._turns: queue.SimpleQueue[bool] = queue.SimpleQueue()
        """One for each job, so that the thread can wait for either kind; `False` ends it."""
        self._readers = ThreadPoolExecutor(READERS, "sql-read")
        self._thread = threading.Thread(target=self._run, name="sql-write", daemon=True)
        self._thread.start()

    async def write(self, work: Callable[[Tx], T], publish: Callable[[T], None] | None = None) -> T:
        """The result of `work` after its transaction is durable; rolled back if it raises.

        `publish(result)` runs on the loop right after the commit, in commit order, even if the caller was cancelled.
        """
        return await self._queue(self._writes, "BEGIN IMMEDIATE", work, publish)

    async def ordered(self, work: Callable[[Tx], T], publish: Callable[[T], None] | None = None) -> T:
        """As `write`, for a read whose answer must fit between the writes published before and after it."""
        return await self._queue(self._looks, "BEGIN", work, publish)

    async def read(self, work: Callable[[Tx], T]) -> T:
        """The result of `work` on a consistent snapshot."""
        return await self._loop.run_in_executor(self._readers, self._read, work)

    async def close(self) -> None:
        """Ends after all that was queued."""
        self._turns.put(False)
        await self._loop.run_in_executor(None, self._thread.join)
        self._readers.shutdown()
        self.engine.dispose()

    def _queue(
        self, jobs: deque[_Job], begin: str, work: Callable[[Tx], T], publish: Callable[[T], None] | None
    ) -> "asyncio.Future[T]":
        future: asyncio.Future[T] = self._loop.create_future()
        jobs.append(_Job(work, publish, future, begin))
        self._turns.put(True)
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
            while self._turns.get():
                job = self._writes.popleft() if self._writes else self._looks.popleft()
                result, error = None, None
                try:
                    connection.exec_driver_sql(job.begin)
                    connection.info.pop(_LAST, None)
                    result = job.work(connection)
                    for flush, items in connection.info.pop(_LAST, {}).items():
                        flush(items)
                    connection.commit()
                except Exception as raised:  # noqa: BLE001  whatever it is, it belongs to the caller
                    error = raised
                    _roll_back(connection)
                self._loop.call_soon_threadsafe(_finish, job, result, error)


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
