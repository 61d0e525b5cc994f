"""A second client, written from `docs/protocol.md` with `samrum.wire` alone: what a stranger would write.

One `Device` is one browser profile of one person: signs in by HTTP, has its key certified, speaks to relay, checks chains, seals and
opens. Everything unexpected raises.
"""

import asyncio
import hashlib
import secrets
import time
from collections import defaultdict
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
import msgspec
import websockets
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from samrum.wire import aead, content, envelope, files, home_api, ids, jws, keys, relay_api, stream
from samrum.wire.base import Problem, Wire
from samrum.wire.chain import RoomState
from samrum.wire.content import Content
from samrum.wire.envelope import Envelope
from samrum.wire.ids import Dev, MsgId, ObjectName, Pid, RoomId
from samrum.wire.statements import Cert, Kind, Proof, Roster

T = TypeVar("T")
F = TypeVar("F", bound=Wire)
SECONDS = 10


class Refused(Exception):
    """Home or relay refused; `status` and `code` say how."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status, self.code = status, code


class Device:
    """`async with Device(ready, login) as device:` is signed in, certified and connected."""

    def __init__(self, ready: dict[str, Any], login: dict[str, str], *, connect: bool = True) -> None:
        self.home, self.relay = ready["home"], ready["relay"]
        self.login, self._connect = login, connect
        self.key, self.dev = Ed25519PrivateKey.generate(), ids.new_dev()
        self.http = httpx.AsyncClient(trust_env=False, timeout=SECONDS)
        self.cookie = ""
        self.rooms: dict[RoomId, RoomState] = {}
        self.epoch_keys: dict[tuple[RoomId, int], bytes] = {}
        self.names: dict[Pid, str] = {}
        self.titles: dict[RoomId, str] = {}
        self.seq: dict[RoomId, int] = defaultdict(int)
        self.frames: asyncio.Queue[Wire] = asyncio.Queue()
        self.seen: list[Wire] = []
        self.cursor = 0
        self.socket: websockets.ClientConnection | None = None
        self.reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        try:
            await self.sign_in()
            await self.start()
            if self._connect:
                await self.open_stream()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        if self.socket is not None:
            await self.socket.close()
        if self.reader is not None:
            self.reader.cancel()
            await asyncio.gather(self.reader, return_exceptions=True)
        await self.http.aclose()

    # ---- home

    async def ask(
        self, method: str, path: str, body: Wire | dict[str, Any] | None = None, *, want: type[T], proof: bool = False
    ) -> T:
        """One request to home, its answer as `want`. Raises `Refused`."""
        raw = b"" if body is None else msgspec.json.encode(body)
        headers = {"Origin": self.home}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self.cookie:
            headers["Cookie"] = self.cookie
        if proof:
            headers["Samrum-Proof"] = self.proof(method, path, raw)
        answer = await self.http.request(method, self.home + path, content=raw, headers=headers)
        if answer.status_code >= 400:
            raise Refused(answer.status_code, msgspec.json.decode(answer.content, type=Problem).code)
        for value in answer.headers.get_list("set-cookie"):
            if value.startswith("__Host-samrum="):
                self.cookie = value.split(";")[0]
        return msgspec.json.decode(answer.content, type=want) if want is not type(None) else None  # type: ignore[return-value]

    def proof(self, method: str, path: str, raw: bytes) -> str:
        bh, jti = jws.b64(hashlib.sha256(raw).digest()), jws.b64(secrets.token_bytes(16))
        return jws.sign(Proof(htm=method, path=path, bh=bh, iat=int(time.time()), jti=jti), self.dev, self.key)

    async def sign_in(self) -> None:
        body = home_api.SignIn(user=self.login["user"], password=self.login["password"])
        self.session = await self.ask("POST", "/sign-in", body, want=home_api.Session)

    async def start(self) -> None:
        body = home_api.Start(dev=self.dev, jwk=jws.jwk_of(self.key.public_key()), label="Test client", persistent=True)
        self.started = started = await self.ask("POST", "/start", body, want=home_api.Started, proof=True)
        self.me, self.tenant, self.grant, self.cursor = started.me, started.tenant, started.grant, started.cursor
        self.home_keys = {key.kid: jws.key_of_jwk(key.jwk) for key in started.keys}
        cert = jws.verify(started.cert, Cert, self.home_keys.get)
        assert (cert.sub, cert.dev) == (self.me.pid, self.dev)
        self._learn(started.rooms, started.rosters, started.people)
        self.take_keys(started.leased)

    def _learn(
        self, rooms: list[home_api.Room], chains: dict[RoomId, list[str]], people: list[home_api.Person]
    ) -> None:
        self.names.update((person.pid, person.name) for person in people)
        self.titles.update((room.room, room.title) for room in rooms)
        for room, chain in chains.items():
            self.take_chain(room, chain)

    def take_chain(self, room: RoomId, chain: list[str]) -> None:
        """Applies the statements that are new, each verified with home's key; raises on a forged one."""
        state = self.rooms.get(room) or RoomState(self.tenant, room)
        for statement in chain:
            roster = jws.verify(statement, Roster, self.home_keys.get)
            if roster.version > state.version:
                state = state.apply(roster, statement)
        self.rooms[room] = state

    def take_keys(self, got: home_api.Keys) -> None:
        for key in got.keys:
            epoch = self.rooms[key.room].epoch
            raw = jws.unb64(key.key)
            if epoch is not None and epoch.n == key.epoch:
                assert keys.commitment(raw) == jws.unb64(epoch.kc)
            self.epoch_keys[key.room, key.epoch] = raw

    async def want_keys(self, *want: tuple[RoomId, int]) -> home_api.Keys:
        got = await self.ask("POST", "/keys", home_api.WantKeys(want=list(want)), want=home_api.Keys, proof=True)
        self.take_keys(got)
        return got

    async def refresh(self) -> home_api.Since:
        """What changed at home for me."""
        since = await self.ask("GET", f"/since/{self.cursor}", want=home_api.Since)
        self.cursor = since.cursor
        self._learn(since.rooms, since.rosters, since.people)
        return since

    async def find(self, name: str) -> Pid:
        """The pseudonym of the only person with exactly this name."""
        query = str(httpx.QueryParams({"q": name, "limit": 20}))
        people = (await self.ask("GET", f"/people?{query}", want=home_api.People)).people
        (found,) = [person.pid for person in people if person.name == name]
        return found

    async def create(self, kind: Kind, title: str, *members: Pid) -> RoomId:
        body = home_api.NewRoom(room=ids.new_room(), kind=kind, members=list(members), title=title)
        changed = await self.ask("POST", "/rooms", body, want=home_api.Changed, proof=True)
        return self._changed(changed)

    async def change(self, room: RoomId, body: home_api.ChangeMembers) -> None:
        self._changed(await self.ask("POST", f"/rooms/{room}/members", body, want=home_api.Changed, proof=True))

    def _changed(self, changed: home_api.Changed) -> RoomId:
        room = changed.room.room
        self._learn([changed.room], {room: changed.rosters}, changed.people)
        self.take_keys(changed.keys)
        return room

    async def device_key(self, pid: Pid, dev: Dev) -> Ed25519PublicKey:
        certs = await self.ask("POST", "/certs", home_api.WantCerts(devs=[dev]), want=home_api.Certs)
        cert = jws.verify(certs.certs[dev][-1], Cert, self.home_keys.get)
        assert (cert.sub, cert.dev) == (pid, dev)
        return jws.key_of_jwk(cert.cnf.jwk)

    # ---- relay

    async def open_stream(self, *, grant: str | None = None, headers: dict[str, str] | None = None) -> stream.Welcome:
        """Connects; returns relay's welcome. Raises `Refused` when relay says goodbye instead."""
        self.socket = await websockets.connect(
            self.started.relay.stream,
            origin=self.home,
            additional_headers=headers,
            proxy=None,
            max_size=1 << 20,
            compression=None,
        )
        grant = grant or self.grant
        await self.put(stream.Hello(v=stream.VERSION, grant=grant))
        first = stream.decode(await asyncio.wait_for(self.socket.recv(), SECONDS), stream.RELAY)
        if isinstance(first, stream.Bye):
            raise Refused(0, first.code)
        assert isinstance(first, stream.Nonce)
        signed = stream.hello_bytes(self.tenant, self.dev, grant, first.nonce, self.home)
        await self.put(stream.Proof(sig=self.key.sign(signed)))
        welcome = stream.decode(await asyncio.wait_for(self.socket.recv(), SECONDS), stream.RELAY)
        if isinstance(welcome, stream.Bye):
            raise Refused(0, welcome.code)
        assert isinstance(welcome, stream.Welcome)
        self.reader = asyncio.create_task(self._read())
        return welcome

    async def _read(self) -> None:
        async for data in self.socket:
            assert isinstance(data, bytes)
            await self.frames.put(stream.decode(data, stream.RELAY))

    async def put(self, frame: Wire) -> None:
        await self.socket.send(stream.encode(frame))

    async def get(self, want: type[F], match: Any = lambda _frame: True) -> F:
        """The next frame of this kind that matches; others are kept for later `get`s."""
        for index, frame in enumerate(self.seen):
            if isinstance(frame, want) and match(frame):
                del self.seen[index]
                return frame
        async with asyncio.timeout(SECONDS):
            while True:
                frame = await self.frames.get()
                if isinstance(frame, want) and match(frame):
                    return frame
                self.seen.append(frame)

    def seal(
        self, room: RoomId, text: str | Content, *, msg_id: MsgId | None = None, seq: int | None = None, **fields: Any
    ) -> bytes:
        """The envelope of a message, sealed under the room's current key and signed by this device."""
        state = self.rooms[room]
        assert state.epoch is not None
        draft = Envelope(
            tenant=ids.raw(self.tenant, "t"),
            room=ids.raw(room, "r"),
            key_id=ids.raw(state.epoch.key_id, "k"),
            epoch=state.epoch.n,
            pid=ids.raw(self.me.pid, "p"),
            dev=ids.raw(self.dev, "d"),
            seq=seq or self.seq[room] + 1,
            msg_id=ids.raw(msg_id or ids.new_msg_id(), "m"),
            sent_at=int(time.time()),
        )
        draft = msgspec.structs.replace(draft, **fields)
        said = Content(t=text) if isinstance(text, str) else text
        return envelope.seal(draft, content.pad(said), self.epoch_keys[room, state.epoch.n], self.key)

    async def send(
        self, room: RoomId, text: str | Content, *, objects: list[ObjectName] | None = None, tries: int = 50
    ) -> stream.Sent:
        """Sends and waits until relay has it on disk. Waits out a relay that has not applied the room yet (0.1 s a try)."""
        epoch = self.rooms[room].epoch
        assert epoch is not None
        if (room, epoch.n) not in self.epoch_keys:
            await self.want_keys((room, epoch.n))
        for _ in range(tries):
            sealed = self.seal(room, text)
            msg = ids.text("m", envelope.parse(sealed).msg_id)
            await self.put(stream.Send(env=sealed, objects=objects or []))
            answer = await self.get(Wire, lambda f, m=msg: isinstance(f, stream.Sent | stream.Error) and _about(f) == m)
            if isinstance(answer, stream.Sent):
                assert answer.hash == envelope.stored_hash(sealed)
                self.seq[room] += 1
                return answer
            assert isinstance(answer, stream.Error)
            if answer.code not in {"epoch_ahead", "not_a_member"}:
                raise Refused(0, answer.code)
            await asyncio.sleep(0.1)
        raise Refused(0, answer.code)

    async def open(self, data: bytes) -> tuple[Pid, str]:
        """Author and text of an envelope, after every check of the protocol."""
        pid, said = await self.opened(data)
        return pid, said.t

    async def opened(self, data: bytes) -> tuple[Pid, Content]:
        """As `open`, with all that it says."""
        parsed = envelope.parse(data)
        room, pid, dev = (ids.text(p, r) for p, r in (("r", parsed.room), ("p", parsed.pid), ("d", parsed.dev)))
        assert envelope.signature_holds(data, await self.device_key(Pid(pid), Dev(dev)))
        if (room, parsed.epoch) not in self.epoch_keys:
            await self.want_keys((RoomId(room), parsed.epoch))
        plain = envelope.open_content(parsed, self.epoch_keys[RoomId(room), parsed.epoch])
        return Pid(pid), content.unpad(plain)

    async def receive(self, room: RoomId) -> tuple[Pid, str]:
        """Author and text of the next message in a room by somebody else's device."""
        pid, said = await self.received(room)
        return pid, said.t

    async def received(self, room: RoomId) -> tuple[Pid, Content]:
        """As `receive`, with all that it says."""
        while True:
            batch = await self.get(stream.Batch, lambda f: f.room == room)
            for data in batch.env:
                if envelope.parse(data).dev != ids.raw(self.dev, "d"):
                    return await self.opened(data)

    # ---- files

    async def attach(self, room: RoomId, name: str, data: bytes, text: str = "") -> stream.Sent:
        """Seals a file, uploads it and sends the message that holds its key."""
        padded = data + bytes(files.padme(len(data)) - len(data))
        auth = {"Authorization": f"Bearer {self.grant}"}
        made = await self.http.post(
            f"{self.started.relay.http}/objects", json={"size": files.sealed_size(len(padded))}, headers=auth
        )
        assert made.status_code == 201, made.text
        where, key = msgspec.json.decode(made.content, type=relay_api.ObjectMade).object, secrets.token_bytes(32)
        sealed = b"".join(aead.seal(key, files.aad(where), padded, aead.FILE_SEGMENT))
        have = 0
        while have < len(sealed):
            url = f"{self.started.relay.http}/objects/{where}?offset={have}"
            put = await self.http.put(url, content=sealed[have : have + files.MAX_BODY], headers=auth)
            assert put.status_code == 200, put.text
            have = msgspec.json.decode(put.content, type=relay_api.ObjectHas).have
        file = content.InFile(n=name, t="application/octet-stream", s=len(data), k=key, b=where)
        return await self.send(room, Content(t=text, o=[file]), objects=[where])

    async def fetch(self, file: content.InFile) -> bytes:
        """A file that a message brought, opened."""
        url = f"{self.started.relay.http}/objects/{file.b}"
        got = await self.http.get(url, headers={"Authorization": f"Bearer {self.grant}"})
        assert got.status_code == 200, got.text
        head, sealed = got.content[: aead.HEADER_BYTES], got.content[aead.HEADER_BYTES :]
        return aead.open_sealed(file.k, files.aad(file.b), head, sealed, aead.FILE_SEGMENT)[: file.s]

    async def history(self, room: RoomId, **page: int) -> list[tuple[Pid, str]]:
        re = secrets.randbelow(1 << 31)
        await self.put(stream.History(re=re, room=room, **page))
        got = await self.get(Wire, lambda f: isinstance(f, stream.Page | stream.Error) and f.re == re)
        if isinstance(got, stream.Error):
            raise Refused(0, got.code)
        assert isinstance(got, stream.Page)
        return [await self.open(data) for data in got.env]


def _about(frame: Wire) -> str | None:
    return frame.msg_id if isinstance(frame, stream.Sent) else getattr(frame, "msg", None)
