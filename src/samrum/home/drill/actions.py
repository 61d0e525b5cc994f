"""Opening sample messages with restored keys, and counting."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag

from samrum.home.drill.restore import Restored
from samrum.home.keys import copy, sealing
from samrum.home.keys.copy import Kept
from samrum.wire import aead, envelope, ids, jws
from samrum.wire.envelope import Envelope
from samrum.wire.ids import KeyId, RoomId
from samrum.wire.keys import commitment
from samrum.wire.relay_api import LogPage, LogRow

OPEN_KEYS: Final = 10_000
"""Epoch keys that are kept open at a time."""


class Report(msgspec.Struct):
    """What came out. Numbers only."""

    rooms: int = 0
    """Rooms with messages in the log."""
    epochs: int = 0
    """Keys of rooms' epochs that those messages name."""
    keys: int = 0
    """Epoch keys at the second place."""
    periods: int = 0
    """Period keys that the shares opened."""
    messages: int = 0
    """Messages in the log."""
    tried: int = 0
    opened: int = 0
    failures: dict[str, int] = {}
    """By cause: `bad_envelope`, `no_key` (not at the second place), `no_period` (its period key is not among the restored: destroyed, or
    lost), `bad_key` (does not unwrap, or is not what its commitment says), `cannot_open` (the message does not open)."""

    def text(self) -> str:
        """One line of JSON."""
        return msgspec.json.encode(self).decode()

    def well(self) -> bool:
        """Whether the drill succeeded: something was tried, and all of it opened."""
        return 0 < self.opened == self.tried and not self.failures


class _Fails(Exception):
    """One message does not open; the argument is the cause."""


class Drill:
    """One run over a log."""

    def __init__(self, restored: Restored, second_copy: Path, *, per_epoch: int) -> None:
        """`per_epoch`: how many messages of each epoch are opened, from its first; 0 is all."""
        self._restored, self._per_epoch = restored, per_epoch
        self._kept: dict[KeyId, Kept] = {row.key_id: row for row in copy.read(second_copy)}
        self._keys: dict[KeyId, bytes] = {}
        self._seen: Counter[tuple[RoomId, KeyId]] = Counter()
        self._failures: Counter[str] = Counter()
        periods = sum(1 for name in restored.names if name.startswith("period-"))
        self.report = Report(keys=len(self._kept), periods=periods)

    def pages(self, pages: Iterable[LogPage]) -> Report:
        """The report on a whole log."""
        for page in pages:
            self.page(page)
        return self.done()

    def page(self, page: LogPage) -> None:
        """Goes over one page."""
        for row in page.rows:
            self.report.messages += 1
            try:
                found = envelope.parse(row.env)
                key_id = KeyId(ids.text("k", found.key_id))
            except ValueError:
                self.report.tried += 1
                self._failures["bad_envelope"] += 1
                continue
            self._seen[row.room, key_id] += 1
            if self._per_epoch and self._seen[row.room, key_id] > self._per_epoch:
                continue
            self.report.tried += 1
            try:
                self._open(row, found, key_id)
                self.report.opened += 1
            except _Fails as cause:
                self._failures[str(cause)] += 1

    def done(self) -> Report:
        """The report."""
        self.report.rooms = len({room for room, _ in self._seen})
        self.report.epochs = len(self._seen)
        self.report.failures = dict(sorted(self._failures.items()))
        return self.report

    def _open(self, row: LogRow, found: Envelope, key_id: KeyId) -> None:
        tenant = self._restored.tenant
        if (found.tenant, found.room) != (ids.raw(tenant, "t"), ids.raw(row.room, "r")):
            raise _Fails("bad_envelope")
        kept = self._kept.get(key_id)
        if kept is None or (kept.room, kept.epoch) != (row.room, found.epoch):
            raise _Fails("no_key")
        try:
            envelope.open_content(found, self._key(kept))
        except aead.CannotOpen:
            raise _Fails("cannot_open") from None

    def _key(self, kept: Kept) -> bytes:
        if kept.key_id not in self._keys:
            period = self._restored.period(kept.month, kept.retention)
            if period is None:
                raise _Fails("no_period")
            bound_to = sealing.aad(self._restored.tenant, kept.room, kept.epoch, kept.key_id)
            try:
                key = sealing.unwrap(period, kept.wrapped, bound_to)
            except (InvalidTag, ValueError):
                raise _Fails("bad_key") from None
            if jws.b64(commitment(key)) != kept.kc:
                raise _Fails("bad_key")
            if len(self._keys) == OPEN_KEYS:
                self._keys.clear()
            self._keys[kept.key_id] = key
        return self._keys[kept.key_id]
