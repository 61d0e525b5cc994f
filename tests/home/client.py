"""A small client of home's door: signs in, starts a device, asks. Uses `samrum.wire` alone.

`Person.ask` gives the answer as a struct or raises `Refused`; `raw` gives whatever came.
"""

import hashlib
import secrets
from collections.abc import Callable
from typing import Any, Literal, TypeVar

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from samrum.wire import chain, home_api, ids, jws
from samrum.wire.base import Problem
from samrum.wire.chain import RoomState
from samrum.wire.home_api import Changed, ChangeMembers, Keys, MemberChange, NewRoom, Started, WantKeys
from samrum.wire.ids import Pid, RoomId
from samrum.wire.statements import Kind, Past, Proof, Role, Roster, Snapshot

T = TypeVar("T")
NOTHING = type(None)


class Refused(Exception):
    """Home refused: status, code, seconds to wait."""

    def __init__(self, status: int, problem: Problem) -> None:
        super().__init__(f"{status} {problem.code}")
        self.status, self.code, self.retry_after = status, problem.code, problem.retry_after


class Person:
    """One browser profile of one person."""

    def __init__(
        self, url: str, now: Callable[[], float], user: str, password: str, http: httpx.AsyncClient | None = None
    ) -> None:
        self.url, self.now, self.user, self.password = url, now, user, password
        self.http = http or httpx.AsyncClient(trust_env=False, timeout=10)
        self.cookie = ""
        self.key, self.dev = Ed25519PrivateKey.generate(), ids.new_dev()

    async def close(self) -> None:
        await self.http.aclose()

    async def raw(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        proof: str | None = None,
    ) -> httpx.Response:
        """One request with all that a browser adds; `headers` replace, an empty value takes away."""
        content = b"" if body is None else msgspec.json.encode(body)
        sent = {"origin": self.url, "content-type": "application/json", "cookie": self.cookie}
        sent |= {"samrum-proof": proof} if proof else {}
        sent |= headers or {}
        sent = {name: value for name, value in sent.items() if value}
        answer = await self.http.request(method, self.url + path, content=content, headers=sent)
        for value in answer.headers.get_list("set-cookie"):
            self.cookie = value.split(";")[0]
        return answer

    async def ask(self, method: str, path: str, body: Any = None, *, want: type[T], proof: bool = False) -> T:
        """The answer as `want`."""
        content = b"" if body is None else msgspec.json.encode(body)
        made = self.proof(method, path, content) if proof else None
        answer = await self.raw(method, path, body, proof=made)
        if answer.status_code >= 400:
            raise Refused(answer.status_code, msgspec.json.decode(answer.content, type=Problem))
        return msgspec.json.decode(answer.content, type=want) if want is not NOTHING else None  # type: ignore[return-value]

    def proof(self, method: str, path: str, content: bytes, /, **other: Any) -> str:
        """A proof by this device; `other` fields replace the right ones."""
        right = {
            "htm": method,
            "path": path,
            "bh": jws.b64(hashlib.sha256(content).digest()),
            "iat": int(self.now()),
            "jti": jws.b64(secrets.token_bytes(16)),
        }
        return jws.sign(Proof(**(right | other)), self.dev, self.key)

    async def sign_in(self, password: str | None = None) -> home_api.Session:
        body = home_api.SignIn(user=self.user, password=password or self.password)
        self.session = await self.ask("POST", "/sign-in", body, want=home_api.Session)
        return self.session

    def start_form(self, **other: Any) -> home_api.Start:
        right = {
            "dev": self.dev,
            "jwk": jws.jwk_of(self.key.public_key()),
            "label": "Firefox, Debian",
            "persistent": True,
        }
        return home_api.Start(**(right | other))

    async def start(self, **other: Any) -> Started:
        self.started = await self.ask("POST", "/start", self.start_form(**other), want=Started, proof=True)
        self.pid = self.started.me.pid
        self.home_keys = {key.kid: jws.key_of_jwk(key.jwk) for key in self.started.keys}
        return self.started

    async def enter(self) -> "Person":
        """Signs in and starts."""
        await self.sign_in()
        await self.start()
        return self

    async def create(
        self,
        *members: Pid,
        title: str = "Room",
        kind: Kind = Kind.GROUP,
        room: RoomId | None = None,
        history: Literal["open", "closed"] = "open",
    ) -> Changed:
        new = NewRoom(room=room or ids.new_room(), kind=kind, members=list(members), title=title, history=history)
        return await self.ask("POST", "/rooms", new, want=Changed, proof=True)

    async def change(
        self,
        room: RoomId,
        *,
        add: list[Pid] | None = None,
        remove: list[Pid] | None = None,
        role: dict[Pid, Role] | None = None,
        at_once: bool = False,
    ) -> Changed:
        body = ChangeMembers(
            add=[MemberChange(pid=pid, role=Role.MEMBER) for pid in add or []],
            remove=remove or [],
            role=[MemberChange(pid=pid, role=one) for pid, one in (role or {}).items()],
            at_once=at_once,
        )
        return await self.ask("POST", f"/rooms/{room}/members", body, want=Changed, proof=True)

    async def keys(self, *want: tuple[RoomId, int], media: list[RoomId] | None = None) -> Keys:
        return await self.ask("POST", "/keys", WantKeys(want=list(want), media=media or []), want=Keys, proof=True)

    async def since(self, cursor: int) -> home_api.Since:
        return await self.ask("GET", f"/since/{cursor}", want=home_api.Since)

    async def chain(self, room: RoomId) -> RoomState:
        """The room as the chain proves it, every statement verified."""
        known: list[str] = []
        while True:
            rosters = await self.ask("POST", "/rosters", {"rooms": {room: len(known)}}, want=home_api.Rosters)
            if not rosters.rosters:
                return self.verified(room, known)
            known += rosters.rosters[room]

    def verified(self, room: RoomId, chain: list[str], begin: RoomState | None = None) -> RoomState:
        state = begin or RoomState(self.started.tenant, room)
        for statement in chain:
            state = state.follow(jws.verify(statement, Roster, self.home_keys.get), statement)
        return state

    async def begin(self, room: RoomId) -> RoomState:
        """The room as a device sees it that has nothing of it: from the snapshot, the paged list, and the chain after it."""
        answer = await self.ask("POST", "/rosters", {"rooms": {room: 0}, "fresh": True}, want=home_api.Rosters)
        snapshot = jws.verify(answer.snapshots[room], Snapshot, self.home_keys.get)
        assert (snapshot.tenant, snapshot.room) == (self.started.tenant, room)
        listed: list[Any] = []
        more = True
        while more:
            after = f"?after={listed[-1][0]}" if listed else ""
            page = await self.ask("GET", f"/rooms/{room}/members{after}", want=home_api.Listed)
            assert page.version == snapshot.version
            listed, more = listed + page.members, page.more
        return self.verified(room, answer.rosters[room], chain.begin(snapshot, listed))

    async def past(self, room: RoomId, version: int, epochs: list[int], pids: list[Pid], *, led: bool = False) -> Past:
        """Home's word on what lies before."""
        wanted = home_api.WantPast(version=version, epochs=epochs, pids=pids, led=led)
        told = await self.ask("POST", f"/rooms/{room}/past", wanted, want=home_api.ToldPast)
        return jws.verify(told.past, Past, self.home_keys.get)
