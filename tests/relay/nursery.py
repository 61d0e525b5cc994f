"""Starts relays quickly: imports everything once, then forks one relay for each line `start` on standard input.

Run as `python nursery.py relay.toml`; answers each line with the child's process id.
"""

import os
import signal
import sys
from pathlib import Path

from samrum.relay import app


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            app.run(Path(sys.argv[1]))
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
