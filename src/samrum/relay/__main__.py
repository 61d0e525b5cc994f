"""`python -m samrum.relay --config relay.toml` runs relay; in relay's own wheel the command is `samrum-relay`."""

import argparse
from pathlib import Path

from samrum.relay.app import run


def main() -> None:
    """Runs relay until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="samrum-relay", description="Runs relay until SIGINT or SIGTERM.")
    parser.add_argument("--config", type=Path, required=True, help="relay's configuration file (TOML)")
    run(parser.parse_args().config)


if __name__ == "__main__":
    main()
