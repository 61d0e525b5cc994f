"""What home's port has to bear, in a city of its own: passwords, proofs, rooms and ids of others, nonsense, crowds.

Every test runs while two others talk in that city (`undisturbed`): their messages pass in time, and home's database and folder
hold nothing new.
"""

import asyncio
import contextlib
import hashlib
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from livekit.api import AccessToken

from samrum.wire import home_api, ids, jws, stream
from samrum.wire.base import Problem
from samrum.wire.codes import Code
from samrum.wire.statements import Kind, Proof
from tests.city import launch
from tests.city.client import Device
from tests.city.launch import City
from tests.hostile.conftest import LATENCY, files, rows
from tests.hostile.noise import refuses_what_is_not_http
from tests.hostile.raw import Raw

pytestmark = pytest.mark.servers
MIB = 1 << 20
MOVING = {"proof", "session"}
"""Tables that hold what is over soon: used proofs and sessions."""


@pytest.fixture(scope="module")
def town() -> Iterator[City]:
    """A city of our own: who fails to sign in slows everybody of the same address."""
    folder = Path(tempfile.mkdtemp(prefix="samrum-hostile-"))
    process = launch.start(folder, launch.free_base(21820, 21836))
    try:
        yield launch.wait_ready(folder, process)
    finally:
        launch.stop(process)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def mallory(town: City) -> AsyncIterator[Device]:
    """The third login, on a device of its own."""
    async with Device(town.ready, town.ready["logins"][2], connect=False) as device:
        yield device


@pytest.fixture
async def pair(town: City) -> AsyncIterator[tuple[Device, Device]]:
    """The first two, connected, with a room `a.rooms[…]` in which both have written."""
    asa, bjorn = town.ready["logins"][:2]
    async with Device(town.ready, asa) as a, Device(town.ready, bjorn) as b:
        room = await a.create(Kind.DIRECT, "", await a.find(bjorn["name"]))
        await a.send(room, "nu")
        await b.refresh()
        await b.receive(room)
        yield a, b


@contextlib.asynccontextmanager
async def undisturbed(town: City, pair: tuple[Device, Device]) -> AsyncIterator[None]:
    """While the block attacks, the two talk in time; home holds nothing new afterwards, and its log is ours alone."""
    a, b = pair
    room = await a.create(Kind.DIRECT, "", await a.find(b.login["name"]))
    database, folder = town.data("home") / "home.db", town.data("home")
    before, there, taken, stop = rows(database), files(folder), [], asyncio.Event()

    async def talk() -> None:
        while not stop.is_set():
            begun = time.monotonic()
            await a.send(room, "ännu ett")
            await b.get(stream.Batch, lambda frame: frame.room == room)
            taken.append(time.monotonic() - begun)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 0.2)

    talking = asyncio.create_task(talk())
    try:
        yield
    finally:
        stop.set()
        await talking
    assert max(taken) < LATENCY
    after = rows(database)
    assert {one: n for one, n in after.items() if one not in MOVING} == {
        one: n for one, n in before.items() if one not in MOVING
    }
    assert files(folder) == there
    log = (town.folder / "data" / "logs" / "home.log").read_text()
    assert '"level":"error"' not in log, log
    assert all(line.startswith("{") for line in log.splitlines())


async def ask(
    device: Device, method: str, path: str, body: Any = None, *, proof: str | bool = False, raw: bytes | None = None
) -> httpx.Response:
    """One request with the device's cookie; `proof` is made or given, `raw` replaces the body."""
    data = raw if raw is not None else b"" if body is None else msgspec.json.encode(body)
    headers = {"Origin": device.home, "Content-Type": "application/json", "Cookie": device.cookie}
    if proof:
        headers["Samrum-Proof"] = proof if isinstance(proof, str) else device.proof(method, path, data)
    return await device.http.request(method, device.home + path, content=data, headers=headers)


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and code; the body is a `Problem` and nothing else."""
    return answer.status_code, msgspec.json.decode(answer.content, type=Problem).code


async def test_wrong_passwords_and_unknown_users(town: City, pair: tuple[Device, Device], mallory: Device):
    """The same answer at about the same cost, and after five of them the same slowing; others sign in meanwhile."""
    users = [town.ready["logins"][4]["user"], "nobody-of-that-name"]
    seconds: dict[str, list[float]] = {user: [] for user in users}
    answers: dict[str, list[httpx.Response]] = {user: [] for user in users}

    async def attempt(user: str) -> None:
        begun = time.monotonic()
        answers[user].append(await ask(mallory, "POST", "/sign-in", home_api.SignIn(user=user, password="wrong")))
        seconds[user].append(time.monotonic() - begun)

    async with undisturbed(town, pair):
        for _ in range(3):
            for user in users:
                await attempt(user)
        cost = [min(taken) for taken in seconds.values()]
        for user in users:
            await asyncio.gather(*(attempt(user) for _ in range(4)))
        # for an unknown user somebody's hash is checked: that somebody's password opens no door
        nobody = home_api.SignIn(user="somebody-else", password=town.ready["logins"][0]["password"])
        assert code(await ask(mallory, "POST", "/sign-in", nobody)) == (401, Code.SIGN_IN_FAILED)
        other_person = Device(town.ready, town.ready["logins"][3])
        await other_person.sign_in()
        await other_person.close()
    assert 0.4 < cost[0] / cost[1] < 2.5
    for given in answers.values():
        failed, slowed = [[one for one in given if one.status_code == status] for status in (401, 429)]
        assert {code(one) for one in failed} == {(401, Code.SIGN_IN_FAILED)}
        assert {code(one) for one in slowed} == {(429, Code.TOO_MANY_TRIES)}
        assert (len(failed), len(slowed)) == (5, 2)
        assert all(0 < one.json()["retry_after"] <= 1 for one in slowed)
    first = [given[0] for given in answers.values()]
    assert first[0].content == first[1].content
    kept = [{name: value for name, value in one.headers.items() if name != "date"} for one in first]
    assert kept[0] == kept[1]


async def test_proofs_that_prove_nothing(town: City, pair: tuple[Device, Device], mallory: Device):
    """Stale, early, of another device, of another session, for another request, seen before, or no proof at all."""
    a, _ = pair
    now, path, body = int(time.time()), "/keys", home_api.WantKeys()
    data = msgspec.json.encode(body)
    bh = jws.b64(hashlib.sha256(data).digest())

    def proof(device: Device, signer: Device | None = None, **changes: Any) -> str:
        right = {"htm": "POST", "path": path, "bh": bh, "iat": now, "jti": jws.b64(ids.raw(ids.new_msg_id(), "m"))}
        return jws.sign(Proof(**(right | changes)), device.dev, (signer or device).key)

    seen = proof(a)
    assert (await ask(a, "POST", path, body, proof=seen)).status_code == 200
    bad = [
        proof(mallory, iat=now - 62),
        proof(mallory, iat=now + 99),
        proof(mallory, htm="GET"),
        proof(mallory, path="/rooms"),
        proof(mallory, path="/keys?x=1"),
        proof(mallory, bh=jws.FIRST),
        proof(a),  # Åsa's device, Mallory's session
        proof(mallory, a),  # Mallory's name, Åsa's key
        proof(a, mallory),
        seen,
        a.grant,
        proof(mallory)[:-4] + "AAAA",
        "a.b.c",
        "x" * 9000,
    ]
    async with undisturbed(town, pair):
        for one in bad:
            assert code(await ask(mallory, "POST", path, body, proof=one)) == (401, Code.BAD_PROOF)
            assert code(await ask(mallory, "POST", "/grant", {}, proof=one)) == (401, Code.BAD_PROOF)
        assert code(await ask(mallory, "POST", path, body)) == (401, Code.BAD_PROOF)
        assert code(await ask(a, "POST", path, body, proof=seen)) == (401, Code.BAD_PROOF)
    good = proof(mallory)
    assert (await ask(mallory, "POST", path, body, proof=good)).status_code == 200


async def test_rooms_and_ids_of_others(town: City, pair: tuple[Device, Device], mallory: Device):
    """What is not one's own and what does not exist get the same answer."""
    a, _ = pair
    room, me = await a.create(Kind.DIRECT, "", await a.find(pair[1].login["name"])), mallory.me.pid
    member = {"pid": me, "role": "owner"}
    epoch = a.rooms[room].epoch
    assert epoch is not None
    async with undisturbed(town, pair):
        for where in (room, ids.new_room(), "r_x", "x" * 3000, ids.new_pid()):
            for method, path, body in (
                ("POST", f"/rooms/{where}/members", {"add": [member]}),
                ("POST", f"/rooms/{where}/members", {"remove": [a.me.pid]}),
                ("PATCH", f"/rooms/{where}", {"title": "mitt"}),
                ("POST", f"/rooms/{where}/own", {}),
                ("POST", f"/rooms/{where}/join", {}),
                ("PUT", f"/rooms/{where}/mine", {"pinned": True}),
                ("DELETE", f"/rooms/{where}/picture", {}),
            ):
                assert code(await ask(mallory, method, path, body, proof=True)) == (404, Code.NOT_FOUND)
        for where in (room, ids.new_room()):
            assert (await ask(mallory, "POST", "/rosters", {"rooms": {where: 0}})).json() == {"rosters": {}}
            answer = await ask(mallory, "POST", "/keys", {"want": [[where, epoch.n]], "media": [where]}, proof=True)
            assert not answer.json().get("keys")
            assert not answer.json().get("media")
            assert {one["code"] for one in answer.json()["refused"]} == {Code.NOT_ENTITLED}
        for dev in (a.dev, ids.new_dev(), "d_x", a.me.pid):
            assert code(await ask(mallory, "POST", f"/devices/{dev}/revoke", {})) == (404, Code.NOT_FOUND)
        start = home_api.Start(dev=a.dev, jwk=jws.jwk_of(mallory.key.public_key()), label="x", persistent=True)
        mallory.dev, mine = a.dev, mallory.dev
        assert code(await ask(mallory, "POST", "/start", start, proof=True)) == (403, Code.DEVICE_OF_OTHER)
        mallory.dev = mine
        new = {"room": ids.new_room(), "kind": "group", "title": "x", "members": [ids.new_pid()]}
        assert code(await ask(mallory, "POST", "/rooms", new, proof=True)) == (422, Code.BAD_MEMBERS)
        taken = new | {"room": room, "members": [a.me.pid]}  # a room id that is somebody else's
        assert (await ask(mallory, "POST", "/rooms", taken, proof=True)).status_code in {403, 404, 422}
        # relay, with a grant that is good: the meeting of others, and a webhook that LiveKit did not sign
        bearer = {"Authorization": f"Bearer {mallory.grant}"}
        for where in (room, ids.new_room(), "r_x"):
            answer = await mallory.http.post(f"{town.ready['relay']}/rooms/{where}/join", headers=bearer)
            assert code(answer) == (403, Code.NOT_A_MEMBER)
        for key in (AccessToken("samrum", "x" * 40), AccessToken("x", "y" * 40)):
            answer = await mallory.http.post(
                f"{town.ready['relay']}/livekit/webhook", content=b"{}", headers={"Authorization": key.to_jwt()}
            )
            assert code(answer) == (401, Code.BAD_CALL)


async def test_bodies_of_the_wrong_shape(town: City, pair: tuple[Device, Device], mallory: Device):
    pid, room = mallory.me.pid, ids.new_room()
    good: dict[str, dict[str, Any]] = {
        "/sign-in": {"user": "x", "password": "y"},
        "/start": {"dev": mallory.dev, "jwk": {"kty": "OKP", "crv": "Ed25519", "x": jws.FIRST}, "label": "", "persistent": True},
        "/rooms": {"room": room, "kind": "group", "members": [], "title": "x"},
        f"/rooms/{room}/members": {"add": [{"pid": pid, "role": "member"}], "remove": [], "role": []},
        "/keys": {"want": [[room, 1]], "media": []},
        "/rosters": {"rooms": {room: 0}},
        "/names": {"pids": [pid]},
        "/certs": {"devs": [mallory.dev]},
    }  # fmt: skip
    optional = {"/keys", f"/rooms/{room}/members"}
    wrong: list[Any] = [1, "x", None, [[]], {"x": 1}, -1, 1e400, ["x"]]
    async with undisturbed(town, pair):
        for path, body in good.items():
            spoilt = [msgspec.json.encode(body | {"display_name": "x"})]
            if path not in optional:
                spoilt += [msgspec.json.encode({k: v for k, v in body.items() if k != gone}) for gone in list(body)[:1]]
            spoilt += [
                msgspec.json.encode(body | {field: bad})
                for field, value in body.items()
                for bad in wrong
                if not (isinstance(value, str) and isinstance(bad, str))
            ]
            spoilt += [b"", b"{", b"null", b"[]", b"\xff\xfe", b"[" * 30_000, b'{"a":' * 10_000]
            for data in spoilt:
                answer = await ask(mallory, "POST", path, raw=data)
                assert code(answer) == (400, Code.BAD_REQUEST), (path, data[:60])
            answer = await ask(mallory, "POST", path, raw=b'{"user":"' + b"a" * (2 * MIB))
            assert code(answer) == (413, Code.TOO_LARGE), path


async def test_requests_that_fit_no_route(town: City, pair: tuple[Device, Device], mallory: Device):
    strange = ["/since/x", "/since/-1", "/since/99999999999999999999", "/ledger?after=x", "/people?q=" + "a" * 9000]
    async with undisturbed(town, pair):
        for method, path in (("GET", "/nothing/here"), ("DELETE", "/rooms"), ("PUT", "/sign-in"), ("TRACE", "/health")):
            status, found = code(await ask(mallory, method, path, {}))
            assert (status in {404, 405}, found) == (True, Code.NOT_FOUND), path
        for path in strange:
            answer = await ask(mallory, "GET", path)
            assert answer.status_code < 500, path
            assert answer.status_code == 200 or code(answer)[1] in {Code.BAD_REQUEST, Code.NOT_FOUND}, path
        for path in ("/../home.db", "/%2e%2e/home.db", "/..%2fhome.db", "/assets/../../home.db", "/%00", "/home.toml"):
            async with await Raw.bare(town.home) as raw:
                await raw.send(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
                answer_bytes = await asyncio.wait_for(raw.reader.read(), 5)
                assert b"SQLite" not in answer_bytes, path
                assert b"directory" not in answer_bytes.split(b"\r\n\r\n", 1)[1][:200], path


async def test_nonsense_and_a_thousand_connections(town: City, pair: tuple[Device, Device], mallory: Device):
    async with undisturbed(town, pair):
        await refuses_what_is_not_http(town.home)
        async with contextlib.AsyncExitStack() as crowd:
            for n in range(1000):
                raw = await crowd.enter_async_context(await Raw.bare(town.home))
                await raw.send(b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n"[: n % 60])
            begun = time.monotonic()
            assert (await ask(mallory, "GET", "/session")).status_code == 200
            assert time.monotonic() - begun < LATENCY
