"""`samrum ledger verify` as an auditor runs it: a process of its own, public keys, an export, and the head that relay witnessed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from samrum.home.keys.folder import KeyFolder
from samrum.wire import jws, ledger
from samrum.wire.home_api import Ledger
from samrum.wire.statements import Head
from tests.home.running import Running, make_config, running, until, write_toml


def samrum(*words: Any, text: str = "") -> tuple[int, str]:
    """Exit code, and the first word of what was said."""
    command = [sys.executable, "-m", "samrum", *map(str, words)]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr.replace("Password:", "")
    return done.returncode, said.strip().partition(":")[0]


class Desk:
    """What lies before the auditor."""

    def __init__(self, folder: Path, keys: bytes, export: str, home: Running) -> None:
        self.keys, self.file, self.export = folder / "keys.json", folder / "ledger.jsonl", export
        self.keys.write_bytes(keys)
        self.signer = KeyFolder(home.config.keys, home.config.tenant).signer
        self.tenant = home.config.tenant

    @property
    def lines(self) -> list[str]:
        return self.export.splitlines(keepends=True)

    def verify(self, export: str, *more: Any) -> tuple[int, str]:
        self.file.write_text(export)
        return samrum("ledger", "verify", self.file, "--keys", self.keys, *more)

    def head_after(self, n: int, *, other: bool = False) -> str:
        """Home's own signature under a head, true or not."""
        hashes = [ledger.entry_hash(json.loads(line)["line"]) for line in self.lines[:n]]
        value = ledger.extend(ledger.FIRST, hashes[::-1] if other else hashes)
        return self.signer.sign(Head(tenant=self.tenant, n=n, head=value, iat=1))


@pytest.fixture
async def desk(tmp_path: Path) -> Any:
    """An export of five entries, taken by the command beside the running home."""
    (tmp_path / "desk").mkdir()
    async with running(make_config(tmp_path)) as home:
        alice, bob = await home.enter(0, 1)
        await alice.change((await alice.create(bob.pid, title="Hemligt")).room.room, remove=[bob.pid])
        await until(lambda: home.relay.entries == 6)
        command = [sys.executable, "-m", "samrum", "home", "ledger", "export", "--config", str(write_toml(home.config))]
        export = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        async with httpx.AsyncClient(trust_env=False) as http:
            keys = (await http.get(home.config.url + "/keys.json")).content
        found = await alice.ask("GET", "/ledger", want=Ledger)
        assert [json.loads(line) for line in export.splitlines()[:-1]] == [
            {"n": entry.n, "line": entry.line} for entry in found.entries
        ]
        yield Desk(tmp_path / "desk", keys, export, home)


@pytest.mark.servers
async def test_a_whole_ledger_holds_and_each_kind_of_change_has_its_word(desk: Desk) -> None:
    lines, whole = desk.lines, desk.export
    assert set(json.loads(desk.keys.read_bytes())) == {"tenant", "authority", "keys"}
    assert desk.verify(whole) == (0, "whole")
    assert desk.verify(whole, "--witness", desk.head_after(3)) == (0, "whole")

    numbered = [json.loads(line) for line in lines[:-1]]
    numbered[1]["line"], numbered[4]["line"] = numbered[4]["line"], numbered[1]["line"]
    renumbered = "".join(json.dumps(one) + "\n" for one in numbered) + lines[-1]
    halved = [json.loads(line) for line in lines[:-1]]
    halved[2]["line"] = halved[2]["line"][:40]
    cut_within = "".join(json.dumps(one) + "\n" for one in halved) + lines[-1]
    for export, word in (
        ("".join(lines[:4]), "truncated"),  # the end is missing, the head with it
        ("".join([*lines[:4], lines[-1]]), "truncated"),  # the end is missing
        ("".join([*lines[:2], *lines[3:]]), "truncated"),  # the middle is missing
        (whole[: len(whole) // 2], "truncated"),  # cut in the middle of a line
        (cut_within, "truncated"),  # cut in the middle of an entry
        ("".join([lines[1], lines[0], *lines[2:]]), "reordered"),
        (whole.replace('\\"epoch\\":1', '\\"epoch\\":2', 1), "rewritten"),
        ("".join(lines[:-1]) + json.dumps({"head": desk.head_after(4)}) + "\n", "stale"),  # the newest head is withheld
        (whole.replace(json.loads(lines[-1])["head"], desk.head_after(6, other=True)), "rewritten"),
    ):
        assert desk.verify(export) == (1, word), export
    assert desk.verify(renumbered)[0] == 1


@pytest.mark.servers
async def test_the_witness_tells_a_fork_and_a_rolled_back_ledger(desk: Desk) -> None:
    other = desk.keys.with_name("head.json")
    other.write_text(json.dumps({"jws": desk.head_after(4, other=True)}))
    assert desk.verify(desk.export, "--witness", other) == (1, "fork")
    short = "".join(desk.lines[:4]) + json.dumps({"head": desk.head_after(4)}) + "\n"
    assert desk.verify(short) == (0, "whole")  # nobody can tell without the witness
    assert desk.verify(short, "--witness", desk.head_after(6)) == (1, "stale")
    head = desk.head_after(6)
    spoilt = head[:-6] + ("AAAAAA" if head[-6:] != "AAAAAA" else "BBBBBA")
    assert desk.verify(desk.export, "--witness", spoilt) == (1, "signature")
    foreign = json.loads(desk.keys.read_bytes())
    desk.keys.write_text(json.dumps(foreign | {"tenant": "t_" + "a" * 26}))
    assert desk.verify(desk.export) == (1, "signature")
    desk.keys.write_text("{}")
    assert desk.verify(desk.export)[0] == 2


def test_against_a_running_city(city: Any, tmp_path: Path) -> None:
    login = city.ready["logins"][0]
    who = ["--home", city.home, "--user", login["user"]]
    password = login["password"] + "\n"
    assert samrum("ledger", "verify", *who, "--relay", city.ready["relay"], text=password) == (0, "whole")
    assert samrum("ledger", "verify", *who, text="wrong\n")[0] == 2
    assert samrum("ledger", "verify", "--home", city.home)[0] == 2
    answer = httpx.get(city.home + "/keys.json", trust_env=False).json()
    assert jws.unb64(answer["keys"][0]["jwk"]["x"])
