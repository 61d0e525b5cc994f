"""What a person chooses for themself, the same on all of their devices: settings, status, how they see each room. Kept at home alone.

The status is a word to colleagues: it comes with their names. Of a new one hears who shares a room of at most `TOLD` members with the
person (`Topic.NAMES`); in bigger rooms it shows with the next look at the members. What is over is forgotten every ten minutes, and hidden by
clients at its second.
"""
