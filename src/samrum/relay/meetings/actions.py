"""Joining a room's call, and keeping LiveKit in line with who may be there."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from samrum.plumbing.log import Log
from samrum.plumbing.tasks import survive
from samrum.plumbing.transactions import Transactions, Tx
from samrum.relay.errors import Refusal
from samrum.relay.hub import Hub, Link
from samrum.relay.limits import Limit, TooMany
from samrum.relay.meetings import tables
from samrum.relay.meetings.outside import Away, LiveKit
from samrum.relay.rooms.actions import RosterApplied, access_meeting
from samrum.relay.tenants.actions import access_device
from samrum.wire import ids
from samrum.wire.codes import Code
from samrum.wire.ids import BadId, CallId, Dev, Pid, RoomId, TenantId
from samrum.wire.relay_api import Join
from samrum.wire.statements import Grant
from samrum.wire.stream import MediaAck, MediaAckIs, Meeting, Present

POLL_SECONDS: Final = 5.0
JOINS, JOIN_SECONDS = 20, 10
"""How often a device may join in how many seconds."""
KEPT_SECONDS: Final = 60
"""How long an empty call keeps its id."""

Device = tuple[Pid, Dev]


@dataclass(slots=True, eq=False)
class Call:
    """One running call. `joined`: who came through relay; `present`: who LiveKit says is there and may be."""

    call: CallId
    tenant: TenantId
    room: RoomId
    active: float
    """When somebody joined or was seen last."""
    joined: set[Device] = field(default_factory=set)
    present: list[Device] = field(default_factory=list)
    looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    def frame(self) -> Meeting:
        """What the room's members are told: a call that nobody is in is no meeting."""
        if not self.present:
            return Meeting(room=self.room)
        return Meeting(
            room=self.room, meeting=self.call, present=[Present(pid=pid, dev=dev) for pid, dev in self.present]
        )


class Meetings:
    """All running calls. Without LiveKit every join is refused with `no_media`."""

    def __init__(
        self,
        transactions: Transactions,
        hub: Hub,
        livekit: LiveKit | None,
        *,
        tasks: asyncio.TaskGroup,
        now: Callable[[], float],
        log: Log,
    ) -> None:
        self._transactions, self._hub, self._livekit, self._tasks = transactions, hub, livekit, tasks
        self._now, self._log = now, log
        self._calls: dict[RoomId, Call] = {}
        self._limit = Limit(JOINS, JOIN_SECONDS)
        self.met: Callable[[TenantId, Iterable[Pid], Iterable[Pid]], None] = lambda _tenant, _before, _after: None
        """Told whenever other people are in a call: tenant, who was in it, who is."""
        self.well = False
        """Whether LiveKit answered last time."""

    async def load(self) -> None:
        """Takes up the calls that were running when relay stopped."""

        def look(tx: Tx) -> dict[RoomId, Call]:
            calls = {row.call: Call(row.call, row.tenant, row.room, self._now()) for row in tables.all_calls(tx)}
            for row in tables.all_joins(tx):
                calls[row.call].joined.add((row.pid, row.dev))
            return {call.room: call for call in calls.values()}

        self._calls = await self._transactions.read(look)

    # ---- what browsers ask

    async def join(self, grant: Grant, room: RoomId) -> Join:
        """Where and how to enter the room's meeting; raises `Refusal`."""

        def work(tx: Tx) -> CallId:
            now = self._now()
            access_device(tx, grant.iss, grant.sub, grant.dev, now)
            access_meeting(tx, grant.iss, grant.sub, room, now)
            call = tables.call_of(tx, room)
            if call is None:
                call = ids.new_call()
                tables.put_call(tx, call, grant.iss, room)
            tables.put_join(tx, call, grant.sub, grant.dev, int(now))
            return call

        livekit = self._livekit
        if livekit is None:
            raise Refusal(Code.NO_MEDIA)
        self._count((grant.iss, grant.dev))
        call = await self._transactions.write(work, lambda call: self._joined(grant, room, call))
        try:
            await livekit.open(call)
        except Away:
            raise Refusal(Code.NO_MEDIA, retry_after=POLL_SECONDS) from None
        self._log.info("meeting.join", tenant=grant.iss, room=room, call=call, pid=grant.sub, dev=grant.dev)
        token = livekit.token(call, ids.identity(grant.sub, grant.dev))
        return Join(livekit=livekit.public, token=token, meeting=call)

    def _count(self, device: tuple[TenantId, Dev]) -> None:
        try:
            self._limit.count(device, self._now())
        except TooMany:
            raise Refusal(Code.RATE_LIMITED, retry_after=JOIN_SECONDS) from None

    def _joined(self, grant: Grant, room: RoomId, call: CallId) -> None:
        running = self._calls.get(room)
        if running is None or running.call != call:
            running = self._calls[room] = Call(call, grant.iss, room, self._now())
        running.joined.add((grant.sub, grant.dev))
        running.active = self._now()

    def media_ack(self, link: Link, ack: MediaAck) -> None:
        """Passes on that a device holds a media key, to the devices of the meeting."""
        for call in self._calls.values():
            if call.call == ack.meeting and call.tenant == link.tenant and (link.pid, link.dev) in call.joined:
                frame = MediaAckIs(meeting=call.call, pid=link.pid, dev=link.dev, epoch=ack.epoch)
                self._hub.to_devices(call.tenant, [dev for _, dev in call.joined if dev != link.dev], frame)
                return
        raise Refusal(Code.NOT_FOUND)

    def running(self, rooms: Iterable[RoomId]) -> dict[RoomId, Meeting]:
        """The running meetings of these rooms."""
        return {room: self._calls[room].frame() for room in rooms if room in self._calls and self._calls[room].present}

    # ---- what home decides

    def apply(self, event: RosterApplied) -> None:
        """A roster is durable: newcomers hear of the running meeting, whoever lost the right is put out at once."""
        call = self._calls.get(event.room)
        if call is None:
            return
        if call.present:
            for pid in event.entered:
                self._hub.to_person(event.tenant, pid, call.frame())
        gone = {*event.left, *(one.pid for one in event.out)}
        self._put_out(call, [device for device in call.joined if device[0] in gone])

    def revoke(self, tenant: TenantId, pid: Pid, dev: Dev | None) -> None:
        """A revocation is durable: ends the device's media."""
        for call in self._calls.values():
            if call.tenant == tenant:
                self._put_out(call, [(p, d) for p, d in call.joined if p == pid and dev in (None, d)])

    def _put_out(self, call: Call, devices: list[Device]) -> None:
        if devices:
            call.joined.difference_update(devices)
            self._spawn(self._remove(call, devices))

    async def _remove(self, call: Call, devices: list[Device]) -> None:
        livekit = self._livekit
        if livekit is None:
            return
        try:
            for pid, dev in devices:
                await livekit.remove(call.call, ids.identity(pid, dev))
        except Away as error:
            self._log.error("meeting.remove_failed", error=error, call=call.call)  # the next look tries again
        await self._transactions.write(lambda tx: tables.remove_joins(tx, call.call, devices))
        await self.look(call)

    # ---- what LiveKit says

    async def run(self) -> None:
        """Compares LiveKit with the roster every few seconds, until cancelled."""
        while True:
            await survive(self.look_all(), self._log, "meetings.failed")
            await asyncio.sleep(POLL_SECONDS)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.create_task(survive(work, self._log, "meetings.failed"))

    async def look_all(self) -> None:
        """One comparison of everything; rooms that relay did not open are deleted."""
        self._limit.forget(self._now())
        if self._livekit is None:
            return
        try:
            for name in await self._livekit.rooms():
                if name not in {call.call for call in self._calls.values()}:
                    self._log.warning("meeting.unknown_room")
                    await self._livekit.delete(name)
            self._say_well(well=True)
        except Away:
            self._say_well(well=False)
            for call in self._calls.values():
                call.active = self._now()  # who is in it cannot be asked: when LiveKit is back they may come back
            return
        for call in list(self._calls.values()):
            await self.look(call)

    def _say_well(self, *, well: bool) -> None:
        if well != self.well:
            self.well = well
            if well:
                self._log.info("livekit.answers")
            else:
                self._log.warning("livekit.away")

    async def webhook(self, body: bytes, authorization: str) -> None:
        """Something changed in a room: look there. Raises `Refusal` unless LiveKit signed it."""
        try:
            name = self._livekit.webhook(body, authorization) if self._livekit else None
        except ValueError:
            name = None
        if name is None:
            raise Refusal(Code.BAD_CALL)
        for call in self._calls.values():
            if call.call == name:
                self._spawn(self.look(call))
                return

    async def look(self, call: Call) -> None:
        """Who is in the call: removes strangers, tells members of changes, ends a call that stays empty."""
        async with call.looking:
            if self._calls.get(call.room) is not call or self._livekit is None:
                return
            try:
                identities = await self._livekit.participants(call.call)
                present = await self._transactions.read(lambda tx: self._rightful(tx, call, identities))
                rightful = {ids.identity(*device) for device in present}
                for identity in identities:
                    if identity not in rightful:
                        self._log.warning("meeting.stranger_removed", call=call.call)
                        await self._livekit.remove(call.call, identity)
            except Away:
                return
            now = self._now()
            if present:
                call.active = now
            if present != call.present:
                self.met(call.tenant, (pid for pid, _ in call.present), (pid for pid, _ in present))
                call.present = present
                self._hub.to_room(call.tenant, call.room, call.frame())
            if not present and now - call.active > KEPT_SECONDS:
                await self._end(call)

    def _rightful(self, tx: Tx, call: Call, identities: list[str]) -> list[Device]:
        """Those who joined through relay and may be here now, sorted."""
        found = []
        for identity in identities:
            try:
                pid, dev = ids.split_identity(identity)
                access_device(tx, call.tenant, pid, dev, self._now())
                access_meeting(tx, call.tenant, pid, call.room, self._now())
            except (BadId, Refusal):
                continue
            if (pid, dev) in call.joined:
                found.append((pid, dev))
        return sorted(found)

    async def _end(self, call: Call) -> None:
        before = self._now() - KEPT_SECONDS

        def work(tx: Tx) -> bool:
            if tables.last_join(tx, call.call) > before:
                return False  # somebody has just joined
            tables.remove_call(tx, call.call)
            return True

        def publish(*ended: bool) -> None:
            if ended[0] and self._calls.get(call.room) is call:
                del self._calls[call.room]

        if await self._transactions.write(work, publish) and self._livekit is not None:
            try:
                await self._livekit.delete(call.call)
            except Away:
                return
