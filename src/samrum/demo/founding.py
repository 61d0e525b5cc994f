"""The first start: folders, keys, configuration files, and relay's registration of the authority.

Later starts keep keys and data and only write the configuration again, so that ports may change.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from samrum.demo import livekit, people
from samrum.demo.places import HOST, Places, project
from samrum.wire import ids

AUTHORITY = "Sjöviks stad"


class CannotFound(Exception):
    """The city can't be made here. The message is for the person who started it."""


def found(places: Places, *, meetings: bool) -> None:
    """Makes what is missing in `places`; without `meetings` relay knows of no LiveKit. Raises `CannotFound`."""
    for folder in (places.data, places.home, places.home_keys, *places.apart, places.relay, places.store, places.logs):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    if not places.directory.exists():
        _write(places.directory, people.directory_file())
    if not places.livekit_keys.exists():
        _write(places.livekit_keys, livekit.new_keys())
    tenant_file = places.home / "tenant"
    if not tenant_file.exists():
        _write(tenant_file, ids.new_tenant())
    _write(places.home / "home.toml", _home(places, tenant_file.read_text("utf-8").strip()))
    _write(places.relay / "relay.toml", _relay(places, meetings=meetings))
    _write(places.relay / "livekit.yaml", livekit.configuration(places))
    _register(places)


def _register(places: Places) -> None:
    """Home says who it is (making its keys on the first start), the operator writes it down."""
    command = [sys.executable, "-m", "samrum", "home", "registration", "--config", str(places.home / "home.toml")]
    done = subprocess.run(command, cwd=places.home, env=environment(), capture_output=True, check=False, timeout=60)  # noqa: S603  our own command
    if done.returncode != 0:
        raise CannotFound(f"home cannot say who it is:\n{done.stderr.decode(errors='replace')}")
    _write(places.tenants, f"[{done.stdout.decode().strip()}]\n")


def environment() -> dict[str, str]:
    """All that a zone's process gets to know of its surroundings."""
    return {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"}


def _write(path: Path, text: str) -> None:
    """Writes a file that only its owner may read, whole or not at all."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _toml(value: str | Path) -> str:
    """A TOML basic string; its escapes are JSON's."""
    return json.dumps(str(value), ensure_ascii=False)


def _home(places: Places, tenant: str) -> str:
    root = project()
    web = (root / "web" / "dist") if root else places.home / "web"
    flows = (root / "flows.toml") if root else places.home / "flows.toml"
    return f"""# Home of the demo city. Written by `samrum up` at every start.
listen = "{HOST}:{places.base}"
url = "{places.home_url}"
data = {_toml(places.home)}
web = {_toml(web)}
flows = {_toml(flows)}
tenant = "{tenant}"
authority = {_toml(AUTHORITY)}
directory = {_toml(places.directory)}
devices = 500 # everybody who tries the demo is one of a few people
livekit = "{places.livekit_url}"

[keys]
folder = {_toml(places.home_keys)}
second_copy = {_toml(places.second_copy)} # on one machine there is no other disk; elsewhere it is one
recovery = {_toml(places.recovery)}

[mail]
sender = "Samrum <samrum@{people.DOMAIN}>"
folder = {_toml(places.mail)} # elsewhere: smtp, and how to get in

[relay]
http = "{places.relay_url}"
stream = "{places.stream_url}"
"""


def _relay(places: Places, *, meetings: bool) -> str:
    text = f"""# Relay of the demo city. Written by `samrum up` at every start.
http = "{HOST}:{places.base + 1}"
stream = "{HOST}:{places.base + 2}"
data = {_toml(places.relay)}
objects = {_toml(places.store)}
tenants = {_toml(places.tenants)}
"""
    if not meetings:
        return text
    return f"""{text}
[livekit]
url = "{places.livekit_api}"
public = "{places.livekit_url}"
keys = {_toml(places.livekit_keys)}
"""
