"""Nothing acknowledged is ever lost: what clients and readers saw, held against what relay and home keep.

`checker` judges a history (no input, no output); `outbox` is a device that sends as the browser's outbox does and notes all that it saw;
`processes` starts, kills and hampers relay and home. The tests beside them: kills, full disk, locked database, clock jumps, slow readers.
"""
