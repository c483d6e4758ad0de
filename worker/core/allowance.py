"""Allowances: how often something may happen in a while, whoever causes it.

A small number may come at once, after that one as each share of the while goes by (GCRA), so that no more than twice
`most` ever falls into one `per`; with `most` 1 there is exactly one.
"""

from dataclasses import dataclass

from worker.core.email_address import identity
from worker.core.instant import DAY, HOUR

HELD = "too_many_forwards"
"""Why a mail to the shop's people waits in the outbox until somebody sends for it."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """`most` in `per` (microseconds) under one name."""

    name: str
    most: int
    per: int

    @property
    def cost(self) -> int:
        """The time that one takes up."""
        return self.per // self.most


def stranger_answers(address: str) -> tuple[Allowance, ...]:
    """Answers to who proves an address with which nothing was bought: one a day each, and no flood of them."""
    return Allowance(f"answer {identity(address)}", 1, DAY), Allowance("answers", 60, HOUR)


def forwards(sender: str) -> tuple[Allowance, ...]:
    """Mails handed on to the shop's people: strangers must not bury what customers write."""
    return Allowance(f"forward {identity(sender)}", 20, DAY), Allowance("forwards", 200, HOUR)


def notices(sender: str, *, proven: bool) -> tuple[Allowance, ...]:
    """Cancellation notices handed on: apart from other mails, and a customer's own (`proven`) apart from those that
    anybody may have sent in that name.
    """
    if proven:
        return (Allowance(f"own notice {identity(sender)}", 20, DAY),)
    return Allowance(f"notice {identity(sender)}", 20, DAY), Allowance("notices", 200, HOUR)


def declared(address: str) -> tuple[Allowance, ...]:
    """Confirmations of declarations to an address that anybody may have typed: several contracts may end in one hour,
    but nobody's mailbox is buried.
    """
    key = identity(address)
    return Allowance(f"declared {key}", 5, HOUR), Allowance(f"declared daily {key}", 10, DAY)


def all_declared() -> tuple[Allowance, ...]:
    """Confirmations of declarations in all; those beyond it wait, and none is dropped."""
    return (Allowance("declared", 1000, HOUR),)


def told_declarations() -> tuple[Allowance, ...]:
    """Declarations of which the merchant is told one by one."""
    return (Allowance("declarations", 200, HOUR),)


def reminded_declarations() -> tuple[Allowance, ...]:
    """Those of which the merchant is reminded, as long as they are told one by one."""
    return (Allowance("declarations reminded", 200, HOUR),)
