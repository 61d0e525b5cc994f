"""Alembic's entry."""

from samrum.plumbing.migrate import run

run()
