"""Who is connected, and in which rooms: the one place that chooses recipients.

Changed only by publications in commit order (`plumbing.transactions`). A frame is encoded once and handed to every connection.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from samrum.relay.rooms.actions import RosterApplied
from samrum.wire import stream
from samrum.wire.base import Wire
from samrum.wire.codes import Code
from samrum.wire.ids import Dev, Pid, RoomId, TenantId

FAR_SECONDS: Final = 86_400.0
"""Timers are set no further ahead; then the end is looked at again."""


class Link(Protocol):
    """One open connection of a device."""

    tenant: TenantId
    pid: Pid
    dev: Dev

    def send(self, data: bytes) -> None:
        """Queues the bytes of one frame."""

    def bye(self, code: Code) -> None:
        """Says goodbye and closes."""


class Hub:
    """The index of open connections."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._loop = asyncio.get_running_loop()
        self._links: dict[Link, dict[RoomId, int | None]] = {}
        self._devices: dict[tuple[TenantId, Dev], Link] = {}
        self._people: dict[tuple[TenantId, Pid], set[Link]] = {}
        self._rooms: dict[RoomId, set[Link]] = {}

    def __len__(self) -> int:
        return len(self._links)

    def enter(self, link: Link, rooms: dict[RoomId, int | None]) -> None:
        """A device has connected; `rooms` says when each of its memberships ends. It replaces the device's older link."""
        older = self._devices.get((link.tenant, link.dev))
        if older is not None:
            self.leave(older)
            older.bye(Code.REPLACED)
        self._devices[link.tenant, link.dev] = link
        self._people.setdefault((link.tenant, link.pid), set()).add(link)
        self._links[link] = {}
        for room, until in rooms.items():
            self._put(link, room, until)

    def leave(self, link: Link) -> None:
        """The connection is over. Repeats do nothing."""
        rooms = self._links.pop(link, None)
        if rooms is None:
            return
        for room in rooms:
            self._drop(room, link)
        if self._devices.get((link.tenant, link.dev)) is link:
            del self._devices[link.tenant, link.dev]
        people = self._people[link.tenant, link.pid]
        people.discard(link)
        if not people:
            del self._people[link.tenant, link.pid]

    def in_room(self, room: RoomId) -> int:
        """How many connections get the room's news."""
        return len(self._rooms.get(room, ()))

    def is_in(self, link: Link, room: RoomId) -> bool:
        """Whether a connection gets the room's news: its person is a member."""
        return room in self._links.get(link, {})

    def to_room(self, tenant: TenantId, room: RoomId, frame: Wire, *, but: Link | None = None) -> None:
        """To every connection of the room's members."""
        links = self._rooms.get(room)
        if links:
            data = stream.encode(frame)
            for link in tuple(links):
                if link.tenant == tenant and link is not but:
                    link.send(data)

    def to_person(self, tenant: TenantId, pid: Pid, frame: Wire) -> None:
        """To every connection of a person."""
        links = self._people.get((tenant, pid))
        if links:
            data = stream.encode(frame)
            for link in tuple(links):
                link.send(data)

    def to_devices(self, tenant: TenantId, devices: Iterable[Dev], frame: Wire) -> None:
        """To these devices."""
        data = stream.encode(frame)
        for dev in devices:
            link = self._devices.get((tenant, dev))
            if link is not None:
                link.send(data)

    def apply(self, event: RosterApplied) -> None:
        """A roster is durable: tells the members before and after, and gives or takes the room."""
        for pid, member in event.entered.items():
            for link in self._people.get((event.tenant, pid), ()):
                self._put(link, event.room, member.until)
        frame: Wire = stream.RosterIs(jws=event.jws, members=event.members_hash)
        if len(event.jws) > stream.LONG_ROSTER:
            frame = stream.RosterAt(room=event.room, version=event.version, members=event.members_hash)
        self.to_room(event.tenant, event.room, frame)
        for pid in event.left:
            for link in self._people.get((event.tenant, pid), ()):
                self._links[link].pop(event.room, None)
                self._drop(event.room, link)

    def revoke(self, tenant: TenantId, pid: Pid, dev: Dev | None) -> None:
        """Closes a device's connection, or all of a pseudonym's."""
        for link in tuple(self._people.get((tenant, pid), ())):
            if dev is None or link.dev == dev:
                self.leave(link)
                link.bye(Code.REVOKED)

    def close(self, code: Code) -> None:
        """Closes all connections."""
        for link in tuple(self._links):
            self.leave(link)
            link.bye(code)

    def _put(self, link: Link, room: RoomId, until: int | None) -> None:
        self._links[link][room] = until
        self._rooms.setdefault(room, set()).add(link)
        if until is not None:
            self._end_at(link, room, until)

    def _drop(self, room: RoomId, link: Link) -> None:
        links = self._rooms.get(room)
        if links is not None:
            links.discard(link)
            if not links:
                del self._rooms[room]

    def _end_at(self, link: Link, room: RoomId, until: int) -> None:
        wait = until - self._now()
        if wait <= 0:
            self._links[link].pop(room, None)
            self._drop(room, link)
        else:
            self._loop.call_later(min(wait, FAR_SECONDS), self._look_again, link, room, until)

    def _look_again(self, link: Link, room: RoomId, until: int) -> None:
        if self._links.get(link, {}).get(room) == until:  # still connected, and no newer end
            self._end_at(link, room, until)
