"""A device that sends as the browser's outbox does (docs/protocol.md section 6), reads all news, and notes everything for the checker.

In order per room; after every connection it asks for its own last envelope and goes on from there; what was not acknowledged goes
again under the same id and number; `epoch_stale` means fetching the key and sealing again; whoever is no member keeps a draft. Gaps
between what was read and what news begin with are filled from history.
"""

import asyncio
import contextlib
import random
import secrets
import time
from collections import deque
from dataclasses import dataclass, field

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

from samrum.wire import envelope, ids, stream
from samrum.wire.base import Wire
from samrum.wire.codes import Code
from samrum.wire.statements import Epoch
from tests.history.checker import Acked, Complete, Event, Got, Kept, Opened, Tried, Wrote
from tests.relay.client import Device, Room

AWAY = (OSError, ConnectionClosed, InvalidHandshake, InvalidMessage, TimeoutError)
PAUSES = {Code.EPOCH_AHEAD, Code.STORE_FAILED, Code.RATE_LIMITED, Code.CLOCK, Code.INTERNAL}
SESSION_SECONDS = 60.0
"""The longest connection: an answer that never comes is a matter of the next one."""
LISTEN_SECONDS = 0.2
PAGES = 1000
"""`re` of a lane's page of history is its number and this."""


@dataclass
class _Item:
    """A message on its way."""

    msg_id: bytes
    seq: int = 0
    data: bytes = b""
    tried: bool = False
    flying: bool = False
    clock: bool = False
    """Relay refused the time that it was sent at."""


@dataclass
class _Lane:
    """A room as this device knows it."""

    room: Room
    epoch: Epoch
    waiting: deque[_Item] = field(default_factory=deque)
    member: bool = True
    asking: bool = True
    """The own last envelope is not known yet, so nothing may go."""
    draining: bool = False
    """Something was refused: nothing goes until all in flight is answered."""
    next_seq: int = 1
    have: set[int] = field(default_factory=set)
    """Positions that were got beyond `complete_to`, up to which there is no gap."""
    complete_to: int = 0
    head: int = 0
    paging: bool = False


class Sender:
    """One device. `window` messages of a room may be in flight; with 1 it seals anew whenever it repeats, as the browser does."""

    def __init__(self, device: Device, rooms: list[Room], events: list[Event], *, window: int, rate: float) -> None:
        self.device, self._events, self._window, self._rate = device, events, window, rate
        self.lanes = {room.room: _Lane(room, _epoch(room)) for room in rooms}
        self._order = list(self.lanes)
        self._chance = random.Random(device.dev)
        self.acknowledged = 0
        self._ahead = 0.0
        """Relay's clock less ours, in seconds."""
        self.refusals: dict[str, int] = {}
        self.done = False
        """No further message is written."""
        self.leaving = False
        """One more connection, to read what is still missing; then it is over."""
        self._over = False

    @property
    def owed(self) -> int:
        """Messages that are neither acknowledged nor drafts."""
        return sum(len(lane.waiting) for lane in self.lanes.values())

    def finished(self) -> bool:
        """Everything is sent, and everything is read."""
        return not self.owed and all(
            lane.complete_to >= lane.head and not lane.asking for lane in self.lanes.values() if lane.member
        )

    async def run(self, url: str) -> None:
        """Connects again whenever relay is gone, until all is sent and read after `leaving`."""
        while not self._over:
            with contextlib.suppress(*AWAY):
                await asyncio.wait_for(self._session(url, last=self.leaving), SESSION_SECONDS)
            with contextlib.suppress(*AWAY):
                await self.device.close()
            await asyncio.sleep(self._chance.uniform(0.01, 0.04))
        for room, lane in self.lanes.items():
            if lane.member:
                self._events.append(Complete(self.device.dev, room))

    async def _session(self, url: str, *, last: bool) -> None:
        welcome = await self.device.open(url)
        self.device.seen.clear()
        self._ahead = welcome.now / 1000 - time.time()
        for number, (room, lane) in enumerate(self.lanes.items()):
            for item in lane.waiting:
                item.flying = False
            head = welcome.rooms.get(room)
            lane.member, lane.draining, lane.paging = head is not None, False, False
            if head is None:
                await self._out(lane)
            else:
                self._events.append(Opened(self.device.dev, room, head.pos))
                lane.head = max(lane.head, head.pos)
                await self._ask(number, lane)
        writing = asyncio.create_task(self._write())
        try:
            while not (last and self.finished()) and (last or not self.leaving):
                with contextlib.suppress(TimeoutError):
                    await self._hear(await self.device.get(LISTEN_SECONDS))
                self.device.seen.clear()
            self._over = last
        finally:
            writing.cancel()
            with contextlib.suppress(asyncio.CancelledError, *AWAY):
                await writing

    async def _write(self) -> None:
        """A person who writes now and then."""
        while True:
            await asyncio.sleep(self._chance.expovariate(self._rate))
            if self.done:
                return  # others may read to the end now
            room = self._chance.choice(self._order)
            lane = self.lanes[room]
            if self._chance.random() < 0.02:  # home's hint came first: a key that relay may not know yet
                lane.epoch = _epoch(lane.room)
            if lane.member and len(lane.waiting) < 2 * self._window:
                item = _Item(secrets.token_bytes(16))
                lane.waiting.append(item)
                self._events.append(Wrote(self.device.dev, room, ids.text("m", item.msg_id)))
            await self._fill(lane)

    async def _ask(self, number: int, lane: _Lane) -> None:
        lane.asking = True
        await self.device.put(stream.Last(re=number, room=lane.room.room))
        await self._page(lane)

    async def _page(self, lane: _Lane) -> None:
        """Asks for what is missing between what was read and the newest, one page at a time."""
        while lane.complete_to + 1 in lane.have:
            lane.complete_to += 1
            lane.have.remove(lane.complete_to)
        if lane.complete_to < lane.head and not lane.paging:
            lane.paging = True
            room = lane.room.room
            await self.device.put(
                stream.History(re=PAGES + self._order.index(room), room=room, after=lane.complete_to, limit=200)
            )

    async def _fill(self, lane: _Lane) -> None:
        """Sends what may go, in order."""
        for item in [*lane.waiting][: self._window]:
            if not lane.member or lane.asking or lane.draining:
                return
            if not item.flying:
                item.flying = True
                if not item.seq:
                    item.seq, lane.next_seq = lane.next_seq, lane.next_seq + 1
                self._seal(lane, item)
                await self.device.put(stream.Send(env=item.data))

    def _seal(self, lane: _Lane, item: _Item) -> None:
        parsed = envelope.parse(item.data) if item.data else None
        fits = parsed is not None and (parsed.seq, parsed.epoch) == (item.seq, lane.epoch.n)
        if self._window == 1 or not fits or item.clock:
            item.data = self.device.seal(
                lane.room,
                msg_id=item.msg_id,
                seq=item.seq,
                epoch=lane.epoch.n,
                key_id=ids.raw(lane.epoch.key_id, "k"),
                sent_at=int(time.time() + self._ahead),
            )
        item.tried = True
        self._events.append(
            Tried(
                self.device.dev, lane.room.room, ids.text("m", item.msg_id), item.seq, envelope.stored_hash(item.data)
            )
        )

    async def _hear(self, frame: Wire) -> None:
        match frame:
            case stream.Sent():
                await self._sent(frame)
            case stream.Error(msg=str()):
                await self._refused(frame)
            case stream.Error(re=int()):
                await self._request_refused(frame, frame.re)
            case stream.LastIs():
                await self._last(frame)
            case stream.Batch():
                await self._news(frame)
            case stream.Page():
                await self._got_page(frame)
            case stream.RosterIs():
                await self._roster(frame)
            case stream.Pong():
                self._ahead = frame.now / 1000 - time.time()
            case _:
                pass

    async def _sent(self, frame: stream.Sent) -> None:
        lane = self.lanes[frame.room]
        self._events.append(Acked(self.device.dev, frame.room, frame.msg_id, frame.pos, frame.hash))
        self.acknowledged += 1
        self._remove(lane, frame.msg_id)
        await self._drained(lane)

    async def _refused(self, frame: stream.Error) -> None:
        assert frame.msg is not None
        self.refusals[frame.code] = self.refusals.get(frame.code, 0) + 1
        raw = ids.raw(frame.msg, "m")
        lane = next(one for one in self.lanes.values() if any(item.msg_id == raw for item in one.waiting))
        item = next(item for item in lane.waiting if item.msg_id == raw)
        item.flying = False
        if frame.code == Code.NOT_A_MEMBER:
            self._events.append(Kept(self.device.dev, lane.room.room, frame.msg))
            self._remove(lane, frame.msg)
        else:
            known = PAUSES | {Code.EPOCH_STALE, Code.SEQ_REFUSED}
            assert frame.code in known, frame
            item.clock = frame.code == Code.CLOCK
            if item.clock:
                await self.device.put(stream.Ping())
            if frame.code in PAUSES:
                await asyncio.sleep(min(frame.retry_after or 0.05, 1.0))
            lane.draining = True
        await self._drained(lane)

    async def _drained(self, lane: _Lane) -> None:
        """After a refusal: once all is answered, the key is fetched and the own last envelope asked for, then all goes again."""
        if lane.draining and not any(item.flying for item in lane.waiting):
            lane.draining = False
            lane.epoch = _epoch(lane.room)
            await self._ask(self._order.index(lane.room.room), lane)
        await self._fill(lane)

    def _remove(self, lane: _Lane, msg_id: str) -> None:
        lane.waiting = deque(item for item in lane.waiting if ids.text("m", item.msg_id) != msg_id)

    async def _last(self, frame: stream.LastIs) -> None:
        """The number to go on from, by our own signature."""
        lane = self.lanes[frame.room]
        seq, msg_id = 0, b""
        if frame.env is not None:
            assert envelope.signature_holds(frame.env, self.device.key.public_key())
            parsed = envelope.parse(frame.env)
            seq, msg_id = parsed.seq, parsed.msg_id
        stored = next((place for place, item in enumerate(lane.waiting, 1) if item.msg_id == msg_id), 0)
        for place, item in enumerate(lane.waiting, 1):
            item.seq = seq + place - stored
        lane.next_seq = seq + len(lane.waiting) - stored + 1
        lane.asking = False
        await self._fill(lane)

    async def _request_refused(self, frame: stream.Error, number: int) -> None:
        """A page or the last envelope was refused."""
        lane = self.lanes[self._order[number % PAGES]]
        if number >= PAGES:
            lane.paging = False
        if frame.code == Code.NOT_A_MEMBER:
            await self._out(lane)
            return
        assert frame.code in PAUSES, frame
        await asyncio.sleep(min(frame.retry_after or 0.05, 1.0))
        await (self._page(lane) if number >= PAGES else self._ask(number, lane))

    async def _out(self, lane: _Lane) -> None:
        """Not a member any more: what was never tried becomes a draft at once, the rest as relay refuses it."""
        lane.member = False
        for item in [*lane.waiting]:
            if not item.tried:
                msg_id = ids.text("m", item.msg_id)
                self._events.append(Kept(self.device.dev, lane.room.room, msg_id))
                self._remove(lane, msg_id)
            elif not item.flying:
                item.flying = True
                await self.device.put(stream.Send(env=item.data))

    async def _news(self, frame: stream.Batch) -> None:
        lane = self.lanes[frame.room]
        for pos, data in enumerate(frame.env, frame.pos):
            self._got(lane, pos, data, live=True)
        lane.head = max(lane.head, frame.pos + len(frame.env) - 1)
        await self._page(lane)

    async def _got_page(self, frame: stream.Page) -> None:
        lane = self.lanes[frame.room]
        lane.paging = False
        for pos, data in zip(frame.pos, frame.env, strict=True):
            self._got(lane, pos, data, live=False)
        await self._page(lane)

    def _got(self, lane: _Lane, pos: int, data: bytes, *, live: bool) -> None:
        self._events.append(Got(self.device.dev, lane.room.room, pos, envelope.stored_hash(data), live))
        if pos > lane.complete_to:
            lane.have.add(pos)

    async def _roster(self, frame: stream.RosterIs) -> None:
        """Somebody came or went: perhaps oneself."""
        for number, lane in enumerate(self.lanes.values()):
            now = self.device.pid in lane.room.state.members
            if lane.member and not now:
                await self._out(lane)
            elif now and not lane.member:
                lane.member, lane.paging = True, False
                self._events.append(Opened(self.device.dev, lane.room.room, None))
                await self._ask(number, lane)


def _epoch(room: Room) -> Epoch:
    """The room's newest key, as home gives it."""
    assert room.state.epoch is not None
    return room.state.epoch
