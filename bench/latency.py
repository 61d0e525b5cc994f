"""Send to receive on loopback, and what the processes weigh idle. One JSON line each.

A message's time runs from before it is sealed until the other client has verified and opened it: two clients in one Python process, so
their own work is in it. Memory is the proportional set size (`smaps_rollup`) after the city has been idle for 5 s.
"""

import asyncio
import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from samrum.wire.statements import Kind
from tests.city.client import Device

MESSAGES = 300
PAUSE = 0.06  # relay takes 200 frames in 10 s of a device


def memory(ready: dict[str, Any]) -> dict[str, float]:
    """MiB by zone."""
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        folders = {ready["data"]["home"]: "home", ready["data"]["relay"]: "relay"}
        for word in words:
            if Path(word).suffix in {".toml", ".yaml"} and str(Path(word).parent) in folders:
                name = "livekit" if word.endswith("livekit.yaml") else folders[str(Path(word).parent)]
                pss = next(row for row in (entry / "smaps_rollup").read_text().splitlines() if row.startswith("Pss:"))
                found[name] = round(int(pss.split()[1]) / 1024, 1)
    return found


async def latency(ready: dict[str, Any]) -> list[float]:
    """Milliseconds of each message, one at a time."""
    asa, bjorn = ready["logins"][:2]
    async with Device(ready, asa) as a, Device(ready, bjorn) as b:
        room = await a.create(Kind.GROUP, f"Mätning {os.getpid()}", await a.find(bjorn["name"]))
        await a.send(room, "värmer upp")
        await b.refresh()
        await b.receive(room)
        certified: dict[Any, Any] = {}
        ask = b.device_key

        async def once(pid: Any, dev: Any) -> Any:
            if dev not in certified:
                certified[dev] = await ask(pid, dev)
            return certified[dev]

        b.device_key = once  # type: ignore[method-assign]  a client keeps certificates
        times = []
        for number in range(MESSAGES):
            started = time.perf_counter()
            sending = asyncio.create_task(a.send(room, f"nummer {number}"))
            await b.receive(room)
            times.append((time.perf_counter() - started) * 1000)
            await sending
            await asyncio.sleep(PAUSE)
        return times


def main() -> None:
    """Prints the two lines."""
    ready = json.loads(Path(os.environ["SAMRUM_READY"]).read_text())
    time.sleep(5)
    sys.stdout.write(json.dumps({"bench": "idle memory, MiB", **memory(ready)}) + "\n")
    times = asyncio.run(latency(ready))
    cut = statistics.quantiles(times, n=100)
    line = {"bench": "send to receive, ms", "n": len(times), "p50": round(cut[49], 1), "p95": round(cut[94], 1)}
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
