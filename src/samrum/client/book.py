"""Rooms by their verified chains, their keys, everybody's certificates; opening and sealing envelopes.

No connection of its own: it asks through the door that it is given. `take` follows what home tells, `open` checks an envelope as
docs/protocol.md (section 5, "To accept an envelope") says.
"""

import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from samrum.client.device import Device
from samrum.client.errors import DoesNotVerify, Refused
from samrum.client.home import HomeDoor
from samrum.wire import aead, content, envelope, home_api, ids, jws, keys
from samrum.wire.chain import BadRoster, RoomState
from samrum.wire.content import Content
from samrum.wire.envelope import Envelope, EnvelopeKind
from samrum.wire.ids import Dev, MsgId, Pid, RoomId
from samrum.wire.statements import Cert, Epoch, Role, Roster

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

S = TypeVar("S", bound=msgspec.Struct)
LEASE_SECONDS: Final = 24 * 3600
"""How long a key is kept."""
CLOCK_SECONDS: Final = 300
"""How far an author's clock may be off their certificate's."""
_LEADERS: Final = {Role.OWNER, Role.MODERATOR}


@dataclass
class Known:
    """What the chain of one room says."""

    state: RoomState
    title: str = ""
    delivered: int = 0
    removed: bool = False
    epochs: dict[int, Epoch] = field(default_factory=dict)
    was: dict[int, set[Pid]] = field(default_factory=lambda: defaultdict(set))
    """Members while each epoch ran."""
    led: dict[int, set[Pid]] = field(default_factory=lambda: defaultdict(set))
    """Owners and moderators while each epoch ran."""


@dataclass(frozen=True)
class Opened:
    """A verified envelope and what it says."""

    envelope: Envelope
    room: RoomId
    author: Pid
    content: Content


class Book:
    """All rooms of this person."""

    def __init__(self, home: HomeDoor, device: Device) -> None:
        self._home, self._device = home, device
        self._home_keys: dict[str, Ed25519PublicKey] = {}
        self._certs: dict[Dev, list[Cert]] = {}
        self._keys: dict[tuple[RoomId, int], tuple[bytes, float]] = {}
        self.rooms: dict[RoomId, Known] = {}
        self.names: dict[Pid, str] = {}
        self.cursor = 0
        self.me: Pid = Pid("")

    async def begin(self, started: home_api.Started) -> None:
        """Everything that home told at the start; raises `DoesNotVerify`."""
        self.tenant, self.me = started.tenant, started.me.pid
        self._home_keys = {one.kid: jws.key_of_jwk(one.jwk) for one in started.keys}
        mine = self.verified(started.cert, Cert)
        if (mine.iss, mine.sub, mine.dev) != (self.tenant, self.me, self._device.dev):
            raise DoesNotVerify("certificate")
        self.names[self.me] = started.me.name
        self.cursor = started.cursor
        await self._take(started.rooms, {}, started.people)

    async def sync(self) -> None:
        """What changed at home since the last time."""
        news = await self._home.ask("GET", f"/since/{self.cursor}", want=home_api.Since)
        await self._take(news.rooms, news.rosters, news.people)
        self.cursor = max(self.cursor, news.cursor)

    async def _take(
        self, rooms: list[home_api.Room], rosters: dict[RoomId, list[str]], people: list[home_api.Person]
    ) -> None:
        self.names |= {one.pid: one.name for one in people}
        for told in rooms:
            known = self.rooms.setdefault(told.room, Known(RoomState(self.tenant, told.room)))
            known.title, known.removed = told.title or known.title, told.removed
            known.delivered = max(known.delivered, told.delivered)
            for statement in rosters.get(told.room, []):
                roster = self.verified(statement, Roster)
                if roster.version == known.state.version + 1:
                    self._follow(known, roster, statement)
            if known.state.version < told.version:
                await self._catch_up(known)

    async def _catch_up(self, known: Known) -> None:
        """The whole chain, from where it is known; as much as fits comes in one answer."""
        while True:
            wanted = home_api.WantRosters(rooms={known.state.room: known.state.version})
            answer = await self._home.ask("POST", "/rosters", wanted, want=home_api.Rosters)
            statements = answer.rosters.get(known.state.room, [])
            if not statements:
                return
            for statement in statements:
                self._follow(known, self.verified(statement, Roster), statement)

    def roster(self, statement: str) -> tuple[RoomId, bool]:
        """A statement that relay passed on: its room, and whether it followed; raises `DoesNotVerify`."""
        roster = self.verified(statement, Roster)
        known = self.rooms.get(roster.room)
        if known is None or roster.version > known.state.version + 1:
            return roster.room, False
        if roster.version == known.state.version + 1:
            self._follow(known, roster, statement)
        return roster.room, True

    def _follow(self, known: Known, roster: Roster, statement: str) -> None:
        try:
            known.state = known.state.follow(roster, statement)
        except BadRoster as error:
            raise DoesNotVerify(f"roster {error.args[0]}") from None
        n = roster.epoch.n
        known.epochs[n] = roster.epoch
        known.was[n] |= known.state.members.keys()
        known.led[n] |= {pid for pid, member in known.state.members.items() if member.role in _LEADERS}
        if self.me not in known.state.members:
            known.removed = True

    def verified(self, statement: str, want: type[S]) -> S:
        """The payload of one of home's statements; raises `DoesNotVerify`."""
        try:
            return jws.verify(statement, want, self._home_keys.get)
        except jws.BadStatement:
            raise DoesNotVerify("statement") from None

    async def name(self, pid: Pid) -> str:
        """Somebody's name, as home tells it; empty if home does not know them."""
        if pid not in self.names:
            answer = await self._home.ask("POST", "/names", home_api.WantNames(pids=[pid]), want=home_api.People)
            self.names |= {one.pid: one.name for one in answer.people}
        return self.names.get(pid, "")

    async def key(self, room: RoomId, epoch: int) -> bytes:
        """An epoch key, checked against its commitment; raises `Refused` (`not_entitled`, …) or `DoesNotVerify`."""
        found, at = self._keys.get((room, epoch), (b"", 0.0))
        if found and time.monotonic() - at < LEASE_SECONDS:
            return found
        wanted = home_api.WantKeys(want=[(room, epoch)])
        answer = await self._home.ask("POST", "/keys", wanted, want=home_api.Keys, proven=True)
        if answer.refused:
            raise Refused(answer.refused[0].code)
        (got,) = answer.keys
        raw, signed = jws.unb64(got.key), self.rooms[room].epochs.get(epoch)
        if signed is None or keys.commitment(raw) != jws.unb64(signed.kc):
            raise DoesNotVerify("epoch key")
        self._keys[room, epoch] = raw, time.monotonic()
        return raw

    async def open(self, room: RoomId, data: bytes) -> Opened:
        """An envelope after every check; raises `DoesNotVerify`, or `Refused` where the key is not ours to have."""
        try:
            parsed = envelope.parse(data)
        except envelope.BadEnvelope:
            raise DoesNotVerify("envelope") from None
        known = self.rooms[room]
        author, dev = Pid(ids.text("p", parsed.pid)), Dev(ids.text("d", parsed.dev))
        epoch = known.epochs.get(parsed.epoch)
        if (parsed.tenant, parsed.room) != (ids.raw(self.tenant, "t"), ids.raw(room, "r")):
            raise DoesNotVerify("place")
        if epoch is None or parsed.key_id != ids.raw(epoch.key_id, "k") or author not in known.was[parsed.epoch]:
            raise DoesNotVerify("epoch")
        await self._check_author(data, parsed, author, dev)
        try:
            said = content.unpad(envelope.open_content(parsed, await self.key(room, parsed.epoch)))
        except (aead.CannotOpen, content.BadContent):
            raise DoesNotVerify("content") from None
        if parsed.kind in set(EnvelopeKind) and not content.fits(parsed.kind, said):
            raise DoesNotVerify("content")
        return Opened(parsed, room, author, said)

    async def _check_author(self, data: bytes, parsed: Envelope, author: Pid, dev: Dev) -> None:
        """The device was the author's by home's word when it wrote, and it signed."""
        fitting = self._fitting(dev, parsed.sent_at)
        if not fitting:
            answer = await self._home.ask("POST", "/certs", home_api.WantCerts(devs=[dev]), want=home_api.Certs)
            self._certs[dev] = [self.verified(one, Cert) for one in answer.certs.get(dev, [])]
            fitting = self._fitting(dev, parsed.sent_at)
        if not fitting or {(one.iss, one.sub, one.dev) for one in fitting} != {(self.tenant, author, dev)}:
            raise DoesNotVerify("author")
        if not envelope.signature_holds(data, jws.key_of_jwk(fitting[0].cnf.jwk)):
            raise DoesNotVerify("signature")

    def _fitting(self, dev: Dev, at: int) -> list[Cert]:
        """The device's certificates that were valid then."""
        certs = self._certs.get(dev, [])
        return [one for one in certs if one.iat - CLOCK_SECONDS <= at <= one.exp + CLOCK_SECONDS]

    async def seal(
        self, room: RoomId, said: Content, *, kind: EnvelopeKind, msg: MsgId, seq: int, ref: bytes, thread: bytes
    ) -> bytes:
        """An envelope under the room's key of now, signed by this device; raises as `key`, and `content.TooLong`."""
        state = self.rooms[room].state
        assert state.epoch is not None  # version 1 has one
        secret = await self.key(room, state.epoch.n)
        draft = Envelope(
            tenant=ids.raw(self.tenant, "t"),
            room=ids.raw(room, "r"),
            key_id=ids.raw(state.epoch.key_id, "k"),
            epoch=state.epoch.n,
            pid=ids.raw(self.me, "p"),
            dev=ids.raw(self._device.dev, "d"),
            seq=seq,
            msg_id=ids.raw(msg, "m"),
            kind=kind,
            thread=thread,
            ref=ref,
            sent_at=int(time.time()),
        )
        return envelope.seal(draft, content.pad(said), secret, self._device.key)

    def own_seq(self, room: RoomId, last: bytes | None) -> int:
        """The number of this device's last envelope, as relay shows it; raises `DoesNotVerify` if it is not the device's own."""
        if last is None:
            return 0
        try:
            parsed = envelope.parse(last)
        except envelope.BadEnvelope:
            raise DoesNotVerify("last envelope") from None
        mine = (ids.raw(self._device.dev, "d"), ids.raw(room, "r"))
        if (parsed.dev, parsed.room) != mine or not envelope.signature_holds(last, self._device.key.public_key()):
            raise DoesNotVerify("last envelope")
        return parsed.seq
