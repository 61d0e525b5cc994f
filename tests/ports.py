"""Free loopback ports for tests. Several test processes run at once: each takes from its own part of a range, so that none meets another's."""

import contextlib
import os
import random
import socket

WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


def free_ports(span: range, number: int = 1) -> int:
    """The first of `number` free neighbours. Random within this process's part of `span`."""
    starts = list(span[::number])
    mine = starts[len(starts) * WORKER // WORKERS : len(starts) * (WORKER + 1) // WORKERS]
    for port in random.sample(mine, len(mine)):
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            for one in range(port, port + number):
                sock = stack.enter_context(socket.socket())
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sock.bind(("127.0.0.1", one))
            return port
    raise AssertionError("no free port")
