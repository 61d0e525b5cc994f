"""Relay's log for a home: pulled by home's signed calls, or from a file that `samrum home log` wrote.

The file is one page after the other, each as a u32 length and relay's own MessagePack (`wire.relay_api.LogPage`).
"""

import struct
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec

from samrum.home.config import HomeConfig
from samrum.home.flows import register
from samrum.home.flows.outside import Outgoing
from samrum.home.keys.folder import Signer
from samrum.home.outbox.outside import Relay, RelayAway, RelayRefused
from samrum.plumbing.clock import SystemClock
from samrum.plumbing.config import BadConfig
from samrum.wire.relay_api import LogPage

_LENGTH = struct.Struct(">I")


async def pull(config: HomeConfig, signer: Signer, at: str | None = None) -> AsyncIterator[tuple[LogPage, bytes]]:
    """Every page of relay's log of this tenant, and its bytes; `at` is another address than the configured. Raises `BadConfig`."""
    addresses = config.addresses() | ({"relay.http": at} if at else {})
    outgoing = Outgoing(register.read(config.flows), addresses, ca=config.relay.ca)
    relay = Relay(outgoing=outgoing, signer=signer, tenant=config.tenant, clock=SystemClock())
    cursor = 0
    try:
        while True:
            data = await relay.get(f"log?after={cursor}&limit=1000")
            page = msgspec.msgpack.decode(data, type=LogPage)
            yield page, data
            cursor = page.cursor
            if not page.more:
                return
    except RelayAway:
        raise BadConfig(f"relay at {addresses['relay.http']} does not answer") from None
    except RelayRefused as error:
        raise BadConfig(f"relay at {addresses['relay.http']} refused: {error.code}") from None
    except msgspec.MsgspecError:
        raise BadConfig(f"relay at {addresses['relay.http']} did not answer with a log") from None
    finally:
        await outgoing.close()


def framed(data: bytes) -> bytes:
    """A page as it stands in the file."""
    return _LENGTH.pack(len(data)) + data


def read(path: Path) -> Iterator[LogPage]:
    """The pages of a file; raises `BadConfig`."""
    try:
        with path.open("rb") as file:
            while head := file.read(_LENGTH.size):
                yield msgspec.msgpack.decode(file.read(_LENGTH.unpack(head)[0]), type=LogPage)
    except OSError as error:
        raise BadConfig(f"{path}: cannot be read: {error.strerror}") from None
    except (msgspec.MsgspecError, struct.error):
        raise BadConfig(f"{path}: is not a whole log of relay") from None
