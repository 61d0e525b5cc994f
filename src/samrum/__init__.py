"""Samrum: video meetings and group chat for a public authority, with identity kept at home.

The path of a file shows what its code may know: see `ZONES.md`.
"""
