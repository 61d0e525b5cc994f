"""The ledger: verified with public keys alone; edits, cuts, reorderings and forks are noticed."""

import asyncio
from typing import Any

import msgspec
import pytest

from samrum.wire import jws
from samrum.wire.home_api import Ledger, LedgerEntry
from samrum.wire.ledger import BadLedger, verify
from samrum.wire.statements import Head
from tests.home.client import Person
from tests.home.running import Running, make_config, running, until


async def ledger_of(person: Person, home: Running) -> Ledger:
    """The whole ledger, once its newest entry is under a signed head."""
    for _ in range(50):
        found = await person.ask("GET", "/ledger", want=Ledger)
        # Relay may have got a newer head since the answer was made: the answer's own is asked.
        if found.head and jws.verify(found.head, Head, home.relay._key).n == home.relay.entries == len(found.entries):
            return found
        await asyncio.sleep(0.05)
    raise AssertionError("head is not signed")


def reason(entries: list[LedgerEntry], head: Any, home: Running, **other: Any) -> str:
    with pytest.raises(BadLedger) as error:
        verify(entries, head, home.relay._key, **other)
    return str(error.value)


async def test_verifies_and_notices_every_kind_of_change(home: Running) -> None:
    alice, bob = await home.enter(0, 1)
    early = await ledger_of(alice, home)
    room = (await alice.create(bob.pid, title="Hemligt")).room.room
    await alice.change(room, remove=[bob.pid])
    found = await ledger_of(alice, home)
    entries, head = found.entries, found.head
    assert head is not None
    assert early.head is not None
    assert verify(entries, head, home.relay._key, witnessed=[early.head]).n == len(entries) == 6
    kinds = [msgspec.json.decode(entry.line)["kind"] for entry in entries]
    assert kinds == ["device", "device", "key", "roster", "key", "roster"]

    for place, entry in enumerate(entries):
        edited = [
            *entries[:place],
            LedgerEntry(n=entry.n, line=entry.line.replace(":", ": ", 1)),
            *entries[place + 1 :],
        ]
        assert reason(edited, head, home) == "head"
        cut = [*entries[:place], *entries[place + 1 :]]
        assert reason(cut, head, home) == "gap"
        renumbered = [LedgerEntry(n=n, line=one.line) for n, one in enumerate(cut, 1)]
        assert reason(renumbered, head, home) == "gap"
    swapped = [LedgerEntry(n=1, line=entries[1].line), LedgerEntry(n=2, line=entries[0].line), *entries[2:]]
    assert reason(swapped, head, home) == "head"
    assert reason(early.entries, early.head, home, witnessed=[head]) == "fork"
    assert reason(entries, head[:-4] + "AAAA", home) == "signature"
    with pytest.raises(BadLedger, match="signature"):
        verify(entries, head, lambda _kid: None)


async def test_a_rewritten_ledger_is_a_fork_to_who_saw_the_old_head(home: Running) -> None:
    (alice,) = await home.enter(0)
    found = await ledger_of(alice, home)
    from samrum.home.keys.folder import KeyFolder
    from samrum.wire.ledger import FIRST, entry_hash, extend

    signer = KeyFolder(home.config.keys, home.config.tenant).signer
    line = found.entries[0].line.replace(alice.dev, "d_" + "a" * 26)
    state = extend(FIRST, [entry_hash(line)])
    head = signer.sign(Head(tenant=home.config.tenant, n=1, head=state, iat=1))
    forged = [LedgerEntry(n=1, line=line)]
    assert verify(forged, head, home.relay._key).n == 1
    assert reason(forged, head, home, witnessed=[found.head]) == "fork"


async def test_relay_witnesses_each_head_with_its_new_entries(home: Running) -> None:
    (alice,) = await home.enter(0)
    await until(lambda: home.relay.entries == 1)
    home.relay.away = True
    for _ in range(3):
        await alice.create()
    home.relay.away = False
    await until(lambda: home.relay.entries == 7, 10)
    assert home.relay.heads[-1].n == 7


async def test_entries_hold_ids_and_hashes_only(home: Running) -> None:
    alice, bob = await home.enter(0, 1)
    await alice.create(bob.pid, title="Hemligt")
    for entry in (await ledger_of(alice, home)).entries:
        for word in ("Åsa", "Ek", "Öberg", "person0", "Hemligt", "Firefox"):
            assert word not in entry.line


async def test_the_served_client_is_written_down_once_a_build(tmp_path: Any) -> None:
    config = make_config(tmp_path)
    (config.web / "index.html").write_text("<p>one")
    for _ in range(2):
        async with running(config):
            pass
    (config.web / "index.html").write_text("<p>two!")
    async with running(config) as home:
        (alice,) = await home.enter(0)
        found = await alice.ask("GET", "/ledger", want=Ledger)
    digests = [msgspec.json.decode(entry.line).get("digest") for entry in found.entries if '"client"' in entry.line]
    assert len(digests) == len(set(digests)) == 2
