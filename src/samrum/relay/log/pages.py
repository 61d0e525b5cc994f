"""Pages for members of now: a room's history, what refers to messages, a thread, the surroundings of one message; read positions."""

from collections.abc import Iterable
from typing import Final

from samrum.plumbing.transactions import Row, Tx
from samrum.relay.errors import Refusal
from samrum.relay.hub import Link
from samrum.relay.log import tables
from samrum.relay.rooms.actions import access_room
from samrum.wire import ids
from samrum.wire.codes import Code
from samrum.wire.ids import RoomId
from samrum.wire.stream import PRESENCE_MEMBERS, Find, History, LastIs, Page, Reads, ReadsAre, Refs, Thread

PAGE_BYTES: Final = 384 * 1024
"""A page holds no more, so that it and a burst of news fit a connection's queue."""
Rows = list[tuple[int, bytes]]


def history(tx: Tx, link: Link, ask: History, now: float) -> Page:
    """A page for a member of now; raises `Refusal`."""
    access_room(tx, link.tenant, link.pid, ask.room, now)
    if ask.before is not None and ask.after is not None:
        raise Refusal(Code.BAD_REQUEST)
    found = tables.page(tx, ask.room, before=ask.before, after=ask.after, limit=ask.limit + 1)
    rows, more = _fit(found, ask.limit)
    return _page(ask.re, ask.room, rows if ask.after is not None else rows[::-1], more)


def refs(tx: Tx, link: Link, ask: Refs, now: float) -> Page:
    """What refers to some messages, by position; raises `Refusal`."""
    access_room(tx, link.tenant, link.pid, ask.room, now)
    of = [ids.raw(one, "m") for one in ask.of]
    rows, more = _fit(tables.refs(tx, ask.room, of, ask.after, ask.limit + 1), ask.limit)
    return _page(ask.re, ask.room, rows, more)


def thread(tx: Tx, link: Link, ask: Thread, now: float) -> Page:
    """A thread's newest messages, oldest first; empty if there is no such thread. Raises `Refusal`."""
    access_room(tx, link.tenant, link.pid, ask.room, now)
    found = tables.thread(tx, ask.room, ask.thread, before=ask.before, most=ask.limit + 1)
    rows, more = _fit(found, ask.limit)
    return _page(ask.re, ask.room, rows[::-1], more)


def find(tx: Tx, link: Link, ask: Find, now: float) -> Page:
    """A page around one message; raises `Refusal`, `not_found` if the room has no such message."""
    access_room(tx, link.tenant, link.pid, ask.room, now)
    at = tables.position(tx, ask.room, ask.msg)
    if at is None:
        raise Refusal(Code.NOT_FOUND)
    upto = max(1, ask.limit // 2)
    older = tables.page(tx, ask.room, before=at + 1, after=None, limit=upto + 1)
    before, more = _fit(older, upto, PAGE_BYTES // 2)
    after: Rows = []
    if len(before) < ask.limit:
        newer = tables.page(tx, ask.room, before=None, after=at, limit=ask.limit - len(before))
        after, _ = _fit(newer, ask.limit - len(before), PAGE_BYTES // 2)
    return _page(ask.re, ask.room, before[::-1] + after, more)


def last(tx: Tx, link: Link, re: int, room: RoomId, now: float) -> LastIs:
    """The device's own newest envelope in a room; raises `Refusal`."""
    access_room(tx, link.tenant, link.pid, room, now)
    return LastIs(re=re, room=room, env=tables.last_of_device(tx, room, link.dev))


def reads(tx: Tx, link: Link, ask: Reads, now: float) -> ReadsAre:
    """How far the room's members have read; raises `Refusal`."""
    access_room(tx, link.tenant, link.pid, ask.room, now)
    if tables.member_count(tx, ask.room) > PRESENCE_MEMBERS:
        raise Refusal(Code.UNSUPPORTED)
    return ReadsAre(re=ask.re, room=ask.room, of=tables.read_positions(tx, ask.room))


def _fit(found: Iterable[Row], limit: int, size: int = PAGE_BYTES) -> tuple[Rows, bool]:
    """The first rows that one page holds, at least one if there is any, and whether others follow."""
    rows: Rows = []
    for pos, data in found:
        size -= len(data)
        if len(rows) == limit or (rows and size < 0):
            return rows, True
        rows.append((pos, data))
    return rows, False


def _page(re: int, room: RoomId, rows: Rows, more: bool) -> Page:
    return Page(re=re, room=room, pos=[pos for pos, _ in rows], env=[data for _, data in rows], more=more)
