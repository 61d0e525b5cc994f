"""A tenant's own log for its home: what home's archive, records reader and drill are made from.

`GET /tenants/{tenant}/log?after=&limit=` gives sealed envelopes as they are stored, each with room and position, in commit order over
all rooms of that tenant; `GET /tenants/{tenant}/positions?after=` gives only how far each room has come since a cursor, and
`GET /tenants/{tenant}/reads?after=` read positions that moved. All are home's signed calls. A cursor of the log is the number of a stored
message, never given twice, so nothing is missed and a repeated page is the same page unless something was purged.
"""
