"""`POST /start`, `POST /grant`, `GET /devices`, `POST /devices/{dev}/revoke`, `POST /devices/{dev}/known`, `POST /certs`."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, JSONBody

from samrum.home.devices.actions import Certified, Devices
from samrum.home.devices.proof import Proofs
from samrum.home.errors import NotFound
from samrum.home.login.door import COOKIE, LONGEST_SECONDS, Door, Me, Signed, cookie_header
from samrum.wire import home_api, ids
from samrum.wire.ids import Dev

Begin = Callable[[Signed, Certified], Awaitable[home_api.Started]]


def handlers(
    devices: Devices, proofs: Proofs, door: Door, relay: home_api.RelayAddress, begin: Begin
) -> list[BaseRouteHandler]:
    """The routes of this folder; `begin` puts the reply of `/start` together."""

    @post("/start", status_code=200)
    async def start(
        request: Request[Any, Any, Any], me: Me, data: JSONBody[home_api.Start]
    ) -> Response[home_api.Started]:
        proven = await proofs.by_key(request, data.dev, data.jwk)
        certified = await devices.start(me, data, proven)
        max_age = LONGEST_SECONDS if data.persistent else None
        header = {"set-cookie": cookie_header(request.cookies[COOKIE], max_age)}
        return Response(await begin(me, certified), headers=header)

    @post("/grant", status_code=200)
    async def grant(request: Request[Any, Any, Any], me: Me) -> home_api.Renewed:
        certified = await devices.renew(me, await proofs.required(request, me))
        return home_api.Renewed(cert=certified.cert, grant=certified.grant, relay=relay)

    @get("/devices")
    async def mine(me: Me) -> home_api.Devices:
        return await devices.mine(me)

    @post("/devices/{dev:str}/revoke", status_code=204)
    async def revoke(me: Me, dev: FromPath[str], data: JSONBody[home_api.EndDevice]) -> None:
        await devices.revoke(me, _dev(dev), lost=data.lost)

    @post("/devices/{dev:str}/known", status_code=204)
    async def known(request: Request[Any, Any, Any], me: Me, dev: FromPath[str]) -> None:
        await devices.know(me, _dev(dev), await proofs.required(request, me))

    @post("/certs", status_code=200, guards=[door.guard])
    async def certs(data: JSONBody[home_api.WantCerts]) -> home_api.Certs:
        return await devices.certs(data.devs)

    return [start, grant, mine, revoke, known, certs]


def _dev(text: str) -> Dev:
    """The id in a path; raises `NotFound`."""
    try:
        ids.raw(text, "d")
    except ids.BadId:
        raise NotFound from None
    return Dev(text)
