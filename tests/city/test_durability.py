"""What is acknowledged is on disk: read from the kernel, message by message.

Under strace, for every message, relay's write of it into the WAL is followed by an `fdatasync` of the WAL that has returned before the
`Sent` frame is handed to the socket. The control run, whose relay has `PRAGMA synchronous=OFF` planted, must fail the same check.
"""

import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from samrum.wire import ids
from samrum.wire.statements import Kind
from tests.city import launch
from tests.city.client import Device
from tests.city.launch import City
from tests.city.test_canary import PLANT

pytestmark = pytest.mark.servers
MESSAGES = 100
CALLS = "write,writev,sendto,sendmsg,pwrite64,fdatasync,fsync"

_CALL = re.compile(r"^(\d+) +[\d.]+ (\w+)\((.*)$")
_RESUMED = re.compile(r"^(\d+) +[\d.]+ <\.\.\. (\w+) resumed>")


_WAL = "".join(f"\\x{byte:02x}" for byte in b"-wal") + ">"  # how strace shows the end of the file's name


def acknowledged_early(trace: str, messages: list[str]) -> list[str]:
    """The messages whose `Sent` frame left before (or without) a completed sync of the WAL that followed their write.

    Raises unless the trace shows both the write and the `Sent` frame of every message.
    """
    raw = {m: "".join(f"\\x{byte:02x}" for byte in ids.raw(m, "m")) for m in messages}
    shown = {m: "".join(f"\\x{byte:02x}" for byte in m.encode()) for m in messages}
    written: set[str] = set()
    durable: set[str] = set()
    sent: set[str] = set()
    early: list[str] = []
    syncing: dict[str, set[str]] = {}  # by thread: what had been written when its sync began
    for line in trace.splitlines():
        if resumed := _RESUMED.match(line):
            if resumed[2] in {"fdatasync", "fsync"} and line.rstrip().endswith("= 0"):
                durable |= syncing.pop(resumed[1], set())
            continue
        call = _CALL.match(line)
        if call is None:
            continue
        thread, name, rest = call.groups()
        if name == "pwrite64" and _WAL in rest:
            written |= {m for m in messages if m not in written and raw[m] in rest}
        elif name in {"fdatasync", "fsync"} and _WAL in rest:
            if rest.endswith("<unfinished ...>"):
                syncing[thread] = set(written)
            elif rest.rstrip().endswith("= 0"):
                durable |= written
        elif name in {"write", "writev", "sendto", "sendmsg"} and _WAL not in rest:
            for m in messages:
                if m not in sent and shown[m] in rest:
                    sent.add(m)
                    if m not in durable:
                        early.append(m)
    assert written == sent == set(messages), "the trace lacks messages"
    return early


async def traced(city: City) -> tuple[str, list[str]]:
    """The trace of relay while 100 messages are sent one after the other, and their ids."""
    asa, bjorn = city.ready["logins"][:2]
    out = city.folder / "relay.trace"
    command = ["strace", "-f", "-y", "-ttt", "-xx", "-s", "70000", "-e", f"trace={CALLS}", "-o", str(out)]
    async with Device(city.ready, asa) as a:
        room = await a.create(Kind.GROUP, "Hållbart", await a.find(bjorn["name"]))
        await a.send(room, "värmer upp")
        strace = subprocess.Popen([*command, "-p", str(city.pids()["relay"])], stderr=subprocess.PIPE)
        deadline = time.monotonic() + 10
        while "TracerPid:\t0" in Path(f"/proc/{city.pids()['relay']}/status").read_text():
            assert strace.poll() is None, strace.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(0.5)  # strace attaches thread by thread
        messages = [(await a.send(room, f"nummer {n}")).msg_id for n in range(MESSAGES)]
        strace.send_signal(signal.SIGINT)
        strace.communicate(timeout=20)
    return out.read_text(), messages


async def test_a_hundred_of_a_hundred_messages_are_on_disk_before_they_are_acknowledged(city: City) -> None:
    trace, messages = await traced(city)
    assert len(messages) == MESSAGES
    assert acknowledged_early(trace, messages) == []


async def test_without_synchronous_writing_the_check_is_red() -> None:
    folder = Path(tempfile.mkdtemp(prefix="samrum-durable-"))
    wrapper = [sys.executable, str(PLANT), "sync_off", str(folder / "told.json")]
    process = launch.start(folder, launch.free_base(), wrapper=wrapper)
    try:
        trace, messages = await traced(launch.wait_ready(folder, process))
    finally:
        launch.stop(process)
        shutil.rmtree(folder, ignore_errors=True)
    assert acknowledged_early(trace, messages) == messages
