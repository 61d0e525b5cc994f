"""LiveKit: its API, its tokens, its webhook. Beside the bucket the only system that relay calls."""

import datetime as dt
from collections.abc import Awaitable
from typing import Final, TypeVar

import aiohttp
from livekit.api import (
    AccessToken,
    CreateRoomRequest,
    DeleteRoomRequest,
    ListParticipantsRequest,
    ListRoomsRequest,
    LiveKitAPI,
    RoomParticipantIdentity,
    ServerError,
    ServerErrorCode,
    TokenVerifier,
    VideoGrants,
    WebhookReceiver,
)

from samrum.wire.ids import CallId

T = TypeVar("T")
TOKEN_SECONDS: Final = 60
DEADLINE_SECONDS: Final = 4
EMPTY_SECONDS: Final = 120
"""LiveKit closes a room that nobody is in; later than relay forgets the call."""


class Away(Exception):
    """LiveKit does not answer, or not as it should."""


class LiveKit:
    """One LiveKit. Made on the event loop that uses it."""

    def __init__(self, url: str, public: str, key: str, secret: str) -> None:
        self.public = public
        self._key, self._secret = key, secret
        timeout = aiohttp.ClientTimeout(total=DEADLINE_SECONDS)
        self._api = LiveKitAPI(url, key, secret, timeout=timeout, failover=False)
        self._webhooks = WebhookReceiver(TokenVerifier(key, secret))

    async def open(self, call: CallId) -> None:
        """Makes the room if it is not there; raises `Away`."""
        request = CreateRoomRequest(name=call, empty_timeout=EMPTY_SECONDS, departure_timeout=EMPTY_SECONDS)
        await _reach(self._api.room.create_room(request))

    async def delete(self, call: str) -> None:
        """Ends a room and everybody's connection; raises `Away`."""
        await _unless_gone(self._api.room.delete_room(DeleteRoomRequest(room=call)))

    async def rooms(self) -> list[str]:
        """The names of all rooms; raises `Away`."""
        found = await _reach(self._api.room.list_rooms(ListRoomsRequest()))
        return [room.name for room in found.rooms]

    async def participants(self, call: CallId) -> list[str]:
        """The identities of everybody in a room; raises `Away`."""
        found = await _unless_gone(self._api.room.list_participants(ListParticipantsRequest(room=call)))
        return [one.identity for one in found.participants] if found else []

    async def remove(self, call: CallId, identity: str) -> None:
        """Puts somebody out of a room; raises `Away`."""
        await _unless_gone(self._api.room.remove_participant(RoomParticipantIdentity(room=call, identity=identity)))

    def token(self, call: CallId, identity: str) -> str:
        """The way into one room for one device: media only, no name, at most a minute."""
        grants = VideoGrants(room_join=True, room=call, can_publish=True, can_subscribe=True, can_publish_data=False)
        token = AccessToken(self._key, self._secret).with_identity(identity).with_grants(grants)
        return token.with_ttl(dt.timedelta(seconds=TOKEN_SECONDS)).to_jwt()

    def webhook(self, body: bytes, authorization: str) -> str:
        """The room that a webhook is about; raises `ValueError` unless LiveKit signed it."""
        try:
            return self._webhooks.receive(body.decode("utf-8"), authorization).room.name
        except Exception as error:  # the receiver raises the bare class
            raise ValueError from error

    async def close(self) -> None:
        """Closes the connections."""
        await self._api.aclose()


async def _reach(answer: Awaitable[T]) -> T:
    try:
        return await answer
    except (aiohttp.ClientError, TimeoutError, ServerError) as error:
        raise Away from error


async def _unless_gone(answer: Awaitable[T]) -> T | None:
    """The answer, or `None` if what it is about is not there (any more)."""
    try:
        return await answer
    except ServerError as error:
        if error.code == ServerErrorCode.NOT_FOUND:
            return None
        raise Away from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Away from error
