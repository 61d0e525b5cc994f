"""Ids: 128 random bits, in text a prefix and 26 lower-case RFC 4648 base32 letters without padding.

The last letter carries three bits, so only every fourth letter may stand there: one id has exactly one spelling.
In binary envelopes the same 16 bytes stand raw.
"""

import base64
import re
import secrets
from typing import Annotated, Final, NewType

from msgspec import Meta

Pid = NewType("Pid", str)
Dev = NewType("Dev", str)
RoomId = NewType("RoomId", str)
TenantId = NewType("TenantId", str)
KeyId = NewType("KeyId", str)
MsgId = NewType("MsgId", str)
CallId = NewType("CallId", str)
ObjectName = NewType("ObjectName", str)
"""A sealed file outside messages: 256 random bits as 64 lower-case hexadecimal digits."""

END: Final = r"(?!\n)$"
"""The end of a pattern for Python and for ECMAScript: Python's `$` alone would let one newline follow."""
_BODY: Final = "[a-z2-7]{25}[aeimquy4]" + END

# The same types for struct fields, where msgspec checks the spelling.
PidField = Annotated[Pid, Meta(pattern="^p_" + _BODY)]
DevField = Annotated[Dev, Meta(pattern="^d_" + _BODY)]
RoomField = Annotated[RoomId, Meta(pattern="^r_" + _BODY)]
TenantField = Annotated[TenantId, Meta(pattern="^t_" + _BODY)]
KeyIdField = Annotated[KeyId, Meta(pattern="^k_" + _BODY)]
MsgIdField = Annotated[MsgId, Meta(pattern="^m_" + _BODY)]
CallField = Annotated[CallId, Meta(pattern="^c_" + _BODY)]
ObjectField = Annotated[ObjectName, Meta(pattern="^[0-9a-f]{64}" + END)]

NONE: Final = bytes(16)
"""Sixteen zero bytes: an absent `thread` or `ref`."""

_TEXT: Final = re.compile(r"([pdrtkmc])_[a-z2-7]{25}[aeimquy4]")
_OBJECT: Final = re.compile(r"[0-9a-f]{64}")


class BadId(ValueError):
    """The text is not an id of the expected kind. The message never repeats the text."""


def text(prefix: str, raw: bytes) -> str:
    """The text form of 16 raw bytes; `prefix` is one of `p d r t k m c`."""
    if len(raw) != 16:
        raise BadId("an id has 16 bytes")
    return f"{prefix}_{base64.b32encode(raw).decode().rstrip('=').lower()}"


def raw(value: str, prefix: str) -> bytes:
    """The 16 bytes of an id in text form; raises `BadId` for any other spelling or kind."""
    found = _TEXT.fullmatch(value)
    if found is None or found.group(1) != prefix:
        raise BadId("not an id of this kind")
    return base64.b32decode(value[2:].upper() + "======")


def new(prefix: str) -> str:
    """A fresh random id in text form."""
    return text(prefix, secrets.token_bytes(16))


def new_pid() -> Pid:
    """A fresh pseudonym; never derived from anything (rule 2)."""
    return Pid(new("p"))


def new_dev() -> Dev:
    """A fresh device id."""
    return Dev(new("d"))


def new_room() -> RoomId:
    """A fresh room id."""
    return RoomId(new("r"))


def new_tenant() -> TenantId:
    """A fresh tenant id."""
    return TenantId(new("t"))


def new_key_id() -> KeyId:
    """A fresh key id."""
    return KeyId(new("k"))


def new_msg_id() -> MsgId:
    """A fresh message id."""
    return MsgId(new("m"))


def new_call() -> CallId:
    """A fresh call id: the name of one meeting, also its LiveKit room name."""
    return CallId(new("c"))


def new_object() -> ObjectName:
    """A fresh name for an object, without structure."""
    return ObjectName(secrets.token_hex(32))


def object_name(value: str) -> ObjectName:
    """The name of an object; raises `BadId` for any other spelling."""
    if _OBJECT.fullmatch(value) is None:
        raise BadId("not an object's name")
    return ObjectName(value)


def identity(pid: Pid, dev: Dev) -> str:
    """The LiveKit identity of one device: `p_….d_…`."""
    return f"{pid}.{dev}"


def split_identity(value: str) -> tuple[Pid, Dev]:
    """The pseudonym and device of a LiveKit identity; raises `BadId` if it is not one."""
    pid, _, dev = value.partition(".")
    raw(pid, "p")
    raw(dev, "d")
    return Pid(pid), Dev(dev)
