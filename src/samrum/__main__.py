"""`python -m samrum` is the `samrum` command."""

from samrum.cli import main

main()
