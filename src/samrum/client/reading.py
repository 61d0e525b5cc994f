"""Making events of envelopes: what they say, whether they may say it, and whether something is missing before them."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Final

from samrum.client.book import Book, Opened
from samrum.client.errors import DoesNotVerify, Refused
from samrum.client.events import Called, Edited, Event, Gap, Message, Reacted, Removed, Sealed
from samrum.wire import ids
from samrum.wire.envelope import EnvelopeKind
from samrum.wire.ids import MsgId, Pid, RoomId

REMEMBERED: Final = 10_000
"""Messages whose authors are remembered."""
_CHANGES: Final = {EnvelopeKind.EDIT, EnvelopeKind.REACTION, EnvelopeKind.DELETION}


class Reader:
    """Reads for one client. `find` gives envelopes around a message; `synced` asks home what changed."""

    def __init__(
        self,
        book: Book,
        find: Callable[[RoomId, MsgId], Awaitable[list[bytes]]],
        synced: Callable[[], Awaitable[None]],
    ) -> None:
        self._book, self._find, self._synced = book, find, synced
        self._numbers: dict[tuple[RoomId, bytes], int] = {}
        """Last number seen of each device in each room."""
        self._messages: OrderedDict[tuple[RoomId, MsgId], tuple[Pid, MsgId | None]] = OrderedDict()
        """Author and thread."""

    async def read(self, room: RoomId, pos: int, data: bytes, *, counted: bool) -> list[Event]:
        """The events of one envelope. `counted`: it comes in order, so that its number tells whether one is missing before it."""
        try:
            try:
                opened = await self._book.open(room, data)
            except DoesNotVerify as error:
                if error.args[0] != "epoch":
                    raise
                await self._synced()  # perhaps the roster is newer than what we have
                opened = await self._book.open(room, data)
        except DoesNotVerify:
            return [Sealed(room=room, pos=pos, why="does_not_verify")]
        except Refused as error:
            return [Sealed(room=room, pos=pos, why=error.code)]
        missing = counted and self._missing(opened)
        event = await self._event(room, pos, opened)
        return [Gap(room=room, pos=pos), event] if missing else [event]

    def remember(self, room: RoomId, msg: MsgId, author: Pid, thread: MsgId | None) -> None:
        """Who wrote a message, and in which thread."""
        self._messages[room, msg] = author, thread
        while len(self._messages) > REMEMBERED:
            self._messages.popitem(last=False)

    async def message(self, room: RoomId, msg: MsgId) -> tuple[Pid, MsgId | None] | None:
        """Author and thread of a message, looked up at relay where it is not remembered; `None`: there is none such."""
        if (room, msg) not in self._messages:
            for data in await self._find(room, msg):
                try:
                    found = await self._book.open(room, data)
                except (DoesNotVerify, Refused):
                    continue
                if found.envelope.kind == EnvelopeKind.MESSAGE:
                    sealed = found.envelope
                    self.remember(room, MsgId(ids.text("m", sealed.msg_id)), found.author, id_of(sealed.thread))
        return self._messages.get((room, msg))

    def _missing(self, opened: Opened) -> bool:
        key, seq = (opened.room, opened.envelope.dev), opened.envelope.seq
        last = self._numbers.get(key)
        self._numbers[key] = max(seq, last or 0)
        return last is not None and seq > last + 1

    async def _event(self, room: RoomId, pos: int, opened: Opened) -> Event:
        sealed, said = opened.envelope, opened.content
        msg, ref = MsgId(ids.text("m", sealed.msg_id)), id_of(sealed.ref)
        who: dict[str, Any] = {
            "room": room,
            "pos": pos,
            "id": msg,
            "author": opened.author,
            "mine": opened.author == self._book.me,
            "at": sealed.sent_at,
            "thread": id_of(sealed.thread),
        }
        what: dict[str, Any] = {
            "text": said.t,
            "mentions": tuple(said.m),
            "everybody": said.a,
            "quote": said.q,
            "files": tuple(said.o),
        }
        if sealed.kind == EnvelopeKind.MESSAGE:
            self.remember(room, msg, opened.author, id_of(sealed.thread))
            return Message(**who, **what)
        if sealed.kind == EnvelopeKind.CALL and said.c is not None:
            return Called(**who, word=said.c, ref=ref)
        if sealed.kind not in _CHANGES:
            return Sealed(room=room, pos=pos, why="newer_version")
        found = await self.message(room, ref) if ref else None
        if ref is not None and found is not None:
            own, leads = found[0] == opened.author, opened.author in self._book.rooms[room].led[sealed.epoch]
            if sealed.kind == EnvelopeKind.REACTION:
                return Reacted(**who, ref=ref, emoji=said.e, on=not said.x)
            if sealed.kind == EnvelopeKind.EDIT and own:
                return Edited(**who, **what, ref=ref)
            if sealed.kind == EnvelopeKind.DELETION and (own or leads):
                return Removed(**who, ref=ref)
        return Sealed(room=room, pos=pos, why="nothing")


def id_of(raw: bytes) -> MsgId | None:
    """The text form of a `ref` or `thread`."""
    return None if raw == ids.NONE else MsgId(ids.text("m", raw))


def raw_of(msg: MsgId | None) -> bytes:
    """The sixteen bytes of a `ref` or `thread`."""
    return ids.NONE if msg is None else ids.raw(msg, "m")
