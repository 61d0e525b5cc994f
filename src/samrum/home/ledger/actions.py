"""Appending to the ledger, signing its head, handing it to relay."""

import asyncio
from typing import Final

import msgspec

from samrum.home.keys.folder import Signer
from samrum.home.ledger import chain, tables
from samrum.home.outbox.outside import Relay, RelayAway, RelayRefused
from samrum.plumbing.clock import Clock
from samrum.plumbing.log import Log
from samrum.plumbing.transactions import Transactions, Tx
from samrum.wire import home_api
from samrum.wire import ledger as arithmetic
from samrum.wire.ids import TenantId
from samrum.wire.relay_api import PutHead
from samrum.wire.statements import Head

HAND_OVER: Final = 10_000
"""Entries that relay takes at a time."""
MAX_PAGE: Final = 1000
AWAY_SECONDS: Final = 5.0
"""Until the next try when relay is away."""


def append(tx: Tx, entry: chain.Entry) -> None:
    """Appends `entry` in the transaction of the change that it tells of."""
    n, head = tables.last(tx)
    line = msgspec.json.encode(entry).decode()
    tables.add(tx, n + 1, line, arithmetic.extend(head or arithmetic.FIRST, [arithmetic.entry_hash(line)]))


class Ledger:
    """The head: signed when it changed, and witnessed by relay."""

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

    async def run(self, seconds: float) -> None:
        """Signs and hands over every `seconds`, for ever."""
        while True:
            pause = seconds
            try:
                while await self.sign_head():
                    pass
            except RelayAway:
                self._log.warning("ledger.relay_away")
                pause = min(seconds, AWAY_SECONDS)
            except RelayRefused as error:
                self._log.error("ledger.refused", code=error.code, status=error.status)
            await asyncio.sleep(pause)

    async def sign_head(self) -> bool:
        """Signs the head if it changed and hands it to relay; tells whether more entries wait. Raises what relay raises."""
        now = int(self._clock.now())

        def sign(tx: Tx) -> tuple[int, str, list[str]] | None:
            n, statement, witnessed = tables.head(tx)
            if statement is None or n == witnessed:
                rows = tables.heads_after(tx, witnessed, HAND_OVER)
                if not rows:
                    return None
                n, _, head = rows[-1]
                statement = self._signer.sign(Head(tenant=self._tenant, n=n, head=head, iat=now))
                tables.signed(tx, n, statement)
            lines = tables.after(tx, witnessed, n - witnessed)
            return n, statement, [arithmetic.entry_hash(entry.line) for entry in lines]

        work = await self._db.write(sign)
        if work is None:
            return False
        n, statement, hashes = work
        await self._relay.post("head", PutHead(jws=statement, entries=hashes))
        await self._db.write(lambda tx: tables.witnessed(tx, n))
        return True

    async def page(self, after: int, limit: int) -> home_api.Ledger:
        """Entries after the `after`-th, and the newest signed head."""

        def read(tx: Tx) -> home_api.Ledger:
            _, statement, _ = tables.head(tx)
            return home_api.Ledger(head=statement, entries=tables.after(tx, after, min(limit, MAX_PAGE)))

        return await self._db.read(read)

    async def client_served(self, digest: str) -> None:
        """Writes down which build of the web client is served, if it is another than before."""
        now = int(self._clock.now())

        def write(tx: Tx) -> None:
            line = tables.client(tx)
            if line is None or msgspec.json.decode(line, type=chain.ClientServed).digest != digest:
                append(tx, chain.ClientServed(at=now, digest=digest))

        await self._db.write(write)
