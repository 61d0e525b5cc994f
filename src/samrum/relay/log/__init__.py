"""The log of sealed messages: what makes an envelope stored, reading it back, and read positions.

`actions.commit` decides a whole batch of messages and read marks against the database in one transaction; `batches` collects what came
within a few milliseconds, has it committed, and answers and passes on only then. A message that was stored before is acknowledged
again. Pages of history and a device's own last envelope are read beside that, for members of now.
"""
