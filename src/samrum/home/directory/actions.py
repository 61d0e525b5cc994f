"""Taking the directory file over: people at every start, rooms once."""

from typing import Final

from samrum.home.devices import actions as devices
from samrum.home.directory.outside import Entry, File, login_of
from samrum.home.errors import SecondCopyAway
from samrum.home.login import tables as sessions
from samrum.home.people import folding
from samrum.home.people import tables as people
from samrum.home.rooms import tables as rooms_tables
from samrum.home.rooms.actions import Rooms
from samrum.plumbing.clock import Clock
from samrum.plumbing.config import BadConfig
from samrum.plumbing.log import Log
from samrum.plumbing.transactions import Transactions, Tx
from samrum.wire import ids
from samrum.wire.home_api import NewRoom
from samrum.wire.ids import Pid, RoomId
from samrum.wire.statements import Kind

MANY: Final = 5
"""Leavers from which on the share of them is looked at."""


class Takeover:
    """The directory's way into home."""

    def __init__(self, *, db: Transactions, clock: Clock, rooms: Rooms, devices: devices.Devices, log: Log) -> None:
        self._db, self._clock, self._rooms, self._devices, self._log = db, clock, rooms, devices, log

    async def people(self, file: File) -> None:
        """Adds, changes and disables people so that they are those of the file.

        Raises `BadConfig` if more than half of the people would go at once: a broken file must not lock a city out.
        """
        now = int(self._clock.now())

        def write(tx: Tx, *, later: bool = False) -> tuple[int, int, int]:
            known = {one.login: one for one in people.everybody(tx)}
            wanted = {entry.login(): entry for entry in file.people}
            active = {one.login for one in known.values() if not one.disabled}
            leavers = active - wanted.keys()
            if len(leavers) >= MANY and len(leavers) * 2 > len(active):
                raise BadConfig(
                    f"the directory file lacks {len(leavers)} of {len(active)} people: more than half. If that is meant, "
                    "take them out in several steps"
                )
            added = changed = 0
            for login, entry in wanted.items():
                before = known.get(login)
                after = _known(entry, before.pid if before else ids.new_pid())
                if before is None:
                    people.add(tx, after)
                    added += 1
                elif before != after:
                    people.change(tx, after)
                    changed += 1
            gone = [known[login].pid for login in sorted(leavers)]
            for pid in gone:
                people.disable(tx, pid)
                sessions.end_all(tx, pid)
                self._devices.end_person(tx, pid, now)
            self._rooms.take_out(tx, gone, now, later=later)
            return added, changed, len(leavers)

        try:
            added, changed, gone = await self._db.write(write)
        except SecondCopyAway:  # who left is out all the same
            added, changed, gone = await self._db.write(lambda tx: write(tx, later=True))
        self._log.info("directory.taken_over", people=len(file.people), added=added, changed=changed, disabled=gone)

    async def rooms(self, file: File) -> None:
        """Makes the file's rooms, once: what was made is remembered, whatever became of it since."""
        for room in file.rooms:
            fresh = ids.new_room()

            def remember(tx: Tx, title: str = room.title, fresh: RoomId = fresh) -> tuple[RoomId, dict[str, Pid]]:
                logins = {one.login: one.pid for one in people.everybody(tx)}
                return rooms_tables.founded(tx, title, fresh), logins

            made, pid_of = await self._db.write(remember)
            owner, *others = [pid_of[login_of(user)] for user in room.members]
            new = NewRoom(
                room=made,
                kind=Kind(room.kind),
                members=others,
                title=room.title,
                topic=room.topic,
                access=room.access,
                post=room.post,
            )
            await self._rooms.found(owner, new)


def _known(entry: Entry, pid: Pid) -> people.Known:
    may = " ".join(sorted(entry.may))
    folded = folding.index(entry.name, entry.department, entry.login())
    return people.Known(
        pid, entry.login(), entry.name, entry.department, entry.title, entry.hash, may, folded, 0, entry.mail
    )
