"""`samrum up` as a person uses it: starting, starting again, stopping, and what it says when it cannot."""

import os
import socket
import sys
import time
from pathlib import Path

import pytest

from samrum.wire.statements import Kind
from tests.city import launch
from tests.city.client import Device

pytestmark = pytest.mark.servers
NO_LIVEKIT = "from samrum.demo import up; up._livekit = lambda: None; from samrum.cli import main; main()"


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def test_a_second_start_is_quick_and_has_everything_and_a_stop_leaves_nothing_running(tmp_path: Path) -> None:
    base = launch.free_base()
    process = launch.start(tmp_path, base)
    city = launch.wait_ready(tmp_path, process)
    asa, bjorn = city.ready["logins"][:2]
    keys = {file: file.read_bytes() for file in (city.data("home") / "keys").iterdir()}
    async with Device(city.ready, asa) as a:
        room = await a.create(Kind.GROUP, "Kvar", await a.find(bjorn["name"]))
        await a.send(room, "detta ska finnas kvar")
    pids, started = [*city.pids().values()], time.monotonic()
    assert launch.stop(process) == 0
    assert time.monotonic() - started < 6
    assert not any(alive(pid) for pid in pids)
    assert "Everything has stopped." in (tmp_path / "launcher.log").read_text()

    started = time.monotonic()
    process = launch.start(tmp_path, base)
    try:
        city = launch.wait_ready(tmp_path, process)
        assert time.monotonic() - started < 10
        assert all(file.read_bytes() == before for file, before in keys.items())
        async with Device(city.ready, bjorn) as b:
            assert b.titles[room] == "Kvar"
            assert [text for _, text in await b.history(room)] == ["detta ska finnas kvar"]
    finally:
        launch.stop(process)


async def test_a_zone_that_dies_comes_back(tmp_path: Path) -> None:
    process = launch.start(tmp_path, launch.free_base())
    try:
        city = launch.wait_ready(tmp_path, process)
        before = city.pids()
        os.kill(before["relay"], 9)
        deadline = time.monotonic() + 20
        while city.pids().get("relay") in {None, before["relay"]}:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        while True:
            try:
                async with Device(city.ready, city.ready["logins"][0]):
                    break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.2)
        assert city.pids()["home"] == before["home"]
    finally:
        launch.stop(process)
    assert "relay ended with code -9" in (tmp_path / "launcher.log").read_text()


def test_without_livekit_everything_but_meetings_starts(tmp_path: Path) -> None:
    process = launch.start(tmp_path, launch.free_base(), wrapper=[sys.executable, "-c", NO_LIVEKIT])
    try:
        city = launch.wait_ready(tmp_path, process)
        assert city.ready["livekit"] is None
        assert set(city.pids()) == {"home", "relay"}
    finally:
        launch.stop(process)
    assert "meetings do not" in (tmp_path / "launcher.log").read_text()


def refused(folder: Path, base: int) -> str:
    """What the launcher says when it refuses to start."""
    process = launch.start(folder, base)
    assert process.wait(30) == 2
    words = (folder / "launcher.log").read_text()
    assert "Traceback" not in words
    return words


@pytest.mark.parametrize(("offset", "kind"), [(0, socket.SOCK_STREAM), (2, socket.SOCK_STREAM), (4, socket.SOCK_DGRAM)])
def test_a_busy_port_gets_a_sentence_and_nothing_is_made(tmp_path: Path, offset: int, kind: socket.SocketKind) -> None:
    base = launch.free_base()
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", base + offset))
        if kind == socket.SOCK_STREAM:
            other.listen()
        words = refused(tmp_path, base)
    assert f"Port {base + offset} is in use" in words
    assert "--port-base" in words
    assert not (tmp_path / "data" / "home").exists()


def test_two_cities_do_not_share_a_folder(tmp_path: Path) -> None:
    process = launch.start(tmp_path, launch.free_base())
    try:
        launch.wait_ready(tmp_path, process)
        assert "runs in" in refused(tmp_path, launch.free_base())
    finally:
        launch.stop(process)


def test_a_zone_that_refuses_its_configuration_says_why_on_the_screen(tmp_path: Path) -> None:
    (tmp_path / "data" / "home").mkdir(parents=True)
    (tmp_path / "data" / "home" / "city.json").write_text('{"people": [], "rooms": [], "extra": 1}')
    process = launch.start(tmp_path, launch.free_base())
    log, deadline = tmp_path / "launcher.log", time.monotonic() + 30
    try:
        while "home ended with code 2" not in log.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.1)
    finally:
        launch.stop(process)
    assert "city.json" in log.read_text()
    assert "extra" in log.read_text()
