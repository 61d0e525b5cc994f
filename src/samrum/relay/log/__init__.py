"""The log of sealed messages: what makes an envelope stored, and reading it back.

`actions.commit` decides a whole batch against the database in one transaction; `batches` collects what came within a few
milliseconds, has it committed, and answers and passes on only then.
"""
