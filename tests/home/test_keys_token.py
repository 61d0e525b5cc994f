"""The root key in a PKCS#11 token, with SoftHSM2: it never leaves, and what is wrong with a token is said in a sentence."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from samrum.home import admin
from samrum.home.config import HomeConfig, TokenConfig
from samrum.home.keys import files, folder, root
from samrum.home.keys.folder import KeyFolder
from samrum.plumbing.config import BadConfig
from samrum.wire import ids
from tests.home.client import Refused
from tests.home.running import make_config, running, write_toml

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "87654321"


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the tokens `city` and `other`. The library reads its configuration once a process, when it is first loaded."""
    base = tmp_path_factory.mktemp("tokens")
    (base / "tokens").mkdir()
    (base / "softhsm2.conf").write_text(
        f"directories.tokendir = {base}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    os.environ["SOFTHSM2_CONF"] = str(base / "softhsm2.conf")
    for label in ("city", "other"):
        command = ["softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "12345678", "--pin", PIN]
        subprocess.run(command, check=True, capture_output=True)
    yield base
    del os.environ["SOFTHSM2_CONF"]


def in_token(config: HomeConfig, tokens: Path, **other: object) -> HomeConfig:
    """The configuration with the root key in a token."""
    pin = tokens / "pin"
    pin.write_text(PIN + "\n")
    pin.chmod(0o600)
    values = {"module": MODULE, "token": "city", "key": config.tenant, "pin": pin} | other
    keys = msgspec.structs.replace(config.keys, root="pkcs11", pkcs11=TokenConfig(**values))  # type: ignore[arg-type]
    return msgspec.structs.replace(config, keys=keys)


def with_root(config: HomeConfig, root: str) -> HomeConfig:
    return msgspec.structs.replace(config, keys=msgspec.structs.replace(config.keys, root=root))  # type: ignore[arg-type]


@pytest.fixture
def fresh(tmp_path: Path) -> HomeConfig:
    """A home that has no keys yet."""
    config = make_config(tmp_path)
    for path in config.keys.folder.iterdir():
        path.unlink()
    return config


async def test_home_with_its_root_key_in_a_token(fresh: HomeConfig, tokens: Path) -> None:
    config = in_token(fresh, tokens)
    folder.make(config, 1)
    assert not (config.keys.folder / "root.key").exists()
    async with running(config) as home:
        (alice,) = await home.enter(0)
        room = (await alice.create()).room.room
        (key,) = (await alice.keys((room, 1), media=[room])).keys
    names = sorted(path.name.partition("-")[0] for path in config.keys.folder.iterdir())
    assert names == ["day", "day", "lock", "period", "second", "signing.key"]
    async with running(config) as home:
        (alice,) = await home.enter(0)
        assert (await alice.keys((room, 1))).keys == [key]


async def test_a_token_that_is_away_stops_new_keys_alone(fresh: HomeConfig, tokens: Path) -> None:
    config = in_token(fresh, tokens)
    pin = config.keys.token().pin
    folder.make(config, 1)
    async with running(config) as home:
        (alice,) = await home.enter(0)
        room = (await alice.create()).room.room
        media = (await alice.keys(media=[room])).media
        moved = pin.rename(pin.with_name("pin-away"))
        try:
            home.clock.time += 86_400
            await alice.enter()  # whose answer leases keys
            found = await alice.keys((room, 1), media=[room])
            assert (len(found.keys), found.media) == (1, media[1:])  # tomorrow's key was there before
            home.clock.time += 86_400
            await alice.enter()
            found = await alice.keys((room, 1), media=[room])
            assert ([one.code for one in found.refused], len(found.keys)) == (["keys_away"], 1)
            home.clock.time += 31 * 86_400
            await alice.enter()
            with pytest.raises(Refused, match="503 keys_away"):
                await alice.create()
        finally:
            moved.rename(pin)
        await alice.create()
        assert len((await alice.keys(media=[room])).media) == 2


def test_the_key_cannot_be_read_out_of_the_token(fresh: HomeConfig, tokens: Path) -> None:
    import pkcs11
    from pkcs11 import Attribute, KeyType, ObjectClass, exceptions

    config = in_token(fresh, tokens)
    folder.make(config, 1)
    token = pkcs11.lib(str(MODULE)).get_token(token_label="city")
    with token.open(user_pin=PIN, rw=True) as session:
        key = session.get_key(object_class=ObjectClass.SECRET_KEY, label=config.tenant)
        with pytest.raises(exceptions.AttributeSensitive):
            _ = key[Attribute.VALUE]
        readable = {Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True}
        session.generate_key(KeyType.AES, 256, label="readable" + config.tenant, store=True, template=readable)
    bad = in_token(fresh, tokens, key="readable" + config.tenant)
    with pytest.raises(BadConfig, match="could be read out"):
        KeyFolder(bad.keys, bad.tenant)


def test_what_is_wrong_is_said_and_no_key_is_made(fresh: HomeConfig, tokens: Path) -> None:
    config = in_token(fresh, tokens)
    folder.make(config, 1)
    before = sorted(config.keys.folder.iterdir())
    wrong, open_pin = tokens / "wrong-pin", tokens / "open-pin"
    for path, mode in ((wrong, 0o600), (open_pin, 0o644)):
        path.write_text("00000000")
        path.chmod(mode)
    for changes, words in (
        ({"pin": wrong}, "PIN in .* is wrong"),
        ({"pin": open_pin}, "chmod 600"),
        ({"pin": tokens / "none"}, "cannot be read"),
        ({"token": "gone"}, "is not there"),
        ({"module": tokens / "none.so"}, "cannot be loaded"),
        ({"token": "other"}, "holds no AES key"),
        ({"key": "unknown"}, "holds no AES key"),
    ):
        bad = in_token(fresh, tokens, **changes)
        for _ in range(2):  # the second time as the first: nothing was made by the way
            with pytest.raises(BadConfig, match=words) as error:
                KeyFolder(bad.keys, bad.tenant)
            assert PIN not in str(error.value)
            folder.make(bad, 2)  # the folder exists: left alone
    other = in_token(fresh, tokens, token="other")
    root.make_root(other.keys)  # another key of the same label
    with pytest.raises(BadConfig, match="is it another token"):
        KeyFolder(other.keys, other.tenant)
    assert [one for one in sorted(config.keys.folder.iterdir()) if one.name != folder.LOCK] == before
    KeyFolder(config.keys, config.tenant)
    without = msgspec.structs.replace(config.keys, pkcs11=None)
    with pytest.raises(BadConfig, match="needs"):
        KeyFolder(without, config.tenant)


def test_the_root_key_moves_into_the_token_and_back(tmp_path: Path, tokens: Path) -> None:
    config = make_config(tmp_path)
    place = config.keys.folder
    opened = KeyFolder(config.keys, config.tenant)
    key, base = bytes(opened.period("2026-11", "365d")), opened.media_base(ids.new_room(), 1, 20_000)
    kid, clear = opened.signer.kid, (place / "root.key").read_bytes()
    del opened
    path = write_toml(with_root(in_token(config, tokens), "file"))
    with pytest.raises(BadConfig, match="already"):
        admin.rewrap(path, "file")
    assert admin.rewrap(path, "pkcs11")[0].startswith("3 files are sealed")
    assert not (place / "root.key").exists()
    assert clear not in b"".join(one.read_bytes() for one in place.iterdir())
    moved = in_token(config, tokens)
    there = KeyFolder(moved.keys, moved.tenant)
    assert (there.signer.kid, bytes(there.period("2026-11", "365d"))) == (kid, key)
    with pytest.raises(BadConfig):
        KeyFolder(config.keys, config.tenant)
    del there
    path = write_toml(moved)
    admin.rewrap(path, "file")
    back = KeyFolder(config.keys, config.tenant)
    assert bytes(back.period("2026-11", "365d")) == key
    assert len(base) == 32
    assert (place / "root.key").read_bytes() != clear
    for one in place.iterdir():
        assert stat.S_IMODE(one.stat().st_mode) == 0o600


CUT_OFF = """
import os, pathlib, sys
from samrum.home import admin

left, replace = 0, pathlib.Path.replace

def limited(self, target):
    global left
    left -= 1
    if left < 0:
        os._exit(9)
    return replace(self, target)

pathlib.Path.replace = limited
for left, path in enumerate(sys.argv[1:]):
    if os.fork() == 0:
        admin.rewrap(pathlib.Path(path), "pkcs11")
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.wait()[1]))
"""


def test_a_move_that_is_cut_off_anywhere_is_finished_by_the_next(tmp_path: Path, tokens: Path) -> None:
    """Every rename, in turn, is the last thing that a first run does."""
    configs = [make_config(tmp_path / str(number)) for number in range(6)]
    keys = [bytes(KeyFolder(one.keys, one.tenant).period("2026-11", "365d")) for one in configs]
    paths = [write_toml(with_root(in_token(one, tokens), "file")) for one in configs]
    done = subprocess.run([sys.executable, "-c", CUT_OFF, *paths], check=True, capture_output=True, text=True)
    codes = [int(line) for line in done.stdout.splitlines()]
    assert codes == [9] * 5 + [0]  # two new files, the mark, two renames
    for config, key, path, code in zip(configs, keys, paths, codes, strict=True):
        moved = in_token(config, tokens)
        if code == 9:
            if (config.keys.folder / folder.REWRAPPING).exists():
                for either in (config.keys, moved.keys):
                    with pytest.raises(BadConfig, match="run `samrum home rewrap` again"):
                        KeyFolder(either, config.tenant)
            else:
                assert bytes(KeyFolder(config.keys, config.tenant).period("2026-11", "365d")) == key
            admin.rewrap(path, "pkcs11")
        assert bytes(KeyFolder(moved.keys, moved.tenant).period("2026-11", "365d")) == key
        assert not [one.name for one in config.keys.folder.iterdir() if one.name.endswith((".rewrapped", ".ready"))]


def test_the_root_key_does_not_move_under_a_running_home(tmp_path: Path, tokens: Path) -> None:
    config = in_token(make_config(tmp_path), tokens)
    path = write_toml(with_root(config, "file"))
    used = KeyFolder(with_root(config, "file").keys, config.tenant)
    with pytest.raises(BadConfig, match="stop it first"):
        admin.rewrap(path, "pkcs11")
    del used
    with folder.alone(config.keys.folder), pytest.raises(BadConfig, match="being moved"):
        KeyFolder(with_root(config, "file").keys, config.tenant)
    admin.rewrap(path, "pkcs11")


def test_a_signing_key_in_clear_of_an_earlier_version_is_sealed(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    signer = KeyFolder(config.keys, config.tenant).signer
    place = config.keys.folder / folder.SIGNING
    clear = bytes(folder.read(place, folder.open_root(config.keys), config.tenant))
    files.replace(place, clear.decode())
    folder.make(config, 1)
    assert not place.read_bytes().startswith(b"{")
    assert KeyFolder(config.keys, config.tenant).signer.public() == signer.public()
