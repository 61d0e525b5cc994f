"""A key folder from two shares."""

from pathlib import Path

from samrum.home.config import KeysConfig
from samrum.home.keys import files, folder, shares
from samrum.home.keys.recovery import PUBLIC, Sealed
from samrum.home.keys.root import FileRoot, make_root
from samrum.plumbing.config import BadConfig


class Restored:
    """The rebuilt keys of a home."""

    def __init__(self, into: Path, share_files: list[Path], recovery: Path, second_copy: Path) -> None:
        """Makes the key folder `into`/keys with a new root key; raises `BadConfig`."""
        key = shares.combined([shares.words_of(place) for place in share_files])
        sealed = Sealed(recovery, key)
        self.tenant = sealed.tenant
        self.names = frozenset(sealed.names())
        if folder.SIGNING not in self.names:
            raise BadConfig(f"{recovery}: holds no signing key")
        config = KeysConfig(folder=into / "keys", second_copy=second_copy, recovery=recovery)
        if config.folder.exists():
            raise BadConfig(f"{config.folder}: exists already; a drill begins with an empty folder")
        config.folder.mkdir(parents=True, mode=0o700)
        make_root(config)
        root = FileRoot(config.folder)
        for name in sorted(self.names):
            folder.write(config.folder / name, sealed.open(name), root, self.tenant)
        files.write_new(config.folder / PUBLIC, shares.public(key))  # the shares stay good
        self.folder = folder.KeyFolder(config, self.tenant)

    def period(self, month: str, retention: str) -> bytearray | None:
        """The period key, if it was among what the shares opened: none is made."""
        return self.folder.period(month, retention) if f"period-{month}.{retention}.key" in self.names else None
