"""One's own data: everything that home keeps of a person, as a ZIP for that person (GDPR 15 and 20).

`actions` takes the request and gives the answer, `worker` makes one export after the other, `pages` writes it: JSON, which other programs
read, and one page of HTML for people, in their language. Own messages come from the records, opened with home's keys, also those of rooms
that one has left; what others wrote is theirs. Files are named; their bytes lie sealed at relay and are saved in the room.

The ZIP stands in a folder of its own (0700, 0600), can be fetched by the session that asked and no other, and is gone after 24 hours or
with that session. Who asks again while one is made gets that one. A home that was killed makes it anew.
"""
