"""Alembic's entry point."""

from samrum.plumbing.migrate import run

run()
