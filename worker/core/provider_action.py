"""What a provider can be asked to do for a customer, and which of it each provider can do."""

from dataclasses import dataclass, fields
from enum import StrEnum


class Verb(StrEnum):
    """One thing that a provider is asked to do. All but `CARD_PAGE` go through the outbox."""

    CANCEL_AT_PERIOD_END = "cancel_at_period_end"
    CANCEL_NOW = "cancel_now"
    UNDO_CANCEL = "undo_cancel"
    PAUSE = "pause"
    RESUME = "resume"
    UPDATE_CUSTOMER = "update_customer"
    CARD_PAGE = "card_page"  # asked while the customer waits: it changes nothing, and its answer is an address


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the provider can do for a subscription when it is asked: no button is shown for anything else."""

    cancel_at_period_end: bool = False
    cancel_now: bool = False
    undo_cancel: bool = False
    pause: bool = False
    resume: bool = False
    update_customer: bool = False
    card_page: bool = False

    def can(self, verb: Verb) -> bool:
        """Whether this may be asked."""
        return bool(getattr(self, verb.value))


NOTHING = Capabilities()
"""Whoever can't be asked: a person does it."""
EVERYTHING = Capabilities(*(True for _ in fields(Capabilities)))
