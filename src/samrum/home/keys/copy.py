"""The second copy: every wrapped epoch key stands here before it is first released, on another disk or host than the database.

    <keys.second_copy>/samrum-second-copy            {tenant, id}: says that this is the place, and not the empty folder where it is mounted
                       epochs-<YYYY-MM>.<class>.jsonl one line of JSON (`Kept`) a key, appended; one file a period key

Keys stand here as in the database: wrapped under period keys, which are never here. A line that a crash cut off is skipped when read: its
key was never committed. A line whose commit did not come is an orphan that no roster names. Many keys of one transaction are one write.
"""

import fcntl
import os
import queue
import secrets
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Final

import msgspec

from samrum.home.keys import files
from samrum.plumbing.config import BadConfig
from samrum.wire.ids import KeyId, RoomId, TenantId

MARK: Final = "samrum-second-copy"
KNOWN: Final = "second-copy.id"
"""File in the key folder: which place it is."""
SECONDS: Final = 5.0
"""How long a write may take: a host that hangs must not stop home."""


class CopyAway(Exception):
    """The second place cannot be written: gone, full, not mounted, or it hangs. The message is for the administrator."""


class Kept(msgspec.Struct, forbid_unknown_fields=True):
    """One wrapped key, as in the database."""

    room: RoomId
    epoch: int
    key_id: KeyId
    kc: str
    month: str
    retention: str
    wrapped: str
    created: int


class _Mark(msgspec.Struct, forbid_unknown_fields=True):
    tenant: TenantId
    id: str


class SecondCopy:
    """The place. Safe to use from any thread; all is written by one thread of its own, which a hanging disk may hold."""

    def __init__(self, place: Path, keys: Path, tenant: TenantId) -> None:
        self._place, self._known, self._tenant = place, keys / KNOWN, tenant
        self._jobs: queue.SimpleQueue[tuple[Callable[[], None], Future[None]]] = queue.SimpleQueue()
        self._last: Future[None] | None = None
        threading.Thread(target=self._work, name="second-copy", daemon=True).start()

    def settle(self, *, anew: bool = False) -> None:
        """Takes the folder as the second place on the first start, or `anew` after the old one was lost; raises `CopyAway`.

        A home that has never had a second place must not begin without one: `BadConfig`.
        """
        first = not self._known.exists()
        try:
            self._wait(lambda: self._settle(anew=anew))
        except CopyAway as error:
            if first:
                raise BadConfig(f"keys.second_copy = {error}") from None
            raise

    def keep(self, rows: list[Kept]) -> None:
        """Returns after all of `rows` are durable here; raises `CopyAway`."""
        self._wait(lambda: self._append(rows))

    def ids(self) -> set[KeyId]:
        """Which keys stand here; raises `CopyAway`."""
        self._check()
        return {row.key_id for row in read(self._place)}

    def _wait(self, work: Callable[[], None]) -> None:
        if self._last is not None and not self._last.done():
            raise CopyAway(f"{self._place}: does not answer")
        self._last = Future()
        self._jobs.put((work, self._last))
        try:
            self._last.result(SECONDS)
        except TimeoutError:
            raise CopyAway(f"{self._place}: does not answer") from None
        except OSError as error:
            raise CopyAway(f"{self._place}: {error.strerror}") from None

    def _work(self) -> None:
        while True:
            work, future = self._jobs.get()
            try:
                work()
            except Exception as error:  # noqa: BLE001  it belongs to the caller
                future.set_exception(error)
            else:
                future.set_result(None)

    def _settle(self, *, anew: bool) -> None:
        if self._known.exists() and not anew:
            self._check()
            return
        if not self._place.is_dir():
            raise CopyAway(
                f"{self._place}: there is no such folder; make it, on another disk or host than the database"
            )
        mark = _Mark(tenant=self._tenant, id=secrets.token_hex(16))
        files.replace(self._place / MARK, msgspec.json.encode(mark).decode())
        files.replace(self._known, mark.id)

    def _check(self) -> None:
        try:
            mark = msgspec.json.decode((self._place / MARK).read_bytes(), type=_Mark)
            known = self._known.read_text("ascii")
        except (OSError, msgspec.MsgspecError):
            raise CopyAway(
                f"{self._place}: holds no second copy of this home; is the disk mounted? "
                "If it was replaced, run `samrum home second-copy`"
            ) from None
        if (mark.tenant, mark.id) != (self._tenant, known):
            raise CopyAway(f"{self._place}: holds the second copy of another home, or an older one")

    def _append(self, rows: list[Kept]) -> None:
        self._check()
        by_file: dict[str, list[bytes]] = {}
        for row in rows:
            by_file.setdefault(f"epochs-{row.month}.{row.retention}.jsonl", []).append(msgspec.json.encode(row))
        for name, lines in by_file.items():
            self._write(self._place / name, b"\n".join(lines) + b"\n")

    @staticmethod
    def _write(path: Path, data: bytes) -> None:
        """Appends durably. A beginning that a crash or a full disk left behind stays a line of its own, which nobody can read."""
        fresh = not path.exists()
        number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(number, fcntl.LOCK_EX)
            size = os.fstat(number).st_size
            if size and os.pread(number, 1, size - 1) != b"\n":
                data = b"\n" + data
            while data:
                data = data[os.write(number, data) :]
            os.fsync(number)
        finally:
            os.close(number)
        if fresh:
            files.sync(path.parent)


def read(place: Path) -> Iterator[Kept]:
    """Every whole line of the second copy in `place`, oldest first by file."""
    for path in sorted(place.glob("epochs-*.jsonl")):
        with path.open("rb") as lines:
            for line in lines:
                try:
                    yield msgspec.json.decode(line, type=Kept)
                except msgspec.MsgspecError:
                    continue


def same_disk(place: Path, data: Path) -> bool:
    """Whether one broken disk would take both."""
    try:
        return place.stat().st_dev == data.stat().st_dev
    except OSError:
        return False
