"""What every answer of home carries: the security headers, `no-store` unless the answer says otherwise, and home's clock.

It also refuses unsafe requests that do not come from home's own page, before anything else looks at them; only machines, who write to a
webhook's address, are no page. Nothing under that path looks at a cookie.
"""

from collections.abc import Mapping
from email.utils import formatdate
from typing import Final

from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from samrum.home.errors import BadOrigin
from samrum.home.login.door import own_page
from samrum.plumbing.clock import Clock
from samrum.plumbing.http import problem_response

MACHINES: Final = "/hooks/"


class Dressed:
    """ASGI around the application."""

    def __init__(self, app: ASGIApp, *, headers: Mapping[str, str], origin: str, clock: Clock) -> None:
        self._app, self._headers, self._origin, self._clock = app, headers, origin, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on and dresses its answer."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                for name, value in self._headers.items():
                    headers[name] = value
                headers["date"] = formatdate(self._clock.now(), usegmt=True)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        try:
            if not scope["path"].startswith(MACHINES):
                own_page(scope["method"], Headers.from_scope(scope), self._origin)
        except BadOrigin as error:
            await problem_response(error).to_asgi_response(app=None, request=None)(scope, receive, dressed)  # type: ignore[arg-type]
            return
        await self._app(scope, receive, dressed)
