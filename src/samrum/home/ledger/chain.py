"""What the ledger's entries say. They hold ids and hashes only; their arithmetic is `wire.ledger`'s."""

import msgspec

from samrum.wire.ids import Dev, KeyId, Pid, RoomId


class _Entry(msgspec.Struct, tag_field="kind", forbid_unknown_fields=True):
    at: int
    """Seconds since 1970."""


class DeviceCertified(_Entry, tag="device"):
    """Home certified a new device; `key` is SHA-256 of its public key."""

    pid: Pid
    dev: Dev
    key: str


class DeviceEnded(_Entry, tag="device_revoked"):
    """A device ended: signed out, there or from another device, or not back for 30 days. Keys stay as they are."""

    pid: Pid
    dev: Dev


class DeviceLost(_Entry, tag="device_lost"):
    """A device was reported lost: it ended if it had not before, and its person's rooms get new keys."""

    pid: Pid
    dev: Dev


class RosterSigned(_Entry, tag="roster"):
    """Home signed a room's roster; `digest` is SHA-256 of the statement."""

    room: RoomId
    version: int
    digest: str


class KeyMade(_Entry, tag="key"):
    """Home made an epoch key; `kc` is its commitment."""

    room: RoomId
    epoch: int
    key_id: KeyId
    kc: str


class ClientServed(_Entry, tag="client"):
    """Home serves another build of the web client; `digest` is over its files."""

    digest: str


class ReportMade(_Entry, tag="report"):
    """Somebody reported a message; only the report's number, so that nobody learns who or whom."""

    report: int


class ReportDecided(_Entry, tag="report_decided"):
    """Somebody decided over a report."""

    report: int


Entry = DeviceCertified | DeviceEnded | DeviceLost | RosterSigned | KeyMade | ClientServed | ReportMade | ReportDecided
