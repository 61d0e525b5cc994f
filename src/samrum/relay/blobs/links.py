"""What a message may link, and the link: both in the message's own transaction."""

from collections.abc import Sequence

from samrum.plumbing.transactions import Tx
from samrum.relay.blobs import tables
from samrum.relay.errors import Refusal
from samrum.wire.codes import Code
from samrum.wire.ids import MsgId, ObjectName, Pid, RoomId, TenantId


def check_links(tx: Tx, tenant: TenantId, pid: Pid, names: Sequence[ObjectName], now: float) -> None:
    """Raises `Refusal` unless this person may link these: all there, and one's own or in a room of one's own."""
    for name in names:
        found = tables.find(tx, name)
        if found is None or found.tenant != tenant:
            raise Refusal(Code.NO_SUCH_OBJECT)
        if found.pid != pid and not tables.is_shared_with(tx, name, pid, now):
            raise Refusal(Code.NO_SUCH_OBJECT)
        if found.have < found.size:
            raise Refusal(Code.OBJECT_INCOMPLETE, have=found.have)


def link(tx: Tx, names: Sequence[ObjectName], room: RoomId, msg_id: MsgId) -> None:
    """Links what `check_links` has let pass."""
    tables.link(tx, names, room, msg_id)
