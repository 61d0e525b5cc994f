"""One's own data: what stands in the ZIP, whose it is, and when it is gone."""

import asyncio
import io
import json
import sqlite3
import zipfile
from typing import Any

from samrum.wire.export_api import Export, ExportState
from samrum.wire.ids import RoomId
from samrum.wire.statements import Kind
from tests.home.client import NOTHING, Person
from tests.home.running import Running, make_config, recorder_of, running
from tests.home.test_moderation import report
from tests.home.writer import Writer


async def state(person: Person) -> Export:
    return await person.ask("GET", "/export", want=Export)


async def begin(person: Person) -> Export:
    return await person.ask("POST", "/export", {}, want=Export)


async def made(person: Person) -> Export:
    for _ in range(200):
        if (found := await state(person)).state != ExportState.RUNNING:
            return found
        await asyncio.sleep(0.02)
    raise AssertionError("it is not made")


async def fetched(person: Person) -> dict[str, Any]:
    """The files of the ZIP, read."""
    answer = await person.raw("GET", "/export/file")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"].startswith("attachment")
    found: dict[str, Any] = {}
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        assert file.testzip() is None
        for name in file.namelist():
            text = file.read(name).decode()
            if name.endswith(".json"):
                found[name] = json.loads(text)
            elif name.endswith(".jsonl"):
                found[name] = [json.loads(line) for line in text.splitlines()]
            else:
                found[name] = text
    return found


async def indexed(home: Running, person: Person) -> None:
    for _ in range(100):
        found = await person.ask("POST", "/search", {"text": ""}, want=dict)
        if found.get("of") == found.get("indexed") == len(home.relay.log):
            return
        home.clock.time += 1
        await asyncio.sleep(0.05)
    raise AssertionError("not indexed")


async def spoken(home: Running) -> tuple[Person, Person, Writer, RoomId]:
    alice, bob = await home.enter(0, 1)
    writer = Writer(home.relay)
    return alice, bob, writer, writer.learn(await alice.create(bob.pid, title="Budget <2027>"))


async def test_it_has_everything_of_oneself_and_nothing_that_others_wrote(home: Running) -> None:
    alice, bob, writer, room = await spoken(home)
    direct = writer.learn(await alice.create(bob.pid, kind=Kind.DIRECT, title=""))
    other = writer.learn(await bob.create(alice.pid, title="Lämnat"))
    writer.keys |= {
        (one.room, one.epoch): (b"", b"")
        for one in (await alice.keys((other, 1))).keys
        if (one.room, one.epoch) not in writer.keys
    }
    first = writer.write(alice, room, "Första <b>utkastet</b>")
    writer.edit(alice, room, first, "Andra <b>utkastet</b>")
    writer.write(bob, room, "bobs ord")
    removed = writer.write(alice, room, "borttaget ord")
    writer.delete(alice, room, removed)
    writer.write(alice, direct, "mellan oss")
    writer.write(alice, other, "innan jag gick")
    await alice.change(other, remove=[alice.pid])
    await report(alice, room, bob.pid, words="anmälan")
    await indexed(home, alice)
    asked = await begin(alice)
    assert (asked.state, asked.here) == (ExportState.RUNNING, True)
    ready = await made(alice)
    assert (ready.state, ready.done, ready.total, ready.here) == (ExportState.READY, 4, 4, True)
    found = await fetched(alice)
    lines = {line["text"]: line for line in found["messages.jsonl"]}
    assert lines.keys() == {"Andra <b>utkastet</b>", None, "mellan oss", "innan jag gick"}
    assert (lines["Andra <b>utkastet</b>"]["id"], lines["Andra <b>utkastet</b>"]["edited"]) == (first, True)
    assert lines[None]["removed"]
    assert lines["mellan oss"]["title"] == bob.started.me.name
    assert found["profile.json"]["name"] == alice.started.me.name
    assert "hash" not in found["profile.json"]
    assert [one["dev"] for one in found["devices.json"]] == [alice.dev]
    stays = {one["title"]: one for one in found["rooms.json"]}
    assert stays.keys() == {"Budget <2027>", bob.started.me.name, "Lämnat"}
    assert stays["Lämnat"]["left"]
    assert stays["Budget <2027>"]["left"] is None
    assert found["reports.json"][0]["words"] == "anmälan"
    page = found["index.html"]
    assert "Andra &lt;b&gt;utkastet&lt;/b&gt;" in page
    assert "Budget &lt;2027&gt;" in page
    for strange in ("bobs ord", "borttaget ord", "Första", "<script", "argon2"):
        assert strange not in page + json.dumps(found, ensure_ascii=False)
    assert ready.size > 0


async def test_only_the_session_that_asked_fetches_it_and_for_a_day(home: Running) -> None:
    alice, bob, _, _ = await spoken(home)
    (elsewhere,) = await home.enter(0)
    assert (await state(alice)).state == ExportState.NONE
    assert (await alice.raw("GET", "/export/file")).status_code == 404
    await begin(alice)
    await made(alice)
    assert (await alice.raw("GET", "/export/file")).status_code == 200
    seen = await state(elsewhere)
    assert (seen.state, seen.here) == (ExportState.READY, False)
    for person in (elsewhere, bob):
        assert (await person.raw("GET", "/export/file")).status_code == 404
    home.clock.time += 12 * 3600 - 10
    await alice.since(0)  # stays signed in
    home.clock.time += 12 * 3600 - 10
    assert (await alice.raw("GET", "/export/file")).status_code == 200
    home.clock.time += 20
    assert (await alice.raw("GET", "/export/file")).status_code == 404
    assert (await state(alice)).state == ExportState.NONE


async def test_asking_again_while_one_is_made_is_the_same_one_and_afterwards_a_new_one(home: Running) -> None:
    alice, _, writer, room = await spoken(home)
    for number in range(300):
        writer.write(alice, room, f"rad {number}")
    await indexed(home, alice)
    answers = await asyncio.gather(*(begin(alice) for _ in range(5)))
    assert {one.state for one in answers} == {ExportState.RUNNING}
    await made(alice)
    folder = home.config.data / "exports"
    (one,) = folder.iterdir()
    assert (one.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    assert len((await fetched(alice))["messages.jsonl"]) == 300
    await begin(alice)
    await made(alice)
    (two,) = folder.iterdir()
    assert two.name != one.name


async def test_it_goes_with_its_session_and_is_made_anew_by_a_home_that_was_killed(tmp_path: Any) -> None:
    config = make_config(tmp_path)
    folder = config.data / "exports"
    async with recorder_of(config) as relay:
        async with running(config, relay=relay) as home:
            alice, _, _, _ = await spoken(home)
            await begin(alice)
            await made(alice)
            (kept,) = folder.iterdir()
            with sqlite3.connect(config.data / "home.db", timeout=5) as database:
                database.execute("UPDATE export SET state = 'running'")
            kept.rename(kept.with_name(kept.name + ".part"))  # as a kill leaves it
            (folder / "left.zip").write_bytes(b"x")
        async with running(config, relay=relay) as home:
            back = home.person(0)
            back.cookie = alice.cookie
            assert (await made(back)).state == ExportState.READY
            assert [path.name for path in folder.iterdir()] == [kept.name]
            await back.ask("POST", "/sign-out", {}, want=NOTHING)
        async with running(config, relay=relay):
            assert list(folder.iterdir()) == []


async def test_a_change_of_rooms_is_no_hindrance(home: Running) -> None:
    (alice,) = await home.enter(0)
    changed = await alice.create(title="Tomt")
    assert changed.room.count == 1
    await begin(alice)
    assert (await made(alice)).state == ExportState.READY
    assert (await fetched(alice))["messages.jsonl"] == []
