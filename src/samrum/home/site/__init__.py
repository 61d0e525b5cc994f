"""The web client's files, and the headers that every answer of home carries.

`files` reads the build once and again when its index changes; what is not in it does not exist, so no path leads outside. `headers`
dresses every answer (security headers, `no-store` unless it says otherwise, home's clock) and refuses unsafe requests from other
pages before anything else looks at them. `http` is the route of last resort; a page opened at an unknown path gets the client.
"""
