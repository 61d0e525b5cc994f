"""Starts zones quickly: imports everything once, then forks one for each line `start` on standard input.

Run as `python nursery.py relay|home zone.toml clock`; answers each line with the child's process id. The file `clock` holds how many
seconds the zone's clock is off the machine's, and is read at each look at the clock.
"""

import contextlib
import importlib
import os
import signal
import sys
import time
from pathlib import Path

from samrum.plumbing import clock


def main() -> None:
    zone, config, off = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    app = importlib.import_module(f"samrum.{zone}.app")
    clock.SystemClock.now = lambda _self: time.time() + float(off.read_bytes())  # type: ignore[method-assign]
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children
    child = 0
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            app.run(config)
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
    with contextlib.suppress(ProcessLookupError):
        if child:
            os.kill(child, signal.SIGKILL)  # whoever asked for it is gone


if __name__ == "__main__":
    main()
