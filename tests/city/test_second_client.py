"""The example client, written from docs/protocol.md alone, talks with a client of ours through a real city."""

import ast
import asyncio
import contextlib
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from samrum.wire.statements import Kind
from tests.city.client import Device
from tests.city.launch import City

EXAMPLE = Path(__file__).parents[2] / "examples" / "second_client.py"
SECONDS = 20


@contextlib.asynccontextmanager
async def example(city: City, login: dict[str, str], room: str, text: str) -> AsyncIterator[asyncio.subprocess.Process]:
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, str(EXAMPLE), city.home, login["user"], room, text]
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe)
    assert process.stdin is not None
    process.stdin.write(f"{login['password']}\n".encode())
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    assert process.stderr is not None
    said = await asyncio.wait_for(process.stdout.readline(), SECONDS)
    return said.decode().rstrip("\n") or (await process.stderr.read()).decode()


async def test_each_reads_what_the_other_writes(city: City) -> None:
    asa, bjorn = city.ready["logins"][:2]
    async with Device(city.ready, asa) as a:
        room = await a.create(Kind.GROUP, "Andra klienten", await a.find(bjorn["name"]))
        await a.send(room, "före")
        async with example(city, bjorn, "Andra klienten", "hej från en främling åäö 🙂") as other:
            assert await line(other) == f"{asa['name']}: före"
            assert await line(other) == f"{bjorn['name']}: hej från en främling åäö 🙂"
            author, text = await a.receive(room)
            assert (a.names[author], text) == (bjorn["name"], "hej från en främling åäö 🙂")
            await a.send(room, "svar")
            assert await line(other) == f"{asa['name']}: svar"
            other.send_signal(signal.SIGINT)
            assert await asyncio.wait_for(other.wait(), SECONDS) == 0


async def test_it_refuses_an_envelope_of_another_device_key(city: City) -> None:
    asa, bjorn = city.ready["logins"][:2]
    async with Device(city.ready, asa) as a:
        room = await a.create(Kind.GROUP, "Förvanskad", await a.find(bjorn["name"]))
        await a.send(room, "äkta")
        with contextlib.closing(sqlite3.connect(city.data("relay") / "relay.db", timeout=10)) as db:
            (env,) = db.execute("SELECT envelope FROM messages WHERE room = ?", (room,)).fetchone()
            spoilt = env[:-1] + bytes([env[-1] ^ 1])
            db.execute("UPDATE messages SET envelope = ? WHERE room = ?", (spoilt, room))
            db.commit()
        async with example(city, bjorn, "Förvanskad", "hej") as other:
            assert "InvalidSignature" in await line(other)
            assert await asyncio.wait_for(other.wait(), SECONDS) == 1


def test_it_stands_on_the_documents_alone() -> None:
    names = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(EXAMPLE.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names])
    }
    assert names - sys.stdlib_module_names == {"httpx", "cryptography", "msgspec", "websockets"}
