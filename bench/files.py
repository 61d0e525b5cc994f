"""Files at relay: how fast up and down, how long a small one takes, and what relay weighs meanwhile. One JSON line for each kind of bucket.

A relay of its own, real processes on loopback; the client sends random bytes, so sealing is not in it. The S3 server is versitygw
(`make build/versitygw`). Memory is the most that relay had in RAM above what it has idle.
"""

import asyncio
import json
import secrets
import statistics
import sys
import tempfile
import time
from pathlib import Path

from samrum.wire import files
from tests.blobs.client import MIB, Files, files_of, forget_peak, peak, resident, sealed
from tests.blobs.s3 import Versity, free_ports
from tests.relay.client import Authority, Device, RelayProcess, running

LARGE = 512 * MIB
SMALL, SMALL_ONES = 200_000, 50


async def up(mine: Files, body: int) -> tuple[str, float]:
    """A new large object and how many MiB a second it took."""
    size, data, have = files.sealed_size(files.padme(LARGE)), secrets.token_bytes(body), 0
    name, begun = await mine.made(size), time.monotonic()
    while have < size:
        have = await mine.kept(name, data[: size - have], have)
    return name, size / MIB / (time.monotonic() - begun)


async def down(mine: Files, name: str) -> float:
    """How many MiB a second it comes back."""
    got, begun = 0, time.monotonic()
    async with mine.http.stream("GET", f"/objects/{name}") as answer:
        async for chunk in answer.aiter_raw():
            got += len(chunk)
    return got / MIB / (time.monotonic() - begun)


async def measure(mine: Files) -> dict[str, float]:
    pid = mine.relay.pid
    await mine.get(await mine.upload(sealed(0)))
    await asyncio.sleep(1)
    idle = resident(pid)
    forget_peak(pid)
    found: dict[str, float] = {}
    for body in (1, 8):
        name, rate = await up(mine, body * MIB)
        found |= {f"up_mib_s_{body}": rate, "down_mib_s": await down(mine, name)}
        await mine.drop(name)
    found["above_idle_mib"] = (peak(pid) - idle) / MIB
    times = []
    for _ in range(SMALL_ONES):
        data, begun = sealed(SMALL), time.monotonic()
        name = await mine.upload(data)
        times.append((time.monotonic() - begun) * 1000)
        await mine.drop(name)
    found |= {"small_p50_ms": statistics.median(times), "small_p95_ms": statistics.quantiles(times, n=20)[-1]}
    return {what: round(value, 1) for what, value in found.items()}


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="samrum-files-") as folder:
        for kind in ("folder", "s3"):
            base, authority = Path(folder) / kind, Authority()
            base.mkdir()
            versity = Versity(base / "cloud") if kind == "s3" else None
            if versity:
                await versity.start()
            relay = RelayProcess(base, free_ports(2), authority, bucket=versity.config() if versity else None)
            device = Device(authority)
            async with running(relay), files_of(relay, device) as [mine]:
                sys.stdout.write(json.dumps({"bench": "files", "bucket": kind, **await measure(mine)}) + "\n")
            await device.close()
            if versity:
                versity.kill()


if __name__ == "__main__":
    asyncio.run(main())
