"""The browser's one connection: hello, then frames both ways.

`listener` is the WebSocket (picows) with its limits; `handshake` decides who may enter, without input or output; `actions`
does what a frame asks. A connection lives in four stages: `HELLO` (a grant is wanted), `PROOF` (the nonce's signature),
`WELCOME` (relay reads the rooms) and `OPEN`.
"""
