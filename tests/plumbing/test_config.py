"""Configuration refuses what it does not know, and secrets that others may read."""

from pathlib import Path

import msgspec
import pytest

from samrum.plumbing import config
from samrum.plumbing.config import BadConfig


class Small(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    listen: str
    size: int = 1


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    file = folder / "small.toml"
    file.write_text(text)
    file.chmod(mode)
    return file


def test_a_file_becomes_the_struct(tmp_path: Path) -> None:
    assert config.read(written(tmp_path, 'listen = "a:1"\nsize = 3'), Small) == Small("a:1", 3)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ('listen = "a:1"\nlisten_on = 2', "listen_on"),
        ("listen = 1", "listen"),
        ("size = 1", "listen"),
        ("listen = ", "not TOML"),
    ],
)
def test_a_bad_file_is_named_with_its_cause(tmp_path: Path, text: str, cause: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(BadConfig, match=cause) as caught:
        config.read(file, Small)
    assert str(file) in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="No such file"):
        config.read(tmp_path / "no.toml", Small)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o660])
def test_a_secret_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    file = written(tmp_path, "s3cret", mode)
    with pytest.raises(BadConfig, match="others may read") as caught:
        config.secret(file)
    assert "s3cret" not in str(caught.value)
    file.chmod(0o600)
    assert config.secret(file) == b"s3cret"


def test_addresses() -> None:
    assert config.address("127.0.0.1:80") == ("127.0.0.1", 80)
    assert config.address("[::1]:80") == ("::1", 80)
    for bad in ("80", ":80", "a:", "a:0", "a:70000", "a:b"):
        with pytest.raises(BadConfig):
            config.address(bad)
    assert config.is_loopback("127.8.8.8")
    assert not config.is_loopback("0.0.0.0")
