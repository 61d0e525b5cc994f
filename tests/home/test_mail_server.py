"""Letters and a mail server that refuses, is slow, dies, offers no TLS; a home that is killed while a letter is on its way."""

import asyncio
import os
import signal
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from samrum.home.config import MailConfig, is_mail
from samrum.home.flows import register, smtp
from samrum.home.flows.outside import Outgoing
from samrum.home.flows.smtp import MailLine, MailServer, Sent
from samrum.home.mail import outside, tables
from samrum.home.mail.outside import Folder, Smtp
from samrum.plumbing.config import BadConfig
from tests.conftest import ROOT
from tests.home.mailing import Mailbox, World, free_port, mail_server, smtp_post, world
from tests.relay.test_tls import certificate

LETTER = b"Subject: x\r\n\r\n.dot\r\n..two\r\n"


async def one_waiting(w: World) -> None:
    """A message that is due to be told."""
    asa, bo = await w.person("Åsa"), await w.person("Bo")
    w.say(await w.room("direct", asa, bo), asa)
    w.clock.time += 16 * 60


async def letters(w: World) -> list[tables.Letter]:
    return await w.db.read(lambda tx: tables.letters(tx, 2**40, 2**41, 10))


async def test_a_server_that_is_away_is_tried_again_and_the_letter_is_the_same(tmp_path: Path) -> None:
    port = free_port()
    async with world(tmp_path, smtp_post(port)) as w:
        await one_waiting(w)
        await w.mail.turn()
        (first,) = await letters(w)
        assert (first.tries, first.unsure) == (1, 0)
        await w.later(0.5)
        assert (await letters(w))[0].tries == 1
        with mail_server(port) as box:
            await w.later(1)
            assert [letter["Message-ID"] for letter in box.letters] == [first.message_id]
            await w.later(60)
            assert len(box.letters) == 1
        assert not await letters(w)


@pytest.mark.parametrize(("answer", "tries"), [("451 later", 3), ("550 no such person", 1)])
async def test_refused_for_now_is_tried_again_refused_for_good_is_not(tmp_path: Path, answer: str, tries: int) -> None:
    port = free_port()
    with mail_server(port) as box:
        async with world(tmp_path, smtp_post(port)) as w:
            box.answer = lambda: answer if len(box.letters) < 3 else "250 ok"
            await one_waiting(w)
            for _ in range(10):
                await w.later(1)
            assert len(box.letters) == tries
            assert not await letters(w)


async def test_a_letter_that_no_server_takes_is_dropped_after_a_day_and_a_read_one_at_once(tmp_path: Path) -> None:
    port = free_port()
    async with world(tmp_path, smtp_post(port)) as w:
        await one_waiting(w)
        await w.mail.turn()
        (letter,) = await letters(w)
        for _ in range(28):
            await w.later(59)
        assert await letters(w) == []
        await one_waiting(w)
        await w.mail.turn()
        (letter,) = await letters(w)
        assert letter.tries == 1
        w.told.reads |= {(letter.pid, room): pos for room, pos in letter.told().items()}
        with mail_server(port) as box:
            await w.later(2)
            assert not box.letters
        assert await letters(w) == []


def raw_server(port: int, talk: Callable[[socket.socket], None]) -> threading.Thread:
    """A server that says to each connection what `talk` says; ends after the first."""
    listening = socket.create_server(("127.0.0.1", port))

    def run() -> None:
        with listening, listening.accept()[0] as line:
            line.settimeout(10)
            try:
                talk(line)
            except OSError:
                return

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def line_to(port: int, **other: Any) -> MailLine:
    return MailLine(MailServer("127.0.0.1", port, other.pop("security", "none"), "home.example", **other))


def drip(line: socket.socket) -> None:
    """Never silent for long, and never done."""
    for _ in range(100):
        line.sendall(b"220-")
        time.sleep(0.05)


def dies_before_yes(line: socket.socket) -> None:
    """Takes the letter and goes without a word."""
    line.sendall(b"220 x\r\n")
    for answer in (b"250 x\r\n", b"250 x\r\n", b"250 x\r\n", b"354 go\r\n"):
        line.recv(4096)
        line.sendall(answer)
    line.recv(4096)


def dies_before_data(line: socket.socket) -> None:
    line.sendall(b"220 x\r\n")
    line.recv(4096)
    line.sendall(b"250 x\r\n")
    line.recv(4096)


@pytest.mark.parametrize(
    ("talk", "outcome"), [(drip, Sent.AWAY), (dies_before_yes, Sent.UNSURE), (dies_before_data, Sent.LATER)]
)
async def test_a_server_that_drips_or_dies_ends_in_time_and_is_understood(
    monkeypatch: pytest.MonkeyPatch, talk: Callable[[socket.socket], None], outcome: Sent
) -> None:
    monkeypatch.setattr(smtp, "LETTER_SECONDS", 0.7)
    port = free_port()
    thread = raw_server(port, talk)
    began = time.monotonic()
    assert await asyncio.to_thread(line_to(port).send, "a@b.example", "c@d.example", LETTER) == outcome
    assert time.monotonic() - began < 3
    await asyncio.to_thread(thread.join, 10)


async def test_a_line_beginning_with_a_dot_arrives(tmp_path: Path) -> None:
    port = free_port()
    with mail_server(port) as box:
        line = line_to(port)
        assert await asyncio.to_thread(line.send, "a@b.example", "c@d.example", LETTER) == Sent.SENT
        assert await asyncio.to_thread(line.send, "a@b.example", "c@d.example", LETTER) == Sent.SENT
        line.close()
        assert [letter.get_payload() for letter in box.letters] == [".dot\r\n..two\r\n"] * 2


async def test_tls_is_needed_and_checked_and_the_login_goes_over_it_alone(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    said: list[tuple[str, Any]] = []

    def let_in(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        said.append((mechanism, session.ssl))
        return AuthResult(success=data.password == b"right", handled=False)

    port, plain = free_port(), free_port()
    own = {"ca": str(cert), "user": "samrum", "password": "right"}

    def send(to: int, **server: Any) -> Sent:
        line = line_to(to, **server)
        try:
            return line.send("a@b.example", "c@d.example", LETTER)
        finally:
            line.close()

    options = {"tls_context": context, "require_starttls": True, "authenticator": let_in, "auth_required": True}
    with mail_server(port, **options) as box, mail_server(plain, Mailbox()) as open_box:
        assert await asyncio.to_thread(send, port, security="starttls", **own) == Sent.SENT
        assert said
        assert all(tls for _, tls in said)
        said.clear()
        assert await asyncio.to_thread(send, port, security="starttls", **own | {"password": "wrong"}) == Sent.NO_LOGIN
        assert await asyncio.to_thread(send, port, security="starttls", **own | {"ca": None}) == Sent.NO_TLS
        said.clear()
        assert await asyncio.to_thread(send, plain, security="starttls", **own) == Sent.NO_TLS
        assert await asyncio.to_thread(send, plain, security="tls", **own) == Sent.NO_TLS
        assert len(box.letters) == 1
        assert not open_box.letters
        assert not said
    at_once = free_port()
    with mail_server(at_once, ssl_context=context) as box:
        assert await asyncio.to_thread(send, at_once, security="tls", ca=str(cert)) == Sent.SENT


async def test_a_home_killed_between_the_servers_yes_and_its_note_sends_the_same_letter_once_more_and_no_third_time(
    tmp_path: Path,
) -> None:
    port, box, running = free_port(), Mailbox(), list[int]()

    def kill() -> str:
        os.kill(running[-1], signal.SIGKILL)
        return "250 taken"

    box.answer = kill
    async with world(tmp_path, smtp_post(port)) as w:
        await one_waiting(w)
        await w.mail.note()
        await w.mail.make()
        (letter,) = await letters(w)
        with mail_server(port, box):
            codes = []
            for turn in range(3):
                now = str(w.clock.time + turn * 7200)
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "tests.home.mailing", str(tmp_path / "home.db"), str(port), now, cwd=ROOT
                )
                running.append(process.pid)
                codes.append(await asyncio.wait_for(process.wait(), 30))
        assert codes == [-signal.SIGKILL, -signal.SIGKILL, 0]
        assert [one["Message-ID"] for one in box.letters] == [letter.message_id] * 2
        assert not await letters(w)


async def test_the_register_decides_whether_mail_goes(tmp_path: Path) -> None:
    text = (ROOT / "flows.toml").read_text()
    head, flow, rest = text.partition('id = "home-smtp"')
    (tmp_path / "flows.toml").write_text(head + flow + rest.replace("default = true", "default = false", 1))
    port = free_port()
    to = MailServer("127.0.0.1", port, "none", "home.example")
    with mail_server(port) as box:
        known = {"mail.smtp": f"smtp://127.0.0.1:{port}"}
        off = Smtp(Outgoing(register.read(tmp_path / "flows.toml"), known), to, "a@b.example")
        assert await off.send("x", "c@d.example", LETTER) == Sent.AWAY
        elsewhere = Smtp(
            Outgoing(register.read(ROOT / "flows.toml"), {"mail.smtp": "smtp://127.0.0.1:1"}), to, "a@b.example"
        )
        assert await elsewhere.send("x", "c@d.example", LETTER) == Sent.AWAY
        assert not box.letters
    assert outside.FLOW == "home-smtp"


async def test_a_folder_takes_letters_for_its_owner_alone(tmp_path: Path) -> None:
    async with world(tmp_path, Folder(tmp_path / "letters")) as w:
        await one_waiting(w)
        await w.mail.turn()
        (path,) = (tmp_path / "letters").iterdir()
        assert path.suffix == ".eml"
        assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
        assert b"1 direktmeddelande" in path.read_bytes()


@pytest.mark.parametrize(
    "wrong",
    [
        {"smtp": None},
        {"folder": Path("x")},
        {"smtp": "mail.stad.example:25", "security": "none"},
        {"sender": "Samrum"},
        {"sender": "Samrum <a@b.example>\r\nBcc: <x@y.example>"},
        {"reply_to": "nobody"},
        {"user": "samrum"},
        {"timezone": "Mars/Olympus"},
    ],
)
def test_a_configuration_that_could_not_send_or_would_send_in_the_clear_is_refused(wrong: dict[str, Any]) -> None:
    right: dict[str, Any] = {"sender": "Samrum <samrum@stad.example>", "smtp": "mail.stad.example:587"}
    MailConfig(**right).check()
    MailConfig(**right | {"smtp": "127.0.0.1:25", "security": "none"}).check()
    with pytest.raises(BadConfig):
        MailConfig(**right | wrong).check()


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("asa.ek@stad.example", True),
        ("a+b@x-y.z.example", True),
        ("åsa@stad.example", False),
        ("a@b", False),
        ("a@b.example\n", False),
        ("a b@c.example", False),
        ("a@b.example>", False),
        ("a" * 65 + "@b.example", False),
        ("", False),
    ],
)
def test_addresses_are_those_that_every_server_takes(text: str, good: bool) -> None:
    assert is_mail(text) is good
