"""The measurement of relay still runs, counts what it should, and says what it promises to."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bench.stream import report
from bench.stream.contender import digits
from bench.stream.native import Driven, Post, drive
from bench.stream.plan import LOADS, Found, Round

ROOT = Path(__file__).parents[2]
NEEDLE = b"needle-of-this-test:"


@pytest.mark.servers
def test_quick_ends_with_one_line_of_json() -> None:
    small = ["--clients", "40", "--seconds", "0.5", "--rounds", "1", "--silent", "40"]
    done = subprocess.run(
        [sys.executable, "-m", "bench.stream", "--quick", *small],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=ROOT,
        env={"PATH": os.defpath, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])},
    )
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    found = json.loads(line)
    assert found.keys() == {"cpu_us_per_delivery", "idle_kb"}
    assert found["cpu_us_per_delivery"].keys() == {"samrum", "floor"}
    assert all(0 < figure < 10_000 for figure in found["cpu_us_per_delivery"].values())
    assert 0 < found["idle_kb"] < 1000


def drive_to(answer: list[list[bytes]], sent: int, longest: float = 5, groups: list[int] | None = None) -> Driven:
    """Sends `sent` messages of the first of some connections; the other end then sends each connection its `answer`, piece by piece."""
    pairs = [socket.socketpair() for _ in answer]
    data = [NEEDLE + digits(100 + number) for number in range(sent)]
    posts = [Post(0, 0, number / 100, one) for number, one in enumerate(data)]

    def serve() -> None:
        left = sum(map(len, data))
        while left:
            left -= len(pairs[0][1].recv(left))
        for (_, end), pieces in zip(pairs, answer, strict=True):
            for piece in pieces:
                end.sendall(piece)
                time.sleep(0.002)  # so that it is read before the next one

    server = threading.Thread(target=serve)
    server.start()
    try:
        fds = [mine.fileno() for mine, _ in pairs]
        return drive(fds, groups or [0] * len(pairs), posts, 100, NEEDLE, len(NEEDLE), longest)
    finally:
        server.join()
        for mine, end in pairs:
            mine.close()
            end.close()


def message(number: int) -> bytes:
    return b"<dress>" + NEEDLE + digits(number) + b"</dress>"


def test_every_delivery_is_counted_once_wherever_the_stream_is_cut() -> None:
    both = message(100) + message(101)
    bytewise = [both[at : at + 1] for at in range(len(both))]
    done = drive_to([[both], bytewise, [both[:13], both[13:50], both[50:]]], sent=2)
    assert done.exact, done.faults()
    assert done.delivered == done.expected == len(done.latencies) == 6
    assert done.size == 3 * len(both)


@pytest.mark.parametrize(
    ("answer", "faults"),
    [
        ([message(100)], {"delivered": 1}),
        ([message(100), message(100)], {"delivered": 1, "doubled": 1}),
        ([message(100), message(102)], {"delivered": 1, "strays": 1}),
        ([message(99), message(101)], {"delivered": 1, "strays": 1}),
        ([message(100), NEEDLE + b"0000010x"], {"delivered": 1, "strays": 1}),
    ],
    ids=["one too few", "twice", "one of another round", "one of an earlier round", "no number"],
)
def test_what_is_not_exact_does_not_count(answer: list[bytes], faults: dict[str, int]) -> None:
    done = drive_to([answer], sent=2, longest=0.3)
    assert not done.exact
    assert {name: getattr(done, name) for name in faults} == faults


def test_a_message_of_another_room_is_a_stray() -> None:
    done = drive_to([[message(100)], [message(100)]], sent=1, groups=[0, 1], longest=0.3)
    assert (done.expected, done.delivered) == (1, 1)
    assert drive_to([[], [message(100)]], sent=1, groups=[0, 1], longest=0.3).strays == 1


def test_a_connection_that_ends_does_not_count() -> None:
    mine, end = socket.socketpair()
    with mine:
        end.close()
        done = drive([mine.fileno()], [0], [Post(0, 0, 0.0, message(100))], 100, NEEDLE, len(NEEDLE), 0.3)
    assert done.closed == 1
    assert not done.exact


def found(samrum: float, ejabberd: float) -> Found:
    """A measurement of the largest room."""
    made = Found()
    for name, cpu in (("samrum", samrum), ("ejabberd", ejabberd)):
        percentiles = {"p50": 1.0, "p95": 2.0, "p99": 3.0}
        made.rounds[name, LOADS[0]] = [Round(1000, cpu * part, percentiles, 0.0) for part in (0.5, 1, 7)]
    return made


@pytest.mark.parametrize(("other", "verdict"), [(95.0, "aim met"), (75.0, "must met, aim missed"), (55.0, "MISSED")])
def test_the_table_says_which_targets_are_met(other: float, verdict: str) -> None:
    rows = report.targets(found(10, other))
    assert [row["verdict"] for row in rows] == [verdict] + ["not measured"] * 7
    text = report.table(found(10, other), ["Prosody"], (0.1, 0.2))
    assert f"| ejabberd, WebSocket, room of 1,000 | 6 x | 9 x | {other / 10:.2f} x | {verdict} |" in text
    assert "not installed" in text
