"""Faults planted from outside, so that tests are seen red. No zone's code and no wheel holds a switch for any of this.

`python tests/city/plant.py PLANT[,PLANT…] FILE up …` is `samrum up` whose relay and LiveKit are wrapped. Relay's wrapper is this file
again. Plants:

    sync_off  relay's database no longer waits for the disk
    db, log, memory, object   relay puts what FILE says into its database, its log, its memory, the bucket
    livekit_log               LiveKit's output says it

FILE is JSON `{"name", "title", "message"}`, read when it appears. Every leak is in another encoding.
"""

import base64
import json
import sqlite3
import sys
import threading
import time
import tomllib
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

KEPT: list[bytes] = []


def _when_told(file: Path, do: Any) -> None:
    def wait() -> None:
        while not file.exists():
            time.sleep(0.05)
        do(json.loads(file.read_text("utf-8")))
        file.with_name(f"{file.name}.{do.__name__}").touch()

    threading.Thread(target=wait, daemon=True).start()


def _relay(plants: set[str], file: Path, arguments: list[str]) -> None:
    """Runs relay with faults."""
    config = tomllib.loads(Path(arguments[arguments.index("--config") + 1]).read_text("utf-8"))

    def db(texts: dict[str, str]) -> None:
        (path,) = Path(config["data"]).glob("*.db")
        with sqlite3.connect(path, timeout=10) as connection:
            connection.execute("CREATE TABLE planted (x TEXT)")
            connection.execute("INSERT INTO planted VALUES (?)", (texts["name"].encode().hex(),))

    def log(texts: dict[str, str]) -> None:
        sys.stderr.write(unicodedata.normalize("NFD", texts["name"]) + "\n")

    def memory(texts: dict[str, str]) -> None:
        KEPT.append(texts["title"].encode("utf-16-le"))

    def object(texts: dict[str, str]) -> None:  # noqa: A001  named as the sink is
        (Path(config["objects"]) / "planted").write_bytes(base64.b64encode(b"x" + texts["message"].encode()))

    for leak in (db, log, memory, object):
        if leak.__name__ in plants:
            _when_told(file, leak)
    if "sync_off" in plants:
        from samrum.plumbing import sql

        real = sql.pragmas

        def pragmas(connection: Any, record: object) -> None:
            real(connection, record)
            connection.execute("PRAGMA synchronous=OFF")

        sql.pragmas = pragmas
    from samrum.cli import app

    app(arguments)


_SPEAKING = 'while [ ! -e "$1" ]; do sleep 0.1; done; sed "s/[{},]/ /g" "$1"; echo; touch "$1.livekit_log"'


def _launch(plants: str, file: str, arguments: list[str]) -> None:
    """Runs the launcher, whose zones are wrapped."""
    from samrum.cli import app
    from samrum.demo import up

    real = up._zones

    def zones(places: Any) -> Any:
        for zone in real(places):
            if zone.name == "relay":
                command = [sys.executable, __file__, "zone", plants, file, *zone.command[3:]]
                yield replace(zone, command=command)
            elif zone.name == "livekit" and "livekit_log" in plants.split(","):
                script = f'({_SPEAKING}) & shift; exec "$@"'
                yield replace(zone, command=["/bin/sh", "-c", script, "sh", file, *zone.command])
            else:
                yield zone

    up._zones = lambda places: list(zones(places))
    app(arguments)


if __name__ == "__main__":
    if sys.argv[1] == "zone":
        _relay(set(sys.argv[2].split(",")), Path(sys.argv[3]), sys.argv[4:])
    else:
        _launch(sys.argv[1], sys.argv[2], sys.argv[3:])
