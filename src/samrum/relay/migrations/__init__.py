"""Relay's migrations."""
