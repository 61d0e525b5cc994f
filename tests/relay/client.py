"""Speaks to a real relay: a test authority that signs like home, and devices on the stream.

Used by the tests of relay and by whoever needs load on one. Built on `samrum.wire` and the `websockets` library only.
"""

import asyncio
import contextlib
import hashlib
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.asyncio.client import ClientConnection, connect

import samrum
from samrum.wire import envelope, ids, jws, stream
from samrum.wire.base import Wire
from samrum.wire.chain import RoomState
from samrum.wire.envelope import Envelope, EnvelopeKind
from samrum.wire.ids import Dev, Pid, RoomId
from samrum.wire.relay_api import Applied, PutHead, PutHints, PutRevocation, PutRoster
from samrum.wire.statements import (
    Call,
    Confirmation,
    Epoch,
    Grant,
    Head,
    Hint,
    Kind,
    MemberEntry,
    OutEntry,
    Policy,
    Revoke,
    Role,
    Roster,
    Topic,
)

ORIGIN = "http://localhost:21400"
PLAIN = bytes(256)
RUN = "import sys, pathlib; from samrum.relay import app; app.run(pathlib.Path(sys.argv[1]))"
"""The code of a relay's process."""
ENVIRONMENT = {"PATH": os.defpath, "PYTHONPATH": str(Path(samrum.__file__).parents[1])}
"""All that it gets to know: the same code as the tests'."""
W = TypeVar("W", bound=Wire)


@dataclass
class Room:
    """A room as the test authority keeps it: the chain's state, every roster's JWS, the epoch key."""

    state: RoomState
    rosters: list[str] = field(default_factory=list)
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    @property
    def room(self) -> RoomId:
        return self.state.room


class Authority:
    """Signs what home signs."""

    def __init__(self, origins: tuple[str, ...] = (ORIGIN,)) -> None:
        self.tenant = ids.new_tenant()
        self.key = Ed25519PrivateKey.generate()
        self.kid = "home-1"
        self.origins = origins

    def registration(self) -> dict[str, Any]:
        """The entry of relay's tenants file."""
        jwk = msgspec.to_builtins(jws.jwk_of(self.key.public_key()))
        return {"tenant": self.tenant, "keys": [{"kid": self.kid, "jwk": jwk, "iat": 0}], "origins": list(self.origins)}

    def sign(self, payload: msgspec.Struct) -> str:
        """The statement."""
        return jws.sign(payload, self.kid, self.key)

    def call(self, method: str, path: str, body: bytes, /, **changes: Any) -> str:
        """The `Authorization` of one call to relay."""
        call = Call(
            tenant=self.tenant,
            htm=method,
            path=path,
            bh=jws.b64(hashlib.sha256(body).digest()),
            iat=int(time.time()),
            jti=jws.b64(secrets.token_bytes(16)),
        )
        return "Samrum " + self.sign(msgspec.structs.replace(call, **changes))

    def grant(self, pid: Pid, dev: Dev, key: Ed25519PrivateKey, **changes: Any) -> str:
        """A device's grant."""
        now = int(time.time())
        grant = Grant(
            iss=self.tenant,
            aud="relay",
            sub=pid,
            dev=dev,
            cnf=Confirmation(jwk=jws.jwk_of(key.public_key())),
            iat=now,
            exp=now + 3600,
            jti=jws.b64(secrets.token_bytes(16)),
        )
        return self.sign(msgspec.structs.replace(grant, **changes))

    def room(self, *members: Pid | MemberEntry, policy: Policy | None = None) -> Room:
        """A new room with its first roster, not yet handed to relay. The first member owns it."""
        room = Room(RoomState(self.tenant, ids.new_room()))
        entries = [
            one if isinstance(one, MemberEntry) else MemberEntry(pid=one, role=Role.MEMBER if i else Role.OWNER)
            for i, one in enumerate(members)
        ]
        self.change(room, add=entries, policy=policy or Policy(kind=Kind.GROUP), new_epoch=True)
        return room

    def roster(
        self,
        room: Room,
        *,
        add: list[MemberEntry] | None = None,
        remove: list[Pid] | None = None,
        out: list[OutEntry] | None = None,
        role: list[MemberEntry] | None = None,
        policy: Policy | None = None,
        new_epoch: bool = False,
    ) -> Roster:
        """The next roster of a room, unsigned."""
        state = room.state
        epoch = state.epoch
        if new_epoch or epoch is None:
            epoch = Epoch(n=epoch.n + 1 if epoch else 1, key_id=ids.new_key_id(), kc=jws.FIRST)
        return Roster(
            tenant=self.tenant,
            room=room.room,
            version=state.version + 1,
            prev=state.head,
            epoch=epoch,
            policy=policy or state.policy or Policy(kind=Kind.GROUP),
            at=int(time.time()),
            add=add or [],
            remove=remove or [],
            out=out or [],
            role=role or [],
        )

    def change(self, room: Room, **changes: Any) -> str:
        """Signs the next roster and moves the room on; gives the statement."""
        roster = self.roster(room, **changes)
        statement = self.sign(roster)
        room.state = room.state.apply(roster, statement)
        room.rosters.append(statement)
        return statement


class HomeDoor:
    """Home's calls to relay, over HTTP."""

    def __init__(self, relay: "RelayProcess", authority: Authority) -> None:
        self.relay, self.authority = relay, authority
        self.http = httpx.AsyncClient(base_url=relay.http, timeout=15)

    async def post(self, what: str, body: msgspec.Struct | bytes, **changes: Any) -> httpx.Response:
        """One signed call; `changes` spoil the call's payload."""
        data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        path = f"/tenants/{self.authority.tenant}/{what}"
        headers = {"authorization": self.authority.call("POST", path, data, **changes)}
        return await self.http.post(path, content=data, headers=headers)

    async def roster(self, statement: str) -> int:
        """Hands one roster over; the version that relay holds afterwards."""
        answer = await self.post("rosters", PutRoster(jws=statement))
        assert answer.status_code == 200, answer.text
        return msgspec.json.decode(answer.content, type=Applied).version

    async def room(self, *members: Pid | MemberEntry, policy: Policy | None = None) -> Room:
        """A new room, applied."""
        room = self.authority.room(*members, policy=policy)
        await self.roster(room.rosters[0])
        return room

    async def change(self, room: Room, **changes: Any) -> int:
        """The room's next roster, applied."""
        return await self.roster(self.authority.change(room, **changes))

    async def hint(self, to: Pid | RoomId, topic: Topic = Topic.ROOM, version: int = 0) -> httpx.Response:
        """One hint."""
        hint = Hint(tenant=self.authority.tenant, to=to, topic=topic, iat=int(time.time()), version=version)
        return await self.post("hints", PutHints(jws=[self.authority.sign(hint)]))

    async def revoke(self, pid: Pid, dev: Dev | None = None, seconds: int = 3600) -> httpx.Response:
        """One revocation."""
        now = int(time.time())
        revoke = Revoke(tenant=self.authority.tenant, pid=pid, dev=dev, iat=now, until=now + seconds)
        return await self.post("revocations", PutRevocation(jws=self.authority.sign(revoke)))

    async def head(self, n: int, head: str, entries: list[str]) -> httpx.Response:
        """One ledger head."""
        signed = self.authority.sign(Head(tenant=self.authority.tenant, n=n, head=head, iat=int(time.time())))
        return await self.post("head", PutHead(jws=signed, entries=entries))


class Device:
    """A device of a person: its key, and its connection once `open` was called."""

    def __init__(self, authority: Authority, pid: Pid | None = None) -> None:
        self.authority = authority
        self.pid = pid or ids.new_pid()
        self.dev = ids.new_dev()
        self.key = Ed25519PrivateKey.generate()
        self.seqs: dict[RoomId, int] = {}
        self.seen: list[Wire] = []
        self._seconds: list[Device] = []
        self._ws: ClientConnection | None = None

    @property
    def ws(self) -> ClientConnection:
        assert self._ws is not None
        return self._ws

    def second(self) -> "Device":
        """Another device of the same person; closed with this one."""
        self._seconds.append(Device(self.authority, self.pid))
        return self._seconds[-1]

    def grant(self, **changes: Any) -> str:
        """A grant for this device."""
        return self.authority.grant(self.pid, self.dev, self.key, **changes)

    async def dial(self, url: str, origin: str = ORIGIN, **options: Any) -> None:
        """Opens the WebSocket, nothing more."""
        self.origin = origin
        self._ws = await connect(
            url, origin=origin, max_size=None, compression=None, ping_interval=None, close_timeout=1, **options
        )

    async def open(self, url: str, *, grant: str | None = None, origin: str = ORIGIN, **options: Any) -> stream.Welcome:
        """Connects and proves; the welcome."""
        grant = grant or self.grant()
        await self.dial(url, origin, **options)
        await self.put(stream.Hello(v=1, grant=grant))
        nonce = await self.next(stream.Nonce)
        signed = stream.hello_bytes(self.authority.tenant, self.dev, grant, nonce.nonce, origin)
        await self.put(stream.Proof(sig=self.key.sign(signed)))
        return await self.next(stream.Welcome)

    async def close(self) -> None:
        """Closes the connection."""
        for second in self._seconds:
            await second.close()
        if self._ws is not None:
            await self._ws.close()

    async def put(self, frame: Wire) -> None:
        """Sends one frame."""
        await self.ws.send(stream.encode(frame))

    async def get(self, seconds: float = 10) -> Wire:
        """The next frame, whatever it is."""
        data = await asyncio.wait_for(self.ws.recv(), seconds)
        assert isinstance(data, bytes)
        frame = stream.decode(data, stream.RELAY)
        self.seen.append(frame)
        return frame

    async def next(self, kind: type[W], seconds: float = 10) -> W:
        """The next frame of a kind; others before it go to `seen`."""
        async with asyncio.timeout(seconds):
            while True:
                frame = await self.get(seconds)
                if isinstance(frame, kind):
                    return frame

    async def bye(self) -> str:
        """The code of the goodbye that is due."""
        return (await self.next(stream.Bye)).code

    async def quiet(self, seconds: float = 0.3) -> list[Wire]:
        """What comes within this time."""
        found = []
        with contextlib.suppress(TimeoutError):
            while True:
                found.append(await self.get(seconds))
        return found

    def draft(self, room: Room, **changes: Any) -> Envelope:
        """The next envelope of this device in a room, unsealed; `changes` spoil it."""
        epoch = room.state.epoch
        assert epoch is not None
        draft = Envelope(
            tenant=ids.raw(self.authority.tenant, "t"),
            room=ids.raw(room.room, "r"),
            key_id=ids.raw(epoch.key_id, "k"),
            epoch=epoch.n,
            pid=ids.raw(self.pid, "p"),
            dev=ids.raw(self.dev, "d"),
            seq=self.seqs.get(room.room, 0) + 1,
            msg_id=secrets.token_bytes(16),
            kind=EnvelopeKind.MESSAGE,
            sent_at=int(time.time()),
        )
        return msgspec.structs.replace(draft, **changes)

    def seal(self, room: Room, key: Ed25519PrivateKey | None = None, plain: bytes = PLAIN, **changes: Any) -> bytes:
        """A sealed envelope; the sequence moves on only when it is sent by `post`."""
        return envelope.seal(self.draft(room, **changes), plain, room.key, key or self.key)

    async def post(self, room: Room, **changes: Any) -> bytes:
        """Sends the next envelope without waiting; gives its bytes."""
        data = self.seal(room, **changes)
        self.seqs[room.room] = self.seqs.get(room.room, 0) + 1
        await self.put(stream.Send(env=data))
        return data

    async def say(self, room: Room, **changes: Any) -> stream.Sent:
        """Sends the next envelope and waits for its acknowledgement."""
        await self.post(room, **changes)
        return await self.next(stream.Sent)

    async def refused(self, data: bytes, objects: list[str] | None = None) -> stream.Error:
        """Sends an envelope that relay refuses; the error."""
        await self.put(stream.Send(env=data, objects=objects or []))
        return await self.next(stream.Error)

    async def page(self, room: RoomId, **ask: Any) -> stream.Page:
        """One page of history."""
        await self.put(stream.History(re=7, room=room, **ask))
        return await self.next(stream.Page)


class RelayProcess:
    """A relay in a process of its own, with its folder below `base`."""

    def __init__(
        self,
        base: Path,
        port: int,
        *authorities: Authority,
        livekit: dict[str, str] | None = None,
        wheel: Path | None = None,
        bucket: dict[str, str] | None = None,
    ) -> None:
        """With `bucket` objects go there and not into a folder. With `wheel`, the folder of an environment that holds relay's own wheel, that code runs instead of the tests'."""
        self.base = base
        self.wheel = wheel
        self.http = f"http://127.0.0.1:{port}"
        self.stream = f"ws://127.0.0.1:{port + 1}"
        self.database = base / "relay" / "relay.db"
        self.log = base / "relay.log"
        self.run = RUN
        self._process: subprocess.Popen[bytes] | None = None
        (base / "tenants.json").write_text(json.dumps([one.registration() for one in authorities]))
        config = {
            "http": f"127.0.0.1:{port}",
            "stream": f"127.0.0.1:{port + 1}",
            "data": str(base / "relay"),
            "tenants": str(base / "tenants.json"),
        }
        if bucket is None:
            config["objects"] = str(base / "store")
        lines = [f"{key} = {json.dumps(value)}" for key, value in config.items()]
        if bucket:
            lines += ["[objects]", *(f"{key} = {json.dumps(value)}" for key, value in bucket.items())]
        if livekit:
            lines += ["[livekit]", *(f"{key} = {json.dumps(value)}" for key, value in livekit.items())]
        (base / "relay.toml").write_text("\n".join(lines) + "\n")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Starts the process, without waiting."""
        config = str(self.base / "relay.toml")
        command, environment = [sys.executable, "-c", self.run, config], ENVIRONMENT
        if self.wheel:
            command, environment = [str(self.wheel / "bin/samrum-relay"), "--config", config], {"PATH": os.defpath}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, stderr=log, stdout=log, env=environment, cwd=self.base)

    async def ready(self) -> None:
        """Waits until it answers."""
        async with httpx.AsyncClient() as http:
            for _ in range(300):
                with contextlib.suppress(httpx.TransportError):
                    if (await http.get(self.http + "/health")).status_code == 200:
                        return
                assert self._process is not None
                assert self._process.poll() is None, self.log.read_text()
                await asyncio.sleep(0.05)
        raise AssertionError("relay does not start")

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Stops it cleanly; the exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.terminate()
        try:
            return self._process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


@contextlib.asynccontextmanager
async def running(relay: RelayProcess) -> AsyncIterator[RelayProcess]:
    """The relay, started and ready; stopped at the end."""
    relay.start()
    try:
        await relay.ready()
        yield relay
    finally:
        relay.stop()


async def until(holds: Callable[[], bool], seconds: float = 5) -> None:
    """Waits for a condition."""
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.02)
