"""Reading and changing one's own settings, and telling one's own devices and, of the status, colleagues."""

from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from samrum.home.errors import BadText
from samrum.home.lines import line
from samrum.home.outbox import actions as outbox
from samrum.home.rooms.access import Want, access_room
from samrum.home.settings import tables
from samrum.home.since import tables as since
from samrum.plumbing.clock import Clock
from samrum.plumbing.transactions import Transactions, Tx
from samrum.wire.ids import Pid, RoomId
from samrum.wire.rooms_api import MAX_STATUS, Mine, Settings
from samrum.wire.statements import Topic

TOLD: Final = 100
"""Members of the largest room that hears of a new status."""


class OwnSettings:
    """What people choose for themselves."""

    def __init__(self, *, db: Transactions, clock: Clock, out: outbox.Outbox) -> None:
        self._db, self._clock, self._out = db, clock, out

    async def get(self, me: Pid) -> Settings:
        """One's own settings, or those of who never chose."""
        return await self._db.read(lambda tx: tables.get(tx, me) or Settings())

    async def put(self, me: Pid, wanted: Settings) -> None:
        """All of one's settings anew; raises `BadText` for a status that is not one line of text."""
        settings, now = _checked(wanted), int(self._clock.now())

        def write(tx: Tx) -> None:
            before = tables.get(tx, me) or Settings()
            if settings == before:
                return
            tables.put(tx, me, settings)
            since.add(tx, [me], Topic.SETTINGS)
            outbox.add_hint(tx, me, Topic.SETTINGS, lane=me)
            if _shown(settings, now) != _shown(before, now):
                for room in tables.small_rooms(tx, me, TOLD):
                    since.add(tx, [since.EVERYBODY], Topic.NAMES, room)
                    outbox.add_hint(tx, room, Topic.NAMES, lane=room)
                tables.told(tx, me, since.last(tx))

        await self._db.write(write, publish=self._out.woken)

    async def put_mine(self, me: Pid, room: RoomId, mine: Mine) -> None:
        """How one sees a room that one is in; raises `NotFound`."""

        def write(tx: Tx) -> None:
            row, _ = access_room(tx, me, room, Want.READ)
            if mine != (tables.of_room(tx, me, room) or Mine()):
                tables.put_mine(tx, me, room, mine)
                since.add(tx, [me], Topic.ROOM, room)
                outbox.add_hint(tx, me, Topic.ROOM, lane=me, version=row.version)

        await self._db.write(write, publish=self._out.woken)

    async def end_statuses(self) -> None:
        """Forgets statuses that are over."""
        now = int(self._clock.now())
        await self._db.write(lambda tx: tables.end_statuses(tx, now))


def _checked(wanted: Settings) -> Settings:
    status = line(wanted.status, MAX_STATUS)
    if status is None:
        raise BadText
    return msgspec.structs.replace(
        wanted, status=status, status_until=wanted.status_until if status else None, zone=_zone(wanted.zone)
    )


def _zone(name: str) -> str:
    """The time zone, or none: a browser may know one that this machine's tables do not have yet."""
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return ""
    return name


def _shown(settings: Settings, now: int) -> tuple[str, int | None]:
    """What colleagues see of them."""
    over = settings.status_until is not None and settings.status_until <= now
    return ("", None) if over else (settings.status, settings.status_until)
