"""What changed for a person, under one cursor; and everything to begin with.

`GET /since/{cursor}` is asked after every (re)connect and every hint, so a lost hint costs time, never truth. Of each person, room and
topic only the newest event stands: the answer says what is different, not what happened. `Picture.begin` makes the answer to
`/start`: rooms, as many whole chains as fit, names, and keys of the 200 rooms that changed last.
"""
