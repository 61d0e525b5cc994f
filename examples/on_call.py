"""On-call notices: posts an alert, waits for somebody to react to it, calls the next person if nobody does.

    python examples/on_call.py HOME USER ROOM TEXT [--next NAME]... [--seconds 300] [--device FILE] < password

The first line of standard input is the password of USER, a service account that is a member of ROOM. Who reacts with any emoji has taken the
alert: it is edited to say so, and the program ends with 0. Each person named by --next is mentioned in the alert's thread after so many
seconds more; if nobody reacts at all, it ends with 3. Started again with the same device file after a crash it does not know of the old alert.
"""

import argparse
import asyncio
import sys
from pathlib import Path

from samrum.client import Client, Edited, Message, Reacted, Removed


async def acknowledged(client: Client, events, alert: str) -> str:
    """The name of the first who reacts to the alert."""
    async for event in events:
        if isinstance(event, Reacted) and event.ref == alert and event.on and not event.mine:
            return await client.name(event.author)
        if isinstance(event, Message | Edited | Removed) and not event.mine:
            continue  # talk about it is not taking it
    raise ConnectionError("the client was ended")


async def main(given: argparse.Namespace, password: str) -> int:
    async with Client(given.home, given.user, password, device=given.device, label="On-call notices") as client:
        room = client.room(given.room)
        events = client.events()
        alert = await room.send(f"**{given.text}**\n\nReact to take it.")
        print("alert is out", flush=True)  # noqa: T201  its output
        waiting = asyncio.ensure_future(acknowledged(client, events, alert))
        names = {await client.name(pid): pid for pid in room.members}
        for name in [None, *given.next]:
            if name is not None:
                await room.send(f"@{name}: nobody has taken this yet.", mentions=[names[name]], thread=alert)
                print(f"called {name}", flush=True)  # noqa: T201
            done, _ = await asyncio.wait([waiting], timeout=given.seconds)
            if done:
                who = waiting.result()
                await room.edit(alert, f"{given.text}\n\nTaken by {who}.")
                print(f"taken by {who}", flush=True)  # noqa: T201
                return 0
        waiting.cancel()
        await room.edit(alert, f"**{given.text}**\n\nNobody took it.")
        return 3


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("home", "user", "room", "text"):
        parser.add_argument(name)
    parser.add_argument("--next", action="append", default=[], help="whom to call next, by name")
    parser.add_argument("--seconds", type=float, default=300, help="to wait for each")
    parser.add_argument("--device", type=Path, default=None, help="file of the device's key, made at the first start")
    sys.exit(asyncio.run(main(parser.parse_args(), sys.stdin.readline().rstrip("\n"))))
