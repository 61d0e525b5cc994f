"""Search at home, from relay's log to the answer at home's door."""

import asyncio
from typing import Any

import msgspec
import pytest

from samrum.wire import envelope, ids, jws, search_api
from samrum.wire.content import Content, InFile
from samrum.wire.envelope import EnvelopeKind
from samrum.wire.ids import RoomId
from samrum.wire.search_api import Found, Has, Match, Order
from samrum.wire.statements import Role
from tests.home.client import Person, Refused
from tests.home.running import Running
from tests.home.writer import Writer


async def search(asker: Person, text: str = "", /, **other: Any) -> Found:
    return await asker.ask("POST", "/search", search_api.Search(text=text, **other), want=Found)


async def indexed(home: Running, by: Person) -> None:
    """Waits until everything in the log is in the index."""
    for _ in range(80):
        found = await search(by)
        if found.indexed == found.of == len(home.relay.log):
            return
        home.clock.time += 1  # searches are limited by the minute
        await asyncio.sleep(0.05)
    raise AssertionError(f"{found.indexed} of {found.of} indexed, {len(home.relay.log)} in the log")


async def texts(home: Running, asker: Person, text: str = "", /, **other: Any) -> list[str]:
    """The ids of what is found, best first, after the index has caught up."""
    await indexed(home, asker)
    return [one.msg for one in (await search(asker, text, **other)).hits]


async def two(home: Running) -> tuple[Person, Person, Writer, RoomId]:
    alice, bob = await home.enter(0, 1)
    writer = Writer(home.relay)
    return alice, bob, writer, writer.learn(await alice.create(bob.pid, title="Budget 2027"))


async def test_a_word_is_found_in_its_forms_and_within_longer_words_the_closest_first(home: Running) -> None:
    alice, bob, writer, room = await two(home)
    said = {
        word: writer.write(alice, room, f"Det var {word} i dag.")
        for word in (
            "budgetmötena",
            "möte",
            "mötena",
            "mot",
            "budgetmöte",
            "motet",
            "Häuser",
            "meetings",
            "sammanträde",
        )
    }
    found = await texts(home, bob, "möte")
    assert set(found) == {said[one] for one in ("möte", "mötena", "budgetmöte", "budgetmötena")}
    assert found[:2] == [said["möte"], said["mötena"]]
    matches = [one.match for one in (await search(bob, "möte")).hits]
    assert matches == [Match.EXACT, Match.FORM, Match.PART, Match.PART]
    assert set(await texts(home, bob, "mötet")) == set(found)
    assert said["Häuser"] in await texts(home, bob, "haus")
    assert await texts(home, bob, "MEETING") == [said["meetings"]]
    assert said["möte"] in await texts(home, bob, "mote")
    assert await texts(home, bob, "sammanträdet") == [said["sammanträde"]]
    assert {"möte", "mötena", "budgetmöte"} <= set((await search(bob, "möte")).marks)


async def test_all_words_must_occur_and_phrases_in_a_row(home: Running) -> None:
    alice, bob, writer, room = await two(home)
    one = writer.write(alice, room, "Vi ses på torsdag klockan tre")
    other = writer.write(bob, room, "klockan tre på torsdag ses vi inte")
    assert set(await texts(home, bob, "tre torsdag")) == {one, other}
    assert await texts(home, bob, '"på torsdag klockan"') == [one]
    assert await texts(home, bob, "torsdag lunch") == []
    assert (await search(bob, '"på fredag"')).total == 0


async def test_filters_by_author_room_files_and_time(home: Running) -> None:
    alice, bob, writer, room = await two(home)
    other = writer.learn(await alice.create(bob.pid, title="Kök och café"))
    file = {"s": 5, "k": bytes(32), "b": "0" * 64}
    now = int(alice.now())
    plain = writer.write(alice, room, "underlag", sent_at=now - 200)
    picture = writer.write(bob, room, "underlag", say={"o": [InFile(n="karta.png", t="image/png", **file)]})
    pdf = writer.write(alice, other, "underlag https://x.example", say={"o": [InFile(n="Årsplan.PDF", t="", **file)]})
    assert set(await texts(home, alice, "underlag")) == {plain, picture, pdf}
    assert await texts(home, alice, "underlag", by=[bob.pid]) == [picture]
    assert await texts(home, alice, "underlag från:Öberg") == [picture]
    assert set(await texts(home, alice, "von:me")) == {plain, pdf}
    assert await texts(home, alice, "underlag", rooms=[other]) == [pdf]
    assert await texts(home, alice, 'in:"kök och"') == [pdf]
    assert await texts(home, alice, has=[Has.PICTURE]) == [picture]
    assert set(await texts(home, alice, "har:fil")) == {picture, pdf}
    assert await texts(home, alice, "has:pdf") == await texts(home, alice, "has:link") == [pdf]
    assert await texts(home, alice, "årsplan") == [pdf]
    assert await texts(home, alice, "underlag", before=now - 100) == [plain]
    assert set(await texts(home, alice, "underlag", after=now - 100)) == {picture, pdf}
    assert await texts(home, alice, "underlag före:2000-01-01") == []
    assert await texts(home, alice, "underlag årsplan", by=[bob.pid]) == []


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ('a "b', 2),
        ("möte från:", 5),
        ("har:katt", 0),
        ("efter:2026-13", 0),
        ("🎉", 0),
        ("x från:Ingenalls", 2),
        ("in:Ingenstans", 0),
    ],
)
async def test_what_cannot_be_read_is_said_with_its_place(home: Running, text: str, at: int) -> None:
    (alice,) = await home.enter(0)
    answer = await alice.raw("POST", "/search", search_api.Search(text=text))
    assert (answer.status_code, msgspec.json.decode(answer.content)) == (422, {"code": "bad_search", "at": at})


async def test_an_edit_is_found_by_its_new_words_and_a_deletion_not_at_all(home: Running) -> None:
    alice, bob, writer, room = await two(home)
    one, two_ = writer.write(alice, room, "gurka"), writer.write(alice, room, "tomat")
    assert await texts(home, bob, "gurka") == [one]
    writer.edit(alice, room, one, "paprika")
    writer.edit(bob, room, two_, "lök")  # not his to edit
    assert await texts(home, bob, "paprika") == [one]
    assert await texts(home, bob, "gurka") == await texts(home, bob, "lök") == []
    assert await texts(home, bob, "tomat") == [two_]
    hit = (await search(bob, "paprika")).hits[0]
    assert [envelope.parse(jws.unb64(env)).kind for env in hit.sealed] == [EnvelopeKind.MESSAGE, EnvelopeKind.EDIT]
    writer.delete(bob, room, one)  # neither his nor is he a moderator
    assert await texts(home, bob, "paprika") == [one]
    writer.delete(alice, room, one)
    writer.edit(alice, room, one, "gurka")
    assert await texts(home, bob, "paprika") == await texts(home, bob, "gurka") == []
    row = await search(bob, "tomat")
    assert (row.total, row.indexed) == (1, len(home.relay.log))


async def test_a_moderator_deletes_also_after_losing_the_role_and_in_an_index_made_anew(home: Running) -> None:
    alice, bob, writer, room = await two(home)
    message = writer.write(alice, room, "olämpligt")
    await alice.change(room, role={bob.pid: Role.MODERATOR})
    writer.delete(bob, room, message)
    await alice.change(room, role={bob.pid: Role.MEMBER})
    assert await texts(home, alice, "olämpligt") == []


async def test_one_finds_only_what_one_may_see(home: Running) -> None:
    alice, bob, cecile = await home.enter(0, 1, 2)
    writer = Writer(home.relay)
    room = writer.learn(await alice.create(bob.pid, history="closed"))
    early = writer.write(alice, room, "hemlig ett")
    writer.learn(await alice.change(room, add=[cecile.pid]))
    between = writer.write(alice, room, "hemlig två")
    assert await texts(home, cecile, "hemlig") == [between]
    assert set(await texts(home, bob, "hemlig")) == {early, between}
    home.clock.time += 60
    writer.learn(await alice.change(room, remove=[bob.pid]))
    late = writer.write(alice, room, "hemlig tre")
    assert set(await texts(home, bob, "hemlig")) == {early, between}
    assert set(await texts(home, cecile, "hemlig")) == {between, late}
    (dag,) = await home.enter(3)
    assert await texts(home, dag, "hemlig") == []
    assert await texts(home, dag, "hemlig", rooms=[room]) == []
    with pytest.raises(Refused, match="signed_out"):
        await search(home.person(4), "hemlig")


async def test_nothing_forged_is_found(home: Running) -> None:
    alice, bob, cecile = await home.enter(0, 1, 2)
    writer = Writer(home.relay)
    room = writer.learn(await alice.create(bob.pid))
    said = Content(t="falskt")
    right = writer.write(alice, room, "äkta")
    forged = [
        writer.seal(cecile, room, said),  # not a member
        writer.seal(alice, room, said, device=bob.key),  # another device's signature
        writer.seal(alice, room, said, dev=ids.raw(bob.dev, "d"), device=bob.key),  # another person's device
        writer.seal(alice, room, said, key=bytes(32)),  # does not open
        writer.seal(alice, room, said, key_id=bytes(16)),
        writer.seal(alice, room, said, room=bytes(16)),
        writer.seal(alice, room, said, tenant=bytes(16)),
        writer.seal(alice, room, said, sent_at=1),  # before the certificate
        writer.seal(alice, room, Content(t="falskt", e="x")),
        writer.seal(alice, room, said, kind=77),
        b"falskt",
        home.relay.log[0].env,  # twice
    ]
    for data in forged:
        home.relay.log.append(
            msgspec.structs.replace(home.relay.log[0], n=len(home.relay.log) + 1, pos=len(home.relay.log) + 1, env=data)
        )
    assert await texts(home, alice, "falskt") == []
    assert await texts(home, alice, "äkta") == [right]
    assert (await search(alice, "falskt")).marks == []


async def test_pages_fit_together_and_nothing_stands_on_two(home: Running) -> None:
    alice, bob, writer, room = await two(home)
    now = int(alice.now())
    all_ = [writer.write(alice, room, f"lista {number}", sent_at=now - 230 + 10 * number) for number in range(23)][::-1]
    await indexed(home, bob)
    for order in Order:
        pages: list[str] = []
        cursor = ""
        while True:
            page = await search(bob, "lista", limit=5, cursor=cursor, order=order)
            assert page.total >= 23
            pages += [one.msg for one in page.hits]
            cursor = page.cursor
            if len(pages) == 5:  # news must not move what follows
                writer.write(alice, room, "lista ny")
                await indexed(home, bob)
            if not cursor:
                break
        assert len(set(pages)) == len(pages)
        assert [one for one in pages if one in all_] == all_
    assert (await alice.raw("POST", "/search", search_api.Search(text="lista", cursor="x"))).status_code == 422


async def test_searches_are_limited(home: Running) -> None:
    (alice,) = await home.enter(0)
    for _ in range(60):
        await search(alice, "x")
    with pytest.raises(Refused, match="rate_limited"):
        await search(alice, "x")


async def test_mentions_are_counted_until_read(home: Running) -> None:
    alice, bob, writer, room = await two(home)
    other = writer.learn(await alice.create(bob.pid))
    writer.write(alice, room, "hej", say={"m": [bob.pid]})
    writer.write(alice, room, "hej")
    writer.write(alice, room, "alla", say={"a": True})
    edited = writer.write(alice, other, "x")
    writer.edit(alice, other, edited, "nu du", say={"m": [bob.pid]})
    writer.delete(alice, other, writer.write(alice, other, "y", say={"m": [bob.pid]}))
    await indexed(home, bob)

    async def mentions(by: Person) -> dict[str, list[int]]:
        return (await by.ask("GET", "/mentions", want=search_api.Mentions)).rooms

    assert await mentions(bob) == {room: [3, 1], other: [1]}
    assert await mentions(alice) == {}
    assert [one.pos for one in (await search(bob, mentions=True, rooms=[room])).hits] == [3, 1]
    home.relay.reads += [(room, bob.pid, 2), (other, bob.pid, 3), (room, bob.pid, 1)]
    for _ in range(100):
        await search(bob)
        if await mentions(bob) == {room: [3]}:
            break
        home.clock.time += 1
        await asyncio.sleep(0.05)
    assert await mentions(bob) == {room: [3]}
    await bob.change(room, remove=[bob.pid])
    assert await mentions(bob) == {}


async def test_a_text_of_sixty_kilobytes_and_words_without_end_are_found(home: Running) -> None:
    alice, bob, writer, room = await two(home)
    long = writer.write(alice, room, " ".join(f"ord{number}" for number in range(7000)))
    odd = writer.write(alice, room, "x" * 5000 + " a\u200bb\u202ec so\u00adft 'DROP \" NEAR OR *")
    assert await texts(home, bob, "ord6999") == [long]
    assert await texts(home, bob, "abc soft near") == [odd]
    assert await texts(home, bob, "x" * 400) == [odd]
    assert await texts(home, bob, " ".join(f"ord{number}" for number in range(0, 6400, 200))) == [long]
    assert await texts(home, bob, f'"{" ".join(f"ord{number}" for number in range(70))}"') == [long]
