"""Migrations of the records database (`records.db`)."""
