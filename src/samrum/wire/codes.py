"""Codes: what an error or a goodbye is called on every border. The sentence for people is in the web client's catalogues."""

from enum import StrEnum


class Code(StrEnum):
    """Stable codes. A code is never renamed or reused once released; `docs/protocol.md` says when each is given."""

    # anyone's
    BAD_REQUEST = "bad_request"  # does not fit the schema
    TOO_LARGE = "too_large"
    RATE_LIMITED = "rate_limited"  # carries retry_after (s)
    NOT_FOUND = "not_found"  # absent, or not yours: the same answer
    INTERNAL = "internal"
    UNSUPPORTED = "unsupported"  # needs a newer version
    BAD_ORIGIN = "bad_origin"
    COOKIE_REFUSED = "cookie_refused"  # relay got a cookie

    # home, of sign-in and devices
    SIGN_IN_FAILED = "sign_in_failed"
    TOO_MANY_TRIES = "too_many_tries"  # carries retry_after (s)
    SIGNED_OUT = "signed_out"  # no session, or it ended
    DEVICE_REVOKED = "device_revoked"
    DEVICE_UNKNOWN = "device_unknown"  # no proof by a certified device
    DEVICE_OF_OTHER = "device_of_other"  # this device id belongs to somebody else
    TOO_MANY_DEVICES = "too_many_devices"  # signed in on as many as a person may be
    BAD_PROOF = "bad_proof"  # the device's proof fails, is stale or was used before

    # home, of rooms and keys
    NOT_ALLOWED = "not_allowed"
    BAD_MEMBERS = "bad_members"  # unknown pseudonym, nobody, doubled, or too many
    BAD_TITLE = "bad_title"
    BAD_TEXT = "bad_text"  # a topic or a status that is not one line of text
    BAD_PICTURE = "bad_picture"
    LAST_OWNER = "last_owner"
    BLOCKED = "blocked"  # this person was blocked in that room
    REPORT_CLOSED = "report_closed"  # somebody else has decided already
    TOO_MANY_HOOKS = "too_many_hooks"  # a room has as many webhooks as it may have
    BAD_SEARCH = "bad_search"  # a search that cannot be read; carries `at`
    NOT_ENTITLED = "not_entitled"  # no key: not a member in that epoch
    NO_SUCH_EPOCH = "no_such_epoch"
    KEYS_AWAY = "keys_away"  # the token with home's root key does not answer; carries retry_after (s)
    SECOND_COPY_AWAY = "second_copy_away"  # a key cannot be kept twice: nothing was changed; carries retry_after (s)

    # relay, of who and where
    BAD_GRANT = "bad_grant"
    GRANT_EXPIRED = "grant_expired"
    REVOKED = "revoked"
    NOT_A_MEMBER = "not_a_member"
    BAD_CALL = "bad_call"  # home's signed call fails, is stale or was used before
    ROSTER_GAP = "roster_gap"  # not version + 1; carries `have`
    BAD_ROSTER = "bad_roster"
    BAD_HEAD = "bad_head"  # a ledger head that does not extend the last one

    # relay, in the stream
    BAD_FRAME = "bad_frame"
    BAD_ENVELOPE = "bad_envelope"
    BAD_SIGNATURE = "bad_signature"
    EPOCH_STALE = "epoch_stale"
    EPOCH_AHEAD = "epoch_ahead"  # relay has not applied that epoch yet: try again
    SEQ_REFUSED = "seq_refused"
    MSG_ID_TAKEN = "msg_id_taken"  # stored already, from another device
    CLOCK = "clock"  # sent_at is more than ten minutes off relay's clock
    STORE_FAILED = "store_failed"  # not stored; try again
    BAD_REF = "bad_ref"  # `ref` or `thread` names no message of this room that it may name
    TOO_MANY = "too_many"  # a person reacts to one message more often than may be
    SLOW = "slow"  # goodbye: the connection did not read fast enough
    REPLACED = "replaced"  # goodbye: the same device connected again
    RESTART = "restart"  # goodbye: relay stops; come back with jitter
    NO_MEDIA = "no_media"  # no LiveKit is configured, or it does not answer

    # relay, of files
    NO_SUCH_OBJECT = "no_such_object"  # a message links a file that is absent or not the sender's to link
    OBJECT_INCOMPLETE = "object_incomplete"  # not all of the file is there yet; carries `have`
    OFFSET_GAP = "offset_gap"  # bytes before these are missing; carries `have`
    BAD_RANGE = "bad_range"  # not one range within the file
    TOO_MANY_UPLOADS = "too_many_uploads"  # unfinished ones of one person
