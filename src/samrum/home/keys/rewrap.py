"""Moving the root key: every secret file is sealed anew under another root, in a file or in a token.

Home must not run meanwhile. New files are made beside the old ones, then a mark says that all are whole, then they take the old ones'
place: a crash before the mark changes nothing, and after it the command, run again, finishes. Home refuses to start in between.
"""

from pathlib import Path
from typing import Final, Literal

import msgspec

from samrum.home.config import HomeConfig, KeysConfig
from samrum.home.keys import files, folder
from samrum.home.keys.root import ROOT_FILE, make_root, open_root
from samrum.plumbing.config import BadConfig

_NEW: Final = ".rewrapped"


def rewrap(config: HomeConfig, to: Literal["file", "pkcs11"]) -> int:
    """Seals everything under the root key `to` ("file" or "pkcs11"), made if it is missing; how many files. Raises `BadConfig`."""
    keys = config.keys
    if to == keys.root:
        raise BadConfig(
            f'keys.root is "{to}" already: leave it as it is, name the other one, and change the configuration afterwards'
        )
    with folder.alone(keys.folder):
        return _move(config, msgspec.structs.replace(keys, root=to))


def _move(config: HomeConfig, target: KeysConfig) -> int:
    place = config.keys.folder
    mark = place / folder.REWRAPPING
    if not mark.exists():
        _prepare(config, target)
    names = [path.name.removesuffix(_NEW) for path in place.glob(f"*{_NEW}")]
    for name in names:
        (place / f"{name}{_NEW}").replace(place / name)
    files.sync(place)
    if target.root != "file" and (place / ROOT_FILE).exists():
        files.destroy(place / ROOT_FILE)
    mark.unlink()
    files.sync(place)
    return len(names)


def _prepare(config: HomeConfig, target: KeysConfig) -> None:
    keys, tenant = config.keys, config.tenant
    old = open_root(keys)
    make_root(target)
    new = open_root(target)
    for path in keys.folder.glob(f"*{_NEW}"):
        path.unlink()
    for path in sealed_files(keys.folder):
        text = folder.sealed(path.name, folder.read(path, old, tenant), new, tenant)
        files.replace(path.with_name(path.name + _NEW), text)
    files.replace(keys.folder / folder.REWRAPPING, "")


def sealed_files(place: Path) -> list[Path]:
    """Every file that is sealed under the root key."""
    return sorted([place / folder.SIGNING, *place.glob("period-*.key"), *place.glob("day-*.key")])
