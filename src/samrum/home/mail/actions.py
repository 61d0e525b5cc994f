"""Making letters of what is missed, and sending them: every half minute, again and again until each is delivered or a day old."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from samrum.home.flows.smtp import NO_WAY, Sent
from samrum.home.mail import digest, tables
from samrum.home.mail.digest import Waiting, Why
from samrum.home.mail.letter import Known, Writer
from samrum.home.mail.outside import Post
from samrum.home.mail.quiet import is_quiet, zone_of
from samrum.home.people import tables as people
from samrum.home.rooms import tables as rooms
from samrum.plumbing.clock import Clock
from samrum.plumbing.log import Log
from samrum.plumbing.transactions import Transactions, Tx
from samrum.wire.ids import Pid, RoomId
from samrum.wire.rooms_api import Notify
from samrum.wire.statements import Kind, Role

SECONDS: Final = 30.0
AT_ONCE: Final = 200
"""People looked at, and letters sent, in one go."""
LOOK_AGAIN: Final = 300
"""Seconds until somebody who wants quiet now is looked at again."""
FIRST_RETRY: Final = 60
LAST_RETRY: Final = 3_600
"""Seconds before the next try of a letter, first and at most."""
LAST_DAY: Final = 86_400
"""Seconds after which a letter that could not be delivered says nothing new."""
ROOM_FOR_ALL: Final = 100
"""Members up to which anybody may mention the whole room; above it takes a moderator."""


class Senseless(StrEnum):
    """Why a letter is not sent after all."""

    READ = "read"
    UNWANTED = "unwanted"
    OLD = "old"
    UNSURE = "unsure"
    """It was handed over twice, and nobody said what became of it."""


class Noted(NamedTuple):
    """A message or call as home's records know it, as far as it may concern somebody who is away."""

    room: RoomId
    pos: int
    at: int
    """When it was sent, s since 1970."""
    author: Pid
    call: bool
    """It rings."""
    mentions: Sequence[Pid] = ()
    everybody: bool = False
    """It mentions the whole room."""


class News(NamedTuple):
    """What was noted after a cursor."""

    cursor: int
    noted: Sequence[Noted]
    more: bool


class Records(Protocol):
    """What mail needs of home's records."""

    async def news(self, after: int) -> News:
        """What was noted after a cursor, in order; 0: from the beginning."""
        ...

    async def missed(self, pid: Pid, things: Sequence[Waiting]) -> set[tuple[RoomId, int]]:
        """Those that are still there and unread, and calls that the person has not answered."""
        ...

    async def read(self, pid: Pid, of: Sequence[RoomId]) -> Mapping[RoomId, int]:
        """How far the person has read."""
        ...

    async def texts(self, things: Sequence[Waiting]) -> Mapping[tuple[RoomId, int], str]:
        """What these messages say."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """Missed-activity mail."""

    db: Transactions
    clock: Clock
    records: Records
    post: Post
    writer: Writer
    language: str
    zone: ZoneInfo
    domain: str
    """Of the addresses of letters (`Message-ID`)."""
    log: Log

    async def run(self) -> None:
        """Makes and sends letters for ever."""
        while True:
            await self.turn()
            await asyncio.sleep(SECONDS)

    async def turn(self) -> None:
        """One go."""
        await self.note()
        await self.make()
        await self.deliver()

    async def note(self) -> None:
        """Takes what is new from the records."""
        more = True
        while more:
            news = await self.records.news(await self.db.read(tables.cursor))
            now, more = int(self.clock.now()), news.more
            await self.db.write(lambda tx: _note(tx, news, now))  # noqa: B023  awaited at once

    async def make(self) -> None:
        """Makes a letter for everybody whose time has come."""
        now = int(self.clock.now())
        due = await self.db.read(lambda tx: tables.due(tx, now - digest.RIPE_SECONDS, now, AT_ONCE))
        made = 0
        for pid in due:
            made += await self._make_one(pid, now)
        if made:
            self.log.info("mail.made", letters=made)

    async def _make_one(self, pid: Pid, now: int) -> bool:
        wishes, waiting, before, muted, inside = await self.db.read(
            lambda tx: (
                tables.wishes(tx, pid),
                tables.waiting(tx, pid),
                tables.person(tx, pid),
                tables.notify(tx, pid),
                set(rooms.of_person(tx, pid)),
            )
        )
        if wishes.mail and is_quiet(wishes.quiet, wishes.quiet_until, now, zone_of(wishes.zone, self.zone)):
            await self.db.write(lambda tx: tables.set_person(tx, pid, before, now + LOOK_AGAIN))
            return False
        wanted = [
            one
            for one in waiting
            if wishes.mail and one.room in inside and _wants(muted.get(one.room, Notify.ALL), one.why)
        ]
        missed = await self.records.missed(pid, wanted)
        still = [one for one in wanted if (one.room, one.pos) in missed]
        before = before.after(await self.records.read(pid, list(before.told)))
        things = digest.ripe(still, now) if before.next() <= now else []
        letter, message_id = await self._write(pid, things, wishes.language, now) if things else (None, "")

        def write(tx: Tx) -> bool:
            tables.forget(tx, pid, set(waiting) - set(still) | set(things))
            after = before.and_now(things, now) if letter is not None else before
            tables.set_person(tx, pid, after, max(after.next(), now))
            if letter is not None:
                tables.add(tx, pid, message_id, letter, things=things, now=now)
            return letter is not None

        return await self.db.write(write)

    async def _write(self, pid: Pid, things: Sequence[Waiting], language: str, now: int) -> tuple[bytes | None, str]:
        """The letter, and its Message-ID; no letter if there is no address any more."""
        message_id = f"<{secrets.token_hex(16)}@{self.domain}>"
        names, content = self.writer.content != "none", self.writer.content
        texts = await self.records.texts(things) if content == "text" else {}

        def read(tx: Tx) -> tuple[str | None, Known]:
            known = Known(
                {one.pid: one.name for one in people.people(tx, [one.author for one in things])} if names else {},
                tables.titles(tx, [one.room for one in things]) if names else {},
                texts,
            )
            return tables.address(tx, pid), known

        address, known = await self.db.read(read)
        if address is None:
            return None, ""
        told = language or self.language
        return self.writer.write(address, told, things, known, message_id=message_id, now=now), message_id

    async def deliver(self) -> None:
        """Sends what is due, one letter after the other; stops where the mail server takes none."""
        now = int(self.clock.now())
        letters = await self.db.read(lambda tx: tables.letters(tx, now, now + LAST_RETRY, AT_ONCE))
        for letter in letters:
            outcome = await self._deliver_one(letter, now)
            if outcome in NO_WAY:
                self.log.warning("mail.no_way", why=outcome, letters=len(letters))
                break
        await self.post.rest()

    async def _deliver_one(self, letter: tables.Letter, now: int) -> Sent | None:
        """Sends one letter, unless there is no sense in it any more."""
        if why := await self._senseless(letter, now):
            self.log.info("mail.dropped", pid=letter.pid, why=why, tries=letter.tries)
            await self.db.write(lambda tx: tables.done(tx, letter))
            return None
        address = await self.db.read(lambda tx: tables.address(tx, letter.pid))
        assert address is not None
        pause = min(LAST_RETRY, FIRST_RETRY << min(letter.tries, 6))
        await self.db.write(lambda tx: tables.trying(tx, letter, now + pause))
        outcome = await self.post.send(letter.message_id[1:33], address, letter.letter)
        if outcome in {Sent.SENT, Sent.NEVER}:
            await self.db.write(lambda tx: tables.done(tx, letter))
        elif outcome != Sent.UNSURE:
            await self.db.write(lambda tx: tables.sure(tx, letter))
        self.log.info("mail.tried", pid=letter.pid, outcome=outcome, tries=letter.tries + 1)
        return outcome

    async def _senseless(self, letter: tables.Letter, now: int) -> Senseless | None:
        """Why a letter need not be sent any more."""
        wishes, address = await self.db.read(lambda tx: (tables.wishes(tx, letter.pid), tables.address(tx, letter.pid)))
        if address is None or not wishes.mail:
            return Senseless.UNWANTED
        if letter.unsure > 1:
            return Senseless.UNSURE
        if not now - LAST_DAY <= letter.made <= now + LAST_DAY:
            return Senseless.OLD
        told = letter.told()
        read = await self.records.read(letter.pid, list(told))
        return Senseless.READ if all(read.get(room, 0) >= pos for room, pos in told.items()) else None


def _wants(notify: Notify, why: Why) -> bool:
    """Whether a member who chose `notify` for a room wants mail about that."""
    return notify == Notify.ALL or (notify == Notify.MENTIONS and why == Why.MENTION)


def _note(tx: Tx, news: News, now: int) -> None:
    tables.forget_stale(tx, now - digest.STALE_SECONDS)
    tables.set_cursor(tx, news.cursor)
    for one in news.noted:
        if not now - digest.STALE_SECONDS <= one.at <= now + digest.RIPE_SECONDS:
            continue
        concerned = _concerned(tx, one)
        for pid in tables.reachable(tx, concerned):
            tables.wait(tx, pid, [Waiting(one.room, one.pos, one.at, concerned[pid], one.author)])


def _concerned(tx: Tx, one: Noted) -> dict[Pid, Why]:
    """Whom a message concerns beyond being in its room."""
    row = rooms.get(tx, one.room)
    if row is None:
        return {}
    members = rooms.members(tx, one.room)
    others = members.keys() - {one.author}
    if one.call:
        return dict.fromkeys(others, Why.CALL)
    if row.kind == Kind.DIRECT:
        return dict.fromkeys(others, Why.DIRECT)
    author = members.get(one.author)
    may_call_all = len(members) <= ROOM_FOR_ALL or (author is not None and author.role in {Role.OWNER, Role.MODERATOR})
    return dict.fromkeys(others if one.everybody and may_call_all else others & set(one.mentions), Why.MENTION)
