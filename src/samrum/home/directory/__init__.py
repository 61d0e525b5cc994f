"""The directory: where people come from. So far a JSON file, for an authority without Active Directory and for the demo city.

`outside` reads the file; `actions` takes it over at every start: who is new gets a pseudonym, who is changed is changed, who is gone is
disabled (sessions end, relay hears a revocation of the pseudonym) and taken out of all rooms but direct messages, in one change a room.
The name stays, so that old messages still have an author.
A file that lacks more than half of the people is refused: a broken export must not lock a city out. Rooms of the file are made
once, through the same action as everybody's rooms.
"""
