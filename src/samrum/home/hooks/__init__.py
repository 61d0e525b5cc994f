"""Incoming webhooks: a room's owner makes an address, and a machine of the authority that has it writes into the room.

They live at home, since they need keys. Each is a person that is no human (`person.integration`), with a pseudonym, a name, and a device
whose key home derives (`KeyFolder.integration_key`): added to the room by a signed roster, so that everybody sees who writes, and relay
and clients check its messages like everybody's. The address holds 256 random bits; home keeps their SHA-256, shows them once, and never
logs a path. Whoever has the address can write, not read.

`actions` makes, turns and ends them and takes what comes: durable before 202, at most 30 at once and one a second after that, at most 500
waiting. `sending` seals and hands over to relay, in order for each webhook, under one message id and number however often it is tried; it
follows new keys, and a webhook that was taken out of the room by whatever way is at its end.
"""
