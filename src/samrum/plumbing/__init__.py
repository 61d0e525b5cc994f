"""The ground that every zone stands on: configuration, log, SQL, clock, tasks, HTTP server.

Nothing here knows a zone. The log knows the spelling of ids and codes (from `wire`), since these are all that may be logged.
"""
