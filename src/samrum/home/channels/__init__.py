"""Public channels: everybody of the authority finds them and comes in without being asked.

Who may make channels is the directory's word (`may`). An archived channel is neither found nor entered. Coming in is an adding like any other:
a roster, by the same rules for history and keys.
"""
