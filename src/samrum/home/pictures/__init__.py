"""Pictures of rooms: small, one a room, kept in the database, shown to who may see the room.

A browser makes the picture small and plain before it sends it; `form` believes nothing of that and looks at the bytes. The version is part of the
digest, so that a browser may keep each for ever.
"""
