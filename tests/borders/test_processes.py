"""What a running city's processes listen on, hold and were told, read from the kernel."""

import re
import subprocess
from pathlib import Path

from tests.city.launch import City


def listening(pids: set[int]) -> dict[int, set[str]]:
    """Local addresses of every TCP listener and UDP socket of these processes, by process."""
    done = subprocess.run(["ss", "-H", "-lntup"], capture_output=True, text=True, check=True)
    found: dict[int, set[str]] = {pid: set() for pid in pids}
    for row in done.stdout.splitlines():
        for pid in map(int, re.findall(r"pid=(\d+)", row)):
            if pid in pids:
                found[pid].add(f"{row.split()[0]} {row.split()[4]}")
    return found


def test_only_loopback_is_listened_on_and_only_where_it_should_be(city: City) -> None:
    pids, base = city.pids(), city.base
    found = listening({*pids.values(), city.process.pid})
    assert found[city.process.pid] == set(), "the launcher itself listens"
    assert found[pids["home"]] == {f"tcp 127.0.0.1:{base}"}
    assert found[pids["relay"]] == {f"tcp 127.0.0.1:{base + 1}", f"tcp 127.0.0.1:{base + 2}"}
    if city.ready["livekit"]:
        assert found[pids["livekit"]] == {f"tcp 127.0.0.1:{base + 3}", f"udp 127.0.0.1:{base + 4}"}


def test_relay_and_livekit_were_told_and_hold_nothing_of_homes(city: City) -> None:
    home = str(city.data("home"))
    for zone, pid in city.pids().items():
        if zone == "home":
            continue
        process = Path("/proc") / str(pid)
        environment = dict(entry.split(b"=", 1) for entry in (process / "environ").read_bytes().split(b"\0") if entry)
        assert set(environment) <= {b"PATH", b"LANG", b"PYTHONUNBUFFERED"}, zone
        opened = [str(link.readlink()) for link in (process / "fd").iterdir()]
        mapped = (process / "maps").read_text()
        for place in (*opened, mapped, (process / "cmdline").read_text(), str((process / "cwd").readlink())):
            assert home not in place, zone
        assert "/samrum/home" not in mapped, zone


def test_no_secret_stands_in_a_process_list(city: City) -> None:
    secrets = [line.split(":")[1].strip() for line in (city.data("relay") / "livekit.keys").read_text().splitlines()]
    secrets += [login["password"] for login in city.ready["logins"]]
    for pid in (*city.pids().values(), city.process.pid):
        process = Path("/proc") / str(pid)
        shown = (process / "cmdline").read_text() + (process / "environ").read_text()
        assert not any(secret in shown for secret in secrets)


def test_only_the_owner_reads_what_a_city_keeps(city: City) -> None:
    for zone in ("home", "relay", "store", "logs"):
        folder = city.data(zone)
        assert folder.stat().st_mode & 0o077 == 0, zone
        for file in folder.rglob("*"):
            assert file.stat().st_mode & 0o077 == 0, file.relative_to(folder)


def test_the_four_folders_are_disjoint(city: City) -> None:
    folders = [city.data(zone) for zone in ("home", "relay", "store", "logs")]
    assert len(set(folders)) == 4
    assert not any(a in b.parents for a in folders for b in folders)
