"""Rooms as home states them: the roster chain, applied, and the one door to a room.

A roster is verified, applied by `wire.chain` and stored verbatim with the member table in one transaction, strictly version + 1.
`access_room` is the only way for a person to a room; a room that is absent and one that is not yours give the same answer.
"""
