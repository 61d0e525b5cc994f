"""The two answers that keep a client's picture right: everything to begin with, and what changed since."""

from typing import Final

import msgspec

from samrum.home.devices.actions import Certified
from samrum.home.keys.actions import EpochKeys
from samrum.home.keys.folder import Signer
from samrum.home.login.door import Signed
from samrum.home.people import tables as people
from samrum.home.rooms import tables as rooms
from samrum.home.rooms import view
from samrum.home.settings import tables as settings
from samrum.home.since import tables
from samrum.plumbing.clock import Clock
from samrum.plumbing.transactions import Transactions, Tx
from samrum.wire.home_api import Person, RelayAddress, Since, Started
from samrum.wire.ids import Pid, RoomId, TenantId
from samrum.wire.statements import Topic

LEASED: Final = 200
"""Rooms whose keys are leased unasked."""
MAX_REPLY: Final = 300_000
"""Bytes that `/start` may have, except for what a long list of rooms takes."""
MAX_CHAINS: Final = 200_000
MAX_PEOPLE: Final = 50_000
MAX_NEWS: Final = 200_000
MAX_NEWS_OF_ROOM: Final = 20_000
"""Characters of chains in one answer to `/since`; what is left out is asked for by `POST /rosters`."""


class Picture:
    """What a person's clients know of home."""

    def __init__(
        self,
        *,
        db: Transactions,
        clock: Clock,
        signer: Signer,
        tenant: TenantId,
        authority: str,
        relay: RelayAddress,
        keys: EpochKeys,
    ) -> None:
        self._db, self._clock, self._signer, self._tenant = db, clock, signer, tenant
        self._authority, self._relay, self._keys = authority, relay, keys

    async def begin(self, me: Signed, certified: Certified) -> Started:
        """Everything to begin with, for a device that has just been certified."""
        now = self._clock.now()

        def work(tx: Tx) -> Started:
            cursor = tables.last(tx)
            mine = rooms.of_person(tx, me.pid)
            seen = [room for one in mine if (room := view.room(tx, me.pid, one))]
            epochs = [(row.room, row.epoch) for one in mine[:LEASED] if (row := rooms.get(tx, one))]
            started = Started(
                me=people.people(tx, [me.pid])[0],
                tenant=self._tenant,
                authority=self._authority,
                cert=certified.cert,
                grant=certified.grant,
                keys=[self._signer.public()],
                relay=self._relay,
                rooms=seen,
                rosters={},
                people=_fitting(people.of_rooms(tx, mine[:LEASED], view.MAX_NAMES)),
                leased=self._keys.release(tx, me.pid, epochs, [room for room, _ in epochs], int(now)),
                cursor=cursor,
                now=int(now * 1000),
                snapshots={},
                settings=settings.get(tx, me.pid),
                may=sorted(people.may(tx, me.pid)),
            )
            _chains(tx, started, min(MAX_CHAINS, MAX_REPLY - len(msgspec.json.encode(started))))
            return started

        return await self._db.write(work)

    async def since(self, me: Pid, cursor: int) -> Since:
        """What changed for a person after `cursor`; everything, if home never gave that cursor (it was restored)."""

        def work(tx: Tx) -> Since:
            last = tables.last(tx)
            events = tables.after(tx, me, cursor if cursor <= last else 0)
            changed = [room for _, room, topic in events if topic == Topic.ROOM]
            others = settings.news(tx, [room for _, room, topic in events if topic == Topic.NAMES], cursor)
            seen = [found for room in changed if (found := view.room(tx, me, room))]
            news, left = dict[RoomId, list[str]](), MAX_NEWS
            for room in seen:
                news[room.room] = view.last(tx, room, min(left, MAX_NEWS_OF_ROOM))
                left -= sum(map(len, news[room.room]))
            return Since(
                cursor=events[-1][0] if events else min(cursor, last),
                rooms=seen,
                rosters=news,
                people=people.of_rooms(tx, [room.room for room in seen if not room.removed], view.MAX_NAMES)
                + people.people(tx, others),
                devices=any(topic == Topic.DEVICES for _, _, topic in events),
                settings=settings.get(tx, me) if any(topic == Topic.SETTINGS for _, _, topic in events) else None,
                reports=any(topic == Topic.REPORTS for _, _, topic in events),
            )

        return await self._db.read(work)


def _chains(tx: Tx, started: Started, budget: int) -> None:
    """Whole chains, or snapshots and the chains after them, for as many rooms as fit; rooms changed last first."""
    for room in started.rooms:
        begin = rooms.snapshot(tx, room.room)
        chain = rooms.chain(tx, room.room, begin[0] if begin else 0, room.version)
        size = sum(len(one) + 3 for one in chain) + (len(begin[1]) + 80 if begin else 40)
        if size <= budget:
            started.rosters[room.room] = chain
            if begin:
                started.snapshots[room.room] = begin[1]
            budget -= size


def _fitting(names: list[Person]) -> list[Person]:
    size, fitting = 0, []
    for person in names:
        size += len(msgspec.json.encode(person)) + 1
        if size > MAX_PEOPLE:
            break
        fitting.append(person)
    return fitting
