"""Certifying devices, proofs of possession, grants, revocation."""

import asyncio
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from samrum.wire import ids, jws
from samrum.wire.home_api import Certs, Devices, Renewed, WantKeys
from samrum.wire.statements import Cert, Grant, Topic
from tests.home.client import NOTHING, Refused
from tests.home.running import Running, until


async def test_start_certifies_and_grants(home: Running) -> None:
    (person,) = await home.enter(0)
    started, now = person.started, int(home.clock.now())
    cert = jws.verify(started.cert, Cert, person.home_keys.get)
    grant = jws.verify(started.grant, Grant, person.home_keys.get)
    jwk = jws.jwk_of(person.key.public_key())
    assert (cert.iss, cert.sub, cert.dev, cert.cnf.jwk) == (home.config.tenant, person.pid, person.dev, jwk)
    assert (cert.iat, cert.exp, cert.persistent) == (now, now + 30 * 86_400, True)
    assert (grant.iss, grant.aud, grant.sub, grant.dev, grant.cnf.jwk) == (cert.iss, "relay", cert.sub, cert.dev, jwk)
    assert (grant.iat, grant.exp, grant.lobby) == (now, now + 86_400, None)
    assert (started.me.name, started.authority, started.now) == ("Åsa Ek", "Provstad", now * 1000)
    assert started.relay.http == home.config.relay.http


async def test_start_again_is_the_same_device(home: Running) -> None:
    (person,) = await home.enter(0)
    first = person.started
    home.clock.time += 60
    again = await person.start(label="Firefox, later")
    assert again.cert == first.cert
    assert again.grant != first.grant
    devices = (await person.ask("GET", "/devices", want=Devices)).devices
    assert [(one.dev, one.label, one.created, one.seen) for one in devices] == [
        (person.dev, "Firefox, later", int(home.clock.now()) - 60, int(home.clock.now()))
    ]


async def test_short_life_where_storage_does_not_persist(home: Running) -> None:
    person = home.person(0)
    await person.sign_in()
    started = await person.start(persistent=False)
    cert = jws.verify(started.cert, Cert, person.home_keys.get)
    grant = jws.verify(started.grant, Grant, person.home_keys.get)
    assert cert.exp - cert.iat == 12 * 3600
    assert grant.exp == cert.exp
    longer = jws.verify((await person.start()).cert, Cert, person.home_keys.get)
    assert longer.exp - longer.iat >= 30 * 86_400 - 1


async def test_device_of_somebody_else_and_other_keys_are_refused(home: Running) -> None:
    owner, other = await home.enter(0), home.person(1)
    await other.sign_in()
    mine = other.dev
    other.dev = owner[0].dev
    with pytest.raises(Refused, match="device_of_other"):
        await other.start()
    other.key = owner[0].key
    with pytest.raises(Refused, match="device_of_other"):
        await other.start()
    owner[0].key = Ed25519PrivateKey.generate()
    with pytest.raises(Refused, match="device_of_other"):
        await owner[0].start()
    other.dev = mine
    await other.start()


async def test_start_needs_a_proof_by_the_key_in_it(home: Running) -> None:
    person = home.person(0)
    await person.sign_in()
    form = person.start_form()
    other = jws.jwk_of(Ed25519PrivateKey.generate().public_key())
    body = msgspec.json.encode(form)
    for proof in ("", "x.y.z", person.proof("POST", "/grant", body), person.proof("POST", "/start", b"{}")):
        assert (await person.raw("POST", "/start", form, proof=proof)).content == b'{"code":"bad_proof"}'
    form.jwk = other
    proof = person.proof("POST", "/start", msgspec.json.encode(form))
    assert (await person.raw("POST", "/start", form, proof=proof)).content == b'{"code":"bad_proof"}'
    await person.start()


async def test_grant_is_renewed_and_the_certificate_after_half_its_life(home: Running) -> None:
    (person,) = await home.enter(0)
    first = person.started
    for _ in range(14 * 3):
        home.clock.time += 8 * 3600
        renewed = await person.ask("POST", "/grant", {}, want=Renewed, proof=True)
    assert renewed.cert == first.cert
    home.clock.time += 11 * 3600
    await person.ask("POST", "/grant", {}, want=Renewed, proof=True)
    home.clock.time += 11 * 3600
    await person.ask("POST", "/grant", {}, want=Renewed, proof=True)
    home.clock.time += 3 * 3600
    renewed = await person.ask("POST", "/grant", {}, want=Renewed, proof=True)
    assert renewed.cert != first.cert
    certs = (await person.ask("POST", "/certs", {"devs": [person.dev, ids.new_dev()]}, want=Certs)).certs
    assert certs == {person.dev: [first.cert, renewed.cert]}


async def test_proofs_must_be_fresh_own_unused_and_about_this_request(home: Running) -> None:
    alice, bob = await home.enter(0, 1)
    want = WantKeys()
    body = msgspec.json.encode(want)

    async def code(proof: str | None) -> Any:
        answer = await alice.raw("POST", "/keys", want, proof=proof)
        return answer.status_code, msgspec.json.decode(answer.content).get("code")

    bad = (401, "bad_proof")
    now = int(home.clock.now())
    assert await code(None) == bad
    assert await code(bob.proof("POST", "/keys", body)) == bad
    for other in ({"iat": now - 61}, {"iat": now + 61}, {"htm": "GET"}, {"path": "/keys?x=1"}, {"bh": "A" * 43}):
        assert await code(alice.proof("POST", "/keys", body, **other)) == bad, other
    good = alice.proof("POST", "/keys", body)
    assert await code(good) == (200, None)
    assert await code(good) == bad
    assert await code(alice.proof("POST", "/keys", body, iat=now - 60)) == (200, None)


async def test_a_used_proof_stays_used_when_home_starts_again(home: Running) -> None:
    from tests.home.running import running

    (person,) = await home.enter(0)
    body = msgspec.json.encode(WantKeys())
    proof = person.proof("POST", "/keys", body)
    assert (await person.raw("POST", "/keys", WantKeys(), proof=proof)).status_code == 200
    config = msgspec.structs.replace(home.config, listen="127.0.0.1:21599", url="http://localhost:21599")
    async with running(config, home.clock, home.relay) as again:
        copy = again.person(0)
        copy.cookie, copy.key, copy.dev = person.cookie, person.key, person.dev
        assert (await copy.raw("POST", "/keys", WantKeys(), proof=proof)).content == b'{"code":"bad_proof"}'
        fresh = copy.proof("POST", "/keys", body)
        assert (await copy.raw("POST", "/keys", WantKeys(), proof=fresh)).status_code == 200


async def test_session_without_a_device_gets_no_keys(home: Running) -> None:
    person = home.person(0)
    await person.sign_in()
    with pytest.raises(Refused, match="device_unknown"):
        await person.keys()
    await person.start()
    await person.keys()


async def test_a_lost_device_ends_with_its_sessions_and_every_key(home: Running) -> None:
    here, there, bob = await home.enter(0, 0, 1)
    room = (await here.create(bob.pid)).room.room
    before = (await here.chain(room)).epoch
    await here.ask("POST", f"/devices/{there.dev}/revoke", {"lost": True}, want=NOTHING)
    assert [(one.pid, one.dev) for one in home.relay.revocations] == [(here.pid, there.dev)]
    assert home.relay.revocations[0].until >= int(home.clock.now()) + 86_400
    for method, path in (("GET", "/session"), ("GET", "/since/0"), ("POST", "/grant"), ("POST", "/keys")):
        assert (await there.raw(method, path, {})).content == b'{"code":"device_revoked"}', path
    await there.sign_in()
    with pytest.raises(Refused, match="device_revoked"):
        await there.start()
    state = await here.chain(room)
    assert before is not None
    assert state.epoch is not None
    assert state.epoch.n == before.n + 1
    devices = (await here.ask("GET", "/devices", want=Devices)).devices
    assert {one.dev: one.revoked for one in devices} == {here.dev: False, there.dev: True}
    with pytest.raises(Refused, match="not_found"):
        await bob.ask("POST", f"/devices/{here.dev}/revoke", {}, want=NOTHING)
    await here.keys()


async def test_a_browser_that_was_off_hears_that_it_was_revoked(home: Running) -> None:
    from tests.home.running import running

    here, there = await home.enter(0, 0)
    await here.ask("POST", f"/devices/{there.dev}/revoke", {}, want=NOTHING)
    home.clock.time += 13 * 3600
    config = msgspec.structs.replace(home.config, listen="127.0.0.1:21599", url="http://localhost:21599")
    async with running(config, home.clock, home.relay) as again:  # which forgets what is over
        late, idle = again.person(0), again.person(0)
        late.cookie, idle.cookie = there.cookie, here.cookie
        assert (await late.raw("GET", "/session")).content == b'{"code":"device_revoked"}'
        assert (await idle.raw("GET", "/session")).content == b'{"code":"signed_out"}'
        home.clock.time += 30 * 86_400
        assert (await late.raw("GET", "/session")).content == b'{"code":"signed_out"}'


async def test_signing_out_ends_the_device_and_its_grant_but_no_epoch(home: Running) -> None:
    here, there, bob = await home.enter(0, 0, 1)
    room = (await here.create(bob.pid)).room.room
    before, cursor = (await here.chain(room)).epoch, there.started.cursor
    again = there.cookie
    await there.sign_in()  # a second session of the same device
    await there.start()
    assert (await there.raw("POST", "/sign-out", {})).status_code == 204
    (told,) = home.relay.revocations
    assert (told.pid, told.dev) == (here.pid, there.dev)
    assert told.until >= jws.verify(there.started.grant, Grant, there.home_keys.get).exp
    for cookie in (again, there.cookie):
        there.cookie = cookie
        assert (await there.raw("GET", "/session")).content == b'{"code":"signed_out"}'
    assert (await here.chain(room)).epoch == before
    devices = (await here.ask("GET", "/devices", want=Devices)).devices
    assert {one.dev: one.revoked for one in devices} == {here.dev: False, there.dev: True}
    assert (await here.since(cursor)).devices
    await there.sign_in()
    with pytest.raises(Refused, match="device_revoked"):
        await there.start()
    await here.keys()


async def test_signing_out_without_a_device_owes_relay_nothing(home: Running) -> None:
    person = home.person(0)
    await person.sign_in()
    assert (await person.raw("POST", "/sign-out", {})).status_code == 204
    assert not home.relay.revocations


async def test_revoking_answers_within_its_time_when_relay_is_away(home: Running) -> None:
    here, there = await home.enter(0, 0)
    home.relay.away = True
    async with asyncio.timeout(3):
        await here.ask("POST", f"/devices/{there.dev}/revoke", {}, want=NOTHING)
    assert not home.relay.revocations
    home.relay.away = False
    await until(lambda: home.relay.revocations, 8)


async def test_a_new_device_is_told_to_the_others(home: Running) -> None:
    (here,) = await home.enter(0)
    await until(lambda: home.relay.hints)
    home.relay.hints.clear()
    await home.enter(0)
    await until(lambda: home.relay.hints)
    assert [(hint.to, hint.topic) for hint in home.relay.hints] == [(here.pid, Topic.DEVICES)]
    assert (await here.since(here.started.cursor)).devices
