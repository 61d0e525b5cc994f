"""Revocations, the ledger's witness, CORS."""

import hashlib
import secrets
import time

import pytest
from websockets.exceptions import ConnectionClosed

from samrum.wire import jws, stream
from samrum.wire.codes import Code
from samrum.wire.relay_api import PutHead, PutRevocation
from samrum.wire.statements import Head, Revoke
from tests.relay.client import ORIGIN, Authority, Device, HomeDoor, RelayProcess
from tests.relay.conftest import count


async def test_revoked_device_is_out_within_two_seconds_and_stays_out(
    relay: RelayProcess, home: HomeDoor, anna: Device
):
    room = await home.room(anna.pid)
    second = anna.second()
    await anna.open(relay.stream)
    await second.open(relay.stream)
    start = time.monotonic()
    assert (await home.revoke(anna.pid, anna.dev)).status_code == 204
    assert await anna.bye() == Code.REVOKED
    assert time.monotonic() - start < 2
    await anna.ws.close()
    await anna.dial(relay.stream)
    grant = anna.grant()
    await anna.put(stream.Hello(v=1, grant=grant))
    nonce = (await anna.next(stream.Nonce)).nonce
    signed = stream.hello_bytes(anna.authority.tenant, anna.dev, grant, nonce, ORIGIN)
    await anna.put(stream.Proof(sig=anna.key.sign(signed)))
    assert await anna.bye() == Code.REVOKED
    await second.say(room)  # the person's other device goes on


@pytest.mark.wheel
async def test_revoked_pseudonym_loses_all_devices(relay: RelayProcess, home: HomeDoor, anna: Device, bo: Device):
    second = anna.second()
    for device in (anna, second, bo):
        await device.open(relay.stream)
    assert (await home.revoke(anna.pid)).status_code == 204
    assert [await anna.bye(), await second.bye()] == [Code.REVOKED] * 2
    assert await bo.quiet(0.2) == []


async def test_revocation_ends(relay: RelayProcess, home: HomeDoor, anna: Device):
    await home.revoke(anna.pid, anna.dev, seconds=-1)
    await anna.open(relay.stream)


async def test_revocation_of_another_tenant_does_nothing(
    relay: RelayProcess, home: HomeDoor, abroad: HomeDoor, stranger: Authority, anna: Device
):
    await anna.open(relay.stream)
    assert (await abroad.revoke(anna.pid)).status_code == 204
    now = int(time.time())
    forged = stranger.sign(Revoke(tenant=home.authority.tenant, pid=anna.pid, iat=now, until=now + 60))
    before = count(relay, "revocations")
    assert (await home.post("revocations", PutRevocation(jws=forged))).status_code == 400
    foreign = home.authority.sign(Revoke(tenant=stranger.tenant, pid=anna.pid, iat=now, until=now + 60))
    assert (await home.post("revocations", PutRevocation(jws=foreign))).status_code == 400
    assert count(relay, "revocations") == before
    await anna.put(stream.Ping())
    await anna.next(stream.Pong)


def entries(n: int) -> list[str]:
    return [jws.b64(secrets.token_bytes(32)) for _ in range(n)]


def extended(head: str, hashes: list[str]) -> str:
    value = jws.unb64(head)
    for one in hashes:
        value = hashlib.sha256(value + jws.unb64(one)).digest()
    return jws.b64(value)


async def test_ledger_head_is_recomputed_and_shown(abroad: HomeDoor, stranger: Authority):
    home = abroad  # a tenant whose ledger no other test touches
    device = Device(stranger)
    url = f"/tenants/{stranger.tenant}/head"
    bearer = {"authorization": f"Bearer {device.grant()}"}
    assert (await home.http.get(url, headers=bearer)).json() == {}
    first, second = entries(3), entries(2)
    one = extended(jws.FIRST, first)
    two = extended(one, second)
    assert (await home.head(3, one, first)).status_code == 204
    for n, head, hashes in (
        (5, two, second[::-1]),  # reordered
        (5, two, second[:1]),  # cut
        (4, two, second),  # miscounted
        (5, extended(jws.FIRST, second), second),  # does not extend the last
        (2, extended(jws.FIRST, first[:2]), []),  # rolled back
        (3, extended(jws.FIRST, entries(3)), []),  # forked
    ):
        answer = await home.head(n, head, hashes)
        assert (answer.status_code, answer.json()) == (409, {"code": Code.BAD_HEAD, "have": 3})
    forged = Authority().sign(Head(tenant=stranger.tenant, n=5, head=two, iat=int(time.time())))
    assert (await home.post("head", PutHead(jws=forged, entries=second))).status_code == 409
    good = stranger.sign(Head(tenant=stranger.tenant, n=5, head=two, iat=int(time.time())))
    for _ in range(2):  # a repeat is fine
        assert (await home.post("head", PutHead(jws=good, entries=second))).status_code == 204
    assert (await home.http.get(url, headers=bearer)).json() == {"jws": good}


async def test_head_is_for_devices_of_the_tenant(home: HomeDoor, stranger: Authority, anna: Device):
    url = f"/tenants/{home.authority.tenant}/head"
    for grant, status, code in (
        (None, 401, Code.BAD_GRANT),
        ("Bearer x", 401, Code.BAD_GRANT),
        (f"Bearer {anna.grant(exp=1)}", 401, Code.GRANT_EXPIRED),
        (f"Bearer {Device(stranger).grant()}", 404, Code.NOT_FOUND),
    ):
        answer = await home.http.get(url, headers={"authorization": grant} if grant else {})
        assert (answer.status_code, answer.json()) == (status, {"code": code})
    headers = {"authorization": f"Bearer {anna.grant()}"}
    assert (await home.http.get(url, headers=headers)).status_code == 200
    foreign = {**headers, "origin": stranger.origins[0]}
    assert (await home.http.get(url, headers=foreign)).json() == {"code": Code.BAD_ORIGIN}


async def test_cors_answers_registered_pages_only(home: HomeDoor):
    ask = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type"}
    url = "/rooms/r_x/join"
    answer = await home.http.request("OPTIONS", url, headers={"origin": ORIGIN, **ask})
    assert answer.is_success
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-max-age"] == "600"
    allowed = {name.strip().lower() for name in answer.headers["access-control-allow-headers"].split(",")}
    assert {"authorization", "content-type"} <= allowed
    assert "access-control-allow-credentials" not in answer.headers
    answer = await home.http.request("OPTIONS", url, headers={"origin": "http://evil.example", **ask})
    assert "access-control-allow-origin" not in answer.headers
    answer = await home.http.get("/health", headers={"origin": "http://evil.example"})
    assert "access-control-allow-origin" not in answer.headers
    answer = await home.http.post(url, headers={"origin": ORIGIN})  # a refusal can be read by the page too
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (401, ORIGIN)


async def test_no_words_of_libraries(home: HomeDoor):
    for answer in (
        await home.http.get("/nowhere"),
        await home.http.put("/health"),
        await home.http.post(f"/tenants/{home.authority.tenant}/rosters", content=b"x" * (2 << 20)),
    ):
        assert set(answer.json()) == {"code"}
        assert "server" not in answer.headers


async def test_connection_that_was_revoked_stores_nothing(relay: RelayProcess, home: HomeDoor, anna: Device):
    room = await home.room(anna.pid)
    await anna.open(relay.stream)
    await home.revoke(anna.pid, anna.dev)
    before = count(relay, "messages")
    try:
        await anna.post(room)
        await anna.quiet()
    except ConnectionClosed:
        pass
    assert count(relay, "messages") == before
