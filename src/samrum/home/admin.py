"""What administrators of home run beside it or while it is stopped. Each gives sentences or numbers; none prints a secret or a name, and only `ownerless` titles."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import msgspec

from samrum.home.config import HomeConfig
from samrum.home.drill import log
from samrum.home.drill.actions import Drill, Report
from samrum.home.drill.restore import Restored
from samrum.home.keys import rewrap as moving
from samrum.home.keys import shares
from samrum.home.keys import tables as key_tables
from samrum.home.keys.copy import CopyAway, Kept, SecondCopy
from samrum.home.keys.folder import KeyFolder
from samrum.home.records import tables as records
from samrum.home.rooms import tables as room_tables
from samrum.plumbing import config as plumbing_config
from samrum.plumbing.config import BadConfig
from samrum.plumbing.transactions import look

AT_ONCE: Final = 1000
MEMORY: Final = Path("/dev/shm")  # noqa: S108  a drill's keys never touch a disk where there is a file system in memory


def make_shares(path: Path, places: list[Path], *, anew: bool) -> list[str]:
    """Three shares for three people; raises `BadConfig`."""
    config = plumbing_config.read(path, HomeConfig)
    shares.make(config, places, anew=anew)
    written = [f"{place}: share {number} of {shares.MADE}" for number, place in enumerate(places, 1)]
    return [
        *written,
        "Give each to another person, who copies the words to paper and checks them with `samrum home shares check`.",
    ]


def check_shares(places: list[Path], recovery: Path | None, path: Path | None) -> list[str]:
    """What one share, or two and the folder, are worth; raises `BadConfig`."""
    if recovery is None and path is not None:
        recovery = plumbing_config.read(path, HomeConfig).keys.recovery
    return shares.check(places, recovery)


def rewrap(path: Path, to: Literal["file", "pkcs11"]) -> list[str]:
    """Moves the root key; raises `BadConfig`."""
    config = plumbing_config.read(path, HomeConfig)
    number = moving.rewrap(config, to)
    left = (
        "The old root.key is destroyed."
        if to == "pkcs11"
        else "The key in the token is left: remove it with the token's own tools."
    )
    return [
        f"{number} files are sealed under the new root key. {left}",
        f'Now write `root = "{to}"` under [keys] in {path}, and start home.',
    ]


def new_second_copy(path: Path) -> list[str]:
    """Takes the configured folder as the second place in the stead of one that was lost, and fills it; raises `BadConfig`."""
    config = plumbing_config.read(path, HomeConfig)
    config.check_places()
    copy = SecondCopy(config.keys.second_copy, config.keys.folder, config.tenant)
    number = 0
    try:
        copy.settle(anew=True)
        there = copy.ids()
        for rows in _keys(config):
            missing = [row for row in rows if row.key_id not in there]
            copy.keep(missing)
            number += len(missing)
    except CopyAway as error:
        raise BadConfig(f"keys.second_copy = {error}") from None
    return [f"{config.keys.second_copy}: holds {len(there) + number} keys now, {number} of them new."]


def _keys(config: HomeConfig) -> Iterator[list[Kept]]:
    with look(config.data / "home.db") as tx:
        room, epoch = "", 0
        while rows := key_tables.all_of(tx, room, epoch, AT_ONCE):
            room, epoch = rows[-1][0], rows[-1][1].epoch
            yield [Kept(of, *row[:-1]) for of, row in rows]


def write_log(path: Path, out: Path) -> list[str]:
    """Relay's whole log of this tenant into a file; raises `BadConfig`."""
    config = plumbing_config.read(path, HomeConfig)
    signer = KeyFolder(config.keys, config.tenant).signer

    async def write() -> int:
        number = 0
        with out.open("xb") as file:
            async for page, data in log.pull(config, signer):
                file.write(log.framed(data))
                number += len(page.rows)
        return number

    try:
        number = asyncio.run(write())
    except OSError as error:
        raise BadConfig(f"{out}: cannot be written: {error.strerror}") from None
    return [f"{out}: {number} sealed messages"]


class RecordsStatus(msgspec.Struct):
    """How far the records are. Numbers only."""

    here: int
    """Envelopes of relay's log that the mirror has."""
    gone_over: int
    """Those that the index has gone over."""
    skipped: dict[str, int]
    """Those that it left out, by cause (`records/opening.py`)."""


def records_status(path: Path) -> str:
    """One line of JSON; raises `BadConfig`."""
    config = plumbing_config.read(path, HomeConfig)
    with look(config.data / "records.db") as tx:
        at, skipped = records.progress(tx), records.skipped(tx)
    return msgspec.json.encode(RecordsStatus(at.stored, at.done, skipped)).decode()


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a drill is given."""

    config: Path | None
    shares: list[Path]
    second_copy: Path | None
    recovery: Path | None
    log: str | None
    into: Path | None
    per_epoch: int


def drill(asked: Asked) -> Report:
    """A drill in a folder that is destroyed afterwards, or in `into`; raises `BadConfig`."""
    config = plumbing_config.read(asked.config, HomeConfig) if asked.config else None
    second_copy = asked.second_copy or (config and config.keys.second_copy)
    recovery = asked.recovery or (config and config.keys.recovery)
    if not second_copy or not recovery:
        raise BadConfig("--second-copy and --recovery are needed, or a --config that names them")
    if asked.into:
        asked.into.mkdir(parents=True, exist_ok=True, mode=0o700)
        return _drill(asked, config, second_copy, recovery, asked.into)
    with tempfile.TemporaryDirectory(prefix="samrum-drill-", dir=MEMORY if MEMORY.is_dir() else None) as folder:
        return _drill(asked, config, second_copy, recovery, Path(folder))


def _drill(asked: Asked, config: HomeConfig | None, second_copy: Path, recovery: Path, into: Path) -> Report:
    restored = Restored(into, asked.shares, recovery, second_copy)
    run = Drill(restored, second_copy, per_epoch=asked.per_epoch)
    if asked.log and "://" not in asked.log:
        return run.pages(log.read(Path(asked.log)))
    if config is None:
        raise BadConfig(
            "--config is needed to ask relay (its authority's certificate, the register of flows); or give --log a file"
        )
    if config.tenant != restored.tenant:
        raise BadConfig("the shares open another home's keys than the configuration's")
    whole = config

    async def ask() -> Report:
        async for page, _ in log.pull(whole, restored.folder.signer, asked.log):
            run.page(page)
        return run.done()

    return asyncio.run(ask())


def ownerless(path: Path) -> list[str]:
    """The rooms that nobody owns, with their titles: for the administrator's eyes alone; raises `BadConfig`."""
    config = plumbing_config.read(path, HomeConfig)
    with look(config.data / "home.db") as tx:
        found = room_tables.ownerless(tx)
    archived = {0: "", 1: "  archived"}
    lines = [f"{one.room}  {one.kind}  {one.members} members{archived[one.archived]}  {one.title}" for one in found]
    return lines or ["Every room has an owner."]
