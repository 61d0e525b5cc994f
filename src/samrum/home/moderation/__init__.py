"""Moderation: who may not come back into a room, and reports of messages.

| who | may |
|---|---|
| owner | remove any message, remove and block anybody but themself, decide over reports of the room |
| moderator | remove any message, remove and block members, decide over reports of the room |
| everyone | remove their own messages, report a message that they can see |
| the authority's moderators (`may: ["moderate"]`) | decide over reports that no one in the room should decide over |

Removing a message is the moderator's own envelope (relay and clients check the role by the roster). A block is home's alone: it refuses
to add the person until it is lifted. A report holds ids and the reporter's copy of the text, and never leaves home; the ledger has its
number when it was made and when it was decided, so that none disappears. Nobody decides over a report of their own message, and a
report about somebody who may decide in that room goes to the authority.
"""
