"""Who watches whom, and what they are told."""

import asyncio
import sys
from collections import Counter
from collections.abc import Iterable
from functools import partial
from typing import Final

from samrum.plumbing.log import Log
from samrum.plumbing.tasks import survive
from samrum.plumbing.transactions import Transactions
from samrum.relay.hub import Hub, Link
from samrum.relay.presence import tables
from samrum.relay.rooms.actions import RosterApplied
from samrum.wire import stream
from samrum.wire.ids import Pid, RoomId, TenantId
from samrum.wire.stream import PRESENCE_MEMBERS, PresenceState

ROUND_SECONDS: Final = 1.0
"""Changes are told no more often."""
GONE_SECONDS: Final = 10.0
"""How long a person stays after the last connection ended."""

Someone = tuple[TenantId, Pid]
Left = tuple[PresenceState, frozenset[RoomId]]


class Presences:
    """The presence of everybody who is connected."""

    def __init__(self, transactions: Transactions, hub: Hub, log: Log) -> None:
        self._transactions, self._hub, self._log = transactions, hub, log
        self._loop = asyncio.get_running_loop()
        self._away: set[Link] = set()
        self._leaving: dict[Someone, Left] = {}
        """How present somebody was whose last connection has just ended, and in which rooms."""
        self._meeting: Counter[Someone] = Counter()
        self._asked: dict[Link, tuple[Pid, ...]] = {}
        """What links watch from the next round on."""
        self._watched: dict[Link, tuple[Pid, ...]] = {}
        self._watchers: dict[Someone, set[Link]] = {}
        self._told: dict[Link, dict[Pid, PresenceState]] = {}
        """What each link believes of those it watches who are not offline."""
        self._changed: set[Someone] = set()
        self._sizes: dict[RoomId, int] = {}
        """Members of rooms that people share, counted up to one more than show presence."""
        self._stale: set[RoomId] = set()
        """Rooms whose size is to be counted anew."""
        self._news = asyncio.Event()

    # ---- what happens

    def ask(self, link: Link, frame: stream.Presence) -> None:
        """A device says whom it shows, and whether its person is away."""
        self._asked[link] = tuple(Pid(sys.intern(pid)) for pid in dict.fromkeys(frame.pids))
        self._news.set()
        if frame.away != (link in self._away):
            (self._away.add if frame.away else self._away.discard)(link)
            self._change((link.tenant, link.pid))

    def entered(self, link: Link) -> None:
        """A device has connected."""
        self._leaving.pop((link.tenant, link.pid), None)
        self._change((link.tenant, link.pid))

    def left(self, link: Link, rooms: Iterable[RoomId]) -> None:
        """A device's connection is over; until then it was in `rooms`."""
        someone = (link.tenant, link.pid)
        if not self._hub.links_of(*someone):
            state = PresenceState.AWAY if link in self._away else PresenceState.ONLINE
            self._leaving[someone] = left = (state, frozenset(rooms))
            self._loop.call_later(GONE_SECONDS, self._gone, someone, left)
        self._away.discard(link)
        self._asked.pop(link, None)
        self._watch(link, ())
        self._change(someone)

    def met(self, tenant: TenantId, before: Iterable[Pid], after: Iterable[Pid]) -> None:
        """Who is in a meeting has changed; each person once, even with several devices."""
        gone, come = set(before), set(after)
        for pid in gone ^ come:
            self._meeting[tenant, pid] += 1 if pid in come else -1
            if self._meeting[tenant, pid] <= 0:
                del self._meeting[tenant, pid]
            self._change((tenant, pid))

    def apply(self, event: RosterApplied) -> None:
        """A roster is durable: people may be in sight of each other now, or not any more."""
        size = self._sizes.get(event.room)
        self._stale.add(event.room)
        for pid in [*event.entered, *event.left]:
            self._change((event.tenant, pid))
            for link in self._hub.links_of(event.tenant, pid):
                if link in self._watched:
                    self._asked.setdefault(link, self._watched[link])
                    self._news.set()
        if size is not None and size <= PRESENCE_MEMBERS < size + len(event.entered):
            for link in self._hub.links_in(event.tenant, event.room):
                self._change((link.tenant, link.pid))  # the room may have grown too big

    def _gone(self, someone: Someone, left: Left) -> None:
        if self._leaving.get(someone) is left:
            del self._leaving[someone]
            self._change(someone)

    def _change(self, someone: Someone) -> None:
        if someone in self._watchers:
            self._changed.add(someone)
            self._news.set()

    # ---- what is told

    async def run(self) -> None:
        """Tells changes, until cancelled: at once when it was quiet, otherwise once a second."""
        while True:
            await self._news.wait()
            self._news.clear()
            await survive(self._round(), self._log, "presence.failed")
            await asyncio.sleep(ROUND_SECONDS)

    async def _round(self) -> None:
        asked, self._asked = self._asked, {}
        changed, self._changed = self._changed, set()
        for link, pids in asked.items():
            self._watch(link, pids)
        look = {link: set(pids) for link, pids in asked.items()}
        for someone in changed:
            for link in self._watchers.get(someone, ()):
                look.setdefault(link, set()).add(someone[1])
        shared = {room for link, some in look.items() for pid in some for room in self._shared(link, pid)}
        unknown = (shared - self._sizes.keys()) | (shared & self._stale)
        if unknown:
            self._stale -= unknown
            count = partial(tables.sizes, rooms=unknown, most=PRESENCE_MEMBERS + 1)
            self._sizes |= await self._transactions.read(count)
        for link, some in look.items():
            self._tell(link, some)

    def _tell(self, link: Link, pids: set[Pid]) -> None:
        if link not in self._watched:
            return
        told = self._told.setdefault(link, {})
        news = {}
        for pid in pids:
            state = self._seen(link, pid)
            if told.get(pid, PresenceState.OFFLINE) is not state:
                news[pid] = state
            if state is PresenceState.OFFLINE:
                told.pop(pid, None)
            else:
                told[pid] = state
        if news:
            link.send(stream.encode(stream.PresenceIs(of=news)))

    def _seen(self, link: Link, pid: Pid) -> PresenceState:
        """How present a person is, as far as the one behind a connection may know."""
        if not any(self._sizes.get(room, PRESENCE_MEMBERS + 1) <= PRESENCE_MEMBERS for room in self._shared(link, pid)):
            return PresenceState.OFFLINE
        links = self._hub.links_of(link.tenant, pid)
        if not links:
            return self._leaving[link.tenant, pid][0]
        if self._meeting[link.tenant, pid] > 0:
            return PresenceState.MEETING
        return PresenceState.AWAY if all(one in self._away for one in links) else PresenceState.ONLINE

    def _shared(self, link: Link, pid: Pid) -> set[RoomId]:
        """The rooms in which both are; none with somebody who is not there."""
        links, left = self._hub.links_of(link.tenant, pid), self._leaving.get((link.tenant, pid))
        theirs = {room.room for room in links[0].rooms} if links else left[1] if left else frozenset()
        return {room.room for room in link.rooms if room.room in theirs}

    def _watch(self, link: Link, pids: tuple[Pid, ...]) -> None:
        for pid in self._watched.pop(link, ()):
            watchers = self._watchers[link.tenant, pid]
            watchers.discard(link)
            if not watchers:
                del self._watchers[link.tenant, pid]
        told = self._told.pop(link, {})
        if pids:
            self._watched[link] = pids
            self._told[link] = {pid: told[pid] for pid in pids if pid in told}
        for pid in pids:
            self._watchers.setdefault((link.tenant, pid), set()).add(link)
