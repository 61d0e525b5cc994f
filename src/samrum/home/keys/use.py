"""How much each key has sealed: a key is renewed after 50,000 messages, by what relay's log says each minute."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from samrum.home.keys import tables
from samrum.home.outbox.outside import Relay, RelayAway, RelayRefused
from samrum.plumbing.log import Log
from samrum.plumbing.transactions import Transactions
from samrum.wire.relay_api import Positions

SECONDS: Final = 60.0


class KeyUse:
    """Counts, and has full keys renewed."""

    def __init__(self, *, db: Transactions, relay: Relay, renew: Callable[[], Awaitable[None]], log: Log) -> None:
        self._db, self._relay, self._renew, self._log = db, relay, renew, log

    async def run(self) -> None:
        """Counts every minute, for ever."""
        while True:
            try:
                while await self._count():
                    pass
                await self._renew()
            except RelayAway:
                self._log.info("keys.not_counted")
            except RelayRefused as error:
                self._log.error("keys.not_counted", code=error.code, status=error.status)
            await asyncio.sleep(SECONDS)

    async def _count(self) -> bool:
        """One answer of relay; tells whether more waits."""
        cursor = await self._db.read(tables.use_cursor)
        found = msgspec.json.decode(await self._relay.get(f"positions?after={cursor}"), type=Positions)
        if found.cursor != cursor:
            await self._db.write(lambda tx: tables.used(tx, found.rooms, found.cursor))
        return found.more
