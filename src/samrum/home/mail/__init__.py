"""Missed activity by mail: what somebody has not read after a quarter of an hour, in their language, without content unless the authority wants it.

`actions` takes from home's records whatever concerns a person beyond being in a room (a direct message, a mention, a call that nobody
took) and lets it wait (`mail_waiting`). What is still unread after 15 minutes goes into one letter a person (`digest` decides, `letter`
writes it, from the catalogues in `texts`), at most one an hour, and less often while the person reads nothing: the pause doubles up to a day.
Nothing goes for rooms that are muted, while the person wants quiet, or to whom the directory names no address.

A letter stands in the database before it is sent (`mail_letter`), one a person, so the queue is as long as the directory at most. It goes by the flow
`home-smtp` (`outside`), over TLS except on the machine itself. Each try is noted before it begins: if home dies between the mail server's
yes and the note of it, the same letter, with the same Message-ID, goes once more and then never again. What cannot be delivered within a
day is dropped. Only home knows addresses; no log line holds one.
"""
