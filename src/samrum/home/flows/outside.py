"""Home's only way out: a connection that is not in the register cannot be made."""

import ssl
from typing import Final

import httpx

from samrum.home.flows.register import Register, addresses
from samrum.home.flows.smtp import MailLine, MailServer

SECONDS: Final = 5.0
"""How long one call may take."""


class NoSuchFlow(Exception):
    """The register has no such flow from home, it is off, or its address is not configured."""


class Unreachable(Exception):
    """The other side does not answer in time."""


class Outgoing:
    """Opens connections by flow id. Proxies and other settings of the environment are ignored."""

    def __init__(self, register: Register, known: dict[str, str], *, ca: str | None = None) -> None:
        self._register = register
        self._known = known
        verify = ssl.create_default_context(cafile=ca) if ca else True
        self._client = httpx.AsyncClient(verify=verify, trust_env=False, follow_redirects=False, timeout=SECONDS)

    async def request(
        self, flow_id: str, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        """Status and body of the answer; raises `NoSuchFlow` or `Unreachable`."""
        origin = self._open(flow_id)
        try:
            answer = await self._client.request(method, origin + path, content=body, headers=headers)
        except httpx.HTTPError:
            raise Unreachable from None
        return answer.status_code, answer.content

    def mail_line(self, flow_id: str, server: MailServer) -> MailLine:
        """A connection to the mail server at the flow's address (`smtp://host:port`); raises `NoSuchFlow`."""
        if self._open(flow_id) != f"smtp://{server.host}:{server.port}":
            raise NoSuchFlow(flow_id)
        return MailLine(server)

    def _open(self, flow_id: str) -> str:
        """The address of a flow that is in the register and on; raises `NoSuchFlow`."""
        flow = self._register.of(flow_id)
        if flow is None or flow.source != "home" or not flow.default:
            raise NoSuchFlow(flow_id)
        origins = addresses(flow, self._known)
        if not origins:
            raise NoSuchFlow(flow_id)
        return origins[0]

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()
