"""Finding public channels and coming into them."""

from typing import Final

from samrum.home.channels import tables
from samrum.home.devices.proof import Proven
from samrum.home.errors import NotAllowed, NotFound
from samrum.home.moderation import tables as blocks
from samrum.home.outbox import actions as outbox
from samrum.home.people import folding
from samrum.home.people.actions import in_order
from samrum.home.rooms import tables as rooms_tables
from samrum.home.rooms.actions import Rooms
from samrum.home.rooms.change import Change
from samrum.plumbing.clock import Clock
from samrum.plumbing.transactions import Transactions, Tx
from samrum.wire.home_api import Changed
from samrum.wire.ids import Pid, RoomId
from samrum.wire.rooms_api import Channel, Channels
from samrum.wire.statements import MemberEntry, Role

PAGE: Final = 100
"""Channels in one answer."""


class PublicChannels:
    """The public channels of this authority."""

    def __init__(self, *, db: Transactions, clock: Clock, out: outbox.Outbox, rooms: Rooms) -> None:
        self._db, self._clock, self._out, self._rooms = db, clock, out, rooms

    async def list(self, me: Pid, text: str, skip: int, limit: int) -> Channels:
        """A page of them by title, or of those whose title or topic a search finds, best first."""
        query = folding.Query(text)
        found = _ranked(query, await self._db.read(lambda tx: tables.public(tx, me)))
        some = found[max(0, skip) :][: max(1, min(limit, PAGE))]
        return Channels(channels=some, count=len(found))

    async def join(self, me: Pid, room: RoomId, proven: Proven | None) -> Changed:
        """Comes in; does nothing for who is in. Raises `NotFound` for every room that one could not see."""
        now = int(self._clock.now())

        def write(tx: Tx) -> None:
            if proven:
                proven.use(tx)
            row = rooms_tables.get(tx, room)
            inside = rooms_tables.role_of(tx, room, me) is not None
            if row is None or not (inside or row.joinable()):
                raise NotFound
            if blocks.blocked(tx, room, [me]):
                raise NotAllowed
            if not inside:
                self._rooms.apply(tx, row, Change([MemberEntry(pid=me, role=Role.MEMBER)], [], []), now)

        await self._db.write(write, publish=self._out.woken)
        return await self._rooms.changed(me, room, proven)


def _ranked(query: folding.Query, channels: list[Channel]) -> list[Channel]:
    found = []
    for channel in channels:
        title = folding.fold(channel.title)
        rank = query.rank(title, folding.fold(channel.topic))
        if rank is not None:
            found.append((rank, in_order(title), channel.room, channel))
    found.sort(key=lambda one: one[:3])
    return [one[3] for one in found]
