"""The browser's one connection: hello, then frames both ways.

`listener` is the WebSocket (picows) with its limits; `handshake` decides who may enter, without input or output; `actions`
does what a frame asks. A connection goes through `HELLO` (a grant is wanted), `PROOF` (the nonce's signature), `WELCOME` (relay
reads the rooms) and `OPEN` to `CLOSED`. It ends with a `Bye` that says why, and at the grant's end unless `Renew` brought a newer one.
"""
