"""A provider's raw event, and everything that a source can say about it.

Rules: a source is pure, so an event can be read again at any time; neither `verify` nor `read` raises on what a
stranger sends; a reason is for the merchant's eyes and is never part of an answer to the sender.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from worker.core.announcement import Announcement
from worker.core.raw_event import Forged, Genuine, Ignored, RawEvent, Unreadable
from worker.core.transaction import Issuer, Transaction
from worker.sources.account import Account

__all__ = [
    "Forged",
    "Genuine",
    "Ignored",
    "Linked",
    "RawEvent",
    "Reading",
    "Source",
    "Told",
    "Unreadable",
]


@dataclass(frozen=True, slots=True)
class Told:
    """What the event tells. Transactions that share any of `payment.references` are one payment.

    `linked`: references which the event says besides are one payment (a refund names its charge and payment intent, and
    must not carry them as its own). `announced`: what concerns somebody without being money or a change. `so_far`: a
    refund's total is all that was given back of its sale until then, for its teller names no single amounts.
    """

    transactions: tuple[Transaction, ...]
    linked: tuple[str, ...] = ()
    announced: tuple[Announcement, ...] = ()
    so_far: bool = False


@dataclass(frozen=True, slots=True)
class Linked:
    """The event says only that these references are one payment."""

    references: tuple[str, ...]


Reading = Told | Linked | Ignored | Unreadable


@dataclass(frozen=True, slots=True)
class Source:
    """Our reader of one provider. `verify` takes the event, the secrets in force and the time in microseconds.

    `needs_secret_path`: some of its events carry no proof at all, so its address must be a secret. `lacks`: the address
    of what must be fetched before an event can be verified, beside what was; None: nothing. `is_for_tests`: whether all
    that an account tells is a test, where a provider's events don't say it themselves. `mails_customers`: the provider
    itself mails them about payments that are coming or failed, as a rule.
    """

    name: str
    default_issuer: Issuer
    needs_secret: bool
    verify: Callable[[RawEvent, tuple[str, ...], int], Genuine | Forged]
    read: Callable[[RawEvent], Reading]
    needs_secret_path: bool = False
    lacks: Callable[[RawEvent, tuple[str, ...]], str | None] = lambda *_: None
    is_for_tests: Callable[[Account], bool] = lambda _: False
    mails_customers: bool = False

    def of(self, account: Account) -> "Source":
        """The reader of this account."""
        if not self.is_for_tests(account):
            return self
        return replace(self, read=lambda raw: as_tests(self.read(raw)))


def as_tests(reading: Reading) -> Reading:
    """The reading of what came from an account that is for tests alone."""
    if not isinstance(reading, Told):
        return reading
    told = tuple(map(as_test, reading.transactions))
    return replace(reading, transactions=told, announced=tuple(replace(each, test=True) for each in reading.announced))


def as_test(told: Transaction) -> Transaction:
    """The same, told by such an account."""
    return replace(told, test=True)
