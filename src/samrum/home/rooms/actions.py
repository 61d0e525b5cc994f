"""Creating rooms, changing them and their members: decided, signed, logged and owed to relay in one transaction."""

import asyncio
from collections.abc import Collection
from functools import partial
from typing import Final

import msgspec

from samrum.home.devices.proof import Proven
from samrum.home.errors import BadMembers, Blocked, KeysAway, NotAllowed, SecondCopyAway
from samrum.home.keys import tables as key_tables
from samrum.home.keys.actions import EpochKeys
from samrum.home.keys.folder import Signer
from samrum.home.ledger import actions as ledger
from samrum.home.ledger.chain import RosterSigned
from samrum.home.moderation import tables as blocks
from samrum.home.outbox import actions as outbox
from samrum.home.people import tables as people
from samrum.home.rooms import change as rules
from samrum.home.rooms import snapshots, tables, view
from samrum.home.rooms.access import Want, access_room
from samrum.home.rooms.change import Change
from samrum.home.since import tables as since
from samrum.plumbing.clock import Clock
from samrum.plumbing.log import Log
from samrum.plumbing.transactions import Transactions, Tx
from samrum.wire import jws
from samrum.wire.chain import Member, RoomState, listed
from samrum.wire.home_api import (
    BIG_ROOM,
    Changed,
    ChangeMembers,
    Listed,
    NewRoom,
    RoomPeople,
    Rosters,
    ToldPast,
    WantPast,
    WantRosters,
)
from samrum.wire.ids import Pid, RoomId, TenantId
from samrum.wire.rooms_api import Access, ChangeRoom, HistoryRule, Post
from samrum.wire.statements import Kind, MemberEntry, Role, Roster, Topic, members_hash

RETENTION: Final = "365d"
"""The retention class of messages, until an administrator can choose."""
EPOCH_SECONDS: Final = 30 * 86_400
"""An epoch key's longest life."""
GAP_SECONDS: Final = 2
BIG_GAP_SECONDS: Final = 3600
"""Who loses the right sooner after somebody else shares the epoch that begins at the end of this time; in big rooms, the longer one."""
DUE_SECONDS: Final = 0.5
"""How often rooms are looked for whose next epoch is due."""
AT_ONCE: Final = 50
"""Rooms whose epoch begins in one transaction."""
ADDED_AT_ONCE: Final = 2000
"""Members that one roster adds: 150 kB, well below what a statement may have."""
RELAY_SECONDS: Final = 1.0
"""How long an answer waits for relay's word."""


class Rooms:
    """The rooms of this authority."""

    def __init__(
        self,
        *,
        db: Transactions,
        clock: Clock,
        signer: Signer,
        tenant: TenantId,
        keys: EpochKeys,
        out: outbox.Outbox,
        log: Log,
    ) -> None:
        self._db, self._clock, self._signer, self._tenant = db, clock, signer, tenant
        self._keys, self._out, self._log = keys, out, log

    async def create(self, me: Pid, new: NewRoom, proven: Proven | None) -> Changed:
        """The new room, or the one that the same request (or the same two people) made before."""
        now = int(self._clock.now())

        def write(tx: Tx) -> RoomId:
            if proven:
                proven.use(tx)
            if new.kind == Kind.CHANNEL and "channels" not in people.may(tx, me):
                raise NotAllowed
            return self._create(tx, me, new, now)

        room = await self._db.write(write, publish=self._out.woken)
        return await self.changed(me, room, proven)

    async def found(self, owner: Pid, new: NewRoom) -> None:
        """As `create`, at the directory's word."""
        now = int(self._clock.now())
        await self._db.write(lambda tx: self._create(tx, owner, new, now), publish=self._out.woken)

    async def change_members(self, me: Pid, room: RoomId, wanted: ChangeMembers, proven: Proven | None) -> Changed:
        """Adds, removes and gives roles as one change. Who leaves by it gets the chain up to there.

        Nobody stays in because no key can be made now: then the removal stands at once, and the new key is due.
        """
        now = int(self._clock.now())

        def write(tx: Tx, *, later: bool = False) -> None:
            if proven:
                proven.use(tx)
            row, _ = access_room(tx, me, room, Want.READ)
            members = tables.members(tx, room)
            change = rules.decide(members, row.policy(), me, wanted)
            added = [entry.pid for entry in change.add]
            if people.active(tx, added) != set(added):
                raise BadMembers
            if blocks.blocked(tx, room, added):
                raise Blocked
            if wanted.block:
                access_room(tx, me, room, Want.MANAGE)
                gone = {one.pid for one in people.people(tx, wanted.remove)} - {me}
                blocks.block(tx, room, sorted(gone), me, now)
            turn = tables.Turn(now=False, due=now, lost=row.epoch_lost) if later and change.remove else None
            if change.add and row.history == "closed":
                turn = None  # who comes gets the new key or does not come
            if not change.empty():
                self.apply(tx, row, change, now, at_once=wanted.at_once, turn=turn, members=members)

        try:
            await self._db.write(write, publish=self._out.woken)
        except (KeysAway, SecondCopyAway):
            await self._db.write(partial(write, later=True), publish=self._out.woken)
        return await self.changed(me, room, proven)

    async def shape(self, me: Pid, room: RoomId, wanted: ChangeRoom, proven: Proven | None) -> Changed:
        """Changes what a room is called and what goes in it. Relay hears of who may write and of history; of the rest only home and browsers."""
        now = int(self._clock.now())

        def write(tx: Tx) -> None:
            if proven:
                proven.use(tx)
            before, role = access_room(tx, me, room, Want.MANAGE)
            row = rules.shaped(before, role, wanted)
            if row == before:
                return
            tables.shape(tx, row, now)
            if row.policy() == before.policy():
                tell(tx, row)
            else:
                turn = tables.Turn(now=row.history != before.history, due=row.epoch_due, lost=row.epoch_lost)
                self.apply(tx, row, Change([], [], []), now, turn=turn)

        await self._db.write(write, publish=self._out.woken)
        return await self.changed(me, room, proven)

    async def own(self, me: Pid, room: RoomId, proven: Proven | None) -> Changed:
        """Takes over what nobody owns; does nothing for who owns it already."""
        now = int(self._clock.now())

        def write(tx: Tx) -> None:
            if proven:
                proven.use(tx)
            row, role = access_room(tx, me, room, Want.READ)
            if role == Role.OWNER:
                return
            if row.kind == Kind.DIRECT or tables.owned(tx, room) or not tables.heirs(tx, room, me, role):
                raise NotAllowed
            self.apply(tx, row, Change([], [], [MemberEntry(pid=me, role=Role.OWNER)]), now)

        await self._db.write(write, publish=self._out.woken)
        return await self.changed(me, room, proven)

    async def rosters(self, me: Pid, wanted: WantRosters) -> Rosters:
        """The chains of one's own rooms after the given versions; of former ones up to one's removal."""
        return await self._db.read(lambda tx: view.chains(tx, me, wanted.rooms, fresh=wanted.fresh))

    async def listed(self, me: Pid, room: RoomId, after: str) -> Listed:
        """A page of the newest snapshot's member list."""
        return await self._db.read(lambda tx: snapshots.page(tx, me, room, after))

    async def people(self, me: Pid, room: RoomId, text: str, skip: int, limit: int) -> RoomPeople:
        """A page of the members by name."""
        return await self._db.read(lambda tx: view.by_name(tx, me, room, text=text, skip=skip, limit=limit))

    async def past(self, me: Pid, room: RoomId, wanted: WantPast) -> ToldPast:
        """What lies before a version, signed."""
        past = await self._db.read(lambda tx: snapshots.past(tx, self._tenant, me, room, wanted))
        return ToldPast(past=self._signer.sign(past))

    def new_epochs(self, tx: Tx, pid: Pid, now: int, *, later: bool) -> None:
        """Gives each of a person's rooms a new key: one of their devices was reported lost.

        `later`: no key can be made now (`SecondCopyAway`), so they are due and begin as soon as one can.
        """
        rooms = tables.of_person(tx, pid)
        if later:
            tables.put_due(tx, rooms, now)
        else:
            self._turn(tx, rooms, now)

    def take_out(self, tx: Tx, pids: Collection[Pid], now: int, *, later: bool) -> None:
        """People left the directory: one change in each of their rooms. `later` as in `new_epochs`.

        Nobody leaves a direct message: the other one keeps it with its name, under a new key. A room may be left without an owner.
        """
        for room in sorted({room for pid in pids for room in tables.of_person(tx, pid)}):
            row = tables.get(tx, room)
            assert row is not None  # it has members
            gone = [] if row.kind == Kind.DIRECT else sorted(tables.members(tx, room).keys() & set(pids))
            if later and not gone:
                tables.put_due(tx, [room], now)
                continue
            turn = tables.Turn(False, now, row.epoch_lost) if later else None if gone else tables.Turn(True, None, now)
            self.apply(tx, row, Change([], gone, []), now, turn=turn)

    async def renew_epochs(self, limit: int) -> int:
        """Gives up to `limit` rooms a new key whose key is 30 days old; returns how many."""
        now = int(self._clock.now())

        def write(tx: Tx) -> int:
            rooms = key_tables.old(tx, now - EPOCH_SECONDS, limit)
            self._turn(tx, rooms, now)
            return len(rooms)

        return await self._db.write(write, publish=self._out.woken)

    async def begin_due(self) -> None:
        """Begins epochs that are due because somebody lost the right, for ever."""
        while True:
            now = int(self._clock.now())
            while await self._db.read(lambda tx: tables.due(tx, now, 1)):  # noqa: B023  awaited at once
                await self._db.write(
                    lambda tx: self._turn(tx, tables.due(tx, now, AT_ONCE), now),  # noqa: B023
                    publish=self._out.woken,
                )
            await asyncio.sleep(DUE_SECONDS)

    def _turn(self, tx: Tx, rooms: Collection[RoomId], now: int) -> None:
        """Begins a new epoch in each of these rooms."""
        for room in rooms:
            row = tables.get(tx, room)
            if row:
                self.apply(tx, row, Change([], [], []), now, turn=tables.Turn(now=True, due=None, lost=now))

    def _create(self, tx: Tx, me: Pid, new: NewRoom, now: int) -> RoomId:
        existing = tables.get(tx, new.room)
        if existing is not None:
            if existing.creator != me:
                raise NotAllowed
            return new.room
        title = rules.title_of(new.kind, new.title)
        others, direct = new.members, new.kind == Kind.DIRECT
        if len(set(others)) != len(others) or me in others or (direct and len(others) != 1):
            raise BadMembers
        plain = (new.history, new.access, new.post, new.topic) == (HistoryRule.OPEN, Access.PRIVATE, Post.MEMBER, "")
        if (direct and not plain) or (new.access == Access.PUBLIC and new.kind != Kind.CHANNEL):
            raise NotAllowed
        pair = ":".join(sorted([me, others[0]])) if direct else None
        if pair and (there := tables.of_pair(tx, pair)):
            return there
        if people.active(tx, others) != set(others):
            raise BadMembers
        row = tables.Row(
            room=new.room,
            kind=new.kind,
            title=title,
            history=new.history,
            post=new.post,
            retention=RETENTION,
            creator=me,
            version=0,
            head=jws.FIRST,
            delivered=0,
            epoch=0,
            changed=now,
            topic=rules.topic_of(new.topic),
            access=new.access,
        )
        tables.add(tx, row, pair)
        mine = MemberEntry(pid=me, role=Role.MEMBER if direct else Role.OWNER)
        add = [mine, *(MemberEntry(pid=pid, role=Role.MEMBER) for pid in others)]
        self.apply(tx, row, Change(add, [], []), now)
        return new.room

    def apply(
        self,
        tx: Tx,
        row: tables.Row,
        change: Change,
        now: int,
        *,
        at_once: bool = False,
        turn: tables.Turn | None = None,
        members: dict[Pid, Member] | None = None,
    ) -> None:
        """Signs the next roster, or several where many are added, and writes everything that goes with them. `members`: if read already."""
        state = self._state(tx, row, members if members is not None else tables.members(tx, row.room))
        turn = turn or _turn_of(row, change, len(state.members), now, at_once=at_once)
        first, later = change.add[:ADDED_AT_ONCE], change.add[ADDED_AT_ONCE:]
        state = self._sign(tx, row, state, Change(first, change.remove, change.role), now=now, turn=turn)
        while later:
            add, later = later[:ADDED_AT_ONCE], later[ADDED_AT_ONCE:]
            state = self._sign(tx, row, state, Change(add, [], []), now=now, turn=turn._replace(now=False))
        tell(tx, row._replace(version=state.version))
        since.add(tx, change.remove, Topic.ROOM, row.room)
        outbox.add_hints(tx, change.remove, Topic.ROOM, lane=row.room, version=state.version)
        if row.changes + change.size() >= snapshots.EVERY:
            snapshots.take(tx, self._signer, state, now)

    def _state(self, tx: Tx, row: tables.Row, members: dict[Pid, Member]) -> RoomState:
        last = key_tables.get(tx, row.room, row.epoch)
        return RoomState(
            tenant=self._tenant,
            room=row.room,
            version=row.version,
            head=row.head,
            epoch=last.statement() if last else None,
            policy=row.policy(),
            members=members,
        )

    def _sign(
        self, tx: Tx, row: tables.Row, before: RoomState, change: Change, *, now: int, turn: tables.Turn
    ) -> RoomState:
        """Signs and writes one roster; the chain's own rules are checked on the way."""
        epoch = before.epoch
        if turn.now or epoch is None:
            epoch = self._keys.new(tx, row.room, epoch.n + 1 if epoch else 1, row.retention, now)
        roster = Roster(
            tenant=self._tenant,
            room=row.room,
            version=before.version + 1,
            prev=before.head,
            epoch=epoch,
            policy=row.policy(),
            at=now,
            add=change.add,
            remove=change.remove,
            role=change.role,
        )
        roster = msgspec.structs.replace(roster, members=members_hash(listed(before.members_after(roster))))
        statement = self._signer.sign(roster)
        after = before.apply(roster, statement)
        tables.save(
            tx,
            before,
            after,
            statement,
            first=row.open_from if row.history == HistoryRule.OPEN else epoch.n,
            now=now,
            turn=turn,
            number=change.size(),
        )
        ledger.append(tx, RosterSigned(at=now, room=row.room, version=roster.version, digest=after.head))
        outbox.add_roster(tx, row.room, roster.version)
        self._log.info("room.changed", room=row.room, version=roster.version, epoch=epoch.n, members=len(after.members))
        return after

    async def changed(self, me: Pid, room: RoomId, proven: Proven | None) -> Changed:
        """The room for `me` after relay has it (or 1 s); with the current key only where a device proved itself."""
        row = await self._db.read(lambda tx: tables.get(tx, room))
        if row and row.delivered < row.version:
            await self._out.delivered("roster", room, row.version, RELAY_SECONDS)
        now = int(self._clock.now())

        def work(tx: Tx) -> Changed:
            changed = view.changed(tx, me, room)
            if proven and not changed.room.removed:
                current = tables.get(tx, room)
                assert current is not None  # it has just been read
                changed.keys = self._keys.release(tx, me, [(room, current.epoch)], [], now)
            return changed

        return await (self._db.write(work) if proven else self._db.read(work))


def tell(tx: Tx, row: tables.Row) -> None:
    """Something of a room changed for all its members."""
    since.add_for_members(tx, row.room)
    outbox.add_hint(tx, row.room, Topic.ROOM, lane=row.room, version=row.version)


def _turn_of(row: tables.Row, change: Change, members: int, now: int, *, at_once: bool) -> tables.Turn:
    """Whether a change begins a new epoch (rule 3), now or at the end of the time in which losses share one."""
    if not change.remove:
        begins = change.new_epoch(row.policy())
        return tables.Turn(now=begins, due=None if begins else row.epoch_due, lost=row.epoch_lost)
    gap = BIG_GAP_SECONDS if members > BIG_ROOM else GAP_SECONDS
    free = 0 if at_once or row.epoch_lost is None else row.epoch_lost + gap
    if now >= free:
        return tables.Turn(now=True, due=None, lost=now)
    return tables.Turn(now=False, due=min(free, row.epoch_due or free), lost=row.epoch_lost)
