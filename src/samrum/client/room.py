"""One room of a client's: who is in it, what was said, and saying something."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from samrum.client.events import Event
from samrum.wire.content import Content, Quoted
from samrum.wire.envelope import EnvelopeKind
from samrum.wire.ids import MsgId, Pid, RoomId

if TYPE_CHECKING:
    from samrum.client.client import Client


class Room:
    """One room of the client's."""

    def __init__(self, client: "Client", room: RoomId) -> None:
        self._client, self.id = client, room

    @property
    def title(self) -> str:
        """Its title; empty for a direct message."""
        return self._client.known(self.id).title

    @property
    def members(self) -> dict[Pid, str]:
        """Who is in it and as what, by the verified chain."""
        return {pid: str(one.role) for pid, one in self._client.known(self.id).state.members.items()}

    async def send(
        self,
        text: str,
        *,
        mentions: Sequence[Pid] = (),
        everybody: bool = False,
        quote: Quoted | None = None,
        thread: MsgId | None = None,
        msg: MsgId | None = None,
    ) -> MsgId:
        """Writes a message (Markdown) and returns its id once it is durable at relay.

        With `msg` (`samrum.wire.ids.new_msg_id()`) a repeat, also after a restart of the program, is the same message. Waits while relay is
        away; raises `Refused` (`not_a_member`, `not_allowed`, …), `DoesNotVerify`, or `content.TooLong` for more than an envelope holds.
        """
        said = Content(t=text, m=list(mentions), a=everybody, q=quote)
        return await self._client.say(self.id, said, thread=thread, msg=msg)

    async def edit(self, ref: MsgId, text: str, *, mentions: Sequence[Pid] = ()) -> None:
        """Says one's own message anew."""
        await self._client.say(self.id, Content(t=text, m=list(mentions)), kind=EnvelopeKind.EDIT, ref=ref)

    async def react(self, ref: MsgId, emoji: str, *, on: bool = True) -> None:
        """Reacts to a message, or takes the reaction back."""
        await self._client.say(self.id, Content(e=emoji, x=not on), kind=EnvelopeKind.REACTION, ref=ref)

    async def remove(self, ref: MsgId) -> None:
        """Removes one's own message, or anybody's for who leads the room."""
        await self._client.say(self.id, Content(), kind=EnvelopeKind.DELETION, ref=ref)

    async def history(self, *, before: int | None = None, limit: int = 50) -> list[Event]:
        """A page of what was said, oldest first: the newest, or what stands before a position."""
        client = self._client
        link = await client.connected()
        page = await client.page(link, self.id, before=before, limit=limit)
        events: list[Event] = []
        for pos, data in zip(page.pos, page.env, strict=True):
            events += await client.reader.read(self.id, pos, data, counted=False)
        return events
