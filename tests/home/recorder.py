"""Relay's side of home's calls, as the outside sees it: checks each signed call, keeps what came, answers like relay."""

import asyncio
import hashlib
import time
from dataclasses import dataclass, field
from typing import Any, Self

import msgspec

from samrum.wire import envelope, ids, jws
from samrum.wire.base import Problem
from samrum.wire.chain import BadRoster, RoomState
from samrum.wire.home_api import HomeKey
from samrum.wire.ids import Pid, RoomId, TenantId
from samrum.wire.relay_api import (
    Applied,
    LastOf,
    LogPage,
    LogRow,
    Positions,
    PutEnvelope,
    PutHead,
    PutHints,
    PutRevocation,
    PutRoster,
    ReadLog,
    Stored,
    WantLast,
)
from samrum.wire.statements import Call, Grant, Head, Hint, Revoke, Roster


@dataclass
class Recorder:
    """What reached relay, in order. `away`: connections are closed at once; `refuse`: answer everything so."""

    tenant: TenantId
    key: HomeKey
    port: int
    away: bool = False
    refuse: tuple[int, str] | None = None
    lose_answers: int = 0
    """So many times do the work and close without an answer."""
    rooms: dict[RoomId, RoomState] = field(default_factory=dict)
    rosters: list[Roster] = field(default_factory=list)
    hints: list[Hint] = field(default_factory=list)
    revocations: list[Revoke] = field(default_factory=list)
    heads: list[Head] = field(default_factory=list)
    head: bytes = bytes(32)
    entries: int = 0
    positions: dict[RoomId, int] = field(default_factory=dict)
    """How far rooms have come, as told to home."""
    asked: int = 0
    """How often home asked for them."""
    log: list[LogRow] = field(default_factory=list)
    """Stored envelopes, as told to home a page of `log_page` at a time."""
    log_page: int = 1000
    reads: list[tuple[RoomId, Pid, int]] = field(default_factory=list)
    """Read positions as they moved."""
    order: list[tuple[str, str, int]] = field(default_factory=list)
    gaps: int = 0
    """Rosters that came before their turn."""
    faults: list[str] = field(default_factory=list)
    jtis: set[str] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        self.writers: set[asyncio.StreamWriter] = set()
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.close()
        for writer in self.writers:
            writer.close()
        await self.server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        try:
            while not self.away:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                method, path, _ = head.split("\r\n")[0].split(" ")
                headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in head.split("\r\n")[1:])}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                if self.away:
                    return
                status, answer = self.refuse_answer() or self._check(method, path, headers, body)
                if self.lose_answers:
                    self.lose_answers -= 1
                    return
                data = (
                    answer if isinstance(answer, bytes) else msgspec.json.encode(answer) if answer is not None else b""
                )
                writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: {len(data)}\r\n\r\n".encode() + data)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            self.writers.discard(writer)
            writer.close()

    def refuse_answer(self) -> tuple[int, Any] | None:
        return (self.refuse[0], Problem(code=self.refuse[1])) if self.refuse else None

    def _key(self, kid: str) -> Any:
        return jws.key_of_jwk(self.key.jwk) if kid == self.key.kid else None

    def _check(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, Any]:
        scheme, _, statement = headers.get("authorization", "").partition(" ")
        call = jws.verify(statement, Call, self._key)
        if (
            scheme != "Samrum"
            or (call.htm, call.path, call.bh) != (method, path, jws.b64(hashlib.sha256(body).digest()))
            or call.tenant != self.tenant
            or call.jti in self.jtis
            or "cookie" in headers
            or abs(call.iat - time.time()) > 10**7
        ):
            self.faults.append(path)
            return 403, Problem(code="bad_call")
        self.jtis.add(call.jti)
        what, _, query = path.removeprefix(f"/tenants/{self.tenant}/").partition("?")
        if what in {"log", "reads"}:
            return 200, msgspec.msgpack.encode(
                getattr(self, f"_{what}_after")(int(query.partition("&")[0][len("after=") :]))
            )
        return getattr(self, f"_{what}")(body)

    def _log_after(self, after: int) -> LogPage:
        rows = [row for row in self.log if row.n > after]
        page = rows[: self.log_page]
        return LogPage(cursor=page[-1].n if page else after, rows=page, more=len(rows) > len(page))

    def _reads_after(self, after: int) -> ReadLog:
        return ReadLog(cursor=len(self.reads), rows=self.reads[after:])

    def _rosters(self, body: bytes) -> tuple[int, Any]:
        statement = msgspec.json.decode(body, type=PutRoster).jws
        roster = jws.verify(statement, Roster, self._key)
        state = self.rooms.get(roster.room, RoomState(self.tenant, roster.room))
        if roster.version <= state.version:
            return 200, Applied(version=state.version)
        try:
            self.rooms[roster.room] = state.apply(roster, statement)
        except BadRoster:
            self.gaps += 1
            return 409, Problem(code="roster_gap", have=state.version)
        self.rosters.append(roster)
        self.order.append(("roster", roster.room, roster.version))
        return 200, Applied(version=roster.version)

    def _envelopes(self, body: bytes) -> tuple[int, Any]:
        put = msgspec.msgpack.decode(body, type=PutEnvelope)
        grant = jws.verify(put.grant, Grant, self._key)
        sealed = envelope.parse(put.env)
        room, msg = RoomId(ids.text("r", sealed.room)), sealed.msg_id
        for row in self.log:
            if envelope.parse(row.env).msg_id == msg:
                return 200, msgspec.msgpack.encode(Stored(pos=row.pos, hash=envelope.stored_hash(row.env)))
        state = self.rooms.get(room)
        if state is None or grant.sub not in state.members:
            return 403, Problem(code="not_a_member")
        if state.epoch is None or sealed.epoch != state.epoch.n:
            return 409, Problem(code="epoch_stale")
        mine = [one for row in self.log if (one := envelope.parse(row.env)).dev == sealed.dev and row.room == room]
        if sealed.seq != len(mine) + 1:
            return 409, Problem(code="seq_refused", have=len(mine))
        key = jws.key_of_jwk(grant.cnf.jwk)
        named = (ids.text("p", sealed.pid), ids.text("d", sealed.dev))
        if named != (grant.sub, grant.dev) or not envelope.signature_holds(put.env, key):
            self.faults.append("envelopes")
        pos = 1 + sum(row.room == room for row in self.log)
        n = self.log[-1].n + 1 if self.log else 1
        self.log.append(LogRow(n=n, room=room, pos=pos, env=put.env))
        return 200, msgspec.msgpack.encode(Stored(pos=pos, hash=envelope.stored_hash(put.env)))

    def _last(self, body: bytes) -> tuple[int, Any]:
        want = msgspec.msgpack.decode(body, type=WantLast)
        dev = ids.raw(jws.verify(want.grant, Grant, self._key).dev, "d")
        mine = [row.env for row in self.log if row.room == want.room and envelope.parse(row.env).dev == dev]
        return 200, msgspec.msgpack.encode(LastOf(env=mine[-1] if mine else None))

    def _hints(self, body: bytes) -> tuple[int, Any]:
        for statement in msgspec.json.decode(body, type=PutHints).jws:
            hint = jws.verify(statement, Hint, self._key)
            self.hints.append(hint)
            self.order.append(("hint", hint.to, hint.version))
        return 204, None

    def _positions(self, _: bytes) -> tuple[int, Any]:
        self.asked += 1
        return 200, Positions(cursor=sum(self.positions.values()), rooms=self.positions)

    def _revocations(self, body: bytes) -> tuple[int, Any]:
        self.revocations.append(jws.verify(msgspec.json.decode(body, type=PutRevocation).jws, Revoke, self._key))
        return 204, None

    def _head(self, body: bytes) -> tuple[int, Any]:
        put = msgspec.json.decode(body, type=PutHead)
        head, state = jws.verify(put.jws, Head, self._key), self.head
        for entry in put.entries:
            state = hashlib.sha256(state + jws.unb64(entry)).digest()
        if jws.b64(state) != head.head or head.n != self.entries + len(put.entries):
            return 409, Problem(code="bad_head")
        self.head, self.entries = state, head.n
        self.heads.append(head)
        return 204, None
