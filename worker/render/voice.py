"""How a document is said: in which words, with which amounts and dates, and how a stranger's name is shown."""

from collections.abc import Callable
from dataclasses import dataclass

from worker.render import formats
from worker.render.words import Words


@dataclass(frozen=True, slots=True)
class Voice:
    """`most_lines`: a mail beyond 102 kB is clipped by Gmail, so it doesn't show every line of a very long sale."""

    words: Words
    locale: str
    name: Callable[[str], str]
    most_lines: int

    def money(self, amount: int, currency: str) -> str:
        """An amount of minor units."""
        return formats.money(amount, currency, self.locale)
