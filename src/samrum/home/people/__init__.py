"""People as colleagues see them: names, search. Only home and browsers hold this."""
