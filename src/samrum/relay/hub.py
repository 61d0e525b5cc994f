"""Who is connected, and in which rooms: the one place that chooses recipients.

Changed only by publications in commit order (`plumbing.transactions`). A frame is encoded once and handed to every connection. The news
of a room go out at once while it is calm; when it is busy they wait for each other, at most `TICK_SECONDS`, because what a delivery
costs is the kernel's `send` and hardly the bytes in it (docs/decisions/0009-busy-rooms-tick.md).
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from samrum.relay.limits import Pace
from samrum.relay.rooms.actions import RosterApplied
from samrum.wire import stream
from samrum.wire.base import Wire
from samrum.wire.codes import Code
from samrum.wire.ids import Dev, Pid, RoomId, TenantId

FAR_SECONDS: Final = 86_400.0
"""Timers are set no further ahead; then the end is looked at again."""
TICK_SECONDS: Final = 0.05
"""How long the news of a busy room wait for more."""
CALM_RATE: Final = 10
"""Publications a second up to which a room is calm."""
CALM_BURST: Final = 3
"""So many at once are still calm."""
BATCH_BYTES: Final = 256 * 1024
"""News of one room are cut into frames of about this size, well below a connection's queue, and no more than that waits."""


class Link(Protocol):
    """One open connection of a device."""

    tenant: TenantId
    pid: Pid
    dev: Dev
    rooms: "list[Room]"
    """Where it gets the news; the hub's own."""
    ends: int
    """When its grant ends."""

    def send(self, data: bytes) -> None:
        """Queues the bytes of one frame."""

    def bye(self, code: Code) -> None:
        """Says goodbye and closes."""


class Room:
    """The connections of a room's members, and news that wait for a tick."""

    __slots__ = ("first", "links", "news", "pace", "room", "size", "tick")

    def __init__(self, room: RoomId) -> None:
        self.room = room
        self.links: dict[Link, int | None] = {}
        """When each one's membership ends."""
        self.pace = Pace(CALM_RATE, CALM_BURST)
        self.tick: asyncio.TimerHandle | None = None
        self.first = 0
        """The position of the first of `news`."""
        self.news: list[bytes] = []
        self.size = 0
        """Bytes of `news`."""

    def tell(self, frame: Wire, but: Link | None = None) -> None:
        """Sends a frame to all."""
        data = stream.encode(frame)
        for link in tuple(self.links):
            if link is not but:
                link.send(data)

    def flush(self) -> None:
        """Sends the news that wait, if any: before whatever must not overtake them."""
        if self.tick is not None:
            self.tick.cancel()
            self.tick = None
            news, self.news, self.size = self.news, [], 0
            self.send(self.first, news)

    def send(self, first: int, news: list[bytes]) -> None:
        """Sends news at the positions from `first`, in frames of about `BATCH_BYTES`."""
        start = size = 0
        for index, data in enumerate(news):
            if index > start and size + len(data) > BATCH_BYTES:
                self.tell(stream.Batch(room=self.room, pos=first + start, env=news[start:index]))
                start, size = index, 0
            size += len(data)
        self.tell(stream.Batch(room=self.room, pos=first + start, env=news[start:]))


class _Tenant:
    """What is connected of one authority."""

    __slots__ = ("devices", "people", "rooms")

    def __init__(self) -> None:
        self.devices: dict[Dev, Link] = {}
        self.people: dict[Pid, tuple[Link, ...]] = {}
        self.rooms: dict[RoomId, Room] = {}


class Hub:
    """The index of open connections."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._loop = asyncio.get_running_loop()
        self._tenants: dict[TenantId, _Tenant] = {}

    def enter(self, link: Link, rooms: dict[RoomId, int | None]) -> None:
        """A device has connected; `rooms` says when each of its memberships ends. It replaces the device's older link."""
        tenant = self._tenants.setdefault(link.tenant, _Tenant())
        older = tenant.devices.get(link.dev)
        if older is not None:
            self.leave(older)
            older.bye(Code.REPLACED)
        tenant.devices[link.dev] = link
        tenant.people[link.pid] = (*tenant.people.get(link.pid, ()), link)
        for room, until in rooms.items():
            self._put(tenant, link, room, until)

    def leave(self, link: Link) -> None:
        """The connection is over. Repeats do nothing."""
        tenant = self._tenants.get(link.tenant)
        if tenant is None or tenant.devices.get(link.dev) is not link:
            return
        del tenant.devices[link.dev]
        others = tuple(one for one in tenant.people[link.pid] if one is not link)
        if others:
            tenant.people[link.pid] = others
        else:
            del tenant.people[link.pid]
        while link.rooms:
            self._drop(tenant, link.rooms[-1], link)

    def links_of(self, tenant: TenantId, pid: Pid) -> tuple[Link, ...]:
        """A person's connections."""
        known = self._tenants.get(tenant)
        return known.people.get(pid, ()) if known else ()

    def links_in(self, tenant: TenantId, room: RoomId) -> tuple[Link, ...]:
        """The connections that get a room's news."""
        known = self._room(tenant, room)
        return tuple(known.links) if known else ()

    def in_room(self, tenant: TenantId, room: RoomId) -> int:
        """How many connections get the room's news."""
        known = self._room(tenant, room)
        return len(known.links) if known else 0

    def is_in(self, link: Link, room: RoomId) -> bool:
        """Whether a connection gets the room's news: its person is a member."""
        known = self._room(link.tenant, room)
        return known is not None and link in known.links

    def news(self, tenant: TenantId, room: RoomId, first: int, envelopes: list[bytes]) -> None:
        """New envelopes of a room, at `first` and after; in order with all other calls for it, at most a tick later."""
        known = self._room(tenant, room)
        if known is None:
            return
        busy = known.pace.busy(self._loop.time())
        if known.tick is None and not busy:
            known.send(first, envelopes)
            return
        if known.tick is None:
            known.first = first
            known.tick = self._loop.call_later(TICK_SECONDS, known.flush)
        known.news += envelopes
        known.size += sum(map(len, envelopes))
        if known.size > BATCH_BYTES:
            known.flush()

    def to_room(self, tenant: TenantId, room: RoomId, frame: Wire, *, but: Link | None = None) -> None:
        """To every connection of the room's members, at once: it may overtake `news`."""
        known = self._room(tenant, room)
        if known is not None:
            known.tell(frame, but)

    def to_person(self, tenant: TenantId, pid: Pid, frame: Wire) -> None:
        """To every connection of a person."""
        links = self.links_of(tenant, pid)
        if links:
            data = stream.encode(frame)
            for link in links:
                link.send(data)

    def to_devices(self, tenant: TenantId, devices: Iterable[Dev], frame: Wire) -> None:
        """To these devices."""
        known = self._tenants.get(tenant)
        if known is not None:
            data = stream.encode(frame)
            for dev in devices:
                link = known.devices.get(dev)
                if link is not None:
                    link.send(data)

    def apply(self, event: RosterApplied) -> None:
        """A roster is durable: tells the members before and after, and gives or takes the room."""
        tenant = self._tenants.get(event.tenant)
        if tenant is None:
            return
        for pid, member in event.entered.items():
            for link in tenant.people.get(pid, ()):
                self._put(tenant, link, event.room, member.until)
        known = tenant.rooms.get(event.room)
        if known is not None:
            known.flush()
            frame: Wire = stream.RosterIs(jws=event.jws, members=event.members_hash)
            if len(event.jws) > stream.LONG_ROSTER:
                frame = stream.RosterAt(room=event.room, version=event.version, members=event.members_hash)
            known.tell(frame)
            for pid in event.left:
                for link in tenant.people.get(pid, ()):
                    self._drop(tenant, known, link)

    def revoke(self, tenant: TenantId, pid: Pid, dev: Dev | None) -> None:
        """Closes a device's connection, or all of a pseudonym's."""
        for link in self.links_of(tenant, pid):
            if dev is None or link.dev == dev:
                self.leave(link)
                link.bye(Code.REVOKED)

    def expire(self, now: float) -> int | None:
        """Closes connections whose grant is over; when the next one's will be."""
        for link in self._links():
            if link.ends <= now:
                link.bye(Code.GRANT_EXPIRED)
        return min((link.ends for link in self._links()), default=None)

    def close(self, code: Code) -> None:
        """Closes all connections."""
        for link in self._links():
            self.leave(link)
            link.bye(code)

    def _links(self) -> list[Link]:
        return [link for tenant in self._tenants.values() for link in tenant.devices.values()]

    def _room(self, tenant: TenantId, room: RoomId) -> Room | None:
        known = self._tenants.get(tenant)
        return known.rooms.get(room) if known else None

    def _put(self, tenant: _Tenant, link: Link, room: RoomId, until: int | None) -> None:
        known = tenant.rooms.get(room)
        if known is None:
            known = tenant.rooms[room] = Room(room)
        known.flush()  # what was published before is none of its news
        if link not in known.links:
            link.rooms.append(known)
        known.links[link] = until
        if until is not None:
            self._end_at(tenant, known, link, until)

    def _drop(self, tenant: _Tenant, known: Room, link: Link) -> None:
        if link in known.links:
            del known.links[link]
            link.rooms.remove(known)
            if not known.links:
                known.flush()
                del tenant.rooms[known.room]

    def _end_at(self, tenant: _Tenant, known: Room, link: Link, until: int) -> None:
        wait = until - self._now()
        if wait <= 0:
            self._drop(tenant, known, link)
        else:
            self._loop.call_later(min(wait, FAR_SECONDS), self._look_again, tenant, known, link, until)

    def _look_again(self, tenant: _Tenant, known: Room, link: Link, until: int) -> None:
        if known.links.get(link) == until:  # still connected, and no newer end
            self._end_at(tenant, known, link, until)
