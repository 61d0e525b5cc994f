"""Snapshots: where a device begins that does not know a room yet, and home's word on what lies before."""

import bisect
from typing import Final

import msgspec

from samrum.home.errors import NotFound
from samrum.home.keys import tables as key_tables
from samrum.home.keys.folder import Signer
from samrum.home.rooms import tables, view
from samrum.plumbing.transactions import Tx
from samrum.wire.chain import RoomState, listed
from samrum.wire.home_api import Listed, WantPast
from samrum.wire.ids import Pid, RoomId, TenantId
from samrum.wire.statements import Past, PastMember, Snapshot, members_hash, members_lines

EVERY: Final = 500
"""Changed members (or statements without any) from one snapshot to the next."""
PAGE: Final = 1000
"""Members of one page of the list: about 45 kB."""

_line = msgspec.json.Decoder(tuple[Pid, str, int | None])


def take(tx: Tx, signer: Signer, state: RoomState, now: int) -> None:
    """Signs and keeps the snapshot of a room's state."""
    assert state.epoch is not None
    assert state.policy is not None
    members = list(listed(state.members))
    snapshot = Snapshot(
        tenant=state.tenant,
        room=state.room,
        version=state.version,
        prev=state.head,
        epoch=state.epoch,
        policy=state.policy,
        count=len(members),
        members_hash=members_hash(members),
        at=now,
    )
    tables.put_snapshot(tx, state.room, state.version, signer.sign(snapshot), members_lines(members).decode())


def page(tx: Tx, me: Pid, room: RoomId, after: str) -> Listed:
    """The members after a pseudonym in the newest snapshot's list; raises `NotFound` for who is not in the room."""
    if tables.role_of(tx, room, me) is None:
        raise NotFound
    kept = tables.snapshot_list(tx, room)
    if kept is None:
        return Listed(version=0)
    version, text = kept
    lines = text.splitlines()
    begin = bisect.bisect_right(lines, after, key=lambda line: line[2 : 2 + len(after)]) if after else 0
    some = [_line.decode(line) for line in lines[begin : begin + PAGE]]
    return msgspec.convert({"version": version, "members": some, "more": begin + PAGE < len(lines)}, Listed)


def past(tx: Tx, tenant: TenantId, me: Pid, room: RoomId, wanted: WantPast) -> Past:
    """What lies before a version of a room that the person is in, or was in at that version; raises `NotFound`."""
    seen = view.room(tx, me, room)
    if seen is None or not 0 < wanted.version <= seen.version:
        raise NotFound
    last = tables.epoch_at(tx, room, wanted.version)
    found = [key_tables.get(tx, room, epoch) for epoch in sorted(set(wanted.epochs)) if epoch <= last]
    spans = tables.spans(tx, room, wanted.version, sorted(set(wanted.pids)))
    return Past(
        tenant=tenant,
        room=room,
        version=wanted.version,
        epochs=[row.statement() for row in found if row],
        members=_members(spans),
        led=_members(tables.led(tx, room, wanted.version)) if wanted.led else None,
    )


def _members(spans: dict[Pid, list[tuple[int, int | None]]]) -> list[PastMember]:
    return [PastMember(pid=pid, spans=list(one)) for pid, one in spans.items()]
