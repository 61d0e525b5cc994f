"""What relay's HTTP port has to bear: nonsense, forged, stale and replayed calls of home, grants that open nothing, webhooks of nobody.

Every test runs while two others talk (`talk.goes_on`): their messages pass in time, and nothing else that is new is stored.
"""

import hashlib
import time
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from samrum.wire import ids, jws
from samrum.wire.base import Problem
from samrum.wire.codes import Code
from samrum.wire.relay_api import PutHead, PutHints, PutRevocation, PutRoster
from samrum.wire.statements import Head, Hint, MemberEntry, Revoke, Role, Topic
from tests.hostile.conftest import Talk
from tests.hostile.noise import refuses_what_is_not_http
from tests.relay.client import ORIGIN, Authority, Device, HomeDoor, RelayProcess

pytestmark = pytest.mark.servers
MIB = 1 << 20


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and code; the body is a `Problem` and nothing else."""
    return answer.status_code, msgspec.json.decode(answer.content, type=Problem).code


# ---- not HTTP, or not what a route takes


async def test_what_is_not_http(relay: RelayProcess, talk: Talk):
    async with talk.goes_on():
        await refuses_what_is_not_http(relay.http)


async def test_requests_that_fit_no_route(relay: RelayProcess, talk: Talk, home: HomeDoor):
    tenant = home.authority.tenant
    async with talk.goes_on():
        for method, path, body in (
            ("GET", "/", b""),
            ("GET", "/../../etc/passwd", b""),
            ("GET", "/%2e%2e/%00", b""),
            ("GET", "/" + "a" * 8000, b""),
            ("DELETE", f"/tenants/{tenant}/rosters", b""),
            ("TRACE", "/health", b""),
            ("GET", f"/tenants/{tenant}/rosters", b""),
            ("POST", "/tenants//rosters", b"{}"),
        ):
            answer = await home.http.request(method, path, content=body)
            assert code(answer) in {(404, Code.NOT_FOUND), (405, Code.NOT_FOUND)}, path
        for path in (f"/tenants/{tenant}/rosters", "/livekit/webhook"):
            assert code(await home.http.post(path, content=bytes(2 * MIB))) == (413, Code.TOO_LARGE)
        for path in (f"/tenants/{'x' * 300}/rosters", "/tenants/ö/rosters", f"/tenants/{ids.new_tenant()}/rosters"):
            assert code(await home.http.post(path, content=b"{}")) == (401, Code.BAD_CALL)
        assert code(await home.http.get("/health", headers={"cookie": "a=b"})) == (400, Code.COOKIE_REFUSED)


# ---- home's calls

Bodies = dict[str, msgspec.Struct]


def bodies(home: HomeDoor, talk: Talk, key: Callable[[msgspec.Struct], str]) -> Bodies:
    """A good body for each of home's calls, its statement signed by `key`. Taken, each would change something."""
    now, tenant, room = int(time.time()), home.authority.tenant, talk.room
    roster = home.authority.roster(room, add=[MemberEntry(pid=ids.new_pid(), role=Role.OWNER)])
    entry = jws.b64(hashlib.sha256(b"entry").digest())
    head = jws.b64(hashlib.sha256(jws.unb64(jws.FIRST) + jws.unb64(entry)).digest())
    return {
        "rosters": PutRoster(jws=key(roster)),
        "hints": PutHints(jws=[key(Hint(tenant=tenant, to=room.room, topic=Topic.ROOM, iat=now))]),
        "revocations": PutRevocation(jws=key(Revoke(tenant=tenant, pid=talk.anna.pid, iat=now, until=now + 999))),
        "head": PutHead(jws=key(Head(tenant=tenant, n=1, head=head, iat=now)), entries=[entry]),
    }


async def test_calls_that_are_not_homes(relay: RelayProcess, talk: Talk, home: HomeDoor, stranger: Authority):
    """Each call, otherwise good: without signature, with another's, stale, early, for another call, or seen before."""
    authority, now = home.authority, int(time.time())
    forger = Authority()
    forger.tenant, forger.kid = authority.tenant, authority.kid
    async with talk.goes_on():
        for what, body in bodies(home, talk, authority.sign).items():
            path, data = f"/tenants/{authority.tenant}/{what}", msgspec.json.encode(body)
            spoilt: list[dict[str, Any]] = [
                {"iat": now - 61}, {"iat": now + 99}, {"htm": "GET"}, {"path": path + "/"}, {"bh": jws.FIRST},
                {"tenant": stranger.tenant},
            ]  # fmt: skip
            signed = [authority.call("POST", path, data, **changes) for changes in spoilt]
            signed += [forger.call("POST", path, data), stranger.call("POST", path, data, tenant=authority.tenant)]
            signed += ["", "Samrum", "Bearer " + talk.anna.grant(), "Samrum " + talk.anna.grant(), "Samrum a.b.c"]
            signed += [authority.call("POST", path, data)[:-4] + "AAAA"]
            for call in signed:
                answer = await home.http.post(path, content=data, headers={"authorization": call} if call else {})
                assert code(answer) == (401, Code.BAD_CALL), (what, call)
        # a good call that changes nothing, seen on the wire: said again, elsewhere, with another body
        path, data = f"/tenants/{authority.tenant}/rosters", msgspec.json.encode(PutRoster(jws=talk.room.rosters[0]))
        seen = {"authorization": authority.call("POST", path, data)}
        assert (await home.http.post(path, content=data, headers=seen)).status_code == 200
        other = msgspec.json.encode(bodies(home, talk, authority.sign)["rosters"])
        for where, what_ in ((path, data), (path, other), (path.replace("rosters", "hints"), data)):
            assert code(await home.http.post(where, content=what_, headers=seen)) == (401, Code.BAD_CALL)


async def test_statements_that_are_not_homes(relay: RelayProcess, talk: Talk, home: HomeDoor, stranger: Authority):
    """Home's own call with a statement in it by somebody else, of another kind, changed, or of another tenant."""
    wrong = {"rosters": (409, Code.BAD_ROSTER), "head": (409, Code.BAD_HEAD)}

    def changed(payload: msgspec.Struct) -> str:
        head, _, signature = home.authority.sign(talk_revoke).split(".")
        return f"{head}.{jws.b64(msgspec.json.encode(payload))}.{signature}"

    def foreign(payload: msgspec.Struct) -> str:
        return home.authority.sign(msgspec.structs.replace(payload, tenant=stranger.tenant))

    def of_another_kind(_payload: msgspec.Struct) -> str:
        return talk.anna.grant()

    talk_revoke = Revoke(tenant=home.authority.tenant, pid=ids.new_pid(), iat=0, until=1)
    async with talk.goes_on():
        for sign in (Authority().sign, stranger.sign, changed, foreign, of_another_kind, lambda _: "x", lambda _: ""):
            for what, body in bodies(home, talk, sign).items():
                assert code(await home.post(what, body)) == wrong.get(what, (400, Code.BAD_REQUEST)), (what, sign)


async def test_rosters_skipped_forked_and_rolled_back(relay: RelayProcess, talk: Talk, home: HomeDoor):
    room, pid = talk.room, ids.new_pid()
    fork = home.authority.sign(home.authority.roster(room, add=[MemberEntry(pid=ids.new_pid(), role=Role.OWNER)]))
    await home.change(room, add=[MemberEntry(pid=pid, role=Role.MEMBER)])
    await home.change(room, remove=[pid], new_epoch=True)
    state = room.state
    skipped = msgspec.structs.replace(home.authority.roster(room), version=state.version + 2)
    back = msgspec.structs.replace(home.authority.roster(room), version=state.version)
    unchained = msgspec.structs.replace(home.authority.roster(room), prev=jws.FIRST)
    async with talk.goes_on():
        for statement, expected in (
            (fork, Code.BAD_ROSTER),
            (home.authority.sign(skipped), Code.ROSTER_GAP),
            (home.authority.sign(back), Code.BAD_ROSTER),
            (home.authority.sign(unchained), Code.BAD_ROSTER),
        ):
            answer = await home.post("rosters", PutRoster(jws=statement))
            assert code(answer) == (409, expected)
            assert answer.json()["have"] == state.version
        for old in room.rosters:  # said again word by word: nothing happens
            assert await home.roster(old) == state.version


async def test_bodies_of_the_wrong_shape(relay: RelayProcess, talk: Talk, home: HomeDoor):
    good = talk.room.rosters[0]
    async with talk.goes_on():
        for body in (
            b"", b"{", b"[]", b"null", b"\xff\xfe", b'"x"', b"[" * 50_000, b'{"jws":1}', b'{"jws":null}',
            msgspec.json.encode({"jws": good, "display_name": "x"}), msgspec.json.encode({"JWS": good}),
        ):  # fmt: skip
            for what in ("rosters", "hints", "revocations", "head"):
                assert code(await home.post(what, body)) == (400, Code.BAD_REQUEST), (what, body[:20])
        assert code(await home.post("hints", PutHints(jws=[good] * 501))) == (400, Code.BAD_REQUEST)
        assert code(await home.post("hints", b'{"jws":[]}')) == (400, Code.BAD_REQUEST)


# ---- the browser's requests


async def test_grants_that_open_nothing(
    relay: RelayProcess, talk: Talk, home: HomeDoor, stranger: Authority, mallory: Device
):
    now = int(time.time())
    revoked = mallory.second()
    assert (await home.revoke(revoked.pid, revoked.dev)).status_code == 204
    forger = Authority()
    forger.tenant, forger.kid = home.authority.tenant, home.authority.kid
    url = f"/tenants/{home.authority.tenant}/head"
    bad = [
        (mallory.grant(exp=now - 1), 401, Code.GRANT_EXPIRED),
        (mallory.grant(lobby=talk.room.room), 401, Code.BAD_GRANT),
        (mallory.grant(aud="home"), 401, Code.BAD_GRANT),
        (mallory.grant(iat=now + 999), 401, Code.BAD_GRANT),
        (mallory.grant(iss=stranger.tenant), 401, Code.BAD_GRANT),
        (forger.grant(mallory.pid, mallory.dev, mallory.key), 401, Code.BAD_GRANT),
        (talk.room.rosters[0], 401, Code.BAD_GRANT),
        (mallory.grant()[:-4] + "AAAA", 401, Code.BAD_GRANT),
        ("x", 401, Code.BAD_GRANT),
        ("a.b.c", 401, Code.BAD_GRANT),
        (Device(stranger, mallory.pid).grant(), 404, Code.NOT_FOUND),
        (revoked.grant(), 401, Code.REVOKED),
    ]
    async with talk.goes_on():
        for grant, status, expected in bad:
            answer = await home.http.get(url, headers={"authorization": f"Bearer {grant}"})
            assert code(answer) == (status, expected), expected
        mine = {"authorization": f"Bearer {mallory.grant()}"}
        assert code(await home.http.get(url, headers=mine | {"origin": "http://evil.example"})) == (
            403,
            Code.BAD_ORIGIN,
        )
        assert code(await home.http.get(f"/tenants/{stranger.tenant}/head", headers=mine)) == (404, Code.NOT_FOUND)
        assert (await home.http.get(url, headers=mine | {"origin": ORIGIN})).status_code == 200


async def test_webhook_of_nobody(relay: RelayProcess, talk: Talk, home: HomeDoor, mallory: Device):
    """A relay without LiveKit believes no webhook at all; with one: tests/relay/test_meetings.py and test_city.py."""
    key = Ed25519PrivateKey.generate()
    async with talk.goes_on():
        for authorization in ("", "x", "Bearer x", mallory.grant(), jws.sign(Head(
            tenant=home.authority.tenant, n=0, head=jws.FIRST, iat=0), "k", key)):  # fmt: skip
            headers = {"authorization": authorization} if authorization else {}
            for body in (b"", b"{}", b'{"event":"room_finished"}', b"\xff"):
                assert code(await home.http.post("/livekit/webhook", content=body, headers=headers)) == (
                    401, Code.BAD_CALL,
                )  # fmt: skip
