"""Who gets a letter about what and when, and what stands in it. The mail server is real; time is moved."""

import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from samrum.home.mail.digest import Sent
from samrum.home.mail.letter import LANGUAGES, Sender, Writer, catalogue
from samrum.wire import ids
from samrum.wire.ids import Pid, RoomId
from tests.home.mailing import Mailbox, World, free_port, mail_server, smtp_post, world


@dataclass
class Two:
    """Åsa writes to Bo."""

    w: World
    box: Mailbox
    asa: Pid
    bo: Pid
    room: RoomId

    def text(self, number: int = -1) -> str:
        part = self.box.letters[number].get_body(("plain",))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")


@contextlib.asynccontextmanager
async def two(folder: Path, content: Any = "none", **settings: Any) -> AsyncIterator[Two]:
    port = free_port()
    with mail_server(port) as box:
        async with world(folder, smtp_post(port), content) as w:
            asa, bo = await w.person("Åsa Ek"), await w.person("Bo Öberg", **settings)
            yield Two(w, box, asa, bo, await w.room("direct", asa, bo))


async def test_a_direct_message_unread_for_fifteen_minutes_is_told_once_without_a_word_of_it(tmp_path: Path) -> None:
    async with two(tmp_path) as c:
        c.w.say(c.room, c.asa, "Hemligt om Kråkan")
        await c.w.later(14.9)
        assert not c.box.letters
        await c.w.later(0.2)
        (letter,) = c.box.letters
        assert c.box.recipients == [f"{c.bo[2:8]}@stad.example"]
        assert c.box.senders == ["samrum@stad.example"]
        assert letter["Subject"] == "Oläst i Samrum"
        assert (letter["From"], letter["Reply-To"]) == ("Samrum <samrum@stad.example>", "svara@stad.example")
        assert letter["Auto-Submitted"] == "auto-generated"
        assert letter["List-Unsubscribe"] == "<https://samrum.stad.example/#/settings>"
        assert "1 direktmeddelande" in c.text()
        assert "https://samrum.stad.example/" in c.text()
        html = letter.get_body(("html",))
        assert html is not None
        assert "<li>1 direktmeddelande</li>" in html.get_content()
        whole = letter.as_string() + c.text() + html.get_content()
        assert not any(word in whole for word in ("Kråkan", "Åsa", "Öberg", c.room, c.asa, c.bo))
        for _ in range(5):
            await c.w.later(60)
        assert len(c.box.letters) == 1


async def test_what_is_read_or_removed_meanwhile_is_not_told_nor_what_is_in_a_room_one_left(tmp_path: Path) -> None:
    async with two(tmp_path) as c:
        first = c.w.say(c.room, c.asa)
        second = c.w.say(c.room, c.asa)
        await c.w.later(10)
        c.w.told.reads[c.bo, c.room] = first.pos
        c.w.told.gone.add((c.room, second.pos))
        group = await c.w.room("group", c.asa, c.bo)
        c.w.say(group, c.asa, mentions=[c.bo])
        await c.w.later(1)
        await c.w.db.write(
            lambda tx: tx.exec_driver_sql("DELETE FROM member WHERE room = ? AND pid = ?", (group, c.bo))
        )
        await c.w.later(30)
        assert not c.box.letters
        assert not await waiting(c.w)


async def waiting(w: World) -> list[Any]:
    return await w.db.read(lambda tx: list(tx.exec_driver_sql("SELECT * FROM mail_waiting")))


async def test_one_letter_an_hour_and_longer_pauses_while_nothing_is_read(tmp_path: Path) -> None:
    async with two(tmp_path) as c:
        times = []
        for _ in range(12 * 30):  # thirty hours, a message every five minutes
            c.w.say(c.room, c.asa)
            before = len(c.box.letters)
            await c.w.later(5)
            if len(c.box.letters) > before:
                times.append(c.w.clock.time)
        pauses = [round((b - a) / 60) for a, b in itertools.pairwise(times)]
        assert pauses == [60, 120, 240, 480]
        c.w.told.reads[c.bo, c.room] = len(c.w.told.noted)
        await c.w.later(16 * 60)  # the pause after the fifth: nothing is unread any more
        assert len(c.box.letters) == 5
        for _ in range(2):
            c.w.say(c.room, c.asa)
            await c.w.later(16)
            c.w.told.reads[c.bo, c.room] = len(c.w.told.noted)
            await c.w.later(44)
        assert len(c.box.letters) == 7


def test_reading_in_any_of_the_rooms_begins_the_pauses_anew() -> None:
    one, other = ids.new_room(), ids.new_room()
    sent = Sent(1_000, 3, {one: 4, other: 7})
    assert sent.next() == 1_000 + 4 * 3_600
    assert sent.after({one: 3, other: 6}) == sent
    assert sent.after({other: 7}).next() == 1_000 + 3_600


async def test_mentions_and_rooms_by_what_each_person_chose(tmp_path: Path) -> None:
    async with two(tmp_path) as c:
        w = c.w
        cia, dan = await w.person("Cia"), await w.person("Dan")
        group = await w.room("group", c.asa, c.bo, cia, dan, title="Kansliet")
        await w.choose(cia, group, "none")
        await w.choose(dan, group, "mentions")
        w.say(group, c.asa, "all of a group is no direct message")
        await w.later(20)
        assert not c.box.letters
        w.say(group, c.asa, everybody=True)
        w.say(group, c.asa, mentions=[c.bo, cia, c.asa])
        await w.later(20)
        assert sorted(c.box.recipients) == sorted(f"{pid[2:8]}@stad.example" for pid in (c.bo, dan))
        told = {str(letter["To"]): str(letter.get_body(("plain",))) for letter in c.box.letters}  # type: ignore[arg-type]
        assert len(told) == 2
        bos = c.box.recipients.index(f"{c.bo[2:8]}@stad.example")
        assert "2 omnämnanden av dig" in c.text(bos)


async def test_the_whole_of_a_big_room_is_called_by_moderators_only(tmp_path: Path) -> None:
    async with two(tmp_path) as c:
        crowd = [await c.w.person(f"P {number}") for number in range(99)]
        room = await c.w.room("channel", c.asa, c.bo, *crowd, m1="moderator")
        c.w.say(room, c.asa, everybody=True)
        await c.w.later(20)
        assert not c.box.letters
        c.w.say(room, c.bo, everybody=True)
        await c.w.later(20)
        assert len(c.box.letters) == 100


@pytest.mark.parametrize(
    ("settings", "minutes"),
    [
        ({"mail": 0}, None),
        ({"quiet_until": 1_800_014_400 + 3 * 3600}, 180),
        ({"quiet": '{"start":720,"end":840,"days":[4]}'}, 60),  # 12 to 14 in Stockholm, on Fridays; it is 13
        ({"quiet": '{"start":720,"end":840,"days":[0]}'}, 15),  # on Mondays
        ({"quiet": '{"start":1320,"end":840,"days":[3]}'}, 60),  # since yesterday, 22
        ({"quiet": '{"start":720,"end":840,"days":[4]}', "zone": "America/New_York"}, 15),  # where it is 7
    ],
)
async def test_quiet_hours_and_no_mail_are_kept(tmp_path: Path, settings: dict[str, Any], minutes: int | None) -> None:
    async with two(tmp_path, **settings) as c:
        c.w.say(c.room, c.asa)
        passed = 0
        while not c.box.letters and passed < 240:
            await c.w.later(5)
            passed += 5
        assert (passed if c.box.letters else None) == (None if minutes is None else pytest.approx(minutes, abs=10))
        if minutes is None:
            assert not await waiting(c.w)


async def test_calls_that_were_missed_and_everything_in_each_language(tmp_path: Path) -> None:
    async with two(tmp_path, language="de") as c:
        english = await c.w.person("Eve", language="en")
        other = await c.w.room("direct", c.asa, english)
        for room in (c.room, other):
            c.w.say(room, c.asa, call=True)
            c.w.say(room, c.asa)
            c.w.say(room, c.asa)
        await c.w.later(16)
        by = {str(to): self for to, self in zip(c.box.recipients, range(2), strict=True)}
        german, eves = (c.text(by[f"{pid[2:8]}@stad.example"]) for pid in (c.bo, english))
        assert german.index("1 verpasster Anruf") < german.index("2 Direktnachrichten")
        assert eves.index("1 missed call") < eves.index("2 direct messages")


async def test_names_and_text_only_where_the_authority_allows_them(tmp_path: Path) -> None:
    async with two(tmp_path, "names") as c:
        group = await c.w.room("group", c.asa, c.bo, title="Kansliet")
        c.w.say(c.room, c.asa, "Hemligt")
        c.w.say(group, c.asa, "Hemligt", mentions=[c.bo])
        await c.w.later(16)
        assert "- Åsa Ek: 1 direktmeddelande\n- Åsa Ek i Kansliet: 1 omnämnande av dig\n" in c.text()
        assert "Hemligt" not in c.text()
    (tmp_path / "other").mkdir()
    async with two(tmp_path / "other", "text") as c:
        c.w.say(c.room, c.asa, "<b>fet</b>\r\nBcc: x@y.example\n.\n" + "å" * 300)
        for number in range(30):
            c.w.say(c.room, c.asa, f"rad {number}")
        await c.w.later(16)
        assert "- Åsa Ek: <b>fet</b> Bcc: x@y.example . ååå" in c.text()
        assert "å" * 200 not in c.text()
        assert "- och 12 till" in c.text()
        (letter,) = c.box.letters
        html = letter.get_body(("html",))
        assert html is not None
        assert "&lt;b&gt;fet&lt;/b&gt;" in html.get_content()
        assert letter["Bcc"] is None


async def test_who_has_no_address_or_left_gets_nothing_and_old_news_is_no_news(tmp_path: Path) -> None:
    async with two(tmp_path) as c:
        no_mail = await c.w.person("Utan")
        await c.w.db.write(lambda tx: tx.exec_driver_sql("UPDATE person SET mail = '' WHERE pid = ?", (no_mail,)))
        c.w.say(await c.w.room("direct", c.asa, no_mail), c.asa)
        c.w.say(c.room, c.asa)
        c.w.clock.time += 4 * 86_400  # home was away for four days
        await c.w.later(0)
        await c.w.later(20)
        c.w.say(c.room, c.asa)
        await c.w.later(1)
        await c.w.db.write(lambda tx: tx.exec_driver_sql("UPDATE person SET disabled = 1 WHERE pid = ?", (c.bo,)))
        await c.w.later(20)
        assert not c.box.letters


def test_the_catalogues_say_the_same_things() -> None:
    def shape(told: dict[str, Any]) -> Any:
        return {name: shape(one) if isinstance(one, dict) else one.count("{") for name, one in told.items()}

    assert len({str(sorted(shape(catalogue(language)).items())) for language in LANGUAGES}) == 1
    assert Writer(Sender("X", "a@b.example", None, "https://x"), "none").content == "none"
