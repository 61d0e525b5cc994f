"""Who may not come back, and reports: whose they are, who decides, who learns what."""

import sqlite3
from typing import Any

import pytest

from samrum.wire import ids
from samrum.wire.home_api import Changed, Ledger
from samrum.wire.ids import MsgId, Pid, RoomId
from samrum.wire.moderation_api import Blocked, Level, NewReport, Outcome, Reason, Reported, Reports
from samrum.wire.rooms_api import Access
from samrum.wire.statements import Kind, Role
from tests.home.client import NOTHING, Person
from tests.home.running import Running, entry, make_config, running, write_directory
from tests.home.test_rooms import refused


async def remove(person: Person, room: RoomId, *pids: Pid) -> Changed:
    body = {"remove": list(pids), "block": True}
    return await person.ask("POST", f"/rooms/{room}/members", body, want=Changed, proof=True)


async def unblock(person: Person, room: RoomId, *pids: Pid) -> None:
    await person.ask("POST", f"/rooms/{room}/unblock", {"pids": list(pids)}, want=NOTHING)


async def report(person: Person, room: RoomId, author: Pid, msg: MsgId | None = None, **other: Any) -> Reported:
    new = NewReport(room=room, msg=msg or ids.new_msg_id(), author=author, reason=Reason.HATE, **other)
    return await person.ask("POST", "/reports", new, want=Reported)


async def reports(person: Person, which: str = "open") -> Reports:
    return await person.ask("GET", f"/reports?which={which}", want=Reports)


async def close(person: Person, number: int, outcome: Outcome = Outcome.NOTHING, answer: str = "") -> None:
    body = {"outcome": outcome, "answer": answer}
    await person.ask("POST", f"/reports/{number}/close", body, want=NOTHING)


async def test_who_was_blocked_cannot_come_back_until_it_is_lifted(home: Running) -> None:
    alice, bob, carl, dora = await home.enter(0, 1, 2, 3)
    room = (await alice.create(bob.pid, carl.pid)).room.room
    await alice.change(room, role={bob.pid: Role.MODERATOR})
    gone = await remove(bob, room, carl.pid)
    assert gone.room.count == 2
    assert await refused(bob.change(room, add=[carl.pid])) == "blocked"
    assert await refused(alice.change(room, add=[dora.pid, carl.pid])) == "blocked"
    assert (await alice.chain(room)).version == 3, "nothing of a refused change is done"
    listed = await alice.ask("GET", f"/rooms/{room}/blocked", want=Blocked)
    assert [(one.person.pid, one.by) for one in listed.people] == [(carl.pid, bob.pid)]
    await remove(bob, room, carl.pid)  # again, and who is not in the room
    await remove(alice, room, dora.pid)
    assert await refused(alice.change(room, add=[dora.pid])) == "blocked"
    await unblock(alice, room, carl.pid, dora.pid)
    await alice.change(room, add=[carl.pid])
    assert carl.pid in (await carl.chain(room)).members


async def test_only_who_leads_blocks_and_nobody_above_or_themself(home: Running) -> None:
    alice, bob, carl, dora = await home.enter(0, 1, 2, 3)
    room = (await alice.create(bob.pid, carl.pid)).room.room
    await alice.change(room, role={bob.pid: Role.MODERATOR})
    assert await refused(remove(bob, room, alice.pid)) == "not_allowed"
    assert await refused(remove(carl, room, bob.pid)) == "not_allowed"
    assert await refused(remove(carl, room, dora.pid)) == "not_allowed"
    assert await refused(remove(dora, room, carl.pid)) == "not_found"
    for path in (f"/rooms/{room}/blocked", f"/rooms/{ids.new_room()}/blocked"):
        assert await refused(dora.ask("GET", path, want=Blocked)) == "not_found"
    assert await refused(carl.ask("GET", f"/rooms/{room}/blocked", want=Blocked)) == "not_allowed"
    assert await refused(unblock(carl, room, dora.pid)) == "not_allowed"
    await carl.change(room, remove=[carl.pid])
    await alice.change(room, add=[carl.pid])
    await remove(alice, room, ids.new_pid())  # somebody who does not exist is nobody
    assert (await alice.ask("GET", f"/rooms/{room}/blocked", want=Blocked)).people == []


async def test_who_was_blocked_does_not_join_a_public_channel(tmp_path: Any) -> None:
    config = make_config(tmp_path)
    write_directory(config, [entry(0, may=["channels"]), *(entry(n) for n in range(1, 4))])
    async with running(config) as home:
        alice, bob = await home.enter(0, 1)
        body = {"room": ids.new_room(), "kind": Kind.CHANNEL, "members": [], "title": "Torg", "access": Access.PUBLIC}
        room = (await alice.ask("POST", "/rooms", body, want=Changed, proof=True)).room.room
        await bob.ask("POST", f"/rooms/{room}/join", {}, want=Changed, proof=True)
        await remove(alice, room, bob.pid)
        assert await refused(bob.ask("POST", f"/rooms/{room}/join", {}, want=Changed, proof=True)) == "not_allowed"
        await unblock(alice, room, bob.pid)
        await bob.ask("POST", f"/rooms/{room}/join", {}, want=Changed, proof=True)


async def test_a_report_goes_to_those_who_lead_the_room_and_its_reporter_learns_what_came_of_it(home: Running) -> None:
    alice, bob, carl, dora = await home.enter(0, 1, 2, 3)
    room = (await alice.create(bob.pid, carl.pid, dora.pid, title="Torget")).room.room
    await alice.change(room, role={dora.pid: Role.MODERATOR})
    msg = ids.new_msg_id()
    cursors = {person.pid: (await person.since(0)).cursor for person in (alice, bob, carl, dora)}
    made = await report(bob, room, carl.pid, msg, words="Det här är fel", text="elaka ord")
    assert made.level == Level.ROOM
    assert await report(bob, room, carl.pid, msg) == made, "the same message again is the same report"
    for person, told in ((alice, True), (dora, True), (bob, False), (carl, False)):
        assert (await person.since(cursors[person.pid])).reports is told
    (seen,) = (await reports(alice)).reports
    assert (seen.title, seen.msg, seen.author, seen.reporter) == ("Torget", msg, carl.pid, bob.pid)
    assert (seen.words, seen.text, seen.reason) == ("Det här är fel", "elaka ord", Reason.HATE)
    for person in (bob, carl):
        answer = await reports(person)
        assert (answer.reports, answer.waiting, answer.decides) == ([], 0, False)
        assert await refused(close(person, made.report)) == "not_found"
    assert [one.report for one in (await reports(bob, "mine")).reports] == [made.report]
    await close(dora, made.report, Outcome.REMOVED, "Tack")
    assert await refused(close(alice, made.report)) == "report_closed"
    (mine,) = (await reports(bob, "mine")).reports
    assert (mine.outcome, mine.answer, mine.by) == (Outcome.REMOVED, "Tack", dora.pid)
    assert (await bob.since(cursors[bob.pid])).reports
    assert ((await reports(alice)).reports, len((await reports(alice, "closed")).reports)) == ([], 1)


async def test_nobody_decides_over_themself_or_their_equals(tmp_path: Any) -> None:
    config = make_config(tmp_path)
    write_directory(config, [*(entry(n) for n in range(4)), entry(4, may=["moderate"])])
    async with running(config) as home:
        alice, bob, carl, judge = await home.enter(0, 1, 2, 4)
        room = (await alice.create(bob.pid, carl.pid)).room.room
        direct = (await bob.create(carl.pid, kind=Kind.DIRECT, title="")).room.room
        about_owner = await report(bob, room, alice.pid)
        private = await report(bob, direct, carl.pid)
        by_owner = await report(alice, room, bob.pid)
        assert {one.level for one in (about_owner, private, by_owner)} == {Level.AUTHORITY}
        assert (await reports(alice)).reports == []
        assert [one.report for one in (await reports(judge)).reports] == [
            by_owner.report, private.report, about_owner.report,
        ]  # fmt: skip
        assert await refused(close(alice, about_owner.report)) == "not_found"
        await close(judge, private.report)
        # What nobody in the room may decide any more comes to the authority too.
        left = await report(bob, room, carl.pid)
        assert left.level == Level.ROOM
        await alice.change(room, role={carl.pid: Role.OWNER})
        await alice.change(room, remove=[alice.pid])
        assert left.report in [one.report for one in (await reports(judge)).reports]
        assert await refused(close(carl, left.report)) == "not_found"
        await close(judge, left.report)


async def test_what_cannot_be_reported(home: Running) -> None:
    alice, bob, carl = await home.enter(0, 1, 2)
    room = (await alice.create(bob.pid)).room.room
    assert await refused(report(carl, room, alice.pid)) == "not_found"
    assert await refused(report(bob, room, bob.pid)) == "not_allowed"
    assert await refused(report(bob, room, carl.pid)) == "not_found"
    assert await refused(report(bob, room, alice.pid, words="x" * 1001)) == "bad_request"
    assert await refused(report(bob, room, alice.pid, text="x" * 4001)) == "bad_request"
    for _ in range(30):
        await report(bob, room, alice.pid)
    assert await refused(report(bob, room, alice.pid)) == "rate_limited"


async def test_the_ledger_has_a_report_by_its_number_alone(home: Running) -> None:
    alice, bob, carl = await home.enter(0, 1, 2)
    room = (await alice.create(bob.pid, carl.pid)).room.room
    msg = ids.new_msg_id()
    made = await report(bob, room, carl.pid, msg, words="hemligt", text="hemligt")
    await close(alice, made.report)
    lines = [one.line for one in (await bob.ask("GET", "/ledger?limit=1000", want=Ledger)).entries]
    found = [line for line in lines if '"report' in line]
    assert [line.split('"at"')[0] for line in found] == ['{"kind":"report",', '{"kind":"report_decided",']
    assert not any(secret in line for line in found for secret in (msg, bob.pid, carl.pid, room, "hemligt"))


async def test_a_decided_report_is_forgotten_after_a_year(home: Running) -> None:
    alice, bob, carl = await home.enter(0, 1, 2)
    room = (await alice.create(bob.pid, carl.pid)).room.room
    await close(alice, (await report(bob, room, carl.pid, text="x")).report)
    open_one = await report(bob, room, carl.pid, text="y")
    from samrum.home.moderation import tables

    with sqlite3.connect(home.config.data / "home.db") as database:
        before = int(home.clock.time) + 1
        database.execute(str(tables._EXPIRE).replace(":before", "?"), (before,))
        assert database.execute("SELECT id FROM report").fetchall() == [(open_one.report,)]


@pytest.mark.parametrize("which", ["open", "closed", "mine", "anything"])
async def test_reports_come_by_page(home: Running, which: str) -> None:
    (alice,) = await home.enter(0)
    assert (await alice.ask("GET", f"/reports?which={which}&skip=-5", want=Reports)).count == 0
