"""A small client in Python, for machines that read and write in rooms. How to use it, and how to write another: `docs/client.md`.

    async with Client("https://samrum.example", "larm", password, device=Path("larm.device")) as client:
        room = client.room("On call")
        sent = await room.send("Pump 4: **high level**")
        async for event in client.events():
            if isinstance(event, Reacted) and event.ref == sent:
                print(await client.name(event.author), event.emoji)

It stands on `samrum.wire` alone, like every client: it trusts home's signing keys and nothing that relay says. Every roster is checked against
home's key and its chain, every key against its commitment, every envelope against its author's certificate, its signature and the room's
members in that epoch; relay's member lists and its word on what it stored are compared. What does not verify is never an event of a person.

| file | what it knows |
|---|---|
| `device` | the device's key, in a file that only its owner may read |
| `home` | home's HTTP: sign-in, proofs, one request at a time |
| `link` | relay's stream: one connection, frames in and out |
| `book` | rooms by their chains, keys, certificates; opening what comes |
| `reading` | events of envelopes: what they say and whether they may, what is missing |
| `client`, `room` | all of it together: connecting again, catching up, sending until it is durable |

A service account is a person of the directory that no human signs in as. Files are named in messages, but not fetched or sent here.
"""

from samrum.client.client import Client
from samrum.client.device import BadDevice
from samrum.client.errors import DoesNotVerify, Refused
from samrum.client.events import Called, Edited, Event, Gap, Message, Reacted, Removed, Sealed
from samrum.client.room import Room

__all__ = [
    "BadDevice",
    "Called",
    "Client",
    "DoesNotVerify",
    "Edited",
    "Event",
    "Gap",
    "Message",
    "Reacted",
    "Refused",
    "Removed",
    "Room",
    "Sealed",
]
