"""What the merchant decided about mail that comes in."""

from dataclasses import dataclass

from worker.core.access import AccessPolicy
from worker.core.policy import Policy


@dataclass(frozen=True, slots=True)
class MailPolicy:
    """`forward_to` is where people's own words go; None: nowhere.

    `require_auth`: only mail whose From address is proven is answered. `alerts` says who hears of held mails and of
    bounces. `people_read_mailbox`: what would be forwarded lands in the mailbox that we watch, so words that came there
    stay there.
    """

    access: AccessPolicy
    forward_to: str | None
    require_auth: bool = False
    alerts: Policy | None = None
    people_read_mailbox: bool = False
