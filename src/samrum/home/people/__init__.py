"""People as colleagues see them: names by pseudonym (`POST /names`) and search (`GET /people`). Only home and browsers hold this.

`folding` says what is the same in a search: case and accents do not count, å ä ö are letters of their own, and who types a plain `a`
finds them too. Matches at a word's start come first. Disabled people are not found, but keep their name in old messages.
"""
