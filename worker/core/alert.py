"""What the merchant is alerted of."""

from enum import StrEnum


class AlertKind(StrEnum):
    """What the merchant must hear of."""

    RELAY_PAUSED = "relay_paused"
    MAILS_FAILED = "mails_failed"
    MAILS_PARKED = "mails_parked"
    FORWARDS_HELD = "forwards_held"
    MAILS_BOUNCED = "mails_bounced"
    MAILBOX_FAILS = "mailbox_fails"
    MAILS_LEFT = "mails_left"
    NUMBERS_HELD = "numbers_held"
    ACTIONS_DENIED = "actions_denied"
    ENDPOINT_GONE = "endpoint_gone"
    DECLARATIONS_HELD = "declarations_held"
    KEY_REFUSED = "key_refused"
    DISPUTES = "disputes"
    REFUNDS_FAILED = "refunds_failed"
