"""Home's signed calls, and the witnessed ledger head."""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from litestar import Request, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from samrum.plumbing.transactions import Transactions, Tx
from samrum.relay.errors import Refusal
from samrum.relay.hub import Hub
from samrum.relay.meetings.actions import Meetings
from samrum.relay.presence.actions import Presences
from samrum.relay.rooms import actions as rooms
from samrum.relay.rooms.actions import RosterApplied
from samrum.relay.tenants import actions
from samrum.relay.tenants.bearer import Bearers
from samrum.relay.tenants.calls import Calls
from samrum.relay.tenants.registry import Registry
from samrum.wire import jws, stream
from samrum.wire.codes import Code
from samrum.wire.ids import Pid, RoomId, TenantId
from samrum.wire.relay_api import Applied, PutHead, PutHints, PutRevocation, PutRoster, Witnessed
from samrum.wire.statements import Head, Hint, Revoke, Roster

T = TypeVar("T", bound=msgspec.Struct)
AnyRequest = Request[Any, Any, Any]


def routes(
    registry: Registry,
    calls: Calls,
    bearers: Bearers,
    transactions: Transactions,
    *,
    hub: Hub,
    meetings: Meetings,
    presences: Presences,
    now: Callable[[], float],
) -> list[HTTPRouteHandler]:
    """The handlers of this folder."""

    async def body(request: AnyRequest, tenant: str, kind: type[T]) -> T:
        """The body of a call that home of `tenant` signed."""
        data = await request.body()
        path = request.scope["raw_path"].decode("ascii", "replace")
        authorization = request.headers.get("authorization")
        calls.check(authorization, TenantId(tenant), method=request.method, path=path, body=data, now=now())
        try:
            return msgspec.json.decode(data, type=kind)
        except msgspec.MsgspecError:
            raise Refusal(Code.BAD_REQUEST) from None

    def signed(statement: str, kind: type[T], tenant: str, wrong: Code) -> T:
        try:
            return registry.verify(statement, kind, TenantId(tenant))
        except jws.BadStatement:
            raise Refusal(wrong) from None

    @post("/tenants/{tenant:str}/rosters", status_code=200)
    async def rosters(request: AnyRequest, tenant: FromPath[str]) -> Applied:
        put = await body(request, tenant, PutRoster)
        roster = signed(put.jws, Roster, tenant, Code.BAD_ROSTER)

        def publish(done: RosterApplied | int) -> None:
            if isinstance(done, RosterApplied):
                hub.apply(done)
                meetings.apply(done)
                presences.apply(done)

        done = await transactions.write(lambda tx: rooms.apply_roster(tx, roster, put.jws, now()), publish)
        return Applied(version=done.version if isinstance(done, RosterApplied) else done)

    @post("/tenants/{tenant:str}/hints", status_code=204)
    async def hints(request: AnyRequest, tenant: FromPath[str]) -> None:
        put = await body(request, tenant, PutHints)
        for statement, hint in [(one, signed(one, Hint, tenant, Code.BAD_REQUEST)) for one in put.jws]:
            frame = stream.HintIs(jws=statement)
            if hint.to.startswith("r_"):
                hub.to_room(hint.tenant, RoomId(hint.to), frame)
            else:
                hub.to_person(hint.tenant, Pid(hint.to), frame)

    @post("/tenants/{tenant:str}/revocations", status_code=204)
    async def revocations(request: AnyRequest, tenant: FromPath[str]) -> None:
        put = await body(request, tenant, PutRevocation)
        revoke = signed(put.jws, Revoke, tenant, Code.BAD_REQUEST)

        def publish(done: Revoke) -> None:
            hub.revoke(done.tenant, done.pid, done.dev)
            meetings.revoke(done.tenant, done.pid, done.dev)

        await transactions.write(lambda tx: actions.revoke(tx, revoke, now()), publish)

    @post("/tenants/{tenant:str}/head", status_code=204)
    async def put_head(request: AnyRequest, tenant: FromPath[str]) -> None:
        put = await body(request, tenant, PutHead)
        head = signed(put.jws, Head, tenant, Code.BAD_HEAD)
        await transactions.write(lambda tx: actions.witness(tx, head, put.jws, put.entries))

    @get("/tenants/{tenant:str}/head")
    async def head(request: AnyRequest, tenant: FromPath[str]) -> Witnessed:
        grant = bearers.grant(request)
        if grant.iss != tenant:
            raise Refusal(Code.NOT_FOUND)

        def look(tx: Tx) -> str | None:
            actions.access_device(tx, grant.iss, grant.sub, grant.dev, now())
            return actions.last_head(tx, grant.iss)

        return Witnessed(jws=await transactions.read(look))

    return [rosters, hints, revocations, put_head, head]
