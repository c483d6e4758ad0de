"""Which mailbox is watched, and with how much patience; apart from the watch, whose library not everybody installs."""

from dataclasses import dataclass, field

from worker.core.mailbox import Waits
from worker.core.policy import Policy
from worker.net.mailbox_address import MailboxAddress, Patience


@dataclass(frozen=True, slots=True)
class Watched:
    """`alone`: no other process can be watching; `policy` says who hears of trouble."""

    address: MailboxAddress
    policy: Policy
    alone: bool
    patience: Patience = field(default_factory=Patience)
    waits: Waits = field(default_factory=Waits)
