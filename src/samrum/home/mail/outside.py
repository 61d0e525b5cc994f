"""Letters leave home here: to the authority's mail server, by the flow `home-smtp`, or into a folder of a city that is only tried out."""

import asyncio
import os
from pathlib import Path
from typing import Final, Protocol

from samrum.home.flows.outside import NoSuchFlow, Outgoing
from samrum.home.flows.smtp import MailLine, MailServer, Sent

FLOW: Final = "home-smtp"


class Post(Protocol):
    """Where letters go."""

    async def send(self, name: str, recipient: str, letter: bytes) -> Sent:
        """What became of one letter; `name` is the same for the same letter."""
        ...

    async def rest(self) -> None:
        """There is nothing more for now."""
        ...


class Smtp:
    """The mail server."""

    def __init__(self, outgoing: Outgoing, server: MailServer, sender: str) -> None:
        self._outgoing, self._server, self._sender = outgoing, server, sender
        self._line: MailLine | None = None

    async def send(self, name: str, recipient: str, letter: bytes) -> Sent:  # noqa: ARG002  the letter says it
        """What became of one letter."""
        try:
            line = self._line = self._line or self._outgoing.mail_line(FLOW, self._server)
        except NoSuchFlow:
            return Sent.AWAY
        try:
            return await asyncio.to_thread(line.send, self._sender, recipient, letter)
        except asyncio.CancelledError:  # home ends: a slow server must not hold it
            line.abort()
            raise

    async def rest(self) -> None:
        """Ends the connection."""
        line, self._line = self._line, None
        if line is not None:
            await asyncio.to_thread(line.close)


class Folder:
    """A folder that only home's own account reads: one file a letter."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, name: str, recipient: str, letter: bytes) -> Sent:  # noqa: ARG002  the letter says it
        """Writes the letter; the same one again has the same name."""
        try:
            await asyncio.to_thread(self._write, name, letter)
        except OSError:
            return Sent.AWAY
        return Sent.SENT

    async def rest(self) -> None:
        """Nothing is open."""

    def _write(self, name: str, letter: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{name}.eml"
        new = path.with_suffix(".new")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(letter)
        new.replace(path)
