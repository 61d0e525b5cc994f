"""Writes sealed messages into the log of a test's relay, as a person's device would."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from samrum.wire import content, envelope, ids, jws
from samrum.wire.content import Content
from samrum.wire.envelope import Envelope, EnvelopeKind
from samrum.wire.home_api import Changed
from samrum.wire.ids import MsgId, RoomId
from samrum.wire.relay_api import LogRow
from tests.home.client import Person
from tests.home.recorder import Recorder


class Writer:
    """Gives every envelope its number, position and sequence."""

    def __init__(self, relay: Recorder) -> None:
        self.relay = relay
        self.keys: dict[tuple[RoomId, int], tuple[bytes, bytes]] = {}
        self.epochs: dict[RoomId, int] = {}
        self.pos: dict[RoomId, int] = {}
        self.seq: dict[tuple[RoomId, str], int] = {}

    def learn(self, changed: Changed) -> RoomId:
        """The keys that came with a change."""
        for one in changed.keys.keys:
            self.keys[one.room, one.epoch] = ids.raw(one.key_id, "k"), jws.unb64(one.key)
            self.epochs[one.room] = max(self.epochs.get(one.room, 0), one.epoch)
        return changed.room.room

    def seal(
        self, by: Person, room: RoomId, said: Content, /, *, kind: int = EnvelopeKind.MESSAGE, ref: MsgId | None = None,
        key: bytes | None = None, device: Ed25519PrivateKey | None = None, **other: Any,
    ) -> bytes:  # fmt: skip
        """An envelope; `other` fields replace the right ones."""
        epoch = other.get("epoch", self.epochs[room])
        key_id, right = self.keys[room, epoch]
        right_seq = self.seq.get((room, by.dev), 0) + 1
        fields: dict[str, Any] = {
            "tenant": ids.raw(by.started.tenant, "t"),
            "room": ids.raw(room, "r"),
            "key_id": key_id,
            "epoch": epoch,
            "pid": ids.raw(by.pid, "p"),
            "dev": ids.raw(by.dev, "d"),
            "seq": right_seq,
            "msg_id": ids.raw(ids.new_msg_id(), "m"),
            "kind": kind,
            "ref": ids.raw(ref, "m") if ref else ids.NONE,
            "sent_at": int(by.now()),
        }
        draft = Envelope(**(fields | other))
        self.seq[room, by.dev] = draft.seq
        return envelope.seal(draft, content.pad(said), key or right, device or by.key)

    def store(self, room: RoomId, data: bytes) -> MsgId:
        """Puts it at the end of the log."""
        self.pos[room] = self.pos.get(room, 0) + 1
        n = self.relay.log[-1].n + 1 if self.relay.log else 1
        self.relay.log.append(LogRow(n=n, room=room, pos=self.pos[room], env=data))
        return MsgId(ids.text("m", data[3 + 1 + 16 * 3 + 4 + 16 * 2 + 8 :][:16]))

    def write(
        self, by: Person, room: RoomId, text: str = "", *, say: dict[str, Any] | None = None, **other: Any
    ) -> MsgId:
        """Seals and stores; the message's id."""
        return self.store(room, self.seal(by, room, Content(t=text, **(say or {})), **other))

    def edit(self, by: Person, room: RoomId, ref: MsgId, text: str, **other: Any) -> MsgId:
        return self.write(by, room, text, kind=EnvelopeKind.EDIT, ref=ref, **other)

    def delete(self, by: Person, room: RoomId, ref: MsgId) -> MsgId:
        return self.write(by, room, kind=EnvelopeKind.DELETION, ref=ref)
