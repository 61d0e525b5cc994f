"""What the tests of mail stand on: a home's database with people and rooms, records that a test tells, and a real mail server.

Run as a program (`python -m tests.home.mailing DATABASE PORT NOW`) it delivers what is due once: for the test that kills it.
"""

import asyncio
import contextlib
import email
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.policy import default
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

import samrum.home
from samrum.home.flows import register
from samrum.home.flows.outside import Outgoing
from samrum.home.flows.smtp import MailServer
from samrum.home.mail.actions import Mail, News, Noted
from samrum.home.mail.digest import Waiting
from samrum.home.mail.letter import Sender, Writer
from samrum.home.mail.outside import Post, Smtp
from samrum.plumbing.log import setup
from samrum.plumbing.transactions import Transactions, Tx, open_transactions
from samrum.wire import ids
from samrum.wire.ids import Pid, RoomId
from tests.conftest import ROOT
from tests.ports import free_ports

if TYPE_CHECKING:
    from email.message import EmailMessage

MIGRATIONS = Path(samrum.home.__file__).with_name("migrations")
NOON = 1_800_014_400.0
"""A Friday, 12:00 UTC, 13:00 in Stockholm."""


class FakeClock:
    """Stands still until it is moved."""

    def __init__(self, time: float = NOON) -> None:
        self.time = time

    def now(self) -> float:
        return self.time


@dataclass
class Told:
    """Records that say what a test told them."""

    noted: list[Noted] = field(default_factory=list)
    reads: dict[tuple[Pid, RoomId], int] = field(default_factory=dict)
    gone: set[tuple[RoomId, int]] = field(default_factory=set)
    said: dict[tuple[RoomId, int], str] = field(default_factory=dict)

    async def news(self, after: int) -> News:
        found = self.noted[after : after + 2]
        return News(after + len(found), found, len(self.noted) > after + len(found))

    async def missed(self, pid: Pid, things: Sequence[Waiting]) -> set[tuple[RoomId, int]]:
        return {
            (one.room, one.pos)
            for one in things
            if one.pos > self.reads.get((pid, one.room), 0) and (one.room, one.pos) not in self.gone
        }

    async def read(self, pid: Pid, of: Sequence[RoomId]) -> Mapping[RoomId, int]:
        return {room: self.reads.get((pid, room), 0) for room in of}

    async def texts(self, things: Sequence[Waiting]) -> Mapping[tuple[RoomId, int], str]:
        return {(one.room, one.pos): self.said.get((one.room, one.pos), "") for one in things}


class Mailbox:
    """A mail server's letters; `answer` may say something else than yes to a letter."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.senders: list[str] = []
        self.answer: Callable[[], str] | None = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  its name there
        assert isinstance(envelope.content, bytes)
        self.letters.append(email.message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        self.recipients += envelope.rcpt_tos
        self.senders.append(envelope.mail_from or "")
        return self.answer() if self.answer else "250 taken"


def free_port() -> int:
    return free_ports(range(21700, 21800))


@contextlib.contextmanager
def mail_server(port: int, box: Mailbox | None = None, **options: Any) -> Iterator[Mailbox]:
    """A real mail server on a port of ours."""
    box = box or Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


def smtp_post(port: int, **server: Any) -> Smtp:
    """The way to a mail server on this machine."""
    to = MailServer("127.0.0.1", port, server.pop("security", "none"), "home.example", **server)
    outgoing = Outgoing(register.read(ROOT / "flows.toml"), {"mail.smtp": f"smtp://127.0.0.1:{port}"})
    return Smtp(outgoing, to, "samrum@stad.example")


@dataclass
class World:
    """A database with people and rooms, and mail on it."""

    mail: Mail
    db: Transactions
    clock: FakeClock
    told: Told

    async def person(self, name: str, address: str = "", **settings: Any) -> Pid:
        pid = ids.new_pid()
        row = {"pid": pid, "name": name, "mail": address or f"{pid[2:8]}@stad.example"}

        def add(tx: Tx) -> None:
            tx.execute(
                sa.text(
                    "INSERT INTO person (pid, login, name, department, title, hash, may, folded, disabled, mail) "
                    "VALUES (:pid, :pid, :name, '', '', '', '', '', 0, :mail)"
                ),
                row,
            )
            if settings:
                right = {
                    "language": "",
                    "status": "",
                    "told": 0,
                    "desktop": 1,
                    "sound": 1,
                    "mail": 1,
                    "zone": "",
                    "typing": 1,
                }
                insert(tx, "settings", right | {"pid": pid} | settings)

        await self.db.write(add)
        return pid

    async def room(self, kind: str, *members: Pid, title: str = "", **roles: str) -> RoomId:
        room = ids.new_room()

        def add(tx: Tx) -> None:
            row = {
                "room": room,
                "kind": kind,
                "title": title,
                "history": "open",
                "post": "member",
                "retention": "",
                "head": "",
            }
            insert(tx, "room", row | {"creator": members[0], "version": 1, "delivered": 1, "epoch": 1, "changed": 0})
            for number, pid in enumerate(members):
                insert(tx, "member", {"room": room, "pid": pid, "role": roles.get(f"m{number}", "member")})

        await self.db.write(add)
        return room

    async def choose(self, pid: Pid, room: RoomId, notify: str) -> None:
        await self.db.write(lambda tx: insert(tx, "mine", {"pid": pid, "room": room, "pinned": 0, "notify": notify}))

    def say(self, room: RoomId, author: Pid, text: str = "", **other: Any) -> Noted:
        pos = sum(one.room == room for one in self.told.noted) + 1
        one = Noted(room, pos, int(self.clock.time), author, **({"call": False} | other))
        self.told.noted.append(one)
        self.told.said[room, pos] = text
        return one

    async def later(self, minutes: float) -> None:
        """So many minutes pass, and home looks."""
        self.clock.time += minutes * 60
        await self.mail.turn()


def insert(tx: Tx, table: str, row: dict[str, Any]) -> None:
    columns = ", ".join(row)
    tx.execute(sa.text(f"INSERT INTO {table} ({columns}) VALUES ({', '.join(':' + name for name in row)})"), row)


def mail_on(db: Transactions, post: Post, clock: FakeClock, told: Told, content: Any = "none") -> Mail:
    sender = Sender("Provstad", "Samrum <samrum@stad.example>", "svara@stad.example", "https://samrum.stad.example")
    return Mail(
        db=db,
        clock=clock,
        records=told,
        post=post,
        writer=Writer(sender, content),
        language="sv",
        zone=ZoneInfo("Europe/Stockholm"),
        domain="stad.example",
        log=setup("home"),
    )


@contextlib.asynccontextmanager
async def world(folder: Path, post: Post, content: Any = "none") -> AsyncIterator[World]:
    db = await open_transactions(folder / "home.db", MIGRATIONS)
    clock, told = FakeClock(), Told()
    try:
        yield World(mail_on(db, post, clock, told, content), db, clock, told)
    finally:
        await db.close()


async def deliver_once(path: Path, port: int, now: float) -> None:
    db = await open_transactions(path, MIGRATIONS)
    await mail_on(db, smtp_post(port), FakeClock(now), Told()).deliver()
    await db.close()


if __name__ == "__main__":
    asyncio.run(deliver_once(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
