"""Delivering to relay: in order per lane (a room, a person), again and again until relay has it.

A thing is added in the transaction of the change that it tells of, so neither exists without the other. Relay answers a
repeated roster as it did the first one, so a crash between delivery and `done` is harmless. Hints are never stored by
relay and browsers ask home after every reconnect, so a hint gets one try.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from samrum.home.keys.folder import Signer
from samrum.home.outbox import tables
from samrum.home.outbox.outside import Relay, RelayAway, RelayRefused
from samrum.plumbing.clock import Clock
from samrum.plumbing.log import Log, Word
from samrum.plumbing.transactions import Transactions, Tx
from samrum.wire.codes import Code
from samrum.wire.ids import Pid, RoomId, TenantId
from samrum.wire.relay_api import Applied, PutHints, PutRevocation, PutRoster
from samrum.wire.statements import Hint, Topic

HINTS_AT_ONCE: Final = 500
"""Hints in one call, as many as relay takes."""
AT_ONCE: Final = 8
"""Lanes that are served at the same time."""
FIRST_PAUSE: Final = 0.2
LAST_PAUSE: Final = 5.0
REFUSED_PAUSE: Final = (5, 60)
"""Seconds before a refused thing is tried again, first and at most: an operator has to look, or a clock has to be set."""


def add_roster(tx: Tx, room: RoomId, version: int) -> None:
    """Owes relay a room's roster."""
    tables.add(tx, lane=room, kind="roster", target=room, version=version)


def add_hint(tx: Tx, to: RoomId | Pid, topic: Topic, *, lane: RoomId | Pid, version: int = 0) -> None:
    """Owes relay a hint, to be delivered after what is in `lane` already."""
    tables.add(tx, lane=lane, kind="hint", target=to, version=version, body=topic)


def add_hints(tx: Tx, people: Sequence[Pid], topic: Topic, *, lane: RoomId, version: int) -> None:
    """Owes relay the same hint to many people, in as few calls as may be."""
    for start in range(0, len(people), HINTS_AT_ONCE):
        body = " ".join([topic, *people[start : start + HINTS_AT_ONCE]])
        tables.add(tx, lane=lane, kind="hint", target=lane, version=version, body=body)


def add_revocation(tx: Tx, pid: Pid, statement: str) -> None:
    """Owes relay a signed revocation."""
    tables.add(tx, lane=pid, kind="revoke", target=pid, body=statement)


class Outbox:
    """The deliverer. `woken` after each commit that added something; `delivered` to wait for relay's word."""

    def __init__(
        self, *, db: Transactions, clock: Clock, signer: Signer, tenant: TenantId, relay: Relay, log: Log
    ) -> None:
        self._db, self._clock, self._signer, self._tenant, self._relay, self._log = (
            db,
            clock,
            signer,
            tenant,
            relay,
            log,
        )
        self._work = asyncio.Event()
        self._waiting: dict[tuple[str, str], list[tuple[int, asyncio.Future[None]]]] = {}

    def woken(self, _result: object = None) -> None:
        """Something was added; safe as `publish` of a transaction."""
        self._work.set()

    async def count(self) -> int:
        """How many things wait for relay."""
        return await self._db.read(tables.count)

    async def delivered(self, kind: str, target: str, version: int, seconds: float) -> bool:
        """Whether relay has `version` of the target (a room's roster; 0 for a person's revocations) within `seconds`."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault((kind, target), [])
        waiting.append((version, future))
        try:
            await asyncio.wait_for(future, seconds)
        except TimeoutError:
            return False
        finally:
            waiting.remove((version, future))
            if not waiting:
                self._waiting.pop((kind, target), None)
        return True

    async def run(self) -> None:
        """Delivers for ever."""
        pause = FIRST_PAUSE
        while True:
            self._work.clear()
            now = int(self._clock.now())
            rows = await self._db.read(lambda tx: tables.heads(tx, now, now + REFUSED_PAUSE[1], AT_ONCE))  # noqa: B023  awaited at once
            if not rows:
                due = await self._db.read(lambda tx: tables.next_due(tx, now))  # noqa: B023
                await self._rest(max(0.5, due - now) if due else None)
                continue
            outcomes = await asyncio.gather(*(self._deliver(row) for row in rows))
            if all(outcomes):
                pause = FIRST_PAUSE
            else:
                self._log.warning("outbox.relay_away", pause=pause)
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311  jitter, not a secret
                pause = min(pause * 2, LAST_PAUSE)

    async def _rest(self, seconds: float | None) -> None:
        try:
            await asyncio.wait_for(self._work.wait(), seconds)
        except TimeoutError:
            return

    async def _deliver(self, row: Any) -> bool:
        """Delivers one thing; tells whether relay is there."""
        try:
            after = await self._send(row)
        except RelayAway:
            if row.kind == "hint":
                await self._db.write(lambda tx: tables.done(tx, row.id))
            return False
        except RelayRefused as error:
            self._log.error("outbox.refused", kind=Word(row.kind), code=error.code, status=error.status)
            first, last = REFUSED_PAUSE
            due = int(self._clock.now()) + min(last, first << min(row.tries, 10))
            await self._db.write(
                lambda tx: tables.done(tx, row.id) if row.kind == "hint" else tables.later(tx, row.id, due)
            )
            return True

        def done(tx: Tx) -> None:
            tables.done(tx, row.id)
            if after:
                after(tx)

        await self._db.write(done, publish=lambda _: self._tell(row.kind, row.target, row.version))
        return True

    def _tell(self, kind: str, target: str, version: int) -> None:
        for wanted, future in self._waiting.get((kind, target), []):
            if wanted <= version and not future.done():
                future.set_result(None)

    async def _send(self, row: Any) -> Callable[[Tx], None] | None:
        if row.kind == "roster":
            room, version = RoomId(row.target), int(row.version)
            await self._roster(room, version)
            return lambda tx: tables.delivered(tx, room, version)
        if row.kind == "hint":
            topic, *people = row.body.split()
            now = int(self._clock.now())
            hints = [
                Hint(tenant=self._tenant, to=to, topic=Topic(topic), iat=now, version=row.version)
                for to in people or [row.target]
            ]
            await self._relay.post("hints", PutHints(jws=[self._signer.sign(hint) for hint in hints]))
        else:
            await self._relay.post("revocations", PutRevocation(jws=row.body))
        return None

    async def _roster(self, room: RoomId, version: int) -> None:
        """Hands over one roster, and before it those that relay has lost (an operator's restored backup)."""
        have = version - 1
        for _ in range(2):
            chain = await self._db.read(lambda tx: tables.chain(tx, room, have, version))  # noqa: B023
            try:
                for _, statement in chain:
                    answer = await self._relay.post("rosters", PutRoster(jws=statement))
                    msgspec.json.decode(answer, type=Applied)
            except RelayRefused as error:
                if error.code != Code.ROSTER_GAP or error.have is None or error.have >= version - 1:
                    raise
                self._log.warning("outbox.relay_lost_rosters", room=room, have=error.have, want=version)
                have = error.have
                continue
            return
