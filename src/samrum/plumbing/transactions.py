"""SQL for a zone with one hot path: whole transactions as plain functions, run in threads of their own.

`write` runs every transaction in one thread, one after the other, and calls `publish` on the event loop in the order of
the commits, so whoever keeps a picture of the database in memory never sees news out of order. `ordered` reads in that
same order, after waiting writes. `read` uses a few reader threads, each with a connection of its own. SQLite as in `sql`: WAL, `synchronous=FULL`.
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
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


class _Jobs:
    """What waits for a thread. Writes go first; otherwise in order."""

    def __init__(self) -> None:
        self._writes: deque[_Job] = deque()
        self._looks: deque[_Job] = deque()
        self._turns: queue.SimpleQueue[bool] = queue.SimpleQueue()
        """One for each job, so that a thread can wait for either kind; `False` ends one."""

    def put(self, job: _Job, *, write: bool = False) -> "asyncio.Future[Any]":
        """Adds a job; its future."""
        (self._writes if write else self._looks).append(job)
        self._turns.put(True)
        return job.future

    def get(self) -> tuple[_Job, bool] | None:
        """Waits for a job and whether it writes; `None`: there will be none for this thread."""
        if not self._turns.get():
            return None
        try:
            return self._writes.popleft(), True
        except IndexError:
            return self._looks.popleft(), False

    def end(self, threads: int) -> None:
        """Lets so many threads end, after all that waits."""
        for _ in range(threads):
            self._turns.put(False)


class Transactions:
    """One zone's database. Made by `open_transactions` on the event loop that uses it."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self._loop = asyncio.get_running_loop()
        self._ordered, self._free = _Jobs(), _Jobs()
        self._locked = False
        """Another process held the lock when the last job wanted to write."""
        self._threads = [threading.Thread(target=self._run, args=[self._ordered], name="sql-write", daemon=True)]
        for _ in range(READERS):
            self._threads.append(threading.Thread(target=self._run, args=[self._free], name="sql-read", daemon=True))
        for thread in self._threads:
            thread.start()

    async def write(self, work: Callable[[Tx], T], publish: Callable[[T], None] | None = None) -> T:
        """The result of `work` after its transaction is durable; rolled back if it raises.

        `publish(result)` runs on the loop right after the commit, in commit order, even if the caller was cancelled.
        """
        result: T = await self._ordered.put(_Job(work, publish, self._loop.create_future()), write=True)
        return result

    async def ordered(self, work: Callable[[Tx], T], publish: Callable[[T], None] | None = None) -> T:
        """As `write`, for a read whose answer must fit between the writes published before and after it."""
        result: T = await self._ordered.put(_Job(work, publish, self._loop.create_future()))
        return result

    async def read(self, work: Callable[[Tx], T]) -> T:
        """The result of `work` on a consistent snapshot."""
        result: T = await self._free.put(_Job(work, None, self._loop.create_future()))
        return result

    async def close(self) -> None:
        """Ends after all that was queued."""
        self._ordered.end(1)
        self._free.end(READERS)
        for thread in self._threads:
            await self._loop.run_in_executor(None, thread.join)
        self.engine.dispose()

    def _run(self, jobs: _Jobs) -> None:
        with self.engine.connect() as connection:
            while self._turn(connection, jobs):
                pass  # in a function of its own, so that nothing of a job is kept while the thread waits for the next

    def _turn(self, connection: Tx, jobs: _Jobs) -> bool:
        turn = jobs.get()
        if turn is None:
            return False
        job, write = turn
        result, error = None, None
        try:
            if write:
                self._begin(connection)
            else:
                connection.exec_driver_sql("BEGIN")
            connection.info.pop(_LAST, None)
            result = job.work(connection)
            if write:
                for flush, items in connection.info.pop(_LAST, {}).items():
                    flush(items)
                connection.commit()
            else:
                connection.rollback()
        except Exception as raised:  # noqa: BLE001  whatever it is, it belongs to the caller
            error = raised
            _roll_back(connection)
        self._loop.call_soon_threadsafe(_finish, job, result, error)
        return True

    def _begin(self, connection: Tx) -> None:
        """Begins to write. While another process holds the lock only the first job waits for it: in a queue, nobody got an answer."""
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except sa.exc.OperationalError:
            self._patience(connection, sql.LOCKED_SECONDS)
            self._locked = True
            raise
        if self._locked:
            self._patience(connection, sql.BUSY_SECONDS)
            self._locked = False

    @staticmethod
    def _patience(connection: Tx, seconds: float) -> None:
        _driver(connection).execute(f"PRAGMA busy_timeout={round(seconds * 1000)}")


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
