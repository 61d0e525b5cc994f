"""An operator who forges: edits relay's database and starts relay again. Called by browser tests.

`python -m tests.city.forge WAY ROOM` with the ready file in `SAMRUM_READY` and a room's title, as the first demo login sees it. Ways:

    member   the third login becomes a member of the room
    role     the second login becomes its owner
    old      the room is as it was after its first roster
    count    edits nothing; prints how many envelopes relay holds for the room
"""

import asyncio
import json
import os
import signal
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from samrum.wire import jws
from samrum.wire.ids import Pid, RoomId
from samrum.wire.statements import Roster
from tests.city.client import Device


async def who_and_where(ready: dict[str, Any], title: str) -> tuple[RoomId, list[Pid]]:
    """The room's id, and the pseudonyms of the first three logins."""
    async with Device(ready, ready["logins"][0], connect=False) as device:
        (room,) = [room for room, name in device.titles.items() if name == title]
        return room, [await device.find(login["name"]) for login in ready["logins"][:3]]


def forge(db: sqlite3.Connection, way: str, room: RoomId, people: list[Pid]) -> None:
    """The edit itself."""
    if way == "member":
        db.execute("INSERT INTO members (room, pid, role) VALUES (?, ?, 'member')", (room, people[2]))
    elif way == "role":
        db.execute("UPDATE members SET role = 'owner' WHERE room = ? AND pid = ?", (room, people[1]))
    elif way == "old":
        (statement,) = db.execute("SELECT jws FROM rosters WHERE room = ? AND version = 1", (room,)).fetchone()
        first = jws.peek(statement, Roster)
        db.execute("DELETE FROM rosters WHERE room = ? AND version > 1", (room,))
        db.execute("DELETE FROM members WHERE room = ?", (room,))
        rows = [(room, entry.pid, entry.role, entry.until) for entry in first.add]
        db.executemany("INSERT INTO members (room, pid, role, until) VALUES (?, ?, ?, ?)", rows)
        values = (jws.digest(statement), first.epoch.n, first.epoch.key_id, first.epoch.kc, room)
        db.execute("UPDATE rooms SET version = 1, head = ?, epoch = ?, key_id = ?, kc = ? WHERE room = ?", values)
    db.commit()


def relay_pid(folder: Path) -> int | None:
    """Relay's process, by the configuration that it was started with."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if os.fsencode(folder / "relay.toml") in command:
                return int(entry.name)
    return None


def restart(ready: dict[str, Any]) -> None:
    """Ends relay; the launcher starts it again. Returns when the new one is well."""
    folder = Path(ready["data"]["relay"])
    before = relay_pid(folder)
    assert before is not None
    os.kill(before, signal.SIGTERM)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        time.sleep(0.1)
        if relay_pid(folder) not in {None, before}:
            try:
                if httpx.get(ready["relay"] + "/health", trust_env=False).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
    raise RuntimeError("relay did not come back")


def main() -> None:
    """See the module."""
    way, title = sys.argv[1:]
    ready = json.loads(Path(os.environ["SAMRUM_READY"]).read_text())
    room, people = asyncio.run(who_and_where(ready, title))
    with closing(sqlite3.connect(Path(ready["data"]["relay"]) / "relay.db", timeout=10)) as db:
        if way == "count":
            sys.stdout.write(str(db.execute("SELECT count(*) FROM messages WHERE room = ?", (room,)).fetchone()[0]))
            return
        forge(db, way, room, people)
    restart(ready)


if __name__ == "__main__":
    main()
