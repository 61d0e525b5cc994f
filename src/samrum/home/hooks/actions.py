"""Making, turning and ending webhooks, and taking what comes by them."""

import hashlib
import secrets
import unicodedata
from typing import Final

from samrum.home.devices.actions import Devices
from samrum.home.errors import BadText, NotAllowed, NotFound, RateLimited, TooLarge, TooManyHooks
from samrum.home.hooks import tables
from samrum.home.hooks.flood import Flood
from samrum.home.hooks.sending import Sending, writing_role
from samrum.home.outbox import actions as outbox
from samrum.home.people import folding
from samrum.home.people import tables as people
from samrum.home.rooms import tables as room_tables
from samrum.home.rooms.access import Want, access_room
from samrum.home.rooms.actions import Rooms
from samrum.home.rooms.change import Change
from samrum.plumbing.clock import Clock
from samrum.plumbing.log import Log
from samrum.plumbing.transactions import Transactions, Tx
from samrum.wire import content, ids, jws
from samrum.wire.content import Content
from samrum.wire.hooks_api import MAX_NAME, Hook, HookMade, Hooks, NewHook
from samrum.wire.ids import Pid, RoomId
from samrum.wire.statements import MemberEntry, Role

MAX_HOOKS: Final = 20
"""A room's webhooks."""
MAX_WAITING: Final = 500
"""Messages of one webhook that wait for relay."""
FULL_SECONDS: Final = 30.0
"""When to come again after that."""
RELAY_SECONDS: Final = 1.0


class HookBook:
    """The webhooks of this authority."""

    def __init__(
        self,
        *,
        db: Transactions,
        clock: Clock,
        origin: str,
        rooms: Rooms,
        devices: Devices,
        sending: Sending,
        out: outbox.Outbox,
        log: Log,
    ) -> None:
        """`origin` is home's own, for the addresses."""
        self._db, self._clock, self._origin, self._rooms, self._devices = db, clock, origin, rooms, devices
        self._sending, self._out, self._log, self._flood = sending, out, log, Flood()

    async def of_room(self, me: Pid, room: RoomId) -> Hooks:
        """The room's webhooks, for its owners."""

        def read(tx: Tx) -> Hooks:
            _owned(tx, me, room)
            waiting = tables.all_waiting(tx)
            return Hooks(hooks=[_hook(row, waiting.get(row.pid, 0)) for row in tables.of_room(tx, room)])

        return await self._db.read(read)

    async def make(self, me: Pid, room: RoomId, new: NewHook) -> HookMade:
        """A new webhook, which is in the room from now on. Raises `NotFound`, `NotAllowed`, `BadText` or `TooManyHooks`."""
        now, pid, secret, name = int(self._clock.now()), ids.new_pid(), _secret(), name_of(new.name)

        def write(tx: Tx) -> int:
            row = _owned(tx, me, room)
            if len(tables.of_room(tx, room)) >= MAX_HOOKS:
                raise TooManyHooks
            people.add_integration(tx, pid, name, folding.index(name))
            tables.add(tx, pid, room, _hash(secret), by=me, now=now)
            self._rooms.apply(tx, row, Change([MemberEntry(pid=pid, role=writing_role(row))], [], []), now)
            return row.version + 1

        version = await self._db.write(write, publish=self._out.woken)
        await self._out.delivered("roster", room, version, RELAY_SECONDS)
        self._log.info("hook.made", room=room, hook=pid)
        return HookMade(hook=Hook(pid=pid, name=name, by=me, created=now), url=self._url(secret))

    async def turn(self, me: Pid, room: RoomId, pid: Pid) -> HookMade:
        """A new secret; the old one is worth nothing from now on."""
        secret = _secret()

        def write(tx: Tx) -> Hook:
            row = _mine(tx, me, room, pid)
            tables.turn(tx, pid, _hash(secret))
            return _hook(row, tables.waiting(tx, pid))

        hook = await self._db.write(write)
        self._log.info("hook.turned", room=room, hook=pid)
        return HookMade(hook=hook, url=self._url(secret))

    async def remove(self, me: Pid, room: RoomId, pid: Pid) -> None:
        """Ends a webhook: out of the room, its device too, and what waited is dropped."""
        now = int(self._clock.now())

        def write(tx: Tx) -> None:
            row = _mine(tx, me, room, pid)
            self._end(tx, row, now)
            room_row = room_tables.get(tx, room)
            assert room_row is not None  # it has members
            if room_tables.role_of(tx, room, pid) is not None:
                self._rooms.apply(tx, room_row, Change([], [pid], []), now)

        await self._db.write(write, publish=self._out.woken)
        self._log.info("hook.removed", room=room, hook=pid)

    async def say(self, token: str, text: str) -> None:
        """Takes a message by the secret of an address; it is durable when this returns. Raises what refuses it."""
        key, now = _hash(token), self._clock.now()
        row = await self._db.read(lambda tx: tables.by_token(tx, key))
        if row is None:
            raise NotFound
        if wait := self._flood.wait(row.pid, now):
            raise RateLimited(wait)
        said = text.strip()
        if not said or "\0" in said:
            raise BadText
        try:
            content.pad(Content(t=said))
        except content.TooLong:
            raise TooLarge from None

        def write(tx: Tx) -> None:
            if tables.by_token(tx, key) is None:
                raise NotFound
            room = room_tables.get(tx, row.room)
            if room is None or room.archived:
                raise NotAllowed
            if tables.waiting(tx, row.pid) >= MAX_WAITING:
                raise RateLimited(FULL_SECONDS)
            tables.say(tx, row.pid, ids.new_msg_id(), said, int(now))

        await self._db.write(write, publish=self._sending.woken)

    async def tidy(self) -> None:
        """Ends webhooks that were taken out of their room by another way."""
        now = int(self._clock.now())

        def write(tx: Tx) -> int:
            rows = tables.outside(tx)
            for row in rows:
                self._end(tx, row, now)
            return len(rows)

        if await self._db.read(tables.outside):
            await self._db.write(write, publish=self._out.woken)

    def _end(self, tx: Tx, row: tables.Row, now: int) -> None:
        tables.drop(tx, row.pid)
        people.disable(tx, row.pid)
        if row.dev is not None:
            self._devices.end_integration(tx, row.pid, row.dev, now)

    def _url(self, secret: str) -> str:
        return f"{self._origin}/hooks/{secret}"


def name_of(text: str) -> str:
    """The name as it is kept: composed, trimmed, one line of visible text; raises `BadText`."""
    name = unicodedata.normalize("NFC", text).strip()
    if not 0 < len(name) <= MAX_NAME or any(
        unicodedata.category(letter) in {"Cc", "Cf", "Zl", "Zp", "Cs"} for letter in name
    ):
        raise BadText
    return name


def _owned(tx: Tx, me: Pid, room: RoomId) -> room_tables.Row:
    """The room, for an owner; raises `NotFound` or `NotAllowed`."""
    row, role = access_room(tx, me, room, Want.MANAGE)
    if role != Role.OWNER:
        raise NotAllowed
    return row


def _mine(tx: Tx, me: Pid, room: RoomId, pid: Pid) -> tables.Row:
    _owned(tx, me, room)
    row = tables.get(tx, pid)
    if row is None or row.room != room:
        raise NotFound
    return row


def _hook(row: tables.Row, waiting: int) -> Hook:
    return Hook(pid=row.pid, name=row.name, by=row.by, created=row.created, used=row.used, waiting=waiting)


def _secret() -> str:
    return jws.b64(secrets.token_bytes(32))


def _hash(secret: str) -> str:
    """Under what a secret is kept; of whatever else comes in its place, too."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
