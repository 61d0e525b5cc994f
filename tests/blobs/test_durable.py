"""What a `PUT` was answered is on disk: the part, its name in the folder, its row. Read from the kernel. Ports 21180 to 21189."""

import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from samrum.wire.files import MIN_BODY
from tests import ports
from tests.blobs.client import files_of, sealed
from tests.relay.client import RUN, Authority, Device, RelayProcess, running

pytestmark = pytest.mark.servers
PUTS = 8
NO_SYNC = "import os; os.fsync = lambda _file: None; "
"""A relay that does not wait for its folder's disk."""
_LINE = re.compile(r"^(\d+) +(?:(\w+)\((.*)|<\.\.\. (\w+) resumed>(.*))$")


def answered_early(trace: str, store: Path) -> list[int]:
    """Which answers left before part, folder and row had been synchronised, one after the other, since the answer before."""
    done: list[str] = []
    early, count, waiting = [], 0, {}
    for line in trace.splitlines():
        found = _LINE.match(line)
        if found is None:
            continue
        thread, call, rest, resumed, end = found.groups()
        if resumed is not None:
            if thread in waiting and end.rstrip().endswith("= 0"):
                done.append(waiting.pop(thread))
        elif call in ("fsync", "fdatasync"):
            what = (
                "row" if "-wal>" in rest else "part" if f"{store}/" in rest else "folder" if f"{store}>" in rest else ""
            )
            if rest.endswith("<unfinished ...>"):
                waiting[thread] = what
            elif rest.rstrip().endswith("= 0"):
                done.append(what)
        elif "HTTP/1.1 200" in rest:
            steps = iter(done)
            if not all(step in steps for step in ("part", "folder", "row")):
                early.append(count)
            count, done = count + 1, []
    assert count == PUTS, "the trace lacks answers"
    return early


async def traced(base: Path, run: str) -> str:
    """The trace of a relay that takes a few bodies, one after the other."""
    authority = Authority()
    relay, device = RelayProcess(base, ports.free_ports(range(21180, 21190), 2), authority), Device(authority)
    relay.run = run
    data, out = sealed(PUTS * MIN_BODY - 5000), base / "trace"
    async with running(relay), files_of(relay, device) as [mine]:
        await mine.upload(sealed(0))
        name = await mine.made(len(data))
        command = [
            "strace",
            "-f",
            "-y",
            "-s",
            "40",
            "-e",
            "trace=fsync,fdatasync,write,writev,sendto,sendmsg",
            "-o",
            out,
        ]
        strace = subprocess.Popen([*command, "-p", str(relay.pid)], stderr=subprocess.PIPE)
        deadline = time.monotonic() + 10
        while "TracerPid:\t0" in Path(f"/proc/{relay.pid}/status").read_text():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(0.5)  # strace attaches thread by thread
        size = -(-len(data) // PUTS)
        for at in range(0, len(data), size):
            await mine.kept(name, data[at : at + size], at)
        strace.send_signal(signal.SIGINT)
        strace.communicate(timeout=20)
    await device.close()
    return out.read_text()


async def test_a_body_is_on_disk_before_it_is_acknowledged(tmp_path: Path):
    assert answered_early(await traced(tmp_path, RUN), tmp_path / "store") == []


async def test_a_relay_that_does_not_wait_for_the_disk_is_found_out(tmp_path: Path):
    assert answered_early(await traced(tmp_path, NO_SYNC + RUN), tmp_path / "store") == list(range(PUTS))
