"""From relay's log to the letter: home's own records say what is missed."""

import contextlib
import email
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from samrum.home.config import MailConfig
from samrum.home.mail import actions
from samrum.plumbing.config import BadConfig
from samrum.wire.content import CallWord
from samrum.wire.envelope import EnvelopeKind
from samrum.wire.ids import RoomId
from samrum.wire.statements import Kind
from tests.home.client import Person
from tests.home.running import Running, entry, make_config, running, until, write_directory
from tests.home.writer import Writer


@dataclass
class Missing:
    """Alice and Bob, who is away; where Bob's letters lie."""

    home: Running
    folder: Path
    alice: Person
    bob: Person
    writer: Writer
    direct: RoomId
    group: RoomId

    def letters(self) -> list[EmailMessage]:
        paths = sorted(self.folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        return [email.message_from_bytes(path.read_bytes(), policy=default) for path in paths]  # type: ignore[misc]

    def text(self) -> str:
        (letter,) = self.letters()
        part = letter.get_body(("plain",))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")


def number(home: Running, name: str, statement: str) -> int:
    """What one of home's databases says."""
    with contextlib.closing(sqlite3.connect(home.config.data / name)) as database:
        return int(database.execute(statement).fetchone()[0])


def waiting(home: Running) -> int:
    return number(home, "home.db", "SELECT COUNT(*) FROM mail_waiting")


def deleted(home: Running) -> int:
    return number(home, "records.db", "SELECT COUNT(*) FROM message WHERE deleted = 1")


@contextlib.asynccontextmanager
async def missing(folder: Path, monkeypatch: pytest.MonkeyPatch, **mail: str) -> AsyncIterator[Missing]:
    monkeypatch.setattr(actions, "SECONDS", 0.05)
    out = folder / "letters"
    config = make_config(folder, mail=MailConfig(sender="Samrum <samrum@stad.example>", folder=out, **mail))
    write_directory(config, [entry(number, mail=f"p{number}@stad.example") for number in range(3)])
    async with running(config) as home:
        alice, bob = await home.enter(0, 1)
        writer = Writer(home.relay)
        direct = writer.learn(await alice.create(bob.pid, kind=Kind.DIRECT, title=""))
        yield Missing(
            home, out, alice, bob, writer, direct, writer.learn(await alice.create(bob.pid, title="Kansliet"))
        )


async def test_messages_mentions_calls_edits_deletions_and_reading_from_relays_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with missing(tmp_path, monkeypatch, content="text") as c:
        w, alice, bob = c.writer, c.alice, c.bob
        w.write(alice, c.direct, "läst")
        kept = w.write(alice, c.direct, "Vi ses på tordag")
        w.edit(alice, c.direct, kept, "Vi ses på torsdag")
        gone = w.write(alice, c.direct, "det här tar jag tillbaka")
        w.write(alice, c.group, "till alla och ingen")
        w.write(alice, c.group, "till dig, Bo", say={"m": [bob.pid]})
        w.write(bob, c.group, "mitt eget", say={"a": True, "m": [bob.pid]})
        ring = w.write(alice, c.direct, kind=EnvelopeKind.CALL, say={"c": CallWord.RING})
        w.write(alice, c.direct, kind=EnvelopeKind.CALL, ref=ring, say={"c": CallWord.MISSED})
        taken = w.write(alice, c.direct, kind=EnvelopeKind.CALL, say={"c": CallWord.RING})
        w.write(bob, c.direct, kind=EnvelopeKind.CALL, ref=taken, say={"c": CallWord.ANSWERED})
        c.home.relay.reads = [(c.direct, bob.pid, 1)]
        c.home.clock.time += 10 * 60
        await until(lambda: waiting(c.home) == 7, 10)
        w.delete(alice, c.direct, gone)
        await until(lambda: deleted(c.home) == 1, 10)
        assert not c.letters()
        c.home.clock.time += 6 * 60
        await until(lambda: len(c.letters()) == 2, 10)
        by_to = {str(letter["To"]): letter for letter in c.letters()}
        body = by_to["p1@stad.example"].get_body(("plain",))
        assert body is not None
        lines = [line for line in str(body.get_content()).splitlines() if line.startswith("- ")]
        assert sorted(lines) == sorted(
            [
                "- Åsa Ek: Vi ses på torsdag",
                "- Åsa Ek i Kansliet: till dig, Bo",
                "- Åsa Ek: 1 missat samtal",
            ]
        )
        alices = by_to["p0@stad.example"].get_body(("plain",))
        assert alices is not None
        assert "- Bo Öberg i Kansliet: mitt eget" in alices.get_content()


async def test_a_mail_table_that_cannot_work_refuses_to_start(tmp_path: Path) -> None:
    config = make_config(tmp_path, mail=MailConfig(sender="Samrum <samrum@stad.example>"))
    with pytest.raises(BadConfig, match="smtp or folder"):
        async with running(config):
            pass
