"""Lifting blocks, reporting messages, deciding over reports."""

from collections.abc import Sequence
from typing import Final

from samrum.home.errors import NotAllowed, NotFound, RateLimited, ReportClosed
from samrum.home.ledger import actions as ledger
from samrum.home.ledger.chain import ReportDecided, ReportMade
from samrum.home.moderation import tables
from samrum.home.outbox import actions as outbox
from samrum.home.people import tables as people
from samrum.home.rooms import tables as rooms
from samrum.home.rooms.access import Want, access_room
from samrum.home.since import tables as since
from samrum.plumbing.clock import Clock
from samrum.plumbing.log import Log
from samrum.plumbing.transactions import Transactions, Tx
from samrum.wire.ids import MsgId, Pid, RoomId
from samrum.wire.moderation_api import (
    Blocked,
    BlockedPerson,
    CloseReport,
    Level,
    NewReport,
    Outcome,
    Reason,
    Reported,
    ReportInfo,
    Reports,
    Unblock,
)
from samrum.wire.statements import Kind, Role, Topic

PAGE: Final = 50
MAX_LISTED: Final = 500
PER_HOUR: Final = 30
"""Reports that one person makes in an hour."""
KEPT_SECONDS: Final = 365 * 86_400
"""After a report was decided."""
MODERATE: Final = "moderate"
_LEADERS: Final = {Role.OWNER, Role.MODERATOR}


class Moderation:
    """Blocks and reports of this authority."""

    def __init__(self, *, db: Transactions, clock: Clock, out: outbox.Outbox, log: Log) -> None:
        self._db, self._clock, self._out, self._log = db, clock, out, log

    async def blocked(self, me: Pid, room: RoomId) -> Blocked:
        """Who may not come into the room."""

        def read(tx: Tx) -> Blocked:
            access_room(tx, me, room, Want.MANAGE)
            rows = tables.listed(tx, room, MAX_LISTED)
            names = {one.pid: one for one in people.people(tx, [row.pid for row in rows])}
            return Blocked(people=[BlockedPerson(person=names[row.pid], by=row.by, at=row.at) for row in rows])

        return await self._db.read(read)

    async def unblock(self, me: Pid, room: RoomId, wanted: Unblock) -> None:
        """They may be invited again."""

        def write(tx: Tx) -> None:
            access_room(tx, me, room, Want.MANAGE)
            tables.unblock(tx, room, wanted.pids)

        await self._db.write(write)

    async def report(self, me: Pid, new: NewReport) -> Reported:
        """Reports somebody else's message; the same one again is the same report. Raises `NotFound`, `NotAllowed`, `RateLimited`."""
        now = int(self._clock.now())

        def write(tx: Tx) -> Reported:
            row, _ = access_room(tx, me, new.room, Want.READ)
            if (known := tables.same(tx, new, me)) is not None:
                return Reported(report=known[0], level=known[1])
            if new.author == me:
                raise NotAllowed
            if not tables.was_in(tx, new.room, new.author):
                raise NotFound
            if tables.made_since(tx, me, now - 3600) >= PER_HOUR:
                raise RateLimited(3600)
            deciders = self._deciders(tx, row, me, new.author)
            level = Level.ROOM if deciders else Level.AUTHORITY
            report = tables.add(tx, new, me, level, now)
            ledger.append(tx, ReportMade(at=now, report=report))
            self._tell(tx, deciders or tables.authority_moderators(tx))
            self._log.info("report.made", report=report, room=new.room, decides=level)
            return Reported(report=report, level=level)

        return await self._db.write(write, publish=self._out.woken)

    async def reports(self, me: Pid, which: str, skip: int) -> Reports:
        """A page of reports: `open` or `closed` ones that `me` may decide, or those that `me` made."""

        def read(tx: Tx) -> Reports:
            authority = MODERATE in people.may(tx, me)
            wanted = which if which in {"open", "closed"} else "mine"
            rows, count = tables.page(tx, wanted, me, authority=authority, skip=max(0, skip), limit=PAGE)
            named = {pid for row in rows for pid in (row.author, row.reporter, row.closed_by) if pid is not None}
            return Reports(
                reports=[_info(tx, row) for row in rows],
                people=people.people(tx, sorted(named)),
                count=count,
                waiting=tables.count(tx, "open", me, authority=authority),
                decides=authority or tables.leads(tx, me),
            )

        return await self._db.read(read)

    async def close(self, me: Pid, report: int, decided: CloseReport) -> None:
        """Decides a report. Raises `NotFound` for one that is not this person's to decide, and `ReportClosed`."""
        now = int(self._clock.now())

        def write(tx: Tx) -> None:
            found = tables.get(tx, report)
            if found is None or not tables.may_decide(tx, report, me, authority=MODERATE in people.may(tx, me)):
                raise NotFound
            if not tables.close(tx, report, me, decided.outcome, answer=decided.answer, now=now):
                raise ReportClosed
            ledger.append(tx, ReportDecided(at=now, report=report))
            told = {found.reporter, *self._all_deciders(tx, found)} - {me}
            self._tell(tx, sorted(told))
            self._log.info("report.decided", report=report, outcome=decided.outcome)

        await self._db.write(write, publish=self._out.woken)

    async def expire(self) -> None:
        """Forgets reports that were decided a year ago."""
        before = int(self._clock.now()) - KEPT_SECONDS
        await self._db.write(lambda tx: tables.expire(tx, before))

    def _deciders(self, tx: Tx, row: rooms.Row, reporter: Pid, author: Pid) -> list[Pid]:
        """Who in the room decides; nobody, if the report belongs to the authority."""
        if row.kind == Kind.DIRECT:
            return []
        leaders = [pid for pid, member in rooms.members(tx, row.room).items() if member.role in _LEADERS]
        humans = people.active(tx, leaders)
        return [] if author in humans else sorted(humans - {reporter})

    def _all_deciders(self, tx: Tx, report: tables.Report) -> list[Pid]:
        if report.level == Level.AUTHORITY:
            return tables.authority_moderators(tx)
        members = rooms.members(tx, report.room).items()
        return [pid for pid, member in members if member.role in _LEADERS and pid != report.author]

    def _tell(self, tx: Tx, pids: Sequence[Pid]) -> None:
        since.add(tx, pids, Topic.REPORTS)
        for pid in pids:
            outbox.add_hint(tx, pid, Topic.REPORTS, lane=pid)


def _info(tx: Tx, row: tables.Report) -> ReportInfo:
    room = rooms.get(tx, row.room)
    return ReportInfo(
        report=row.id,
        room=row.room,
        title=room.title if room else "",
        msg=MsgId(row.msg),
        author=row.author,
        reporter=row.reporter,
        reason=Reason(row.reason),
        words=row.words,
        text=row.text,
        level=Level(row.level),
        at=row.at,
        closed=row.closed,
        by=row.closed_by,
        outcome=Outcome(row.outcome) if row.outcome else None,
        answer=row.answer,
    )
