"""Making exports, one after the other, off the event loop's thread where it is work."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag

from samrum.home.errors import KeysAway
from samrum.home.export import pages, tables
from samrum.home.keys.actions import EpochKeys
from samrum.home.settings import tables as settings
from samrum.plumbing.clock import Clock
from samrum.plumbing.log import Log
from samrum.plumbing.transactions import Transactions, Tx
from samrum.wire import aead, content, envelope
from samrum.wire.content import Content
from samrum.wire.export_api import ExportState
from samrum.wire.ids import Pid, RoomId

AT_ONCE: Final = 200
"""Messages that are opened in one step."""
AWAY_SECONDS: Final = 30.0
"""Before the next try while keys cannot be had."""


class Worker:
    """Makes exports in `folder`."""

    def __init__(
        self, *, db: Transactions, records: Transactions, keys: EpochKeys, clock: Clock, folder: Path, log: Log
    ) -> None:
        self._db, self._records, self._keys, self._clock = db, records, keys, clock
        self._folder, self._log = folder, log
        self._work = asyncio.Event()
        self._far: dict[Pid, tuple[int, int]] = {}

    def woken(self, _result: object = None) -> None:
        """Somebody asked; safe as `publish` of a transaction."""
        self._work.set()

    def progress(self, pid: Pid) -> tuple[int, int]:
        """How many messages of how many are done."""
        return self._far.get(pid, (0, 0))

    def path(self, name: str) -> Path:
        """Where an export's file is."""
        return self._folder / name

    def remove(self, name: str) -> None:
        """Removes a file."""
        self.path(name).unlink(missing_ok=True)

    def keep_only(self, names: set[str]) -> None:
        """Removes whatever belongs to no export."""
        for path in self._folder.glob("*"):
            if path.name.removesuffix(".part") not in names:
                path.unlink(missing_ok=True)

    async def run(self) -> None:
        """Makes what is asked for, for ever."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            self._work.clear()
            row = await self._db.read(tables.next_wanted)
            if row is None:
                await self._work.wait()
                continue
            try:
                size, done = await self._make(row)
            except KeysAway:
                await asyncio.sleep(AWAY_SECONDS)
                continue
            except Exception as error:  # noqa: BLE001  the person learns it, and can ask again
                self._log.error("export.failed", error=error)
                size, done = -1, 0
            now = int(self._clock.now())
            state = ExportState.READY if size >= 0 else ExportState.FAILED
            made = row._replace(state=state, done=done, total=done, made=now, size=max(0, size))
            await self._db.write(lambda tx: _settle(tx, made))  # noqa: B023  awaited at once
            self._far.pop(row.pid, None)
            self._log.info("export.made", size=size, messages=done)

    async def _make(self, row: tables.Row) -> tuple[int, int]:
        """Size of the file, and how many messages are in it."""
        pid = row.pid
        total = await self._records.read(lambda tx: tables.count(tx, pid))
        self._far[pid] = (0, total)
        facts = await self._db.read(lambda tx: _facts(tx, pid))
        part = self.path(row.file + ".part")
        writer = await asyncio.to_thread(pages.Writer, part, facts, int(self._clock.now()))
        after, done = 0, 0
        try:
            while rows := await self._records.read(lambda tx: list(tables.messages(tx, pid, after, AT_ONCE))):  # noqa: B023
                opened = await self._db.read(lambda tx: list(self._opened(tx, rows)))
                await asyncio.to_thread(writer.messages, opened)
                after, done = rows[-1].id, done + len(rows)
                self._far[pid] = (done, max(total, done))
            await asyncio.to_thread(writer.close)
        except BaseException:
            writer.give_up()
            raise
        part.replace(self.path(row.file))
        return self.path(row.file).stat().st_size, done

    def _opened(self, tx: Tx, rows: list[tables.Message]) -> Iterator[tuple[tables.Message, Content | None]]:
        """What each message says now; `None` for what was removed or cannot be opened."""
        for row in rows:
            sealed = row.edit or row.env
            yield row, None if row.deleted else self._open(tx, row.room, sealed)

    def _open(self, tx: Tx, room: RoomId, data: bytes) -> Content | None:
        parsed = envelope.parse(data)
        found = self._keys.opening_key(tx, room, parsed.epoch)
        if found is None:
            return None
        try:
            return content.unpad(envelope.open_content(parsed, found[1]))
        except (aead.CannotOpen, content.BadContent, InvalidTag):
            return None


def _facts(tx: Tx, pid: Pid) -> pages.Facts:
    own = settings.get(tx, pid)
    stays = tables.stays(tx, pid)
    names = {one.room: one.title or tables.other(tx, one.room, pid) for one in stays}
    return pages.Facts(
        profile=tables.profile(tx, pid),
        settings=own,
        devices=tables.devices(tx, pid),
        sessions=tables.sessions(tx, pid),
        reports=tables.reports(tx, pid),
        stays=stays,
        names=names,
        language=own.language if own and own.language else "sv",
    )


def _settle(tx: Tx, made: tables.Row) -> None:
    """Unless another one was asked for meanwhile."""
    now = tables.get(tx, made.pid)
    if now is not None and now.file == made.file:
        tables.put(tx, made)
