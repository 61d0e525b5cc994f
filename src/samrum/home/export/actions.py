"""Asking for one's own data, and fetching it."""

import secrets
from pathlib import Path
from typing import Final

from samrum.home.errors import NotFound
from samrum.home.export import tables
from samrum.home.export.worker import Worker
from samrum.home.login.door import Signed
from samrum.plumbing.clock import Clock
from samrum.plumbing.log import Log
from samrum.plumbing.transactions import Transactions, Tx
from samrum.wire.export_api import Export, ExportState

KEPT_SECONDS: Final = 24 * 3600


class Exports:
    """Everybody's exports."""

    def __init__(self, *, db: Transactions, clock: Clock, worker: Worker, log: Log) -> None:
        self._db, self._clock, self._worker, self._log = db, clock, worker, log

    async def begin(self, me: Signed) -> Export:
        """Begins one, unless one of this person is being made: then that is the answer."""
        now = int(self._clock.now())
        fresh = tables.Row(me.pid, me.session, ExportState.RUNNING, 0, 0, now, f"{secrets.token_hex(16)}.zip", 0)

        def write(tx: Tx) -> tuple[tables.Row, tables.Row | None]:
            old = tables.get(tx, me.pid)
            if old is not None and old.state == ExportState.RUNNING:
                return old, None
            tables.put(tx, fresh)
            return fresh, old

        row, old = await self._db.write(write, publish=self._worker.woken)
        if old is not None:
            self._worker.remove(old.file)
        if row is fresh:
            self._log.info("export.asked")
        return self._seen(row, me)

    async def state(self, me: Signed) -> Export:
        """How far it is."""
        row = await self._db.read(lambda tx: tables.get(tx, me.pid))
        return Export(state=ExportState.NONE) if row is None or self._gone(row) else self._seen(row, me)

    async def file(self, me: Signed) -> Path:
        """The ZIP; raises `NotFound` for every other session and time."""
        row = await self._db.read(lambda tx: tables.get(tx, me.pid))
        if row is None or row.state != ExportState.READY or row.session != me.session or self._gone(row):
            raise NotFound
        return self._worker.path(row.file)

    async def tidy(self) -> None:
        """Removes what is a day old, or whose session has ended."""
        now = int(self._clock.now())

        def write(tx: Tx) -> set[str]:
            for row in tables.over(tx, now - KEPT_SECONDS, now):
                tables.drop(tx, row)
            return tables.files(tx)

        self._worker.keep_only(await self._db.write(write))

    def _gone(self, row: tables.Row) -> bool:
        return row.state != ExportState.RUNNING and int(self._clock.now()) >= row.made + KEPT_SECONDS

    def _seen(self, row: tables.Row, me: Signed) -> Export:
        state = ExportState(row.state)
        done, total = self._worker.progress(row.pid) if state == ExportState.RUNNING else (row.done, row.total)
        ready = state == ExportState.READY
        return Export(
            state=state,
            done=done,
            total=total,
            made=row.made,
            ends=row.made + KEPT_SECONDS if ready else None,
            size=row.size,
            here=row.session == me.session,
        )
