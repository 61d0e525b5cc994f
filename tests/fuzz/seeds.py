"""Prints the good inputs of every target as hexadecimal JSON, for the browser: `python -m tests.fuzz.seeds`."""

import json
import sys

from tests.fuzz.targets import TARGETS

if __name__ == "__main__":
    json.dump({name: [seed.hex() for seed in one.seeds] for name, one in TARGETS.items()}, sys.stdout)
