"""The client itself: connected for as long as it is open, catching up after every loss, sending until what was said is durable."""

import asyncio
import contextlib
import random
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from samrum.client import device as devices
from samrum.client.book import Book, Known
from samrum.client.errors import Away, DoesNotVerify, Refused
from samrum.client.events import Event
from samrum.client.home import HomeDoor
from samrum.client.link import Link, connect
from samrum.client.reading import Reader, id_of, raw_of
from samrum.client.room import Room
from samrum.wire import home_api, ids, stream
from samrum.wire.base import Wire
from samrum.wire.codes import Code
from samrum.wire.content import Content
from samrum.wire.envelope import EnvelopeKind
from samrum.wire.ids import MsgId, Pid, RoomId

PAUSES: Final = (0.5, 30.0)
"""Seconds between tries to connect, first and at most; with jitter."""
RENEW_SECONDS: Final = 3600.0
PAGE: Final = 200
PATIENT: Final = {Code.EPOCH_AHEAD, Code.STORE_FAILED, Code.RATE_LIMITED, Code.SLOW}
"""Refusals after which the same thing works a moment later."""
AGAIN: Final = {Code.SIGNED_OUT, Code.DEVICE_UNKNOWN, Code.GRANT_EXPIRED, Code.BAD_GRANT}
"""Refusals that a new sign-in answers."""


class Client:
    """`async with Client(home, user, password) as client`. Signing in raises `Refused`; from then on lost connections come back by themselves."""

    def __init__(
        self,
        home: str,
        user: str,
        password: str,
        *,
        device: Path | None = None,
        label: str = "samrum.client",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`home`: its address. `device`: the file of this device's key, made at the first start; without it every start is a new device.

        `label` stands in the person's list of devices. `tls` is for a home and relay with an authority of their own.
        """
        self._user, self._password, self._label, self._tls = user, password, label, tls
        self._device = devices.kept(device) if device else devices.fresh()
        self._home = HomeDoor(home, self._device, tls)
        self._book = Book(self._home, self._device)
        self._link: Link | None = None
        self._up = asyncio.Event()
        self._failed: Exception | None = None
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()
        self._at: dict[RoomId, int] = {}
        """How far each room was told."""
        self._seqs: dict[RoomId, int] = {}
        """The device's own last number in each room, as far as relay has acknowledged it."""
        self._locks: dict[RoomId, asyncio.Lock] = {}
        self.reader = Reader(self._book, self._find, self._synced)
        self._trouble: dict[RoomId, str] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        try:
            await self._sign_in()
            self._tasks = [asyncio.create_task(self._run()), asyncio.create_task(self._renew())]
            await self.connected()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends the connections; the device stays certified."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._link:
            self._link.close()
        await self._home.close()
        self._events.put_nowait(None)

    @property
    def me(self) -> Pid:
        """One's own pseudonym."""
        return self._book.me

    def rooms(self) -> list[Room]:
        """The rooms that one is in."""
        return [Room(self, room) for room, known in self._book.rooms.items() if not known.removed]

    def room(self, which: str) -> Room:
        """The room with this id or, if there is just one, this title; raises `KeyError`."""
        found = [one for one in self.rooms() if which in {one.id, one.title}]
        if len(found) != 1:
            raise KeyError(which)
        return found[0]

    async def name(self, pid: Pid) -> str:
        """Somebody's name; empty if home does not know them."""
        return await self._book.name(pid)

    async def events(self) -> AsyncIterator[Event]:
        """What happens in all rooms from the start of the client on, each once and in each room's order. For one reader."""
        while (event := await self._events.get()) is not None:
            yield event
        if self._failed:
            raise self._failed

    # ---- connections

    async def _sign_in(self) -> None:
        await self._home.sign_in(self._user, self._password)
        started = await self._home.start(self._label)
        await self._book.begin(started)
        self._grant, self._stream = started.grant, started.relay.stream

    async def _run(self) -> None:
        """Connected for ever; ends only when home refuses this person or device."""
        pause = PAUSES[0]
        while True:
            try:
                link = await connect(
                    self._stream,
                    grant=self._grant,
                    tenant=self._book.tenant,
                    dev=self._device.dev,
                    key=self._device.key,
                    origin=self._home.url,
                    tls=self._tls,
                )
                pause = PAUSES[0]
                await self._serve(link)
            except Away:
                pass
            except Refused as error:
                if error.code in AGAIN and not await self._again():
                    return
                if error.code in {Code.REVOKED, Code.DEVICE_REVOKED}:
                    self._fail(error)
                    return
            except Exception as error:  # noqa: BLE001  whatever it is, it belongs to the reader of events
                self._fail(error)
                return
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311  jitter
            pause = min(pause * 2, PAUSES[1])

    async def _again(self) -> bool:
        """Signs in anew; tells whether that makes sense."""
        try:
            await self._sign_in()
        except Away:
            return True
        except Refused as error:
            self._fail(error)
            return False
        return True

    def _fail(self, error: Exception) -> None:
        self._failed = error
        self._up.set()  # so that nobody waits for ever
        self._events.put_nowait(None)

    async def _serve(self, link: Link) -> None:
        """One connection: what was missed first, then what comes. Ends with an exception."""
        self._link = link
        try:
            await self._synced()
            for room, head in link.welcome.rooms.items():
                await self._meet(link, room, head)
            self._up.set()
            async for frame in link.news():
                await self._frame(frame)
        finally:
            self._up.clear()
            link.close()
        raise Away

    async def _meet(self, link: Link, room: RoomId, head: stream.RoomHead) -> None:
        """Compares what relay shows of a room, and fetches what was missed in it."""
        known = self._book.rooms.get(room)
        if known is None:
            return
        if head.version < known.delivered or (
            head.version == known.state.version and head.members != known.state.members_hash()
        ):
            self._trouble[room] = "members"
        elif head.pos < self._at.get(room, 0):
            self._trouble[room] = "log"
        else:
            self._trouble.pop(room, None)
        if room not in self._at:
            self._at[room] = head.pos
        while self._at[room] < head.pos:
            page = await self.page(link, room, after=self._at[room])
            if not page.pos:
                return
            for pos, data in zip(page.pos, page.env, strict=True):
                await self._tell(room, pos, data)

    async def page(
        self, link: Link, room: RoomId, *, after: int | None = None, before: int | None = None, limit: int = PAGE
    ) -> stream.Page:
        """A page of a room's history; raises `Refused`, `Away` or `DoesNotVerify`."""
        re = link.next_re()
        asked = stream.History(re=re, room=room, after=after, before=before, limit=limit)
        page = await link.ask(asked, re, stream.Page)
        if page.room != room or sorted(set(page.pos)) != page.pos or len(page.pos) != len(page.env):
            raise DoesNotVerify("page")
        return page

    async def _frame(self, frame: Wire) -> None:
        if isinstance(frame, stream.Batch):
            self._at.setdefault(frame.room, frame.pos - 1)
            if frame.room not in self._book.rooms:
                await self._synced()
            if frame.room in self._book.rooms:
                for place, data in enumerate(frame.env):
                    await self._tell(frame.room, frame.pos + place, data)
        elif isinstance(frame, stream.RosterIs):
            room, followed = self._book.roster(frame.jws)
            if not followed:
                await self._synced()
            elif frame.members != self._book.rooms[room].state.members_hash():
                self._trouble[room] = "members"
        elif isinstance(frame, stream.RosterAt | stream.HintIs):
            await self._synced()
        elif isinstance(frame, stream.Bye):
            raise Refused(frame.code) if frame.code in AGAIN | {Code.REVOKED} else Away

    async def _synced(self) -> None:
        with contextlib.suppress(Away):  # after the next connection at the latest
            await self._book.sync()

    async def _renew(self) -> None:
        """A fresh grant every hour, which also keeps the session alive."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                renewed = await self._home.ask("POST", "/grant", {}, want=home_api.Renewed, proven=True)
                self._grant, self._stream = renewed.grant, renewed.relay.stream
            except Away:
                continue
            except Refused as error:
                if error.code not in AGAIN or not await self._again():
                    self._fail(error)
                    return
            if self._link:
                with contextlib.suppress(Away):
                    self._link.put(stream.Renew(grant=self._grant))

    async def connected(self) -> Link:
        """The connection, once there is one; raises what ended the client."""
        await self._up.wait()
        if self._failed:
            raise self._failed
        assert self._link is not None
        return self._link

    # ---- what comes

    async def _tell(self, room: RoomId, pos: int, data: bytes) -> None:
        """Makes events of an envelope, once."""
        if pos > self._at.get(room, 0):
            for event in await self.reader.read(room, pos, data, counted=True):
                self._events.put_nowait(event)
            self._at[room] = pos

    async def _find(self, room: RoomId, msg: MsgId) -> list[bytes]:
        """The envelopes around a message; none, if relay has no such message."""
        if self._link is None:
            return []
        re = self._link.next_re()
        try:
            page = await self._link.ask(stream.Find(re=re, room=room, msg=msg, limit=1), re, stream.Page)
        except (Refused, Away):
            return []
        return page.env

    # ---- what goes

    async def say(
        self,
        room: RoomId,
        said: Content,
        *,
        kind: EnvelopeKind = EnvelopeKind.MESSAGE,
        ref: MsgId | None = None,
        thread: MsgId | None = None,
        msg: MsgId | None = None,
    ) -> MsgId:
        """Sends until relay has it on disk, under one id and number however often it is tried; in order in each room."""
        msg = msg or ids.new_msg_id()
        if ref is not None and (found := await self.reader.message(room, ref)):
            thread = found[1]
        places = {"ref": raw_of(ref), "thread": raw_of(thread)}
        async with self._locks.setdefault(room, asyncio.Lock()):
            pause = PAUSES[0]
            while True:
                try:
                    await self._try(room, said, kind=kind, msg=msg, places=places)
                except Away:
                    pass  # the connection comes back
                except Refused as error:
                    if not await self._mend(room, error):
                        raise
                    pause = error.retry_after or pause
                else:
                    return msg
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, 5.0)

    async def _try(
        self, room: RoomId, said: Content, *, kind: EnvelopeKind, msg: MsgId, places: dict[str, bytes]
    ) -> None:
        link = await self.connected()
        if room in self._trouble:
            raise DoesNotVerify(self._trouble[room])
        if room not in self._seqs:
            re = link.next_re()
            last = await link.ask(stream.Last(re=re, room=room), re, stream.LastIs)
            self._seqs[room] = self._book.own_seq(room, last.env)
        seq = self._seqs[room] + 1
        sealed = await self._book.seal(room, said, kind=kind, msg=msg, seq=seq, **places)
        await link.ask(stream.Send(env=sealed), msg, stream.Sent)
        self._seqs[room] = max(seq, self._seqs[room])
        if kind == EnvelopeKind.MESSAGE:
            self.reader.remember(room, msg, self.me, id_of(places["thread"]))

    async def _mend(self, room: RoomId, error: Refused) -> bool:
        """Does what makes another try work; `False`: nothing does."""
        if error.code == Code.EPOCH_STALE:
            await self._synced()
        elif error.code == Code.SEQ_REFUSED:
            self._seqs.pop(room, None)
        elif error.code == Code.NOT_A_MEMBER:
            await self._synced()
            return not self.known(room).removed
        else:
            return error.code in PATIENT
        return True

    def known(self, room: RoomId) -> Known:
        """What the chain says of a room."""
        return self._book.rooms[room]
