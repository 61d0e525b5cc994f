"""Rooms: who is in them, decided here, signed, chained and handed to relay."""
