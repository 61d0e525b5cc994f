"""Writing what webhooks were told: sealed under the room's current key, signed by the webhook's device, handed to relay until it has it.

In order for each webhook, and each message under one message id and number however often it is tried, so that nothing stands twice: relay
acknowledges again what it has. `epoch_stale` seals anew; `seq_refused` adopts relay's last envelope of the device after checking its
signature, as every client does.
"""

import asyncio
import random
from dataclasses import dataclass
from typing import Final

import msgspec

from samrum.home.devices.actions import Certified, Devices
from samrum.home.hooks import tables
from samrum.home.keys.actions import EpochKeys
from samrum.home.keys.folder import KeyFolder
from samrum.home.keys.root import RootAway
from samrum.home.outbox.actions import Outbox
from samrum.home.outbox.outside import Relay, RelayAway, RelayRefused
from samrum.home.rooms import tables as rooms
from samrum.home.rooms.actions import Rooms
from samrum.home.rooms.change import Change
from samrum.plumbing.clock import Clock
from samrum.plumbing.log import Log
from samrum.plumbing.transactions import Transactions, Tx
from samrum.wire import content, envelope, ids, jws
from samrum.wire.codes import Code
from samrum.wire.content import Content
from samrum.wire.envelope import Envelope
from samrum.wire.ids import Dev, TenantId
from samrum.wire.relay_api import LastOf, PutEnvelope, Stored, WantLast
from samrum.wire.rooms_api import Post
from samrum.wire.statements import MemberEntry, Role

AT_ONCE: Final = 8
"""Webhooks that are served at the same time."""
PAUSES: Final = (0.2, 5.0)
"""Seconds to wait while relay is away, first and at most."""
LATER: Final = (1, 60)
"""Seconds before a message that relay refused is tried again, first and at most."""
HOPELESS: Final = {Code.TOO_LARGE, Code.BAD_ENVELOPE, Code.MSG_ID_TAKEN}
"""Refusals that no later try can change."""


def writing_role(room: rooms.Row) -> Role:
    """As what a webhook is in the room: the least role that may write there."""
    return Role.MODERATOR if room.post == Post.MODERATOR else Role.MEMBER


@dataclass(frozen=True, slots=True)
class _Ready:
    """A message that can be handed over."""

    dev: Dev
    seq: int
    grant: str
    env: bytes


class Sending:
    """The worker. `woken` after each commit that added a message."""

    def __init__(
        self,
        *,
        db: Transactions,
        clock: Clock,
        tenant: TenantId,
        folder: KeyFolder,
        keys: EpochKeys,
        devices: Devices,
        rooms: Rooms,
        out: Outbox,
        relay: Relay,
        log: Log,
    ) -> None:
        self._db, self._clock, self._tenant, self._folder = db, clock, tenant, folder
        self._keys, self._devices, self._rooms, self._relay, self._log = keys, devices, rooms, relay, log
        self._out = out
        self._work = asyncio.Event()

    def woken(self, _result: object = None) -> None:
        """Something was added; safe as `publish` of a transaction."""
        self._work.set()

    async def run(self) -> None:
        """Hands over for ever."""
        pause = PAUSES[0]
        while True:
            self._work.clear()
            now = int(self._clock.now())
            heads = await self._db.read(lambda tx: tables.heads(tx, now, now + LATER[1], AT_ONCE))  # noqa: B023  awaited at once
            if not heads:
                due = await self._db.read(lambda tx: tables.next_due(tx, now))  # noqa: B023
                await self._rest(max(0.5, due - now) if due else None)
            elif all(await asyncio.gather(*(self._send(head) for head in heads))):
                pause = PAUSES[0]
            else:
                self._log.warning("hooks.relay_away", pause=pause)
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311  jitter, not a secret
                pause = min(pause * 2, PAUSES[1])

    async def _rest(self, seconds: float | None) -> None:
        try:
            await asyncio.wait_for(self._work.wait(), seconds)
        except TimeoutError:
            return

    async def _send(self, message: tables.Message) -> bool:
        """Tries one message; tells whether relay is there."""
        now = int(self._clock.now())
        try:
            ready = await self._db.write(lambda tx: self._ready(tx, message, now), publish=self._out.woken)
        except (RootAway, OSError) as error:
            self._log.error("keys.root_away", error=error)
            await self._db.write(lambda tx: tables.later(tx, message.id, now + LATER[1]))
            return True
        if ready is None:
            return True
        try:
            answer = await self._relay.post_packed("envelopes", PutEnvelope(grant=ready.grant, env=ready.env))
            stored = msgspec.msgpack.decode(answer, type=Stored)
        except RelayAway:
            return False
        except RelayRefused as error:
            await self._refused(message, ready, error, now)
            return True
        if stored.hash != envelope.stored_hash(ready.env):
            # A repeat: relay keeps the bytes of the first try, which differ in salt. It names the message by its id all the same.
            self._log.info("hook.repeated", hook=message.pid, message=message.msg)

        def done(tx: Tx) -> None:
            tables.counted(tx, message.pid, ready.dev, ready.seq)
            tables.used(tx, message.pid, now)
            tables.done(tx, message.id)

        await self._db.write(done)
        self._log.info("hook.sent", hook=message.pid, message=message.msg, tries=message.tries)
        return True

    def _ready(self, tx: Tx, message: tables.Message, now: int) -> _Ready | None:
        """The message sealed; `None` if it is no longer to be sent, or only later."""
        hook = tables.get(tx, message.pid)
        room = rooms.get(tx, hook.room) if hook else None
        role = rooms.role_of(tx, hook.room, hook.pid) if hook else None
        if hook is None or room is None or role is None:
            tables.done(tx, message.id)  # taken out of the room: `tidy` ends it
            return None
        if role != writing_role(room) and not room.archived:  # the room's rule has changed
            entry = MemberEntry(pid=hook.pid, role=writing_role(room))
            self._rooms.apply(tx, room, Change([], [], [entry]), now)
            room = rooms.get(tx, hook.room)
            assert room is not None  # it was there
        current = self._keys.current(tx, room.room, room.epoch)
        if current is None or room.archived:
            tables.later(tx, message.id, now + LATER[1])
            return None
        dev, seq = hook.dev or ids.new_dev(), hook.seq
        papers = self._papers(tx, hook, dev, now)
        if papers is None:  # it was not used for so long that it ended, or its secret was lost: another one
            dev, seq = ids.new_dev(), 0
            papers = self._papers(tx, hook, dev, now)
            assert papers is not None  # it is new
        if dev != hook.dev:
            tables.writes_under(tx, hook.pid, dev)
        key_id, secret = current
        key = self._folder.integration_key(dev)
        draft = Envelope(
            tenant=ids.raw(self._tenant, "t"),
            room=ids.raw(room.room, "r"),
            key_id=ids.raw(key_id, "k"),
            epoch=room.epoch,
            pid=ids.raw(hook.pid, "p"),
            dev=ids.raw(dev, "d"),
            seq=seq + 1,
            msg_id=ids.raw(message.msg, "m"),
            sent_at=now,
        )
        sealed = envelope.seal(draft, content.pad(Content(t=message.text)), secret, key)
        return _Ready(dev, seq + 1, papers.grant, sealed)

    def _papers(self, tx: Tx, hook: tables.Row, dev: Dev, now: int) -> Certified | None:
        jwk = jws.jwk_of(self._folder.integration_key(dev).public_key())
        return self._devices.of_integration(tx, hook.pid, dev, jwk=jwk, name=hook.name, now=now)

    async def _refused(self, message: tables.Message, ready: _Ready, error: RelayRefused, now: int) -> None:
        """Relay did not take it: later, unless it never will."""
        if error.code in HOPELESS:
            self._log.error("hook.dropped", hook=message.pid, code=error.code)
            await self._db.write(lambda tx: tables.done(tx, message.id))
            return
        if error.code == Code.SEQ_REFUSED and await self._adopt(message, ready):
            return
        # `epoch_ahead` and `not_a_member` mean that relay does not have the roster yet, `epoch_stale` that a newer one came meanwhile.
        quiet = error.code in {Code.EPOCH_AHEAD, Code.EPOCH_STALE, Code.NOT_A_MEMBER}
        if not quiet or message.tries > 3:
            self._log.warning("hook.refused", hook=message.pid, code=error.code, status=error.status)
        first, last = LATER
        due = now + min(last, first << min(message.tries, 10))
        await self._db.write(lambda tx: tables.later(tx, message.id, due))

    async def _adopt(self, message: tables.Message, ready: _Ready) -> bool:
        """Takes the number of relay's last envelope of the device for ours, if it is one of the device's own."""
        hook = await self._db.read(lambda tx: tables.get(tx, message.pid))
        if hook is None:
            return False
        try:
            data = await self._relay.post_packed("last", WantLast(grant=ready.grant, room=hook.room))
        except (RelayAway, RelayRefused):
            return False
        last = msgspec.msgpack.decode(data, type=LastOf).env
        seq = 0
        if last is not None:
            parsed = envelope.parse(last)
            key = self._folder.integration_key(ready.dev).public_key()
            if parsed.dev != ids.raw(ready.dev, "d") or not envelope.signature_holds(last, key):
                self._log.error("hook.forged_last", hook=message.pid)
                return False
            seq = parsed.seq
        if seq == ready.seq - 1:
            return False  # that is the number we used: it was refused for another reason
        await self._db.write(lambda tx: tables.counted(tx, message.pid, ready.dev, seq))
        return True
